package cover_test

import (
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// TestBoxes_NoBoxHoldsTwoWitnesses finds for each box a packet such that no two
// of them fit into one box within the set, so that no cover has fewer boxes. It
// takes larger sets than an exact search can.
func TestBoxes_NoBoxHoldsTwoWitnesses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sources []cover.Source
		for i := range rapid.IntRange(60, 120).Draw(t, "sources") {
			s := cover.Source{Ports: portset.PortsOf(portset.TCP, portset.Of(drawBoxRun(t)))}
			s.Prefixes = prefixset.Of(drawBoxPrefix(t))
			if i%10 == 9 {
				s.Ports = portset.Any()
			}
			sources = append(sources, s)
		}
		boxes := cover.Boxes(sources, cover.Minimal)
		open := boxOpenTo(sources, boxPackets(sources, boxes))
		again := boxOpenTo(boxSourcesAgain(cover.Boxes(sources, cover.Stable)), boxPackets(sources, boxes))
		if !slices.EqualFunc(open, again, func(a, b boxOpened) bool { return a.ports.Equal(b.ports) }) {
			t.Fatalf("stable opens %v, want %v", again, open)
		}
		var witnesses []boxWitness
		for i := range boxes {
			w, found := boxWitnessOf(&boxes[i], open)
			if !found {
				t.Fatalf("%s: no witness", boxText(&boxes[i]))
			}
			for _, other := range witnesses {
				if w.shares(other, open) {
					t.Fatalf("%s and %s need one box", boxText(&boxes[i]), boxText(&boxes[other.box]))
				}
			}
			w.box = i
			witnesses = append(witnesses, w)
		}
	})
}

// boxOpened is what is open to an address; everything until the next address
// of a list has the same.
type boxOpened struct {
	addr  netip.Addr
	ports portset.Ports
}

func boxOpenTo(sources []cover.Source, packets []boxPacket) []boxOpened {
	var opened []boxOpened
	for _, p := range packets {
		if p.protocol != portset.TCP || p.port != 0 || !p.peer.IsValid() {
			continue
		}
		var lists []portset.Ports
		for i := range sources {
			if sources[i].Prefixes.Contains(p.peer) {
				lists = append(lists, sources[i].Ports)
			}
		}
		opened = append(opened, boxOpened{p.peer, portset.Merge(lists)})
	}
	return opened
}

// boxWitness is a packet; any is one of a protocol without a name.
type boxWitness struct {
	box  int
	any  bool
	addr netip.Addr
	port uint16
}

// boxCommonPorts is what is open to every address of the prefix.
func boxCommonPorts(prefix netip.Prefix, open []boxOpened) portset.Ports {
	common := portset.Any()
	for _, o := range open {
		if prefix.Contains(o.addr) {
			common = common.Intersect(o.ports)
		}
	}
	return common
}

// boxWitnessOf finds a packet of the box that is in no longer box.
func boxWitnessOf(b *cover.Box, open []boxOpened) (boxWitness, bool) {
	for _, o := range open {
		switch {
		case !b.Prefix.Contains(o.addr):
		case b.Any:
			return boxWitness{any: true, addr: b.Prefix.Addr()}, true
		case !o.ports.Equal(portset.Any()) && slices.Contains(o.ports.Of(portset.TCP).Ranges(), b.Ports):
			only := portset.Of(b.Ports)
			if b.Prefix.Bits() > 0 {
				parent := netip.PrefixFrom(b.Prefix.Addr(), b.Prefix.Bits()-1).Masked()
				only = only.Minus(boxCommonPorts(parent, open).Of(portset.TCP))
			}
			if ports := only.Ranges(); len(ports) > 0 {
				return boxWitness{addr: o.addr, port: ports[0].First}, true
			}
		}
	}
	return boxWitness{}, false
}

// shares reports whether a box within the set holds both packets.
func (w boxWitness) shares(o boxWitness, open []boxOpened) bool {
	if w.addr.Is4() != o.addr.Is4() {
		return false
	}
	both := netip.PrefixFrom(w.addr, w.addr.BitLen())
	for !both.Contains(o.addr) {
		both = netip.PrefixFrom(both.Addr(), both.Bits()-1).Masked()
	}
	common := boxCommonPorts(both, open)
	if w.any || o.any {
		return common.Equal(portset.Any())
	}
	return common.Of(portset.TCP).Covers(portset.Of(portset.Range{First: min(w.port, o.port), Last: max(w.port, o.port)}))
}
