package cover

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Mode says which cover is chosen among the smallest ones.
type Mode uint8

const (
	// Stable follows the author's sources, so that an edit touches few rules.
	Stable Mode = iota
	// Minimal depends on the set alone and not on how it was written.
	Minimal
)

// Box is one flat rule.
type Box struct {
	Any       bool
	Protocol  portset.Protocol
	Ports     portset.Range
	Prefix    netip.Prefix
	Reference string
	Sources   []int
}

// Boxes PLACEHOLDER by the lead, to let others compile: replace it whole.
func Boxes(sources []Source, _ Mode) []Box {
	var all []Box
	index := map[Box0]int{}
	add := func(b Box, i int) {
		k := Box0{b.Any, b.Protocol, b.Ports, b.Prefix, b.Reference}
		if at, ok := index[k]; ok {
			all[at].Sources = append(all[at].Sources, i)
			return
		}
		index[k] = len(all)
		b.Sources = []int{i}
		all = append(all, b)
	}
	for i, s := range sources {
		var heads []Box
		if s.Ports.Equal(portset.Any()) {
			heads = []Box{{Any: true}}
		} else {
			for _, e := range s.Ports.Entries() {
				heads = append(heads, Box{Protocol: e.Protocol, Ports: e.Range})
			}
		}
		for _, h := range heads {
			for _, p := range s.Prefixes.Prefixes() {
				if !h.Any && (h.Protocol == portset.ICMP && p.Addr().Is6() || h.Protocol == portset.ICMPv6 && p.Addr().Is4()) {
					continue
				}
				h.Prefix = p
				add(h, i)
			}
			h.Prefix = netip.Prefix{}
			for _, r := range s.References {
				h.Reference = r
				add(h, i)
			}
		}
	}
	slices.SortFunc(all, func(a, b Box) int {
		if a.Any != b.Any {
			if a.Any {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Ports.First, b.Ports.First), cmp.Compare(a.Ports.Last, b.Ports.Last),
			a.Prefix.Addr().Compare(b.Prefix.Addr()), cmp.Compare(a.Prefix.Bits(), b.Prefix.Bits()), cmp.Compare(a.Reference, b.Reference))
	})
	return all
}

// Box0 is a key.
type Box0 struct {
	a bool
	p portset.Protocol
	r portset.Range
	x netip.Prefix
	n string
}
