package cover

import (
	"cmp"
	"slices"
)

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
	for _, has := range s.has {
		s.large = max(s.large, productOnes(has))
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
