package cover_test

import (
	"net/netip"
	"slices"
	"testing"

	"go4.org/netipx"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// boxPacket is what rules tell apart: one port of one protocol and one peer.
type boxPacket struct {
	protocol  portset.Protocol
	port      uint16
	peer      netip.Addr // invalid for a reference
	reference string
}

// exists is false for the two protocols in the family that does not have them.
func (p boxPacket) exists() bool {
	switch p.protocol {
	case portset.ICMP:
		return !p.peer.Is6()
	case portset.ICMPv6:
		return !p.peer.Is4()
	}
	return true
}

func (p boxPacket) allowedBySource(s *cover.Source) bool {
	if !s.Ports.Of(p.protocol).Contains(p.port) {
		return false
	}
	if p.peer.IsValid() {
		return s.Prefixes.Contains(p.peer)
	}
	return slices.Contains(s.References, p.reference)
}

func (p boxPacket) allowedByBox(b *cover.Box) bool {
	if !b.Any && (b.Protocol != p.protocol || p.port < b.Ports.First || p.port > b.Ports.Last) {
		return false
	}
	if p.peer.IsValid() {
		return b.Prefix.IsValid() && b.Prefix.Contains(p.peer)
	}
	return !b.Prefix.IsValid() && b.Reference == p.reference
}

// boxPackets are both sides of each boundary of sources and boxes, in every
// combination: between them nothing changes.
func boxPackets(sources []cover.Source, boxes []cover.Box) []boxPacket {
	ports := []uint16{0, 65535}
	peers := []netip.Addr{netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("::"), netip.MustParseAddr("255.255.255.255"),
		netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}
	references := []string{"nobody"}
	addPorts := func(r portset.Range) { ports = append(ports, r.First-1, r.First, r.Last, r.Last+1) }
	addPeers := func(r netipx.IPRange) {
		for _, a := range []netip.Addr{r.From().Prev(), r.From(), r.To(), r.To().Next()} {
			if a.IsValid() {
				peers = append(peers, a)
			}
		}
	}
	for _, s := range sources {
		for _, e := range s.Ports.Entries() {
			addPorts(e.Range)
		}
		for _, r := range s.Prefixes.Ranges() {
			addPeers(r)
		}
		references = append(references, s.References...)
	}
	for _, b := range boxes {
		addPorts(b.Ports)
		if b.Prefix.IsValid() {
			addPeers(netipx.RangeOfPrefix(b.Prefix))
		}
	}
	slices.Sort(ports)
	slices.SortFunc(peers, netip.Addr.Compare)
	slices.Sort(references)
	ports, peers, references = slices.Compact(ports), slices.Compact(peers), slices.Compact(references)
	var packets []boxPacket
	for _, protocol := range portset.Protocols() {
		own := ports
		if !protocol.HasPorts() {
			own = []uint16{0}
		}
		for _, port := range own {
			for _, peer := range peers {
				packets = append(packets, boxPacket{protocol: protocol, port: port, peer: peer})
			}
			for _, reference := range references {
				packets = append(packets, boxPacket{protocol: protocol, port: port, reference: reference})
			}
		}
	}
	return slices.DeleteFunc(packets, func(p boxPacket) bool { return !p.exists() })
}

func drawBoxRun(t *rapid.T) portset.Range {
	port := rapid.SampledFrom([]uint16{0, 1, 2, 20, 21, 22, 23, 24, 25, 26, 27, 65533, 65534, 65535})
	a, b := port.Draw(t, "a"), port.Draw(t, "b")
	if rapid.IntRange(0, 2).Draw(t, "short") > 0 && a < 65534 {
		b = a + rapid.Uint16Range(0, 2).Draw(t, "length")
	}
	return portset.Range{First: min(a, b), Last: max(a, b)}
}

func drawBoxPrefix(t *rapid.T) netip.Prefix {
	ends := []string{"0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/32", "255.255.255.255/32", "::/128",
		"8000::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}
	if rapid.IntRange(0, 4).Draw(t, "wide") == 4 {
		return netip.MustParsePrefix(rapid.SampledFrom(ends).Draw(t, "prefix"))
	}
	host, short := rapid.Byte().Draw(t, "host"), rapid.SampledFrom([]int{0, 4, 5, 6, 6, 7, 7, 8}).Draw(t, "host bits")
	if rapid.IntRange(0, 2).Draw(t, "ipv6") == 2 {
		b := netip.MustParseAddr("2001:db8::").As16()
		b[15] = host
		return netip.PrefixFrom(netip.AddrFrom16(b), 128-short).Masked()
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), 32-short).Masked()
}

func drawBoxSource(t *rapid.T) cover.Source {
	var s cover.Source
	if rapid.IntRange(0, 9).Draw(t, "any") == 9 {
		s.Ports = portset.Any()
	} else {
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			protocol := rapid.SampledFrom([]portset.Protocol{portset.TCP, portset.TCP, portset.TCP, portset.UDP,
				portset.SCTP, portset.ICMP, portset.ICMPv6, portset.ESP}).Draw(t, "protocol")
			ports := portset.WholeProtocol(protocol)
			if protocol.HasPorts() && rapid.IntRange(0, 9).Draw(t, "whole") < 9 {
				ports = portset.PortsOf(protocol, portset.Of(drawBoxRun(t)))
			}
			s.Ports = s.Ports.Union(ports)
		}
	}
	s.Prefixes = prefixset.Of(rapid.SliceOfN(rapid.Custom(drawBoxPrefix), 0, 5).Draw(t, "prefixes")...)
	if rapid.IntRange(0, 4).Draw(t, "except") == 4 {
		rest := s.Prefixes.Minus(prefixset.Of(drawBoxPrefix(t)))
		// A host taken out of IPv6 leaves 128 prefixes.
		if len(rest.Prefixes()) < 20 {
			s.Prefixes = rest
		}
	}
	for _, reference := range []string{"apps", "bastion"} {
		if rapid.IntRange(0, 4).Draw(t, "reference") == 4 {
			s.References = append(s.References, reference)
		}
	}
	return s
}

// checkBoxes holds a property to sources, many at a time, since rapid draws
// mostly few and small ones.
func checkBoxes(t *testing.T, property func(t *rapid.T, sources []cover.Source)) {
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			property(t, rapid.SliceOfN(rapid.Custom(drawBoxSource), 1, 10).Draw(t, "sources"))
		}
	})
}

// TestBoxes_AllowExactlyTheSet compares packet by packet, and looks at the
// sources that boxes name.
func TestBoxes_AllowExactlyTheSet(t *testing.T) {
	checkBoxes(t, func(t *rapid.T, sources []cover.Source) {
		for _, m := range bothModes {
			boxes := cover.Boxes(sources, m)
			met := make([]map[int]bool, len(boxes))
			for _, p := range boxPackets(sources, boxes) {
				named := map[int]bool{}
				allowed := false
				var by []int
				for i := range sources {
					if p.allowedBySource(&sources[i]) {
						by = append(by, i)
					}
				}
				for i := range boxes {
					if !p.allowedByBox(&boxes[i]) {
						continue
					}
					allowed = true
					if met[i] == nil {
						met[i] = map[int]bool{}
					}
					for _, source := range by {
						met[i][source] = true
					}
					for _, source := range boxes[i].Sources {
						named[source] = true
					}
				}
				if allowed != (len(by) > 0) {
					t.Fatalf("mode %d: %+v allowed: %v, by sources %v", m, p, allowed, by)
				}
				for _, source := range by {
					if !named[source] {
						t.Fatalf("mode %d: no box names source %d for %+v", m, source, p)
					}
				}
			}
			checkBoxSources(t, boxes, met)
		}
	})
}

// checkBoxSources is told which sources have packets in common with each box.
func checkBoxSources(t *rapid.T, boxes []cover.Box, met []map[int]bool) {
	for i := range boxes {
		b := &boxes[i]
		if len(b.Sources) == 0 || !slices.IsSorted(b.Sources) || len(slices.Compact(slices.Clone(b.Sources))) != len(b.Sources) {
			t.Fatalf("%s: sources are not ascending", boxText(b))
		}
		for _, source := range b.Sources {
			if !met[i][source] {
				t.Fatalf("%s: source %d opens nothing of it", boxText(b), source)
			}
		}
	}
}

// boxSpoken writes boxes without their sources.
func boxSpoken(boxes []cover.Box) []string {
	boxes = slices.Clone(boxes)
	for i := range boxes {
		boxes[i].Sources = nil
	}
	return boxTexts(boxes)
}

// boxRespell cuts sources into overlapping and touching pieces, and shuffles
// them.
func boxRespell(t *rapid.T, sources []cover.Source) []cover.Source {
	var pieces []cover.Source
	for _, s := range sources {
		first, rest := s, cover.Source{Ports: s.Ports}
		ports := s.Ports
		if cut := portset.PortsOf(portset.TCP, portset.Of(drawBoxRun(t))); !ports.Equal(portset.Any()) {
			ports = ports.Minus(cut)
			pieces = append(pieces, cover.Source{Ports: s.Ports.Intersect(cut), Prefixes: s.Prefixes, References: s.References})
		}
		cut := prefixset.Of(drawBoxPrefix(t))
		first.Ports, first.Prefixes = ports, s.Prefixes.Minus(cut)
		rest.Prefixes = s.Prefixes.Intersect(cut)
		pieces = append(pieces, first, rest)
	}
	return rapid.Permutation(pieces).Draw(t, "pieces")
}

// TestBoxes_MinimalDependsOnTheSetAlone also holds both modes to one size.
func TestBoxes_MinimalDependsOnTheSetAlone(t *testing.T) {
	checkBoxes(t, func(t *rapid.T, sources []cover.Source) {
		want := boxSpoken(cover.Boxes(sources, cover.Minimal))
		respelled := boxRespell(t, sources)
		if got := boxSpoken(cover.Boxes(respelled, cover.Minimal)); !slices.Equal(got, want) {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
		if got := boxTexts(cover.Boxes(respelled, cover.Stable)); len(got) != len(want) {
			t.Fatalf("stable has %q\nand minimal %q", got, want)
		}
	})
}

// TestBoxes_TheOrderOfSourcesDoesNotMatter shuffles them.
func TestBoxes_TheOrderOfSourcesDoesNotMatter(t *testing.T) {
	checkBoxes(t, func(t *rapid.T, sources []cover.Source) {
		order := make([]int, len(sources))
		for i := range order {
			order[i] = i
		}
		order = rapid.Permutation(order).Draw(t, "order")
		shuffled := make([]cover.Source, len(sources))
		for i, source := range order {
			shuffled[i] = sources[source]
		}
		for _, m := range bothModes {
			got := cover.Boxes(shuffled, m)
			for i := range got {
				for j, source := range got[i].Sources {
					got[i].Sources[j] = order[source]
				}
				slices.Sort(got[i].Sources)
			}
			if want := boxTexts(cover.Boxes(sources, m)); !slices.Equal(boxTexts(got), want) {
				t.Fatalf("mode %d: got %q\nwant %q", m, boxTexts(got), want)
			}
		}
	})
}

// boxesWritten are the author's own boxes, each once, in the order of Boxes.
func boxesWritten(sources []cover.Source) []string {
	var texts []string
	for i := range sources {
		s := &sources[i]
		entries := s.Ports.Entries()
		if s.Ports.Equal(portset.Any()) {
			entries = []portset.Entry{{}}
		}
		for _, e := range entries {
			b := cover.Box{Any: s.Ports.Equal(portset.Any()), Protocol: e.Protocol, Ports: e.Range}
			for _, b.Prefix = range s.Prefixes.Prefixes() {
				if (boxPacket{protocol: e.Protocol, peer: b.Prefix.Addr()}).exists() {
					texts = append(texts, boxText(&b))
				}
			}
			b.Prefix = netip.Prefix{}
			for _, b.Reference = range s.References {
				texts = append(texts, boxText(&b))
			}
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// TestBoxes_StableKeepsASmallestCover asks for what the author wrote whenever
// that has as few boxes as there can be, and makes such sources.
func TestBoxes_StableKeepsASmallestCover(t *testing.T) {
	kept := 0
	checkBoxes(t, func(t *rapid.T, sources []cover.Source) {
		smallest := boxSourcesAgain(cover.Boxes(sources, cover.Stable))
		for i, written := range [][]cover.Source{sources, smallest} {
			got := boxSpoken(cover.Boxes(written, cover.Stable))
			slices.Sort(got)
			want := boxesWritten(written)
			if len(want) < len(got) {
				t.Fatalf("%d boxes for the %d of the author:\n%q\n%q", len(got), len(want), got, want)
			}
			if len(want) > len(got) {
				continue
			}
			if i == 0 {
				kept++
			}
			if !slices.Equal(got, want) {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
		}
	})
	if kept < 30 {
		t.Errorf("only %d sources were smallest covers as they were drawn", kept)
	}
}
