package cover

import (
	"cmp"
	"math/bits"
	"slices"
)

// What the exact search takes on: at most productMaxSide classes on the smaller
// side, productMaxNeeded edges and productMaxBicliques largest products. Within
// productSearchShare, graphs of 11 by 11 edges are solved unless they are made
// to be hard, and larger ones that have few bicliques.
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
	large int // the most edges that a biclique has
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

// run returns a smallest cover if it has fewer than most products, else nil,
// and a lower bound of every cover.
func (s *productSearch) run(most int) ([]productPick, int) {
	s.most, s.best = most, nil
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
	if bound < most && !s.meter.empty() {
		bound = max(bound, s.weigh(all))
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

// branch looks for covers of the open edges that complete path to fewer than
// most products.
func (s *productSearch) branch(open []uint64) {
	if s.meter.empty() {
		return
	}
	if len(s.path)+s.bound(open, -1) >= s.most {
		return
	}
	first := slices.IndexFunc(open, func(w uint64) bool { return w != 0 })
	if first < 0 {
		s.most, s.best = len(s.path), slices.Clone(s.path)
		return
	}
	e := first*64 + bits.TrailingZeros64(open[first])
	choices := s.choices(open, e)
	left := productOnes(open)
	for _, c := range choices {
		if c.tried {
			continue
		}
		// Those that gain less leave still more to the others.
		if left-c.count > (s.most-2-len(s.path))*s.large {
			break
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

func productOnes(set []uint64) int {
	n := 0
	for _, w := range set {
		n += bits.OnesCount64(w)
	}
	return n
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
