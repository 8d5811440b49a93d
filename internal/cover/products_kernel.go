package cover

import "slices"

// productKernel takes from a graph what has only one answer, and leaves the
// rest: a graph whose smallest cover, together with the products taken, is a
// smallest cover of the whole. Two steps are repeated until neither helps:
//
// Fold. A vertex i is folded into another, s, of its side when s has all needed
// neighbours of i as needed ones, and i has all neighbours of s: whatever
// product covers an edge of s can take i along.
//
// Force. When all neighbours of the row and of the column of a needed edge are
// neighbours of each other, they are the one largest product that has the edge.
// Some smallest cover has this product.
type productKernel struct {
	graph *productGraph
	// ids are the vertices of the first graph that those of graph stand for.
	ids   [2][]int32
	gone  [2][]bool
	folds []productFold
	// forced are in terms of the first graph; when counts the folds before.
	forced []productPick
	when   []int
	meter  *productMeter
}

type productFold struct {
	side       int
	gone, into int32 // in terms of the first graph
}

func newProductKernel(g *productGraph, meter *productMeter) *productKernel {
	own := *g // whose edges will be marked as covered
	own.need = slices.Clone(g.need)
	for side := range own.needs {
		own.needs[side] = slices.Clone(g.needs[side])
	}
	k := &productKernel{graph: &own, meter: meter}
	for side := range k.ids {
		k.ids[side] = make([]int32, g.len(side))
		for i := range k.ids[side] {
			k.ids[side][i] = int32(i)
		}
		k.gone[side] = make([]bool, g.len(side))
	}
	for changed := true; changed && !k.meter.empty(); {
		rows := k.fold(productRows)
		k.compact()
		cols := k.fold(productCols)
		k.compact()
		forced := k.force()
		k.compact()
		changed = rows || cols || forced
	}
	return k
}

// compact drops the vertices that are gone or have no needed edge.
func (k *productKernel) compact() {
	var keep, ids [2][]int32
	dropped := false
	for side := range keep {
		for i := range k.graph.len(side) {
			if k.gone[side][i] || k.graph.needs[side][i] == 0 {
				dropped = true
				continue
			}
			keep[side] = append(keep[side], int32(i))
			ids[side] = append(ids[side], k.ids[side][i])
		}
	}
	if !dropped {
		return
	}
	k.graph, k.ids = k.graph.sub(keep), ids
	for side := range keep {
		k.gone[side] = make([]bool, len(keep[side]))
	}
}

// fold folds vertices of one side.
func (k *productKernel) fold(side int) (changed bool) {
	g := k.graph
	for i := range int32(g.len(side)) {
		if g.needs[side][i] == 0 {
			continue
		}
		if s := k.findFold(side, i); s >= 0 {
			k.gone[side][i] = true
			k.folds = append(k.folds, productFold{side: side, gone: k.ids[side][i], into: k.ids[side][s]})
			changed = true
		}
		if k.meter.empty() {
			break
		}
	}
	return changed
}

func (k *productKernel) findFold(side int, i int32) int32 {
	g := k.graph
	// Only needed neighbours of a needed neighbour of i can have them all; the
	// neighbour with the fewest will do.
	via, fewest := int32(-1), 0
	edges := g.edgesOf(side, i)
	for n, j := range g.of(side, i) {
		if size := len(g.of(1-side, j)); g.need[edges[n]] && (via < 0 || size < fewest) {
			via, fewest = j, size
		}
	}
	k.meter.spend(len(edges) + fewest)
	edges = g.edgesOf(1-side, via)
	for n, s := range g.of(1-side, via) {
		if s == i || !g.need[edges[n]] || k.gone[side][s] || g.needs[side][s] < g.needs[side][i] {
			continue
		}
		if k.meter.subset(g.of(side, s), g.of(side, i)) && k.hasNeeded(side, s, i) {
			return s
		}
	}
	return -1
}

// hasNeeded reports whether s has all needed neighbours of i as needed ones.
// All neighbours of s are neighbours of i.
func (k *productKernel) hasNeeded(side int, s, i int32) bool {
	g := k.graph
	k.meter.spend(len(g.of(side, i)))
	of, edges, own := g.of(side, s), g.edgesOf(side, s), g.edgesOf(side, i)
	at := 0
	for n, j := range g.of(side, i) {
		for at < len(of) && of[at] < j {
			at++
		}
		if g.need[own[n]] && (at == len(of) || of[at] != j || !g.need[edges[at]]) {
			return false
		}
	}
	return true
}

// force takes the products that are the only largest ones of some edge.
func (k *productKernel) force() (changed bool) {
	g := k.graph
	for c := range int32(g.len(productCols)) {
		r := k.narrowest(c)
		if r < 0 || !k.isForced(r, c) {
			continue
		}
		changed = true
		pick := productPick{}
		pick.sides[productRows], pick.sides[productCols] = g.of(productCols, c), g.of(productRows, r)
		for _, row := range pick.sides[productRows] {
			for _, col := range pick.sides[productCols] {
				g.cover(row, col)
			}
		}
		k.meter.spend(4 * len(pick.sides[0]) * len(pick.sides[1]))
		for side := range pick.sides {
			pick.sides[side] = productRename(pick.sides[side], k.ids[side])
		}
		k.forced = append(k.forced, pick)
		k.when = append(k.when, len(k.folds))
		if k.meter.empty() {
			break
		}
	}
	return changed
}

// narrowest is the row of a needed edge of the column that has the fewest
// neighbours of all rows of the column, -1 if none has: only this row's
// neighbours can be neighbours of all those rows.
func (k *productKernel) narrowest(c int32) int32 {
	g := k.graph
	best, fewest := int32(-1), -1
	edges := g.edgesOf(productCols, c)
	k.meter.spend(len(edges))
	for n, r := range g.of(productCols, c) {
		size := len(g.of(productRows, r))
		if fewest < 0 || size < fewest {
			best, fewest = -1, size
		}
		if best < 0 && size == fewest && g.need[edges[n]] {
			best = r
		}
	}
	return best
}

func (k *productKernel) isForced(r, c int32) bool {
	cols := k.graph.of(productRows, r)
	for _, row := range k.graph.of(productCols, c) {
		if row != r && !k.meter.subset(cols, k.graph.of(productRows, row)) {
			return false
		}
	}
	return true
}

func productRename(list, ids []int32) []int32 {
	renamed := make([]int32, len(list))
	for i, v := range list {
		renamed[i] = ids[v]
	}
	return renamed
}

// unfold adds to the forced products and to picks, which are in terms of the
// first graph, what was folded into their vertices.
func (k *productKernel) unfold(picks []productPick) []productPick {
	all := slices.Concat(k.forced, picks)
	when := slices.Clone(k.when)
	for range picks {
		when = append(when, len(k.folds))
	}
	// Only what a later fold has brought back can have been folded into, so
	// the folds go backwards, and each product comes in where it was made.
	var holders [2]map[int32][]int
	holders[0], holders[1] = map[int32][]int{}, map[int32][]int{}
	next := len(all)
	admit := func(done int) {
		for ; next > 0 && when[next-1] > done; next-- {
			for side, list := range all[next-1].sides {
				for _, v := range list {
					holders[side][v] = append(holders[side][v], next-1)
				}
			}
		}
	}
	for i := len(k.folds) - 1; i >= 0; i-- {
		admit(i)
		f := k.folds[i]
		for _, p := range holders[f.side][f.into] {
			all[p].sides[f.side] = append(all[p].sides[f.side], f.gone)
			holders[f.side][f.gone] = append(holders[f.side][f.gone], p)
		}
	}
	for i := range all {
		for side := range all[i].sides {
			slices.Sort(all[i].sides[side])
		}
	}
	return all
}
