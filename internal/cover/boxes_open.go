package cover

import "github.com/backupfw/terraform-provider-backupfw/internal/portset"

const boxPorts = 1 << 16

const (
	boxClosed uint8 = iota
	boxMixed
	boxFull
)

// boxOpen is a set of ports that ranges are added to and taken from again, and
// that tells where a run ends, each in logarithmic time. It is a segment tree:
// node 1 stands for all ports, the nodes 2n and 2n+1 for the halves of node n,
// and boxPorts + p for the port p.
//
// A list of runs would not do: a range over all ports would replace each of
// them, and taking it away would bring each back. A nil boxOpen is empty.
type boxOpen struct {
	// times counts the ranges that hold the ports of a node, and not those of
	// its parent. No more than 128 are added at a time, one for each prefix
	// that has others within it.
	times [2 * boxPorts]uint8
	state [2 * boxPorts]uint8
}

// add adds ranges and returns the set, like append.
func (o *boxOpen) add(ranges []portset.Range) *boxOpen {
	if o == nil && len(ranges) > 0 {
		o = new(boxOpen)
	}
	for _, r := range ranges {
		o.change(r, 1)
	}
	return o
}

// remove takes away ranges that were added.
func (o *boxOpen) remove(ranges []portset.Range) {
	for _, r := range ranges {
		o.change(r, ^uint8(0)) // one less
	}
}

func (o *boxOpen) change(r portset.Range, by uint8) {
	first, end := boxPorts+int(r.First), boxPorts+int(r.Last)+1
	for a, b := first, end; a < b; a, b = a/2, b/2 {
		if a%2 == 1 {
			o.times[a] += by
			o.update(a)
			a++
		}
		if b%2 == 1 {
			b--
			o.times[b] += by
			o.update(b)
		}
	}
	for a, b := first/2, (end-1)/2; a > 0; a, b = a/2, b/2 {
		o.update(a)
		if a != b {
			o.update(b)
		}
	}
}

// update sets the state of a node from its own count and from its halves.
func (o *boxOpen) update(node int) {
	switch {
	case o.times[node] > 0:
		o.state[node] = boxFull
	case node >= boxPorts:
		o.state[node] = boxClosed
	case o.state[2*node] == o.state[2*node+1]:
		o.state[node] = o.state[2*node]
	default:
		o.state[node] = boxMixed
	}
}

// holds reports whether all ports of r are open.
func (o *boxOpen) holds(r portset.Range) bool {
	return o != nil && o.firstClosed(1, 0, boxPorts-1, int(r.First)) > int(r.Last)
}

// start is where the run begins that holds port p, if p is added to the set.
func (o *boxOpen) start(p uint16) uint16 {
	if o == nil {
		return p
	}
	return uint16(o.lastClosed(1, 0, boxPorts-1, int(p)-1) + 1)
}

// end is where the run ends that holds port p, if p is added to the set.
func (o *boxOpen) end(p uint16) uint16 {
	if o == nil {
		return p
	}
	return uint16(o.firstClosed(1, 0, boxPorts-1, int(p)+1) - 1)
}

// firstClosed finds the first closed port from p on among the ports from first
// to last of a node; it is last + 1 if all are open.
func (o *boxOpen) firstClosed(node, first, last, p int) int {
	switch {
	case p > last || o.state[node] == boxFull:
		return last + 1
	case o.state[node] == boxClosed:
		return max(first, p)
	}
	middle := (first + last) / 2
	if found := o.firstClosed(2*node, first, middle, p); found <= middle {
		return found
	}
	return o.firstClosed(2*node+1, middle+1, last, p)
}

// lastClosed finds the last closed port up to p among the ports from first to
// last of a node; it is first - 1 if all are open.
func (o *boxOpen) lastClosed(node, first, last, p int) int {
	switch {
	case p < first || o.state[node] == boxFull:
		return first - 1
	case o.state[node] == boxClosed:
		return min(last, p)
	}
	middle := (first + last) / 2
	if found := o.lastClosed(2*node+1, middle+1, last, p); found > middle {
		return found
	}
	return o.lastClosed(2*node, first, middle, p)
}
