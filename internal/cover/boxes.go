package cover

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Mode says which of the smallest covers is chosen; all have the same size.
type Mode uint8

const (
	// Stable stays as close to the sources as a smallest cover can, so that a
	// small edit changes few rules: where what the author wrote is already a
	// smallest cover, the answer is what he wrote.
	Stable Mode = iota
	// Minimal depends on the set alone: however the sources spell it, the
	// answer is the same, the sources it names aside.
	Minimal
)

// Box is one flat rule: one run of ports of one protocol, or everything, for
// one prefix or one reference.
type Box struct {
	// Any is every protocol; Protocol and Ports mean nothing then, and are zero.
	Any bool
	// Protocol is never portset.Other.
	Protocol portset.Protocol
	// Ports is 0-0 for a protocol without ports.
	Ports portset.Range
	// Prefix is the zero prefix for a reference.
	Prefix netip.Prefix
	// Reference is "" for a prefix.
	Reference string
	// Sources are those whose openings the box carries, ascending and never
	// empty. A source stands at boxes that hold all it opens, and at no box
	// that it has nothing in common with.
	Sources []int
}

// Boxes returns the fewest boxes whose union is the set, sorted by protocol
// (Any first), ports, and peers: IPv4, IPv6, references. Boxes may overlap.
//
// Finding the fewest rectangles that cover a set is hard in general. Here it
// is not, because of two prefixes one holds the other or they are disjoint.
// Let F(a) be the ports of one protocol that are open to the address a, and
// ports(v) what is open to every address of the prefix v. A run is a maximal
// range of ports. The pair (v, r) is a largest box when r is a run of ports(v),
// but not of the ports of v's parent, the prefix one bit shorter. It is needed
// when some address a of v, its witness, has r itself as a run of F(a) and not
// a longer one. Here A and B are needed; C, which is what A and B have in
// common, is a largest box too, but every address has more than C:
//
//	port                              port
//	 |   +-----------------+           |            +--------+
//	 |   |  A  +--+        |           |   +--------+   B    |
//	 |   |     |B |        |           |   |  A  ===C===     |
//	 |   +-----|  |--------+           |   |        +--------+
//	 |         +--+                    |   +--------+
//	 +----------------------> address  +----------------------> address
//
// Theorem: the needed boxes are a smallest cover.
//
// They cover: take a packet (a, p) and the run r of F(a) that holds p, and
// widen the prefix from a alone as long as r stays a run. The last box is
// needed, for a is its witness.
//
// No cover has fewer. A needed box (v, r) with witness a has a port p that is
// not open to all of v's parent, or r would be a run there. A box that holds
// the packet (a, p) has its prefix within v, since a wider one holds the
// parent, and its range within r, the run of F(a). Suppose that one box holds
// such packets (a, p) and (a', p') of two needed boxes (v, r) and (v', r').
// Its prefix is within v and v', so one of them holds the other; say that v
// lies within v'. Both r and r' are open to both a and a', and they meet, for
// the box's range is within both. So r' lies within r, the run of F(a), and r
// within r', the run of F(a'): they are equal. But then r is a run of ports(v')
// and of ports(v), hence of everything between, and (v, r) is no largest box
// unless v is v'. So every cover has a box for each needed box alone.
//
// Addresses to which everything is open need boxes of every protocol, and the
// fewest are the prefixes that these addresses canonically consist of. They
// need nothing else, so they are no witnesses, but boxes may run across them.
//
// Every pair of a prefix and a run of ports that an author wrote lies within a
// needed box, or its halves do, or their halves; boxHandout says which. Minimal
// emits needed boxes. Stable emits, for each, the smallest box that holds what
// lies in it of the author's; nothing of his is lost and the number is the
// same. An author's own smallest cover comes out as it is: each of its boxes
// holds the packet of exactly one needed box, and so is handed whole to it.
//
// The time is near linear in the pairs of prefixes and runs that sources
// consist of, and in the sources that the boxes name. These can be many when
// many sources open a network whose hosts all have more ports: each host's box
// names each of them.
func Boxes(sources []Source, m Mode) []Box {
	boxRefuseOther(sources)
	boxes := boxPrefixes(sources, m)
	boxes = append(boxes, boxReferences(sources)...)
	slices.SortFunc(boxes, func(a, b Box) int {
		switch {
		case a.Any != b.Any && a.Any:
			return -1
		case a.Any != b.Any:
			return 1
		}
		return cmp.Or(
			cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(a.Ports.First, b.Ports.First),
			cmp.Compare(a.Ports.Last, b.Ports.Last),
			cmp.Compare(a.Reference, b.Reference),
			boxComparePrefixes(a.Prefix, b.Prefix))
	})
	return boxes
}

// boxComparePrefixes sorts a prefix before those within it.
func boxComparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// boxRefuseOther panics for a source that opens unnamed protocols and not
// everything: no box says that, and left out it would be a hole in the cover.
func boxRefuseOther(sources []Source) {
	for i := range sources {
		if ports := &sources[i].Ports; boxIsAny(ports) && !ports.Equal(portset.Any()) {
			panic("cover: unnamed protocols are open and named ones are not")
		}
	}
}

func boxIsAny(ports *portset.Ports) bool { return !ports.Of(portset.Other).IsEmpty() }

// boxSources sorts and keeps each source once; it takes over the slice.
func boxSources(sources []int) []int {
	slices.Sort(sources)
	return slices.Clip(slices.Compact(sources))
}
