package cover

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Product is one rule of lists: everything in Ports is open to everybody in
// Prefixes and References.
type Product struct {
	Ports    portset.Ports
	Prefixes prefixset.Set
	// References are sorted, each once.
	References []string
	// Sources are all sources with which the product has a packet in common
	// that is not free, or, in a part of the set that is too entangled to be
	// looked at, those that the product was joined from. They are ascending and
	// never empty.
	Sources []int
}

// ProductCover is a cover of a set by products.
type ProductCover struct {
	// Products are in the order of their ports; no two have the same ports,
	// nor the same peers.
	Products []Product
	// Bound is a proven lower bound of the number of products. The cover is as
	// small as can be when it is their number.
	Bound int
}

// Free are peers that everything is open to already, by some other rule.
type Free struct {
	Prefixes   prefixset.Set
	References []string // in any order
}

// Products covers the union of the sources by products, with as few as it can.
// A product never opens what no source opens, except to free peers, who need
// no cover. Sources without ports or peers contribute nothing.
//
// The fewest products are a minimum biclique edge cover of the graph of ports
// and peers, which is NP-hard. Large policies are mostly made of parts that
// have one answer, and these are proven; what is left over is searched within
// fixed limits of work (productLimits). Bound tells whether the limits were
// met. There are never more products than there are sources after those with
// equal ports or equal peers have been joined.
//
// Both modes find the same number of products, except where Bound is lower
// than it. Stable returns the author's sources, joined, wherever they are as
// few, and products that keep together what a source has together where they
// are not. Minimal does not look at the sources but only at their union, with
// two exceptions where Bound is lower than the number: if the sources are
// fewer than what it finds, or too entangled to be looked at (productMaxCells),
// they are the answer.
func Products(sources []Source, free Free, m Mode) ProductCover {
	free.References = slices.Sorted(slices.Values(free.References))
	var rects []Product
	for i, s := range sources {
		if productOpens(s, free) {
			rects = append(rects, Product{Ports: s.Ports, Prefixes: s.Prefixes, References: s.References, Sources: []int{i}})
		}
	}
	if len(rects) == 0 {
		return ProductCover{}
	}
	run := productRun{free: free, mode: m, limits: newProductLimits()}
	products, bound := run.cover(productBaseline(rects))
	// Joining is of use after a heuristic only: a smallest cover has nothing
	// left to join.
	products = productJoin(products, true)
	productSort(products)
	productAttribute(products, sources, free)
	return ProductCover{Products: products, Bound: bound}
}

// productRun is one call of Products.
type productRun struct {
	free   Free
	mode   Mode
	limits *productLimits
}

// cover covers the union of the joined sources. The lower bounds of parts that
// share neither ports nor peers add up.
func (run *productRun) cover(rects []Product) (products []Product, bound int) {
	table, ok := newProductTable(rects, run.free)
	if ok {
		return run.coverTable(table)
	}
	parts := productIslands(rects)
	if len(parts) == 1 {
		return rects, 1
	}
	for _, part := range parts {
		p, b := run.cover(part)
		products, bound = append(products, p...), bound+b
	}
	return products, bound
}

func (run *productRun) coverTable(t *productTable) (products []Product, bound int) {
	classes := newProductClasses(t)
	parts := classes.parts()
	authors := newProductAuthors(t, classes, parts, run.limits)
	for i := range parts {
		part := &parts[i]
		picks, least := run.limits.solve(part.graph)
		bound += least
		own := authors.of[i]
		if len(own) < len(picks) || run.mode == Stable && len(own) == len(picks) {
			for _, m := range own {
				product := t.rects[m]
				product.Sources = nil // those that it overlaps are to come
				products = append(products, product)
			}
			continue
		}
		s := productShaper{table: t, classes: classes, part: part, limits: run.limits, free: run.free.Prefixes.Ranges()}
		if run.mode == Stable {
			if shaped, ok := s.followAuthors(picks, authors.all[i]); ok {
				products = append(products, shaped...)
				continue
			}
		}
		products = append(products, s.canonical(picks)...)
	}
	return products, bound
}

// productOpens reports whether the source opens anything to a peer that is not
// free.
func productOpens(s Source, free Free) bool {
	if s.Ports.IsEmpty() {
		return false
	}
	for _, name := range s.References {
		if _, found := slices.BinarySearch(free.References, name); !found {
			return true
		}
	}
	ports4 := s.Ports.Minus(portset.WholeProtocol(portset.ICMPv6))
	ports6 := s.Ports.Minus(portset.WholeProtocol(portset.ICMP))
	return !ports4.IsEmpty() && !free.Prefixes.Covers(s.Prefixes.IPv4()) ||
		!ports6.IsEmpty() && !free.Prefixes.Covers(s.Prefixes.IPv6())
}

// productSort sorts by ports. Products of a cover differ in their ports, so
// nothing else can decide.
func productSort(products []Product) {
	type keyed struct {
		key     string
		product Product
	}
	all := make([]keyed, len(products))
	for i, p := range products {
		all[i] = keyed{productPortsKey(p.Ports), p}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for i := range all {
		products[i] = all[i].product
	}
}
