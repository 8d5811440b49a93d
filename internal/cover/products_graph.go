package cover

import (
	"slices"
	"sort"
)

// productGraph is a bipartite graph of rows and columns. A product is a
// biclique of it: some rows and some columns with all edges between them. The
// edges that are needed must lie in products, the others may.
type productGraph struct {
	// at, to and edge list the neighbours of rows (side 0) and columns (side
	// 1): those of vertex i are to[side][at[side][i]:at[side][i+1]], ascending,
	// and edge has the number of the edge to each.
	at, to, edge [2][]int32
	need         []bool // by edge
	// needs counts the needed edges of each vertex.
	needs [2][]int32
}

// The sides of a graph.
const (
	productRows = 0
	productCols = 1
)

type productCell struct {
	row, col int32
	need     bool
}

// newProductGraph makes a graph of cells sorted by column, then by row.
func newProductGraph(rows, cols int, cells []productCell) *productGraph {
	g := &productGraph{need: make([]bool, len(cells))}
	for side, n := range [2]int{rows, cols} {
		g.at[side] = make([]int32, n+1)
		g.to[side] = make([]int32, len(cells))
		g.edge[side] = make([]int32, len(cells))
		g.needs[side] = make([]int32, n)
	}
	for _, c := range cells {
		g.at[productRows][c.row+1]++
		g.at[productCols][c.col+1]++
	}
	for side := range g.at {
		for i := 1; i < len(g.at[side]); i++ {
			g.at[side][i] += g.at[side][i-1]
		}
	}
	next := slices.Clone(g.at[productRows])
	for i, c := range cells {
		e := next[c.row]
		next[c.row]++
		g.to[productRows][e], g.edge[productRows][e] = c.col, e
		g.to[productCols][i], g.edge[productCols][i] = c.row, e
		if c.need {
			g.need[e] = true
			g.needs[productRows][c.row]++
			g.needs[productCols][c.col]++
		}
	}
	return g
}

func (g *productGraph) len(side int) int { return len(g.needs[side]) }

// of lists the neighbours of a vertex.
func (g *productGraph) of(side int, i int32) []int32 {
	return g.to[side][g.at[side][i]:g.at[side][i+1]]
}

func (g *productGraph) edgesOf(side int, i int32) []int32 {
	return g.edge[side][g.at[side][i]:g.at[side][i+1]]
}

// find returns the edge between a row and a column, -1 if there is none.
func (g *productGraph) find(row, col int32) int32 {
	side, i, j := productRows, row, col
	if len(g.of(productCols, col)) < len(g.of(productRows, row)) {
		side, i, j = productCols, col, row
	}
	if k, found := slices.BinarySearch(g.of(side, i), j); found {
		return g.edgesOf(side, i)[k]
	}
	return -1
}

// cover marks an edge as one that needs no cover any more.
func (g *productGraph) cover(row, col int32) {
	if e := g.find(row, col); g.need[e] {
		g.need[e] = false
		g.needs[productRows][row]--
		g.needs[productCols][col]--
	}
}

// pick is a product of a graph.
type productPick struct {
	sides [2][]int32 // rows and columns, ascending
}

// sub returns the graph of the kept vertices, which are given ascending. Edges
// to others are left out.
func (g *productGraph) sub(keep [2][]int32) *productGraph {
	local := make([]int32, g.len(productRows))
	for i := range local {
		local[i] = -1
	}
	for i, r := range keep[productRows] {
		local[r] = int32(i)
	}
	var cells []productCell
	for i, c := range keep[productCols] {
		edges := g.edgesOf(productCols, c)
		for k, r := range g.of(productCols, c) {
			if local[r] >= 0 {
				cells = append(cells, productCell{row: local[r], col: int32(i), need: g.need[edges[k]]})
			}
		}
	}
	return newProductGraph(len(keep[productRows]), len(keep[productCols]), cells)
}

// connected lists the vertices of each connected part of the graph.
func (g *productGraph) connected() [][2][]int32 {
	forest := newProductForest(g.len(productRows))
	for c := range g.len(productCols) {
		rows := g.of(productCols, int32(c))
		for _, r := range rows[1:] {
			forest.join(rows[0], r)
		}
	}
	var parts [][2][]int32
	at := make([]int, g.len(productRows))
	for r := range at {
		root := forest.find(int32(r))
		if int(root) == r {
			at[r] = len(parts)
			parts = append(parts, [2][]int32{})
		}
		part := &parts[at[root]]
		part[productRows] = append(part[productRows], int32(r))
	}
	for c := range g.len(productCols) {
		part := &parts[at[forest.find(g.of(productCols, int32(c))[0])]]
		part[productCols] = append(part[productCols], int32(c))
	}
	return parts
}

// productMeter limits work by counting steps, which, other than time, come out
// the same on every machine.
type productMeter struct{ left int }

func (m *productMeter) spend(n int) { m.left -= n }
func (m *productMeter) empty() bool { return m.left < 0 }

// subset reports whether every element of the sorted list a is in b.
func (m *productMeter) subset(a, b []int32) bool {
	if len(a) > len(b) {
		m.spend(1)
		return false
	}
	for i, v := range a {
		m.spend(1)
		// Near the front, a step is cheaper than a search.
		k := 0
		for k < 4 && k < len(b) && b[k] < v {
			k++
		}
		if k == 4 {
			m.spend(4)
			k += sort.Search(len(b)-k, func(x int) bool { return b[k+x] >= v })
		}
		if k == len(b) || b[k] != v {
			return false
		}
		if b = b[k+1:]; len(b) < len(a)-i-1 {
			return false
		}
	}
	return true
}

// productIntersect returns what is in both sorted lists.
func productIntersect(a, b []int32) []int32 {
	if len(a) > len(b) {
		a, b = b, a
	}
	both := make([]int32, 0, len(a))
	few := 8*len(a) < len(b)
	for _, v := range a {
		k := 0
		if few {
			k, _ = slices.BinarySearch(b, v)
		}
		for k < len(b) && b[k] < v {
			k++
		}
		if b = b[k:]; len(b) > 0 && b[0] == v {
			both = append(both, v)
		}
	}
	return both
}

// common lists the vertices of the other side that all of list are neighbours
// of, ascending.
func (g *productGraph) common(m *productMeter, side int, list []int32) []int32 {
	if len(list) == 0 {
		return nil
	}
	shortest := list[0]
	for _, v := range list {
		if len(g.of(side, v)) < len(g.of(side, shortest)) {
			shortest = v
		}
	}
	all := slices.Clone(g.of(side, shortest))
	for _, v := range list {
		if v != shortest {
			m.spend(len(all)*4 + 1)
			all = productIntersect(all, g.of(side, v))
		}
	}
	return all
}
