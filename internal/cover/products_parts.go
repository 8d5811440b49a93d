package cover

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// productClasses join the rows that are open to the same columns and the
// columns that are open to the same rows. Other than rows and columns, classes
// depend on the set alone. They are in the order of what they begin with.
type productClasses struct {
	table *productTable
	// rows and cols are the rows and columns of each class, ascending.
	rows, cols [][]int32
	// rowClass and colClass are the class of each row and column; -1 for a row
	// that is open to nobody.
	rowClass, colClass []int32
	// open are the row classes that a column class is open to, ascending.
	open [][]int32
}

func newProductClasses(t *productTable) *productClasses {
	c := &productClasses{table: t, rowClass: make([]int32, len(t.rows)), colClass: make([]int32, len(t.cols))}
	// Where nothing is without meaning, families make no difference.
	mixed := slices.ContainsFunc(t.rows, func(r productRow) bool { return r.kind != productPlain })
	colKeys := make([][]byte, len(t.cols))
	for i := range t.cols {
		if mixed {
			colKeys[i] = append(colKeys[i], byte(t.cols[i].kind))
		}
		for _, r := range t.cols[i].rows {
			colKeys[i] = binary.AppendUvarint(colKeys[i], uint64(r))
		}
	}
	c.cols = productClassify(colKeys, c.colClass)
	rowKeys := make([][]byte, len(t.rows))
	for class, members := range c.cols {
		for _, r := range t.cols[members[0]].rows {
			if len(rowKeys[r]) == 0 {
				rowKeys[r] = append(rowKeys[r], byte(t.rows[r].kind))
			}
			rowKeys[r] = binary.AppendUvarint(rowKeys[r], uint64(class))
		}
	}
	c.rows = productClassify(rowKeys, c.rowClass)
	c.open = make([][]int32, len(c.cols))
	for class, members := range c.cols {
		for _, r := range t.cols[members[0]].rows {
			// All rows of a class are open to the column or none.
			if of := c.rowClass[r]; c.rows[of][0] == r {
				c.open[class] = append(c.open[class], of)
			}
		}
	}
	return c
}

// productClassify groups the indices of equal keys in the order of the first
// of each, and notes the group of each index. An empty key has group -1.
func productClassify(keys [][]byte, of []int32) (groups [][]int32) {
	at := make(map[string]int32, len(keys))
	for i, key := range keys {
		if len(key) == 0 {
			of[i] = -1
			continue
		}
		g, seen := at[string(key)]
		if !seen {
			g = int32(len(groups))
			at[string(key)] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], int32(i))
		of[i] = g
	}
	return groups
}

// productPart is a part of the table that shares no product with any other.
type productPart struct {
	rows, cols []int32 // classes, ascending
	graph      *productGraph
}

// parts are the connected parts of the graph, in the order of their rows. A
// cell without meaning does not connect its row with its column: for a product
// to gain from it, each of its parts must be without meaning for the other,
// which only a part of ICMP and one of ICMPv6 can be.
func (c *productClasses) parts() []productPart {
	forest := newProductForest(len(c.rows))
	for _, open := range c.open {
		for _, r := range open[1:] {
			forest.join(open[0], r)
		}
	}
	var narrow []int32
	for class := range c.rows {
		if c.kindOfRow(int32(class)) != productPlain {
			narrow = append(narrow, int32(class))
		}
	}
	for _, class := range narrow {
		forest.join(narrow[0], class)
	}
	partOf := make([]int32, len(c.rows))
	local := make([]int32, len(c.rows)) // its index in the part
	var parts []productPart
	for class := range c.rows {
		root := forest.find(int32(class))
		if root == int32(class) { // the lowest of its part
			partOf[root] = int32(len(parts))
			parts = append(parts, productPart{})
		}
		p := &parts[partOf[root]]
		partOf[class], local[class] = partOf[root], int32(len(p.rows))
		p.rows = append(p.rows, int32(class))
	}
	for class, open := range c.open {
		p := &parts[partOf[open[0]]]
		p.cols = append(p.cols, int32(class))
	}
	for i := range parts {
		parts[i].graph = c.graphOf(&parts[i], local)
	}
	return parts
}

// graphOf has the cells without meaning as edges that need no cover.
func (c *productClasses) graphOf(p *productPart, local []int32) *productGraph {
	var narrow []int32
	for _, class := range p.rows {
		if c.kindOfRow(class) != productPlain {
			narrow = append(narrow, class)
		}
	}
	var cells []productCell
	for i, class := range p.cols {
		from := len(cells)
		for _, r := range c.open[class] {
			cells = append(cells, productCell{row: local[r], col: int32(i), need: true})
		}
		for _, r := range narrow {
			if !c.kindOfRow(r).meets(c.kindOfCol(class)) {
				cells = append(cells, productCell{row: local[r], col: int32(i)})
			}
		}
		if len(narrow) > 0 {
			slices.SortFunc(cells[from:], func(a, b productCell) int { return int(a.row) - int(b.row) })
		}
	}
	return newProductGraph(len(p.rows), len(p.cols), cells)
}

func (c *productClasses) kindOfRow(class int32) productKind {
	return c.table.rows[c.rows[class][0]].kind
}

func (c *productClasses) kindOfCol(class int32) productKind {
	return c.table.cols[c.cols[class][0]].kind
}

// productForest is a union-find whose roots are the lowest of their trees.
type productForest []int32

func newProductForest(n int) productForest {
	f := make(productForest, n)
	for i := range f {
		f[i] = int32(i)
	}
	return f
}

func (f productForest) find(i int32) int32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f productForest) join(i, j int32) {
	i, j = f.find(i), f.find(j)
	f[max(i, j)] = min(i, j)
}

// productIslands cuts products into those that share neither ports nor peers
// with others, without looking closer. It takes time near linear in all cases.
func productIslands(rects []Product) [][]Product {
	forest := newProductForest(len(rects))
	ports, addresses := make([][]netipx.IPRange, len(rects)), make([][]netipx.IPRange, len(rects))
	names := map[string]int{}
	var narrow []int
	for i := range rects {
		ports[i], addresses[i] = productEncode(rects[i].Ports).Ranges(), rects[i].Prefixes.Ranges()
		for _, name := range rects[i].References {
			if j, seen := names[name]; seen {
				forest.join(int32(i), int32(j))
			}
			names[name] = i
		}
		if !rects[i].Ports.Of(portset.ICMP).IsEmpty() || !rects[i].Ports.Of(portset.ICMPv6).IsEmpty() {
			narrow = append(narrow, i)
		}
	}
	for _, i := range narrow {
		forest.join(int32(narrow[0]), int32(i))
	}
	forest.joinOverlapping(ports)
	forest.joinOverlapping(addresses)
	var islands [][]Product
	at := make([]int, len(rects))
	for i := range rects {
		root := forest.find(int32(i))
		if int(root) == i {
			at[i] = len(islands)
			islands = append(islands, nil)
		}
		islands[at[root]] = append(islands[at[root]], rects[i])
	}
	return islands
}

// joinOverlapping joins those whose ranges overlap.
func (f productForest) joinOverlapping(ranges [][]netipx.IPRange) {
	type owned struct {
		netipx.IPRange
		owner int32
	}
	var all []owned
	for i := range ranges {
		for _, r := range ranges[i] {
			all = append(all, owned{r, int32(i)})
		}
	}
	slices.SortFunc(all, func(a, b owned) int { return a.From().Compare(b.From()) })
	var last netip.Addr // the highest address so far; invalid is below all
	for i, r := range all {
		if i > 0 && r.From().Compare(last) <= 0 {
			f.join(r.owner, all[i-1].owner)
		}
		if last.Less(r.To()) {
			last = r.To()
		}
	}
}
