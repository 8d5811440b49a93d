package cover_test

import (
	"math/bits"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// boxUniverse is a prefix cut into blocks of addresses, and the ports cut into
// cells, so that a set is a small bitmap. Nothing in it is shared with the
// package.
type boxUniverse struct {
	base  netip.Prefix
	depth int // there are 2^depth blocks
}

// boxUniverses lie at the ends of both families.
var boxUniverses = []boxUniverse{
	{netip.MustParsePrefix("0.0.0.0/0"), 3},
	{netip.MustParsePrefix("255.255.255.248/29"), 3},
	{netip.MustParsePrefix("10.0.0.16/28"), 4},
	{netip.MustParsePrefix("::/0"), 3},
	{netip.MustParsePrefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124"), 4},
}

// boxTCPCells are the ports of TCP; the last cells of a block are ESP and the
// protocols without a name.
var boxTCPCells = []portset.Range{{First: 0, Last: 0}, {First: 1, Last: 1}, {First: 2, Last: 2}, {First: 3, Last: 65532},
	{First: 65533, Last: 65533}, {First: 65534, Last: 65534}, {First: 65535, Last: 65535}}

const boxCellsPerBlock = 9

type boxBitmap [3]uint64

func (b *boxBitmap) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b *boxBitmap) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }
func (b *boxBitmap) or(o boxBitmap) {
	for i := range b {
		b[i] |= o[i]
	}
}
func (b boxBitmap) minus(o boxBitmap) boxBitmap {
	for i := range b {
		b[i] &^= o[i]
	}
	return b
}
func (b boxBitmap) len() int {
	return bits.OnesCount64(b[0]) + bits.OnesCount64(b[1]) + bits.OnesCount64(b[2])
}

// prefix returns the part of the universe with the given depth and number.
func (u boxUniverse) prefix(depth, number int) netip.Prefix {
	length := u.base.Bits() + depth
	raw := u.base.Addr().AsSlice()
	for i := range depth {
		if at := length - 1 - i; number>>i&1 == 1 {
			raw[at/8] |= 0x80 >> (at % 8)
		}
	}
	addr, _ := netip.AddrFromSlice(raw)
	return netip.PrefixFrom(addr, length)
}

// source draws products of some ports and some prefixes of the universe.
func (u boxUniverse) source(t *rapid.T) cover.Source {
	var s cover.Source
	switch rapid.IntRange(0, 19).Draw(t, "kind") {
	case 19:
		s.Ports = portset.Any()
	case 18:
		s.Ports = portset.WholeProtocol(portset.ESP)
	default:
		for range rapid.IntRange(1, 2).Draw(t, "runs") {
			i, j := rapid.IntRange(0, 6).Draw(t, "from"), rapid.IntRange(0, 2).Draw(t, "more")
			s.Ports = s.Ports.Union(portset.PortsOf(portset.TCP, portset.Of(portset.Range{
				First: boxTCPCells[i].First, Last: boxTCPCells[min(i+j, 6)].Last})))
		}
	}
	var prefixes []netip.Prefix
	for range rapid.IntRange(1, 3).Draw(t, "prefixes") {
		depth := rapid.IntRange(0, u.depth).Draw(t, "depth")
		prefixes = append(prefixes, u.prefix(depth, rapid.IntRange(0, 1<<depth-1).Draw(t, "number")))
	}
	s.Prefixes = prefixset.Of(prefixes...)
	return s
}

// bitmap writes the sources out.
func (u boxUniverse) bitmap(sources []cover.Source) boxBitmap {
	var all boxBitmap
	for _, s := range sources {
		for block := range 1 << u.depth {
			if !s.Prefixes.Contains(u.prefix(u.depth, block).Addr()) {
				continue
			}
			at := block * boxCellsPerBlock
			for i, cell := range boxTCPCells {
				if s.Ports.Of(portset.TCP).Contains(cell.First) {
					all.set(at + i)
				}
			}
			for i, protocol := range []portset.Protocol{portset.ESP, portset.Other} {
				if s.Ports.Of(protocol).Contains(0) {
					all.set(at + len(boxTCPCells) + i)
				}
			}
		}
	}
	return all
}

// boxes lists all boxes within a set that lie in no other such box.
func (u boxUniverse) boxes(set boxBitmap) []boxBitmap {
	const last = boxCellsPerBlock - 1
	spans := [][2]int{{0, last}, {last - 1, last - 1}}
	for i := range boxTCPCells {
		for j := i; j < len(boxTCPCells); j++ {
			spans = append(spans, [2]int{i, j})
		}
	}
	var within []boxBitmap
	for depth := range u.depth + 1 {
		blocks := 1 << (u.depth - depth)
		for number := range 1 << depth {
			for _, span := range spans {
				var box boxBitmap
				for block := number * blocks; block < (number+1)*blocks; block++ {
					for cell := span[0]; cell <= span[1]; cell++ {
						box.set(block*boxCellsPerBlock + cell)
					}
				}
				if box.minus(set) == (boxBitmap{}) {
					within = append(within, box)
				}
			}
		}
	}
	slices.SortStableFunc(within, func(a, b boxBitmap) int { return b.len() - a.len() })
	var largest []boxBitmap
	for _, box := range within {
		if !slices.ContainsFunc(largest, func(l boxBitmap) bool { return box.minus(l) == (boxBitmap{}) }) {
			largest = append(largest, box)
		}
	}
	return largest
}

// boxFewest returns how many of the boxes cover the set at least, if that is
// less than limit, by branch and bound: some box must hold the cell that the
// fewest boxes hold. Cells of which no two share a box need one box each.
func boxFewest(set boxBitmap, boxes []boxBitmap, limit int) int {
	if set == (boxBitmap{}) {
		return 0
	}
	var branch []boxBitmap
	var held boxBitmap // by boxes of the cells counted
	apart := 0
	for cell := range 64 * len(set) {
		if !set.has(cell) {
			continue
		}
		var holders []boxBitmap
		var reach boxBitmap
		for _, box := range boxes {
			if box.has(cell) {
				holders = append(holders, box)
				reach.or(box)
			}
		}
		if !held.has(cell) {
			apart++
			held.or(reach)
		}
		if branch == nil || len(holders) < len(branch) {
			branch = holders
		}
	}
	if apart >= limit {
		return limit
	}
	best := limit
	for _, box := range branch {
		best = min(best, 1+boxFewest(set.minus(box), boxes, best-1))
	}
	return best
}

// TestBoxes_AreTheFewest compares with an exact search on small universes.
func TestBoxes_AreTheFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 60 {
			u := rapid.SampledFrom(boxUniverses).Draw(t, "universe")
			var sources []cover.Source
			for range rapid.IntRange(1, 5).Draw(t, "sources") {
				sources = append(sources, u.source(t))
			}
			set := u.bitmap(sources)
			want := boxFewest(set, u.boxes(set), 1000)
			for _, m := range bothModes {
				got := cover.Boxes(sources, m)
				if len(got) != want {
					t.Fatalf("mode %d: %d boxes, %d would do: %q from %v", m, len(got), want, boxTexts(got), sources)
				}
				if covered := u.bitmap(boxSourcesAgain(got)); covered != set {
					t.Fatalf("mode %d: %q is not the set of %v", m, boxTexts(got), sources)
				}
			}
		}
	})
}

// boxSourcesAgain reads each box as a source.
func boxSourcesAgain(boxes []cover.Box) []cover.Source {
	sources := make([]cover.Source, len(boxes))
	for i, b := range boxes {
		sources[i].Ports = portset.PortsOf(b.Protocol, portset.Of(b.Ports))
		if b.Any {
			sources[i].Ports = portset.Any()
		}
		if b.Reference != "" {
			sources[i].References = []string{b.Reference}
			continue
		}
		sources[i].Prefixes = prefixset.Of(b.Prefix)
	}
	return sources
}
