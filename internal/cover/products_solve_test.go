package cover

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// productGraphOf makes a graph of rows as bits.
func productGraphOf(cols int, edges, needed []uint64) *productGraph {
	var cells []productCell
	for c := range cols {
		for r := range edges {
			if edges[r]>>c&1 == 1 {
				cells = append(cells, productCell{row: int32(r), col: int32(c), need: needed[r]>>c&1 == 1})
			}
		}
	}
	return newProductGraph(len(edges), cols, cells)
}

// productFewest tries covers of 0, 1, 2 ... products. For the first edge that
// is not covered it tries every set of rows.
func productFewest(cols int, edges, needed []uint64) int {
	var try func(rest []uint64, n int) bool
	try = func(rest []uint64, n int) bool {
		r := slices.IndexFunc(rest, func(row uint64) bool { return row != 0 })
		if r < 0 || n == 0 {
			return r < 0
		}
		c := bits.TrailingZeros64(rest[r])
		for rows := range uint64(1) << len(edges) {
			both := ^uint64(0)
			for i := range edges {
				if rows>>i&1 == 1 {
					both &= edges[i]
				}
			}
			if rows>>r&1 == 0 || both>>c&1 == 0 {
				continue
			}
			left := slices.Clone(rest)
			for i := range left {
				if rows>>i&1 == 1 {
					left[i] &^= both
				}
			}
			if try(left, n-1) {
				return true
			}
		}
		return false
	}
	n := 0
	for !try(needed, n) {
		n++
	}
	return n
}

// checkProductPicks holds picks to be products of edges that cover what is
// needed.
func checkProductPicks(t *testing.T, edges, needed []uint64, picks []productPick) {
	left := slices.Clone(needed)
	for _, p := range picks {
		for _, r := range p.sides[productRows] {
			for _, c := range p.sides[productCols] {
				if edges[r]>>c&1 == 0 {
					t.Fatalf("product %v holds row %d and column %d\nedges %b\npicks %v", p, r, c, edges, picks)
				}
				left[r] &^= 1 << c
			}
		}
	}
	if i := slices.IndexFunc(left, func(row uint64) bool { return row != 0 }); i >= 0 {
		t.Fatalf("columns %b of row %d are not covered\nneeded %b\npicks %v", left[i], i, needed, picks)
	}
}

// TestProductSolve_SmallGraph_IsAsBruteForceSays looks at graphs in which many
// edges need no cover, which few policies lead to, and at each method alone.
func TestProductSolve_SmallGraph_IsAsBruteForceSays(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(6, seed))
		cols, rows := 2+random.IntN(5), 2+random.IntN(5)
		edges, needed := make([]uint64, rows), make([]uint64, rows)
		density, urgency := 2+random.IntN(8), 3+random.IntN(8)
		for r := range edges {
			for c := range cols {
				if random.IntN(10) < density {
					edges[r] |= 1 << c
					if random.IntN(10) < urgency {
						needed[r] |= 1 << c
					}
				}
			}
		}
		checkProductSolve(t, cols, edges, needed)
	}
}

func checkProductSolve(t *testing.T, cols int, edges, needed []uint64) {
	t.Helper()
	used := uint64(0)
	var keep [2][]int32 // every vertex has a needed edge
	for r := range edges {
		if used |= needed[r]; needed[r] != 0 {
			keep[productRows] = append(keep[productRows], int32(r))
		}
	}
	for c := range cols {
		if used>>c&1 == 1 {
			keep[productCols] = append(keep[productCols], int32(c))
		}
	}
	if used == 0 {
		return
	}
	want := productFewest(cols, edges, needed)
	g := productGraphOf(cols, edges, needed).sub(keep)
	named := func(picks []productPick) []productPick {
		for i := range picks {
			picks[i].sides[productRows] = productRename(picks[i].sides[productRows], keep[productRows])
			picks[i].sides[productCols] = productRename(picks[i].sides[productCols], keep[productCols])
		}
		return picks
	}
	picks, bound := newProductLimits().solve(g)
	checkProductPicks(t, edges, needed, named(picks))
	if len(picks) != want || bound != want {
		t.Fatalf("%d products, bound %d, want %d\nedges %b\nneeded %b", len(picks), bound, want, edges, needed)
	}
	meter := productMeter{left: 1 << 40}
	s, ok := newProductSearch(g, &meter)
	if !ok {
		t.Fatal("the search does not take a small graph on")
	}
	picks, bound = s.run(100)
	checkProductPicks(t, edges, needed, named(picks))
	if len(picks) != want || bound != want {
		t.Fatalf("search: %d products, bound %d, want %d\nedges %b\nneeded %b", len(picks), bound, want, edges, needed)
	}
	if picks, bound = s.run(want); picks != nil || bound != want {
		t.Fatalf("search for fewer than %d: %v, bound %d", want, picks, bound)
	}
	all := make([]uint64, s.words)
	for i := range s.edges {
		all[i/64] |= 1 << (i % 64)
	}
	if bound := s.weigh(all); bound > want {
		t.Fatalf("weights of %d, want at most %d\nedges %b\nneeded %b", bound, want, edges, needed)
	}
	limits := newProductLimits()
	if bound := limits.foolingSet(g, g.byFreedom()); bound > want {
		t.Fatalf("fooling set of %d, want at most %d\nedges %b\nneeded %b", bound, want, edges, needed)
	}
	grown, _ := limits.grown(g, g.byFreedom())
	checkProductPicks(t, edges, needed, named(grown))
}

// TestProductSolve_WithoutBudget_StaysCorrect takes each limit away in turn.
func TestProductSolve_WithoutBudget_StaysCorrect(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	edges := make([]uint64, 20)
	for r := range edges {
		edges[r] = random.Uint64()&random.Uint64()&(1<<20-1) | 1<<r
	}
	g := productGraphOf(20, edges, edges)
	_, best := newProductLimits().solve(g)
	for name, take := range map[string]func(l *productLimits){
		"kernel":     func(l *productLimits) { l.kernel.left = 0 },
		"bound":      func(l *productLimits) { l.bound.left = 0 },
		"greedy":     func(l *productLimits) { l.greedy.left = 0 },
		"search":     func(l *productLimits) { l.search.left = 0 },
		"more":       func(l *productLimits) { l.search.left = 100_000 },
		"everything": func(l *productLimits) { *l = productLimits{} },
	} {
		l := newProductLimits()
		take(l)
		picks, bound := l.solve(g)
		if bound < 1 || bound > best || len(picks) < best || len(picks) > 20 {
			t.Errorf("without %s: %d products, bound %d; with it the bound is %d", name, len(picks), bound, best)
		}
		left := slices.Clone(edges)
		for _, p := range picks {
			for _, r := range p.sides[productRows] {
				for _, c := range p.sides[productCols] {
					if edges[r]>>c&1 == 0 {
						t.Fatalf("without %s: product %v leaves the graph", name, p)
					}
					left[r] &^= 1 << c
				}
			}
		}
		if slices.ContainsFunc(left, func(row uint64) bool { return row != 0 }) {
			t.Errorf("without %s: not all is covered", name)
		}
	}
}

// TestProductSolve_ElevenByEleven_IsSolved holds the limits to what is said of
// them.
func TestProductSolve_ElevenByEleven_IsSolved(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for density := 1; density <= 9; density++ {
		for range 4 {
			edges := make([]uint64, 11)
			for r := range edges {
				for c := range 11 {
					if random.IntN(10) < density || r == c {
						edges[r] |= 1 << c
					}
				}
			}
			if picks, bound := newProductLimits().solve(productGraphOf(11, edges, edges)); len(picks) != bound {
				t.Errorf("density %d: %d products, bound %d, edges %b", density, len(picks), bound, edges)
			}
		}
	}
}
