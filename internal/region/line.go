package region

import (
	"cmp"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Span is a run of atoms on a line, by index: First up to and without End.
type Span struct{ First, End int }

// Line lays the atoms of sets of one address family out on a line, in the order
// of their first address. atoms[i] are the ranges of an atom, sorted and
// disjoint; spans[j] is what sets[j] is made of, ascending, never more spans
// than the set has ranges. Whoever walks along the line instead of the
// addresses meets each combination of sets once, however many addresses it has.
//
// A set is few spans because an atom whose first address lies in a range of a
// set belongs to the set: those atoms come one after the other, and every atom
// of the set begins in one of its ranges. The members of an atom are not listed,
// so the time is near linear in the number of ranges, however many sets overlap.
func Line(sets []prefixset.Set) (atoms [][]netipx.IPRange, spans [][]Span) {
	if one, alone := atomsOfOne(sets); alone {
		spans = make([][]Span, len(sets))
		for i := range one {
			atoms = append(atoms, one[i].Ranges)
			spans[one[i].Members[0]] = []Span{{0, len(atoms)}}
		}
		return atoms, spans
	}
	edges := lineEdges(sets)
	spans = make([][]Span, len(sets))
	began := make([]int, len(sets)) // how many atoms there were when the open range of the set began
	held := newHeld(len(sets))
	byState := map[state]int{}
	var from netip.Addr // first address not yet assigned while a set is open
	assign := func(to netip.Addr) {
		at, known := byState[held.state()]
		if !known {
			at = len(atoms)
			byState[held.state()] = at
			atoms = append(atoms, nil)
		}
		atoms[at] = append(atoms[at], netipx.IPRangeFrom(from, to))
	}
	for i := 0; i < len(edges); {
		at := edges[i].addr
		// Opening edges act before the address, closing ones after it.
		if edges[i].opens {
			if held.count > 0 && from.Less(at) {
				assign(at.Prev())
			}
			for ; i < len(edges) && edges[i].addr == at && edges[i].opens; i++ {
				held.toggle(edges[i].member, 1)
				began[edges[i].member] = len(atoms)
			}
			from = at
		}
		if i < len(edges) && edges[i].addr == at {
			assign(at)
			for ; i < len(edges) && edges[i].addr == at; i++ {
				member := edges[i].member
				held.toggle(member, -1)
				if began[member] < len(atoms) {
					spans[member] = append(spans[member], Span{began[member], len(atoms)})
				}
			}
			from = at.Next()
		}
	}
	return atoms, spans
}

func lineEdges(sets []prefixset.Set) []edge {
	total := 0
	for _, set := range sets {
		_, _, ranges := set.Hull()
		total += ranges
	}
	edges := make([]edge, 0, 2*total)
	for i, set := range sets {
		for r := range set.All() {
			edges = append(edges, edge{addr: r.From(), member: i, opens: true}, edge{addr: r.To(), member: i})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if c := a.addr.Compare(b.addr); c != 0 {
			return c
		}
		if a.opens != b.opens {
			if a.opens {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.member, b.member)
	})
	return edges
}

// state stands for a combination of sets: equal ones have equal states.
type state struct {
	count int
	id    int // the set itself when there is one, else the root of the tree
}

// held is which sets are open. Combinations are nodes of a binary tree over the
// numbers of the sets in which equal subtrees are one node, so that a set comes
// or goes in as many steps as its number has bits, and combinations are compared
// by their root. Most addresses are in one set alone, of which the tree need not
// know.
type held struct {
	count, sum int // of the open sets, and of their numbers
	root       int
	height     int
	nodes      map[[2]int]int
	children   [][2]int
	pending    []int // that come or go, and the tree does not know of yet
}

func newHeld(sets int) *held {
	h := &held{}
	for 1<<h.height < sets {
		h.height++
	}
	return h
}

// toggle opens a closed set, by 1, or closes an open one, by -1.
func (h *held) toggle(member, by int) {
	h.count += by
	h.sum += by * member
	if n := len(h.pending); n > 0 && h.pending[n-1] == member {
		h.pending = h.pending[:n-1] // came and went
		return
	}
	h.pending = append(h.pending, member)
}

func (h *held) state() state {
	if h.count == 1 {
		return state{1, h.sum}
	}
	if h.nodes == nil {
		h.nodes, h.children = map[[2]int]int{}, make([][2]int, 2)
	}
	for _, member := range h.pending {
		h.root = h.flip(h.root, h.height, member)
	}
	h.pending = h.pending[:0]
	return state{h.count, h.root}
}

// flip returns the node like the given one with one leaf turned over. The node
// 0 is the subtree without open sets, at every height; a leaf is 0 or 1.
func (h *held) flip(node, height, member int) int {
	if height == 0 {
		return 1 - node
	}
	var pair [2]int
	if node != 0 {
		pair = h.children[node]
	}
	side := member >> (height - 1) & 1
	pair[side] = h.flip(pair[side], height-1, member)
	if pair == [2]int{} {
		return 0
	}
	known, ok := h.nodes[pair]
	if !ok {
		known = len(h.children)
		h.nodes[pair] = known
		h.children = append(h.children, pair)
	}
	return known
}
