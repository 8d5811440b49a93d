package cover

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// productFollower shrinks the products of a smallest cover to what they must
// have of the author's sources.
type productFollower struct {
	*productShaper
	hulls []productHull
	// rowPicks and colPicks are the products that have each row or column
	// class, ascending.
	rowPicks, colPicks map[int32][]int
	covered            []bool // by cell
}

// productHull is what a product must have.
type productHull struct {
	rowClasses, colClasses []int32 // that it may have, ascending
	whole                  []int   // sources that it has wholly
	rows, cols             []int32 // of the table, ascending
}

// followAuthors keeps each source in one product, where one can have it, and
// leaves out of the products what no source needs of them. So an edit of a
// source tends to change that product alone. It reports false when that is too
// much work.
func (s *productShaper) followAuthors(picks []productPick, authors []int) ([]Product, bool) {
	f := &productFollower{productShaper: s, rowPicks: map[int32][]int{}, colPicks: map[int32][]int{}}
	f.covered = make([]bool, s.table.cells())
	for i := range picks {
		s.close(&picks[i])
		h := productHull{rowClasses: productRename(picks[i].sides[0], s.part.rows), colClasses: productRename(picks[i].sides[1], s.part.cols)}
		f.hulls = append(f.hulls, h)
		for _, class := range h.rowClasses {
			f.rowPicks[class] = append(f.rowPicks[class], i)
		}
		for _, class := range h.colClasses {
			f.colPicks[class] = append(f.colPicks[class], i)
		}
	}
	var divided []int
	for _, m := range authors {
		if i := f.holder(m); i >= 0 {
			f.hulls[i].whole = append(f.hulls[i].whole, m)
			f.hulls[i].extend(s.table.rowsOf[m], s.table.colsOf[m])
		} else {
			divided = append(divided, m)
		}
	}
	for i := range f.hulls {
		f.mark(&f.hulls[i])
	}
	for _, m := range divided {
		f.divide(m)
	}
	if s.limits.shape.empty() {
		return nil, false
	}
	var products []Product
	for i := range f.hulls {
		if len(f.hulls[i].rows) > 0 {
			products = append(products, f.product(&f.hulls[i]))
		}
	}
	return products, true
}

// holder is the first product that has a source wholly, -1 if none has.
func (f *productFollower) holder(m int) int {
	classesOf := func(list, of []int32) []int32 {
		var classes []int32
		for _, v := range list {
			classes = append(classes, of[v])
		}
		slices.Sort(classes)
		return slices.Compact(classes)
	}
	rows, cols := classesOf(f.table.rowsOf[m], f.classes.rowClass), classesOf(f.table.colsOf[m], f.classes.colClass)
	meter := &f.limits.shape
	meter.spend(8 * (len(rows) + len(cols)))
	candidates := f.rowPicks[rows[0]]
	if others := f.colPicks[cols[0]]; len(others) < len(candidates) {
		candidates = others
	}
	for _, i := range candidates {
		if h := &f.hulls[i]; meter.subset(rows, h.rowClasses) && meter.subset(cols, h.colClasses) {
			return i
		}
	}
	return -1
}

func (h *productHull) extend(rows, cols []int32) {
	join := func(list, more []int32) []int32 {
		list = append(list, more...)
		slices.Sort(list)
		return slices.Compact(list)
	}
	h.rows, h.cols = join(h.rows, rows), join(h.cols, cols)
}

func (f *productFollower) mark(h *productHull) {
	f.limits.shape.spend(4 * len(h.rows) * len(h.cols))
	if !f.limits.shape.empty() {
		f.table.each(h.rows, h.cols, func(cell int, _, _ int32) { f.covered[cell] = true })
	}
}

// divide spreads what is not covered of a source over the products, as much as
// possible to one after the other.
func (f *productFollower) divide(m int) {
	type cell struct {
		number   int
		row, col int32
	}
	var open []cell
	f.table.each(f.table.rowsOf[m], f.table.colsOf[m], func(number int, row, col int32) {
		open = append(open, cell{number, row, col})
	})
	for !f.limits.shape.empty() {
		open = slices.DeleteFunc(open, func(c cell) bool { return f.covered[c.number] })
		if len(open) == 0 {
			return
		}
		parts := make([][]cell, len(f.hulls))
		most := -1
		for _, c := range open {
			rowPicks := f.rowPicks[f.classes.rowClass[c.row]]
			for _, i := range f.colPicks[f.classes.colClass[c.col]] {
				f.limits.shape.spend(8)
				if _, found := slices.BinarySearch(rowPicks, i); found {
					parts[i] = append(parts[i], c)
					if most < 0 || len(parts[i]) > len(parts[most]) || len(parts[i]) == len(parts[most]) && i < most {
						most = i
					}
				}
			}
		}
		var rows, cols []int32
		for _, c := range parts[most] {
			rows, cols = append(rows, c.row), append(cols, c.col)
		}
		f.hulls[most].extend(rows, cols)
		f.mark(&f.hulls[most])
	}
}

// product writes a hull down. Sources that it has wholly keep their prefixes as
// the author chose them, free ones included.
func (f *productFollower) product(h *productHull) Product {
	t := f.table
	p := Product{Ports: t.portsOf(h.rows)}
	var authored []prefixset.Set
	var kept []int32
	for _, m := range h.whole {
		prefixes := t.rects[m].Prefixes
		icmp := portset.WholeProtocol(portset.ICMP)
		icmpv6 := portset.WholeProtocol(portset.ICMPv6)
		if icmp.Covers(t.rects[m].Ports) {
			prefixes = prefixes.IPv4()
		} else if icmpv6.Covers(t.rects[m].Ports) {
			prefixes = prefixes.IPv6()
		}
		authored = append(authored, prefixes)
		kept = append(kept, t.colsOf[m]...)
		p.References = append(p.References, t.rects[m].References...)
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	var rest []int32
	for _, c := range h.cols {
		if _, found := slices.BinarySearch(kept, c); !found {
			rest = append(rest, c)
		}
	}
	prefixes, references := t.peersOf(rest)
	p.Prefixes = prefixset.UnionAll(append(authored, prefixes))
	p.References = append(p.References, references...)
	slices.Sort(p.References)
	p.References = slices.Compact(p.References)
	if !prefixes.IsEmpty() {
		p.Prefixes = f.shorten(p.Prefixes, f.localRows(h.rows))
	}
	return p
}
