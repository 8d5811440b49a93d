package cover

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// boxNode is a prefix that a source names, or the longest that holds two such.
// Addresses of a node that are in none of its children have the same ports
// open as the node itself.
type boxNode struct {
	prefix netip.Prefix
	// low and high are the largest nodes within, by address; high is nil when
	// there is one, and low when there is none.
	low, high *boxNode
	parts     []boxPart
	// everything is set for a prefix to which everything is open. It has no
	// children and no parts.
	everything *boxLargest
	// own is the union of the ports of the parts.
	own []portset.Range

	// What boxWalk finds out: the node's runs, and what is lost in both halves.
	runs []boxRun
	lost portset.Set
}

// boxPart is what one source opens to one prefix: some of its runs, sorted.
type boxPart struct {
	source int
	runs   []portset.Range
}

// halved reports whether the children are the halves of the node, so that each
// of its addresses is in one of them.
func (v *boxNode) halved() bool {
	return v.high != nil && v.low.prefix.Bits() == v.prefix.Bits()+1 && v.high.prefix.Bits() == v.prefix.Bits()+1
}

// newBoxTrie builds the trie of the sorted peers, with the runs of each source,
// and returns its root. It is nil when there are no runs.
func newBoxTrie(peers []boxPeer, runs [][]portset.Range) (root *boxNode) {
	if runs == nil {
		return nil
	}
	// The path from the root to the last node, which is all that peers still
	// to come can lie in.
	var path []*boxNode
	attach := func() {
		child := path[len(path)-1]
		path = path[:len(path)-1]
		if len(path) == 0 {
			root = child
			return
		}
		parent := path[len(path)-1]
		if parent.low == nil {
			parent.low = child
		} else {
			parent.high = child
		}
	}
	for i := range peers {
		peer := &peers[i]
		if peer.everything == nil && len(runs[peer.source]) == 0 {
			continue
		}
		for len(path) > 0 && !boxHolds(path[len(path)-1].prefix, peer.prefix) {
			child := path[len(path)-1]
			both := boxCommon(child.prefix, peer.prefix)
			if len(path) == 1 || path[len(path)-2].prefix.Bits() < both.Bits() {
				path = append(path[:len(path)-1], &boxNode{prefix: both}, child)
			}
			attach()
		}
		if len(path) == 0 || path[len(path)-1].prefix != peer.prefix {
			path = append(path, &boxNode{prefix: peer.prefix, everything: peer.everything})
		}
		if peer.everything == nil {
			last := path[len(path)-1]
			last.parts = append(last.parts, boxPart{source: peer.source, runs: runs[peer.source]})
		}
	}
	for len(path) > 0 {
		attach()
	}
	return root
}

// boxHolds reports whether the inner prefix lies within the outer one.
func boxHolds(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// boxCommon returns the longest prefix that holds two of one family.
func boxCommon(a, b netip.Prefix) netip.Prefix {
	x, y := a.Addr().As16(), b.Addr().As16()
	same := bits.LeadingZeros64(binary.BigEndian.Uint64(x[:8]) ^ binary.BigEndian.Uint64(y[:8]))
	if same == 64 {
		same += bits.LeadingZeros64(binary.BigEndian.Uint64(x[8:]) ^ binary.BigEndian.Uint64(y[8:]))
	}
	if a.Addr().Is4() {
		same -= 96 // As16 puts an IPv4 address behind 96 bits
	}
	return netip.PrefixFrom(a.Addr(), min(same, a.Bits(), b.Bits())).Masked()
}
