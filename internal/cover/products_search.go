package cover

import (
	"cmp"
	"math/bits"
	"slices"
)

// What the exact search takes on: at most productMaxSide classes on the smaller
// side, productMaxNeeded edges and productMaxBicliques largest products. A
// graph of 11 by 11 random edges is always solved, and larger ones that have
// some structure.
const (
	productMaxSide      = 64
	productMaxNeeded    = 2048
	productMaxBicliques = 4096
)

// productSearch looks for the fewest of the maximal bicliques that together
// have all needed edges, by branch and bound.
type productSearch struct {
	graph *productGraph
	// side is the smaller side; bicliques are sets of its vertices, as bits.
	side      int
	masks     []uint64 // neighbours of the vertices of the other side
	bicliques []uint64
	edges     []productSearchEdge
	// Sets of edges are bits, words of them.
	words int
	has   [][]uint64 // the edges of each biclique
	// meets are the edges that can be in a product with an edge.
	meets [][]uint64
	in    [][]int32 // the bicliques of each edge
	path  []int32
	best  []int32
	// tried are the bicliques with which all covers that complete the path have
	// been looked at.
	tried []bool
	most  int // only covers of fewer are of interest
	meter *productMeter
}

type productSearchEdge struct{ x, y int32 } // x is on the smaller side

func newProductSearch(g *productGraph, meter *productMeter) (*productSearch, bool) {
	s := &productSearch{graph: g, meter: meter}
	if g.len(productCols) < g.len(productRows) {
		s.side = productCols
	}
	if g.len(s.side) > productMaxSide || meter.empty() {
		return nil, false
	}
	needed := 0
	for _, n := range g.needs[s.side] {
		needed += int(n)
	}
	if needed > productMaxNeeded {
		return nil, false
	}
	s.masks = make([]uint64, g.len(1-s.side))
	for y := range s.masks {
		for _, x := range g.of(1-s.side, int32(y)) {
			s.masks[y] |= 1 << x
		}
	}
	if !s.findBicliques() {
		return nil, false
	}
	s.findEdges()
	s.relate()
	return s, true
}

// findBicliques lists the maximal bicliques: their vertices of the smaller side
// are the intersections of neighbourhoods of the other side.
func (s *productSearch) findBicliques() bool {
	seen := map[uint64]bool{0: true}
	add := func(mask uint64) {
		if !seen[mask] {
			seen[mask] = true
			s.bicliques = append(s.bicliques, mask)
		}
	}
	for _, mask := range s.masks {
		n := len(s.bicliques)
		s.meter.spend(20 * n)
		add(mask)
		for _, b := range s.bicliques[:n] {
			add(b & mask)
		}
		if len(s.bicliques) > productMaxBicliques {
			return false
		}
	}
	return true
}

// findEdges lists the needed edges but for those that every product has that
// has some other one: whose vertices have all neighbours of that one's.
func (s *productSearch) findEdges() {
	g := s.graph
	// inside[x] are the vertices whose neighbours x has all of.
	inside := make([]uint64, g.len(s.side))
	unlimited := productMeter{left: 1 << 62}
	for x := range inside {
		for v := range inside {
			if unlimited.subset(g.of(s.side, int32(v)), g.of(s.side, int32(x))) {
				inside[x] |= 1 << v
			}
		}
	}
	var all []productSearchEdge
	for y := range int32(len(s.masks)) {
		edges := g.edgesOf(1-s.side, y)
		for n, x := range g.of(1-s.side, y) {
			if g.need[edges[n]] {
				all = append(all, productSearchEdge{x, y})
			}
		}
	}
	s.meter.spend(len(all) * len(all))
	implied := func(i int) bool {
		e := all[i]
		for j, f := range all {
			if j == i || inside[e.x]>>f.x&1 == 0 || s.masks[f.y]&^s.masks[e.y] != 0 {
				continue
			}
			same := inside[f.x]>>e.x&1 == 1 && s.masks[f.y] == s.masks[e.y]
			if !same || j < i {
				return true
			}
		}
		return false
	}
	for i, e := range all {
		if !implied(i) {
			s.edges = append(s.edges, e)
		}
	}
}

// relate fills in which bicliques have which edges, and puts the edges that few
// have first.
func (s *productSearch) relate() {
	count := func(e productSearchEdge) int {
		n := 0
		for _, b := range s.bicliques {
			if s.contains(b, e) {
				n++
			}
		}
		return n
	}
	counts := map[productSearchEdge]int{}
	for _, e := range s.edges {
		counts[e] = count(e)
	}
	slices.SortStableFunc(s.edges, func(a, b productSearchEdge) int { return cmp.Compare(counts[a], counts[b]) })
	s.words = (len(s.edges) + 63) / 64
	s.has = make([][]uint64, len(s.bicliques))
	s.in = make([][]int32, len(s.edges))
	s.meets = make([][]uint64, len(s.edges))
	s.meter.spend(4*len(s.bicliques)*len(s.edges) + 2*len(s.edges)*len(s.edges))
	for b, mask := range s.bicliques {
		s.has[b] = make([]uint64, s.words)
		for i, e := range s.edges {
			if s.contains(mask, e) {
				s.has[b][i/64] |= 1 << (i % 64)
				s.in[i] = append(s.in[i], int32(b))
			}
		}
	}
	for i, e := range s.edges {
		s.meets[i] = make([]uint64, s.words)
		for j, f := range s.edges {
			if s.masks[e.y]>>f.x&1 == 1 && s.masks[f.y]>>e.x&1 == 1 {
				s.meets[i][j/64] |= 1 << (j % 64)
			}
		}
	}
}

func (s *productSearch) contains(biclique uint64, e productSearchEdge) bool {
	return biclique>>e.x&1 == 1 && biclique&^s.masks[e.y] == 0
}

// run returns a smallest cover if it has fewer than most products, else nil,
// and a lower bound of every cover.
func (s *productSearch) run(most int) ([]productPick, int) {
	s.most = most
	s.tried = make([]bool, len(s.bicliques))
	all := make([]uint64, s.words)
	for i := range s.edges {
		all[i/64] |= 1 << (i % 64)
	}
	bound := s.bound(all, -1)
	for first := range s.edges {
		if bound == most || s.meter.empty() {
			break
		}
		bound = max(bound, s.bound(all, first))
	}
	if bound < most {
		s.branch(all)
		if !s.meter.empty() {
			bound = s.most
		}
	}
	if s.best == nil {
		return nil, bound
	}
	picks := make([]productPick, len(s.best))
	for i, b := range s.best {
		mask := s.bicliques[b]
		for x := range int32(s.graph.len(s.side)) {
			if mask>>x&1 == 1 {
				picks[i].sides[s.side] = append(picks[i].sides[s.side], x)
			}
		}
		for y, neighbours := range s.masks {
			if mask&^neighbours == 0 {
				picks[i].sides[1-s.side] = append(picks[i].sides[1-s.side], int32(y))
			}
		}
	}
	return picks, bound
}

// bound counts open edges no two of which can be in one product; first is
// taken first unless it is negative.
func (s *productSearch) bound(open []uint64, first int) int {
	left := slices.Clone(open)
	n := 0
	take := func(e int) {
		n++
		s.meter.spend(s.words)
		for w, m := range s.meets[e] {
			left[w] &^= m
		}
	}
	if first >= 0 {
		take(first)
	}
	for w := range left {
		for left[w] != 0 {
			take(w*64 + bits.TrailingZeros64(left[w]))
		}
	}
	return n
}

// branch looks for covers of the open edges that complete path to fewer than
// most products.
func (s *productSearch) branch(open []uint64) {
	if s.meter.empty() {
		return
	}
	least := s.bound(open, -1)
	if len(s.path)+least >= s.most {
		return
	}
	first := slices.IndexFunc(open, func(w uint64) bool { return w != 0 })
	if first < 0 {
		s.most, s.best = len(s.path), slices.Clone(s.path)
		return
	}
	e := first*64 + bits.TrailingZeros64(open[first])
	choices := s.choices(open, e)
	for _, c := range choices {
		if c.tried {
			continue
		}
		rest := make([]uint64, s.words)
		for w := range rest {
			rest[w] = open[w] &^ c.gain[w]
		}
		s.path = append(s.path, c.biclique)
		s.branch(rest)
		s.path = s.path[:len(s.path)-1]
		s.tried[c.biclique] = true
	}
	for _, c := range choices {
		s.tried[c.biclique] = c.tried
	}
}

type productChoice struct {
	biclique int32
	gain     []uint64
	count    int
	tried    bool
}

// choices are the bicliques that have edge e, those that gain most first,
// without those that gain nothing that another does not. One that has been
// tried counts as such another: a cover with the one could have the other.
func (s *productSearch) choices(open []uint64, e int) []productChoice {
	all := make([]productChoice, len(s.in[e]))
	gains := make([]uint64, s.words*len(all))
	s.meter.spend(4 * (s.words + 8) * len(all))
	for i, b := range s.in[e] {
		c := productChoice{biclique: b, gain: gains[i*s.words : (i+1)*s.words], tried: s.tried[b]}
		for w := range c.gain {
			c.gain[w] = open[w] & s.has[b][w]
			c.count += bits.OnesCount64(c.gain[w])
		}
		all[i] = c
	}
	rank := func(c *productChoice) int {
		if c.tried {
			return 2*c.count + 1
		}
		return 2 * c.count
	}
	slices.SortFunc(all, func(a, b productChoice) int {
		return cmp.Or(cmp.Compare(rank(&b), rank(&a)), cmp.Compare(a.biclique, b.biclique))
	})
	kept := all[:0]
	for _, c := range all {
		dominated := slices.ContainsFunc(kept, func(k productChoice) bool {
			s.meter.spend(1)
			for w := range c.gain {
				if c.gain[w]&^k.gain[w] != 0 {
					return false
				}
			}
			return true
		})
		if !dominated {
			kept = append(kept, c)
		}
	}
	return kept
}
