package cover

import (
	"net/netip"
	"slices"
	"sort"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// productParties is a product or a source as the attribution compares them.
// Ranges are sorted and disjoint.
type productParties struct {
	ports, plain   []netipx.IPRange // encoded; plain is without the two kinds of ICMP
	icmp, icmpv6   bool
	all, four, six []netipx.IPRange // the prefixes, and those of each family
	references     []string
}

func newProductParties(ports portset.Ports, prefixes []netipx.IPRange, references []string) productParties {
	icmp := portset.WholeProtocol(portset.ICMP).Union(portset.WholeProtocol(portset.ICMPv6))
	v6 := sort.Search(len(prefixes), func(i int) bool { return prefixes[i].From().Is6() })
	return productParties{
		ports: productEncode(ports).Ranges(), plain: productEncode(ports.Minus(icmp)).Ranges(),
		icmp: !ports.Of(portset.ICMP).IsEmpty(), icmpv6: !ports.Of(portset.ICMPv6).IsEmpty(),
		all: prefixes, four: prefixes[:v6], six: prefixes[v6:],
		references: references,
	}
}

// share reports whether there is a packet in both.
func (p *productParties) share(o *productParties) bool {
	plain := productOverlap(p.plain, o.plain)
	icmp, icmpv6 := p.icmp && o.icmp, p.icmpv6 && o.icmpv6
	return (plain || icmp) && productOverlap(p.four, o.four) ||
		(plain || icmpv6) && productOverlap(p.six, o.six) ||
		(plain || icmp || icmpv6) && productShareName(p.references, o.references)
}

// productOverlap looks up the ranges of the shorter list in the longer one.
func productOverlap(a, b []netipx.IPRange) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	for _, r := range a {
		i := sort.Search(len(b), func(i int) bool { return !b[i].To().Less(r.From()) })
		if i < len(b) && !r.To().Less(b[i].From()) {
			return true
		}
	}
	return false
}

func productShareName(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	for _, name := range a {
		if _, found := slices.BinarySearch(b, name); found {
			return true
		}
	}
	return false
}

// productAttribute fills in Sources where there are none yet. For each product it looks at the sources
// that overlap its ports or at those that overlap its peers, whichever are
// fewer.
func productAttribute(products []Product, sources []Source, free Free) {
	parties := make([]productParties, len(sources))
	ports, addresses := &productIndex{}, &productIndex{}
	named := map[string][]int32{}
	for i, s := range sources {
		parties[i] = newProductParties(s.Ports, s.Prefixes.Ranges(), s.References)
		ports.add(parties[i].ports, int32(i))
		addresses.add(parties[i].all, int32(i))
		for _, name := range s.References {
			named[name] = append(named[name], int32(i))
		}
	}
	ports.build()
	addresses.build()
	taken := free.Prefixes.Ranges()
	asked := make([]int, len(sources)) // one more than the product that was last compared
	for n := range products {
		p := &products[n]
		if p.Sources != nil {
			slices.Sort(p.Sources)
			continue
		}
		own := newProductParties(p.Ports, productMinus(p.Prefixes, taken), slices.DeleteFunc(slices.Clone(p.References), func(name string) bool {
			_, found := slices.BinarySearch(free.References, name)
			return found
		}))
		ask := func(i int32) {
			if asked[i] != n+1 {
				asked[i] = n + 1
				if own.share(&parties[i]) {
					p.Sources = append(p.Sources, int(i))
				}
			}
		}
		byPeers := addresses.count(own.all)
		for _, name := range own.references {
			byPeers += len(named[name])
		}
		if ports.count(own.ports) < byPeers {
			ports.visit(own.ports, ask)
		} else {
			addresses.visit(own.all, ask)
			for _, name := range own.references {
				for _, i := range named[name] {
					ask(i)
				}
			}
		}
		slices.Sort(p.Sources)
	}
}

// productMinus takes ranges from a set in time that does not grow with ranges
// far from it.
func productMinus(set prefixset.Set, taken []netipx.IPRange) []netipx.IPRange {
	ranges := set.Ranges()
	if len(taken) == 0 {
		return ranges
	}
	var rest []netipx.IPRange
	for _, r := range ranges {
		from := r.From()
		i := sort.Search(len(taken), func(i int) bool { return !taken[i].To().Less(from) })
		for ; i < len(taken) && !r.To().Less(taken[i].From()); i++ {
			if from.Less(taken[i].From()) {
				rest = append(rest, netipx.IPRangeFrom(from, taken[i].From().Prev()))
			}
			from = taken[i].To().Next()
		}
		// After the last address of a family comes the invalid one.
		if from.IsValid() && !r.To().Less(from) {
			rest = append(rest, netipx.IPRangeFrom(from, r.To()))
		}
	}
	return rest
}

// productIndex finds the ranges that overlap a range: a balanced tree of ranges
// by their beginning, in which every node knows the last end below it.
type productIndex struct {
	nodes []productNode
	ends  []netip.Addr // sorted
}

type productNode struct {
	netipx.IPRange
	owner int32
	last  netip.Addr
}

func (x *productIndex) add(ranges []netipx.IPRange, owner int32) {
	for _, r := range ranges {
		x.nodes = append(x.nodes, productNode{IPRange: r, owner: owner})
		x.ends = append(x.ends, r.To())
	}
}

func (x *productIndex) build() {
	slices.SortFunc(x.nodes, func(a, b productNode) int { return a.From().Compare(b.From()) })
	slices.SortFunc(x.ends, netip.Addr.Compare)
	productNoteLast(x.nodes)
}

func productNoteLast(nodes []productNode) netip.Addr {
	if len(nodes) == 0 {
		return netip.Addr{} // below all others
	}
	mid := len(nodes) / 2
	last := nodes[mid].To()
	for _, half := range [2][]productNode{nodes[:mid], nodes[mid+1:]} {
		if below := productNoteLast(half); last.Less(below) {
			last = below
		}
	}
	nodes[mid].last = last
	return last
}

// count counts the ranges that overlap each of the given ones, added up.
func (x *productIndex) count(ranges []netipx.IPRange) int {
	n := 0
	for _, r := range ranges {
		n += sort.Search(len(x.nodes), func(i int) bool { return r.To().Less(x.nodes[i].From()) })
		n -= sort.Search(len(x.ends), func(i int) bool { return !x.ends[i].Less(r.From()) })
	}
	return n
}

func (x *productIndex) visit(ranges []netipx.IPRange, do func(owner int32)) {
	for _, r := range ranges {
		productVisit(x.nodes, r, do)
	}
}

func productVisit(nodes []productNode, r netipx.IPRange, do func(owner int32)) {
	if len(nodes) == 0 {
		return
	}
	mid := len(nodes) / 2
	if nodes[mid].last.Less(r.From()) {
		return
	}
	productVisit(nodes[:mid], r, do)
	if r.To().Less(nodes[mid].From()) {
		return
	}
	if !nodes[mid].To().Less(r.From()) {
		do(nodes[mid].owner)
	}
	productVisit(nodes[mid+1:], r, do)
}
