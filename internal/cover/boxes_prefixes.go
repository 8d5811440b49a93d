package cover

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// boxLargest is a largest box on its way to the answer.
type boxLargest struct {
	prefix netip.Prefix
	ports  portset.Range
	needed bool
	// The parts of sources that are handed to the box: the smallest prefix and
	// the smallest range that hold them all.
	hullPrefix netip.Prefix
	hullPorts  portset.Range
	sources    []int
}

// take hands over a part of a source, within the box.
func (b *boxLargest) take(source int, prefix netip.Prefix, ports portset.Range) {
	if len(b.sources) == 0 {
		b.hullPrefix, b.hullPorts = prefix, ports
	} else {
		b.hullPrefix = boxCommon(b.hullPrefix, prefix)
		b.hullPorts.First = min(b.hullPorts.First, ports.First)
		b.hullPorts.Last = max(b.hullPorts.Last, ports.Last)
	}
	// A source with many parts would fill the list.
	if n := len(b.sources); n == 0 || b.sources[n-1] != source {
		b.sources = append(b.sources, source)
	}
}

// boxPeer is one prefix of one source, or, with everything set, one of the
// prefixes to which everything is open.
type boxPeer struct {
	prefix     netip.Prefix
	source     int
	everything *boxLargest
}

// boxPrefixes returns the boxes of the prefixes.
func boxPrefixes(sources []Source, m Mode) []Box {
	var sets []prefixset.Set
	var runs [portset.Other][][]portset.Range
	for i := range sources {
		for _, e := range sources[i].Ports.Entries() {
			if e.Protocol == portset.Other {
				sets = append(sets, sources[i].Prefixes)
				continue
			}
			if runs[e.Protocol] == nil {
				runs[e.Protocol] = make([][]portset.Range, len(sources))
			}
			runs[e.Protocol][i] = append(runs[e.Protocol][i], e.Range)
		}
	}
	everything := prefixset.UnionAll(sets)
	var boxes []Box
	var w boxWalk
	for _, is6 := range []bool{false, true} {
		f := &boxFamily{runs: runs, is6: is6}
		// There are no packets of the other family's protocol.
		f.runs[portset.ICMPv6] = nil
		if is6 {
			f.runs[portset.ICMP], f.runs[portset.ICMPv6] = nil, runs[portset.ICMPv6]
		}
		f.addPeers(sources, everything)
		boxes = append(boxes, f.boxes(&w, m)...)
	}
	return boxes
}

// boxFamily is what the sources open to the addresses of one family.
type boxFamily struct {
	is6 bool
	// runs are the runs of each protocol and source; nil for a protocol that
	// no source opens.
	runs [portset.Other][][]portset.Range
	// everything are the boxes of the addresses to which everything is open,
	// sorted.
	everything []boxLargest
	// peers are sorted by prefix, and then by source. Sources' prefixes within
	// one to which everything is open are left out: that box has taken them.
	peers []boxPeer
}

func (f *boxFamily) addPeers(sources []Source, everything prefixset.Set) {
	prefixes := f.of(everything).Prefixes()
	f.everything = make([]boxLargest, len(prefixes))
	for i, prefix := range prefixes {
		f.everything[i] = boxLargest{prefix: prefix, needed: true}
		f.peers = append(f.peers, boxPeer{prefix: prefix, everything: &f.everything[i]})
	}
	f.peers = slices.Grow(f.peers, len(sources))
	for i := range sources {
		if !slices.ContainsFunc(f.runs[:], func(runs [][]portset.Range) bool { return runs != nil && runs[i] != nil }) {
			continue
		}
		prefixes := f.of(sources[i].Prefixes).Prefixes()
		f.peers = slices.Grow(f.peers, len(prefixes))
		for _, prefix := range prefixes {
			if b := f.everythingAt(prefix); b != nil {
				b.take(i, prefix, portset.Range{})
				continue
			}
			f.peers = append(f.peers, boxPeer{prefix: prefix, source: i})
		}
	}
	slices.SortFunc(f.peers, func(a, b boxPeer) int {
		return cmp.Or(boxComparePrefixes(a.prefix, b.prefix), cmp.Compare(a.source, b.source))
	})
}

// of returns the part of a set that belongs to the family.
func (f *boxFamily) of(set prefixset.Set) prefixset.Set {
	if f.is6 {
		return set.IPv6()
	}
	return set.IPv4()
}

// everythingAt finds the box of everything that holds a prefix, or nil.
func (f *boxFamily) everythingAt(prefix netip.Prefix) *boxLargest {
	after, found := slices.BinarySearchFunc(f.everything, prefix.Addr(), func(b boxLargest, addr netip.Addr) int {
		return b.prefix.Addr().Compare(addr)
	})
	if found {
		after++
	}
	if after == 0 || !boxHolds(f.everything[after-1].prefix, prefix) {
		return nil
	}
	return &f.everything[after-1]
}

// boxes returns the boxes of the family.
func (f *boxFamily) boxes(w *boxWalk, m Mode) []Box {
	var needed [portset.Other][]*boxLargest
	total := len(f.everything)
	for protocol := range portset.Other {
		if root := newBoxTrie(f.peers, f.runs[protocol]); root != nil {
			needed[protocol] = w.needed(root, portset.WholeProtocol(protocol).Of(protocol))
			total += len(needed[protocol])
		}
	}
	boxes := make([]Box, 0, total)
	// Parts of named protocols are handed to the boxes of everything, so these
	// are ready only now.
	for i := range f.everything {
		b := &f.everything[i]
		boxes = append(boxes, Box{Any: true, Prefix: b.prefix, Sources: boxSources(b.sources)})
	}
	for protocol, all := range needed {
		for _, b := range all {
			box := Box{Protocol: portset.Protocol(protocol), Ports: b.hullPorts, Prefix: b.hullPrefix}
			if m == Minimal {
				box.Ports, box.Prefix = b.ports, b.prefix
			}
			box.Sources = boxSources(b.sources)
			boxes = append(boxes, box)
		}
	}
	return boxes
}
