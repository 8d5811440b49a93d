package cover

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// boxHandout hands every part of a source to needed boxes.
//
// A range s of ports for the prefix q lies in a run of ports(q), which belongs
// to a largest box (v, r). If that box is needed, the part is handed to it. If
// not, every address of q has a longer run, so q falls into halves which other
// nodes fill, and each half of the part is handed on in the same way; a single
// address is its own witness, so this ends.
//
// Each needed box gets a part: the packet that only boxes within it can hold
// (see Boxes) is in some part (q, s), and q lies within v, so that s lies in
// the run r of ports(q), and r remains a run up to v.
//
// A part travels as all ranges of one source together, since a list of ports
// of which none is needed would cost its length at every host otherwise.
type boxHandout struct {
	*boxWalk
	needed []*boxLargest
	// latest has the largest box of each run of what the nodes above open, by
	// the run's first port. Of the ports where none begins it says nothing.
	latest map[uint16]*boxLargest
}

// visit deals with a node and all below, while open holds what the nodes above
// open. rest are the parts of nodes above that are still to be handed out.
func (h *boxHandout) visit(v, parent *boxNode, rest []boxPart) {
	if v.everything != nil {
		for _, part := range rest {
			v.everything.take(part.source, v.prefix, portset.Range{})
		}
		return
	}
	h.link(v, parent)
	var left []boxPart
	for _, part := range v.parts {
		left = h.hand(v, part, true, left)
	}
	for _, part := range rest {
		left = h.hand(v, part, false, left)
	}
	if v.low == nil {
		return
	}
	before := make([]*boxLargest, len(v.runs))
	for i, r := range v.runs {
		before[i], h.latest[r.ports.First] = h.latest[r.ports.First], r.box
	}
	h.open = h.open.add(v.own)
	h.visit(v.low, v, left)
	if v.high != nil {
		h.visit(v.high, v, left)
	}
	h.open.remove(v.own)
	for i, r := range v.runs {
		h.latest[r.ports.First] = before[i]
	}
}

// link finds the largest box of each run of a node: the parent's if it has the
// same run, for then it is a run of all prefixes between, and else a new one.
func (h *boxHandout) link(v, parent *boxNode) {
	for i := range v.runs {
		r := &v.runs[i]
		if parent != nil && parent.halved() {
			if at, found := parent.find(r.ports.First); found && parent.runs[at].ports == r.ports {
				r.box = parent.runs[at].box
				continue
			}
		}
		r.box = &boxLargest{prefix: v.prefix, ports: r.ports, needed: r.witnessed}
		if r.witnessed {
			h.needed = append(h.needed, r.box)
		}
	}
}

// hand hands those runs of a part out that lie in needed boxes, and appends to
// left what remains of the part. own parts are the node's, others come from
// above.
func (h *boxHandout) hand(v *boxNode, part boxPart, own bool, left []boxPart) []boxPart {
	runs := part.runs
	keep := func(from, to int) {
		if from < to {
			left = append(left, boxPart{source: part.source, runs: runs[from:to]})
		}
	}
	kept := 0
	for i := 0; i < len(runs); {
		box, n := h.box(v, runs[i:], own)
		if box != nil && box.needed {
			keep(kept, i)
			box.take(part.source, v.prefix, portset.Range{First: runs[i].First, Last: runs[i+n-1].Last})
			kept = i + n
		}
		i += n
	}
	keep(kept, len(runs))
	return left
}

// box finds the largest box of the first of some runs of a part, and how many
// of the runs share it. It is nil for a part from above if the box is the one
// that was not needed there.
func (h *boxHandout) box(v *boxNode, runs []portset.Range, own bool) (box *boxLargest, n int) {
	before := func(end int) int {
		n, _ := slices.BinarySearchFunc(runs, end, func(r portset.Range, end int) int { return cmp.Compare(int(r.First), end) })
		return n
	}
	at, found := v.find(runs[0].First)
	switch {
	case found:
		return v.runs[at].box, before(int(v.runs[at].ports.Last) + 1)
	case own:
		// It lies in a run of what the nodes above open.
		return h.latest[h.open.start(runs[0].First)], 1
	case at == len(v.runs):
		return nil, len(runs)
	}
	return nil, before(int(v.runs[at].ports.First))
}
