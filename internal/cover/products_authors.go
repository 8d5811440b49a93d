package cover

import (
	"cmp"
	"slices"
)

// productAuthors are the joined sources, part by part.
type productAuthors struct {
	// all are the joined sources of each part, of those that its cover needs,
	// both ascending.
	all, of [][]int
}

// newProductAuthors finds the part of each joined source. It first takes from
// the rows and columns of a source what has no meaning in it.
func newProductAuthors(t *productTable, c *productClasses, parts []productPart, l *productLimits) *productAuthors {
	partOf := make([]int32, len(c.cols))
	for i := range parts {
		for _, class := range parts[i].cols {
			partOf[class] = int32(i)
		}
	}
	a := &productAuthors{all: make([][]int, len(parts)), of: make([][]int, len(parts))}
	for m := range t.rects {
		t.dropMeaningless(m)
		i := partOf[c.colClass[t.colsOf[m][0]]]
		a.all[i] = append(a.all[i], m)
		l.shape.spend(4 * len(t.rowsOf[m]) * len(t.colsOf[m]))
	}
	if l.shape.empty() {
		a.of = a.all
		return a
	}
	count := make([]int32, t.cells())
	for m := range t.rects {
		t.each(t.rowsOf[m], t.colsOf[m], func(cell int, _, _ int32) { count[cell]++ })
	}
	for i, all := range a.all {
		a.of[i] = t.irredundant(all, count)
	}
	return a
}

// dropMeaningless drops the rows of a source that mean nothing to any of its
// columns, and the other way round. Something is left, as the source opens
// something.
func (t *productTable) dropMeaningless(m int) {
	var rows, cols [3]bool
	for _, r := range t.rowsOf[m] {
		rows[t.rows[r].kind] = true
	}
	for _, c := range t.colsOf[m] {
		cols[t.cols[c].kind] = true
	}
	lost := func(k productKind, others [3]bool) bool {
		for o, has := range others {
			if has && k.meets(productKind(o)) {
				return false
			}
		}
		return true
	}
	t.rowsOf[m] = slices.DeleteFunc(t.rowsOf[m], func(r int32) bool { return lost(t.rows[r].kind, cols) })
	t.colsOf[m] = slices.DeleteFunc(t.colsOf[m], func(c int32) bool { return lost(t.cols[c].kind, rows) })
}

// irredundant drops sources whose cells others have, the smallest first, and of
// equals the last first. count counts the sources that have each cell.
func (t *productTable) irredundant(all []int, count []int32) []int {
	if len(all) == 1 {
		return all
	}
	size := func(m int) int { return len(t.rowsOf[m]) * len(t.colsOf[m]) }
	order := slices.Clone(all)
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(size(a), size(b)), cmp.Compare(b, a)) })
	var kept []int
	for _, m := range order {
		redundant := true
		t.each(t.rowsOf[m], t.colsOf[m], func(cell int, _, _ int32) { redundant = redundant && count[cell] > 1 })
		if !redundant {
			kept = append(kept, m)
			continue
		}
		t.each(t.rowsOf[m], t.colsOf[m], func(cell int, _, _ int32) { count[cell]-- })
	}
	slices.Sort(kept)
	return kept
}

// cells counts the cells of the table, each column having as many as rows that
// are open to it.
func (t *productTable) cells() int {
	if t.cellAt == nil {
		t.cellAt = make([]int, len(t.cols)+1)
		for c := range t.cols {
			t.cellAt[c+1] = t.cellAt[c] + len(t.cols[c].rows)
		}
	}
	return t.cellAt[len(t.cols)]
}

// each calls do for each cell of the rows and columns that has a meaning; all
// of these are open.
func (t *productTable) each(rows, cols []int32, do func(cell int, row, col int32)) {
	for _, c := range cols {
		of := t.cols[c].rows
		k := 0
		for _, r := range rows {
			if len(of)-k > 8*len(rows) {
				n, _ := slices.BinarySearch(of[k:], r)
				k += n
			}
			for k < len(of) && of[k] < r {
				k++
			}
			if k < len(of) && of[k] == r {
				do(t.cellAt[c]+k, r, c)
			}
		}
	}
}
