package cover

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// boxWalk finds the largest boxes of a trie and which of them are needed.
//
// A network with thousands of ports and thousands of hosts in it must not cost
// their product, so no node lists all its runs. On the way down, open holds
// what the nodes above open; on the way up, a node lists only those of its runs
// that the nodes above do not have as they are:
//
//	above:  |--|   |-|       |---|    |--|
//	own:        |--|    |---------|
//	runs:       |----|  |---------|        2 of the 4, by their ends alone
//
// All largest boxes are among them: the other runs are runs of the parent too.
type boxWalk struct {
	whole portset.Set // what the protocol has
	// open is empty after each walk, and large, so that all walks share one.
	open *boxOpen
}

// boxRun is a run of the ports of a node, but not of those above.
type boxRun struct {
	ports portset.Range
	// witnessed is whether an address of the node has this very run.
	witnessed bool
	// box is the largest box with these ports that the node lies in.
	box *boxLargest
}

// needed returns the needed boxes of a trie, with what is handed to them; whole
// is what the protocol has.
func (w *boxWalk) needed(root *boxNode, whole portset.Set) []*boxLargest {
	w.whole = whole
	w.settle(root)
	h := boxHandout{boxWalk: w, latest: map[uint16]*boxLargest{}}
	h.visit(root, nil, nil)
	return h.needed
}

// settle finds the runs of a node and all below, while open holds what the
// nodes above open.
func (w *boxWalk) settle(v *boxNode) {
	v.own = boxOwn(v.parts)
	if v.everything != nil {
		// Below, its addresses pass for witnesses of the run of all ports. No
		// harm is done: all other addresses of a box with that run are some.
		v.own = w.whole.Ranges()
	}
	if v.low != nil {
		w.open = w.open.add(v.own)
		w.settle(v.low)
		if v.high != nil {
			w.settle(v.high)
		}
		w.open.remove(v.own)
	}
	if v.halved() {
		w.settleHalved(v)
		return
	}
	// Some address is in no child, and has just what the node has.
	v.runs = w.runs(v.own)
	for i := range v.runs {
		v.runs[i].witnessed = true
	}
}

func (w *boxWalk) settleHalved(v *boxNode) {
	// What both halves have is open to the whole node.
	common := boxSetOf(v.low.runs).Intersect(boxSetOf(v.high.runs))
	v.runs = w.runs(portset.Of(v.own...).Union(common).Ranges())
	low, high := v.low.allLost(), v.high.allLost()
	lowRanges, highRanges := low.Ranges(), high.Ranges()
	for i := range v.runs {
		r := &v.runs[i]
		r.witnessed = v.low.witnesses(r.ports, lowRanges) || v.high.witnesses(r.ports, highRanges)
	}
	v.lost = low.Intersect(high)
}

// allLost returns the ports that are lost in v: a run of what the nodes above
// open lies wholly within them or wholly without, and it lies within when no
// address of v has it as a run. So it does when v makes a longer run of it, and
// when both halves lose it.
func (v *boxNode) allLost() portset.Set { return boxSetOf(v.runs).Union(v.lost) }

// witnesses reports whether an address of v has r as a run, where r is a run
// of v's parent and lost is what is lost in v.
func (v *boxNode) witnesses(r portset.Range, lost []portset.Range) bool {
	if at, found := v.find(r.First); found && v.runs[at].ports == r {
		return v.runs[at].witnessed
	}
	// Either r is a run of what the nodes above open, or a part of one of the
	// longer runs of v, which all are lost.
	_, found := boxFind(lost, r.First)
	return !found
}

// find finds the run of the list that holds p, or where it would stand.
func (v *boxNode) find(p uint16) (at int, found bool) {
	at, _ = slices.BinarySearchFunc(v.runs, p, func(r boxRun, p uint16) int { return cmp.Compare(r.ports.Last, p) })
	return at, at < len(v.runs) && v.runs[at].ports.First <= p
}

// boxFind finds the range of a sorted list that holds p, or where it would
// stand.
func boxFind(ranges []portset.Range, p uint16) (at int, found bool) {
	at, _ = slices.BinarySearchFunc(ranges, p, func(r portset.Range, p uint16) int { return cmp.Compare(r.Last, p) })
	return at, at < len(ranges) && ranges[at].First <= p
}

// runs widens sorted, disjoint ranges to runs of their union with the open
// ports, and leaves out those that are runs of the open ports alone.
func (w *boxWalk) runs(ranges []portset.Range) []boxRun {
	if len(ranges) == 0 {
		return nil
	}
	runs := make([]boxRun, 0, len(ranges))
	for _, r := range ranges {
		if n := len(runs); n > 0 && int(r.First) <= int(runs[n-1].ports.Last)+1 {
			if r.Last > runs[n-1].ports.Last {
				runs[n-1].ports.Last = w.open.end(r.Last)
			}
			continue
		}
		if !w.open.holds(r) {
			runs = append(runs, boxRun{ports: portset.Range{First: w.open.start(r.First), Last: w.open.end(r.Last)}})
		}
	}
	return runs
}

// boxSetOf returns the union of runs.
func boxSetOf(runs []boxRun) portset.Set {
	ranges := make([]portset.Range, len(runs))
	for i := range runs {
		ranges[i] = runs[i].ports
	}
	return portset.Of(ranges...)
}

// boxOwn returns the union of the ports of parts; it may share memory.
func boxOwn(parts []boxPart) []portset.Range {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0].runs
	}
	var all []portset.Range
	for _, part := range parts {
		all = append(all, part.runs...)
	}
	return portset.Of(all...).Ranges()
}
