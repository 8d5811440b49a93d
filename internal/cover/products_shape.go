package cover

import (
	"math/bits"
	"net/netip"
	"slices"
	"sort"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// productShaper writes the products of a part down. What a product covers
// beyond what it has to is chosen here: the shortest lists.
type productShaper struct {
	table   *productTable
	classes *productClasses
	part    *productPart
	limits  *productLimits
	free    []netipx.IPRange
}

// close enlarges a product as far as possible.
func (s *productShaper) close(p *productPick) {
	if m := &s.limits.shape; !m.empty() {
		p.sides[productCols] = s.part.graph.common(m, productRows, p.sides[productRows])
		p.sides[productRows] = s.part.graph.common(m, productCols, p.sides[productCols])
	}
}

// canonical writes down products that depend on the set alone. Each loses the
// rows that others cover for it, then the columns; then it is widened again
// where that makes its lists shorter.
func (s *productShaper) canonical(picks []productPick) []Product {
	for i := range picks {
		s.close(&picks[i])
	}
	if count, ok := productCount(s.part.graph, picks, &s.limits.shape); ok {
		for _, side := range []int{productRows, productCols} {
			for i := range picks {
				s.drop(&picks[i], side, count)
			}
		}
	}
	var products []Product
	for i := range picks {
		if len(picks[i].sides[productRows]) > 0 && len(picks[i].sides[productCols]) > 0 {
			products = append(products, s.product(&picks[i]))
		}
	}
	return products
}

// drop takes vertices of a side out of a product when others have all needed
// edges that it has of them.
func (s *productShaper) drop(p *productPick, side int, count []int32) {
	g := s.part.graph
	others := p.sides[1-side]
	kept := p.sides[side][:0]
	for _, v := range p.sides[side] {
		one := productPick{}
		one.sides[side], one.sides[1-side] = []int32{v}, others
		redundant := true
		one.each(g, func(e int32) { redundant = redundant && (!g.need[e] || count[e] > 1) })
		if !redundant {
			kept = append(kept, v)
			continue
		}
		one.each(g, func(e int32) { count[e]-- })
	}
	p.sides[side] = kept
}

func (s *productShaper) product(p *productPick) Product {
	rows := s.atoms(s.classes.rows, s.part.rows, p.sides[productRows])
	cols := s.atoms(s.classes.cols, s.part.cols, p.sides[productCols])
	var product Product
	needed := s.table.portsOf(rows)
	product.Prefixes, product.References = s.table.peersOf(cols)
	product.Ports = needed
	widened := p.sides[productRows]
	if meter := &s.limits.shape; !meter.empty() {
		// Ports that are open to all these peers may fill gaps.
		open := s.part.graph.common(meter, productCols, p.sides[productCols])
		meter.spend(20 * len(open))
		allowed := s.table.portsOf(s.atoms(s.classes.rows, s.part.rows, open))
		product.Ports = productBridge(needed, allowed)
		if !product.Ports.Equal(needed) {
			widened = slices.DeleteFunc(slices.Clone(open), func(i int32) bool {
				return !s.table.portsOf(s.classes.rows[s.part.rows[i]]).Overlaps(product.Ports)
			})
		}
	}
	product.Prefixes = s.shorten(product.Prefixes, widened)
	return product
}

// atoms lists the rows or columns of local classes, ascending.
func (s *productShaper) atoms(members [][]int32, ids, local []int32) []int32 {
	var all []int32
	for _, i := range local {
		all = append(all, members[ids[i]]...)
	}
	slices.Sort(all)
	return all
}

// localRows are the row classes of rows, as the graph numbers them.
func (s *productShaper) localRows(rows []int32) []int32 {
	var local []int32
	for _, r := range rows {
		i, _ := slices.BinarySearch(s.part.rows, s.classes.rowClass[r])
		local = append(local, int32(i))
	}
	slices.Sort(local)
	return slices.Compact(local)
}

// shorten widens prefixes where that makes them fewer, by peers that all of the
// rows are open to and by free ones.
func (s *productShaper) shorten(needed prefixset.Set, rows []int32) prefixset.Set {
	before := needed.Prefixes()
	if len(before) < 2 {
		return needed
	}
	sets := []prefixset.Set{needed}
	meter := &s.limits.shape
	if !meter.empty() {
		for _, i := range s.part.graph.common(meter, productRows, rows) {
			for _, c := range s.classes.cols[s.part.cols[i]] {
				sets = append(sets, s.table.cols[c].prefixes)
			}
		}
		meter.spend(20 * len(sets))
	}
	allowed := prefixset.UnionAll(sets)
	var ranges []netipx.IPRange
	for _, r := range allowed.Ranges() {
		ranges = append(ranges, r)
		// Next to a range there is nothing else that could help.
		low, high := r.From(), r.To()
		if low.Prev().IsValid() {
			low = low.Prev()
		}
		if high.Next().IsValid() {
			high = high.Next()
		}
		i := sort.Search(len(s.free), func(i int) bool { return !s.free[i].To().Less(low) })
		for ; i < len(s.free) && !high.Less(s.free[i].From()); i++ {
			ranges = append(ranges, s.free[i])
		}
	}
	after := productHulls(needed.Ranges(), prefixset.OfRanges(ranges...).Prefixes())
	if len(after) < len(before) {
		return prefixset.Of(after...)
	}
	return needed
}

// productHulls returns, for each of the disjoint prefixes that holds something
// of needed, the smallest prefix in it that holds all of that. If the prefixes
// are as large as they may be, there is no shorter list that covers needed.
func productHulls(needed []netipx.IPRange, prefixes []netip.Prefix) []netip.Prefix {
	var hulls []netip.Prefix
	for _, p := range prefixes {
		whole := netipx.RangeOfPrefix(p)
		for len(needed) > 0 && needed[0].To().Less(whole.From()) {
			needed = needed[1:]
		}
		if len(needed) == 0 || whole.To().Less(needed[0].From()) {
			continue
		}
		first, last := needed[0].From(), needed[0].To()
		if first.Less(whole.From()) {
			first = whole.From()
		}
		for _, r := range needed {
			if whole.To().Less(r.From()) {
				break
			}
			last = r.To()
		}
		if whole.To().Less(last) {
			last = whole.To()
		}
		hulls = append(hulls, productHullOf(first, last))
		for len(needed) > 0 && !whole.To().Less(needed[0].To()) {
			needed = needed[1:]
		}
	}
	return hulls
}

// productHullOf is the smallest prefix that holds both addresses.
func productHullOf(first, last netip.Addr) netip.Prefix {
	a, b := first.AsSlice(), last.AsSlice()
	common := 0
	for i := range a {
		n := bits.LeadingZeros8(a[i] ^ b[i])
		if common += n; n < 8 {
			break
		}
	}
	return netip.PrefixFrom(first, common).Masked()
}

// productBridge fills gaps between needed ports where the ports in the gap are
// allowed, so that fewer runs are left.
func productBridge(needed, allowed portset.Ports) portset.Ports {
	bridged := needed
	for _, protocol := range portset.Protocols() {
		var runs []portset.Range
		own := needed.Of(protocol).Ranges()
		for _, run := range allowed.Of(protocol).Ranges() {
			for n := 0; len(own) > 0 && own[0].First <= run.Last; n++ {
				if n == 0 {
					runs = append(runs, own[0])
				}
				runs[len(runs)-1].Last = own[0].Last
				own = own[1:]
			}
		}
		if len(runs) > 0 {
			bridged = bridged.Union(portset.PortsOf(protocol, portset.Of(runs...)))
		}
	}
	return bridged
}

func (t *productTable) portsOf(rows []int32) portset.Ports {
	lists := make([]portset.Ports, len(rows))
	for i, r := range rows {
		lists[i] = t.rows[r].ports
	}
	if len(lists) == 1 {
		return lists[0]
	}
	return portset.Merge(lists)
}

func (t *productTable) peersOf(cols []int32) (prefixset.Set, []string) {
	sets := make([]prefixset.Set, len(cols))
	var names []string
	for i, c := range cols {
		sets[i] = t.cols[c].prefixes
		if t.cols[c].reference != "" {
			names = append(names, t.cols[c].reference)
		}
	}
	slices.Sort(names)
	return prefixset.UnionAll(sets), names
}
