package cover

import "slices"

// productLimits are what one call of Products may spend on each task, in steps
// of a few nanoseconds. A task that has spent its share ends with what it has
// got, so that no policy takes much longer than a second.
type productLimits struct {
	kernel, bound, greedy, search, shape productMeter
}

func newProductLimits() *productLimits {
	return &productLimits{
		kernel: productMeter{left: 30_000_000},
		bound:  productMeter{left: 40_000_000},
		greedy: productMeter{left: 40_000_000},
		search: productMeter{left: 60_000_000},
		shape:  productMeter{left: 40_000_000},
	}
}

// productSearchShare is what one part may spend on the search.
const productSearchShare = 20_000_000

// solve returns few products that cover all needed edges of the graph, and a
// lower bound of their number. Every vertex has a needed edge.
func (l *productLimits) solve(g *productGraph) ([]productPick, int) {
	if g.len(productRows) == 1 || g.len(productCols) == 1 {
		pick := productPick{}
		for side := range pick.sides {
			for i := range g.len(side) {
				pick.sides[side] = append(pick.sides[side], int32(i))
			}
		}
		return []productPick{pick}, 1
	}
	k := newProductKernel(g, &l.kernel)
	bound := len(k.forced)
	var picks []productPick
	for _, vertices := range k.graph.connected() {
		found, least := l.solveHard(k.graph.sub(vertices))
		bound += least
		for _, p := range found {
			for side := range p.sides {
				p.sides[side] = productRename(productRename(p.sides[side], vertices[side]), k.ids[side])
			}
			picks = append(picks, p)
		}
	}
	return k.unfold(picks), bound
}

// solveHard solves what no rule of the kernel applies to.
func (l *productLimits) solveHard(g *productGraph) ([]productPick, int) {
	cells := g.byFreedom()
	bound := l.foolingSet(g, cells)
	picks := l.oneSided(g, productRows)
	if other := l.oneSided(g, productCols); len(other) < len(picks) {
		picks = other
	}
	if other, ok := l.grown(g, cells); ok && len(other) < len(picks) {
		picks = other
	}
	if bound == len(picks) {
		return picks, bound
	}
	share := productMeter{left: min(l.search.left, productSearchShare)}
	before := share.left
	if s, ok := newProductSearch(g, &share); ok {
		found, least := s.run(len(picks))
		if found != nil {
			picks = found
		}
		bound = max(bound, least)
	}
	l.search.spend(before - share.left)
	return picks, bound
}

// oneSided takes one product for each vertex of a side, as far as needed.
func (l *productLimits) oneSided(g *productGraph, side int) []productPick {
	var picks []productPick
	for i := range int32(g.len(side)) {
		var p productPick
		p.sides[1-side] = slices.Clone(g.of(side, i))
		p.sides[side] = []int32{i}
		if !l.greedy.empty() {
			p.sides[side] = g.common(&l.greedy, 1-side, p.sides[1-side])
		}
		picks = append(picks, p)
	}
	return l.irredundant(g, picks)
}

// irredundant drops products whose needed edges others have, the last first.
func (l *productLimits) irredundant(g *productGraph, picks []productPick) []productPick {
	count, ok := productCount(g, picks, &l.greedy)
	if !ok {
		return picks
	}
	for i := len(picks) - 1; i >= 0; i-- {
		redundant := true
		picks[i].each(g, func(e int32) { redundant = redundant && (!g.need[e] || count[e] > 1) })
		if redundant {
			picks[i].each(g, func(e int32) { count[e]-- })
			picks = slices.Delete(picks, i, i+1)
		}
	}
	return picks
}

// each calls do for every edge in the product.
func (p *productPick) each(g *productGraph, do func(edge int32)) {
	for _, c := range p.sides[productCols] {
		rows, edges := g.of(productCols, c), g.edgesOf(productCols, c)
		few := 8*len(p.sides[productRows]) < len(rows)
		for k, n := 0, 0; n < len(p.sides[productRows]); n++ {
			r := p.sides[productRows][n]
			if few {
				k, _ = slices.BinarySearch(rows, r)
			}
			for rows[k] != r {
				k++
			}
			do(edges[k])
		}
	}
}

// productCount counts for every edge the products that have it; it reports
// false when that is too much work.
func productCount(g *productGraph, picks []productPick, m *productMeter) ([]int32, bool) {
	for i := range picks {
		m.spend(4 * len(picks[i].sides[0]) * len(picks[i].sides[1]))
	}
	if m.empty() {
		return nil, false
	}
	count := make([]int32, len(g.need))
	for i := range picks {
		picks[i].each(g, func(e int32) { count[e]++ })
	}
	return count, true
}

// byFreedom lists the needed edges, first those that lie in few products as far
// as the numbers of neighbours tell.
func (g *productGraph) byFreedom() []productCell {
	var cells []productCell
	var order []uint64 // the weight, then the place in cells
	for c := range int32(g.len(productCols)) {
		edges := g.edgesOf(productCols, c)
		for n, r := range g.of(productCols, c) {
			if g.need[edges[n]] {
				weight := len(g.of(productCols, c)) * len(g.of(productRows, r))
				order = append(order, uint64(min(weight, 1<<40-1))<<24|uint64(len(cells)))
				cells = append(cells, productCell{row: r, col: c})
			}
		}
	}
	slices.Sort(order)
	sorted := make([]productCell, len(cells))
	for i, o := range order {
		sorted[i] = cells[o&(1<<24-1)]
	}
	return sorted
}

// foolingSet returns a lower bound of every cover: it finds needed edges no two
// of which can be in one product.
func (l *productLimits) foolingSet(g *productGraph, cells []productCell) int {
	var picked []productCell
	usedRow, usedCol := make([]bool, g.len(productRows)), make([]bool, g.len(productCols))
	for _, e := range cells {
		if usedRow[e.row] || usedCol[e.col] {
			continue
		}
		together := slices.ContainsFunc(picked, func(p productCell) bool {
			l.bound.spend(10)
			return g.find(e.row, p.col) >= 0 && g.find(p.row, e.col) >= 0
		})
		if l.bound.empty() && len(picked) > 0 {
			break
		}
		if !together {
			picked = append(picked, e)
			usedRow[e.row], usedCol[e.col] = true, true
		}
	}
	return len(picked)
}

// grown covers edge after edge, the least free first, by the product that has
// the edge and is grown, vertex by vertex, to as many uncovered edges as
// possible. It reports false when that is too much work.
func (l *productLimits) grown(g *productGraph, cells []productCell) ([]productPick, bool) {
	open := slices.Clone(g.need)
	var picks []productPick
	for _, e := range cells {
		if !open[g.find(e.row, e.col)] {
			continue
		}
		pick, gain := l.grow(g, open, productRows, e.row, e.col)
		if other, more := l.grow(g, open, productCols, e.col, e.row); more > gain {
			pick = other
		}
		if l.greedy.empty() {
			return nil, false
		}
		pick.each(g, func(e int32) { open[e] = false })
		picks = append(picks, pick)
	}
	return l.irredundant(g, picks), true
}

// grow starts with a vertex of a side and all its neighbours, and adds vertices
// of the side that are neighbours of via as long as that gains edges.
func (l *productLimits) grow(g *productGraph, open []bool, side int, from, via int32) (productPick, int) {
	weight := make([]int32, g.len(1-side)) // uncovered edges, plus 1 for what is in the product
	gain := 0
	edges := g.edgesOf(side, from)
	for n, j := range g.of(side, from) {
		weight[j] = 1
		if open[edges[n]] {
			weight[j]++
			gain++
		}
	}
	in := []int32{from}
	candidates := slices.Clone(g.of(1-side, via))
	for !l.greedy.empty() {
		best, most := int32(-1), gain
		for _, i := range candidates {
			l.greedy.spend(2 * len(g.of(side, i)))
			if slices.Contains(in, i) {
				continue
			}
			sum := 0
			edges := g.edgesOf(side, i)
			for n, j := range g.of(side, i) {
				if weight[j] > 0 {
					sum += int(weight[j]) - 1
					if open[edges[n]] {
						sum++
					}
				}
			}
			if sum > most {
				best, most = i, sum
			}
		}
		if best < 0 {
			break
		}
		fresh := make([]int32, len(weight))
		edges := g.edgesOf(side, best)
		for n, j := range g.of(side, best) {
			if fresh[j] = weight[j]; weight[j] > 0 && open[edges[n]] {
				fresh[j]++
			}
		}
		weight, gain, in = fresh, most, append(in, best)
	}
	var p productPick
	p.sides[1-side] = g.common(&l.greedy, side, in)
	p.sides[side] = g.common(&l.greedy, 1-side, p.sides[1-side])
	return p, gain
}
