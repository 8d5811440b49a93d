package quiet

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// TestRange_IsClearOfEverything asks for ranges of every width until there is
// none, and holds each of them to every rule and every product by itself.
func TestRange_IsClearOfEverything(t *testing.T) {
	products := []*catalog.Product{}
	for _, id := range catalog.IDs() {
		p, _ := catalog.Get(id)
		products = append(products, p)
	}
	protocols := []portset.Protocol{portset.TCP, portset.UDP, portset.SCTP}
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.SampledFrom(protocols).Draw(t, "protocol")
		width := rapid.IntRange(1, 60).Draw(t, "width")
		first := rapid.IntRange(1024, 29999).Draw(t, "first")
		last := min(29999, first+rapid.IntRange(width, 400).Draw(t, "more"))
		left := portset.Of(portset.Range{First: uint16(first), Last: uint16(last)})
		avoid := portset.PortsOf(protocol, portset.AllPorts().Minus(left))
		got, ok := Range(width, protocol, avoid)
		if !ok {
			return
		}
		set := portset.Of(got)
		if set.Len() != width || !left.Covers(set) {
			t.Fatalf("%s is not %d ports of %s", got, width, left)
		}
		for _, each := range protocols[:2] {
			if set.Overlaps(iana.Registered(each)) || set.Overlaps(services.SpecialSet(each)) || set.Overlaps(services.EphemeralSet()) {
				t.Fatalf("%s is not quiet", got)
			}
		}
		for _, p := range products {
			for i := range p.Flows {
				for _, each := range protocols {
					if f := &p.Flows[i]; !f.OpenEnded && f.Ports.Of(each).Overlaps(set) {
						t.Fatalf("%s belongs to %s, flow %s", got, p.ID, f.ID)
					}
				}
			}
		}
	})
}

// TestRange_LeavesProductsAlone asks for the ports that only a product keeps
// from being quiet.
func TestRange_LeavesProductsAlone(t *testing.T) {
	kept := 0
	for _, r := range documented().Intersect(services.Unused(portset.TCP)).Ranges() {
		avoid := portset.PortsOf(portset.TCP, portset.AllPorts().Minus(portset.Of(r)))
		if got, ok := Range(1, portset.TCP, avoid); ok {
			t.Errorf("%s is proposed", got)
		}
		if Is(portset.PortsOf(portset.TCP, portset.Of(r))) {
			t.Errorf("%s is quiet", r)
		}
		if _, ok := services.Quiet(1, portset.TCP, avoid); !ok {
			t.Errorf("%s is used by something else", r)
		}
		kept += r.Len()
	}
	if kept == 0 {
		t.Error("no product keeps a port from being quiet")
	}
}

// TestRange_ProductsPorts_AreTaken: what is free by the registry alone is taken
// when a product documents it, on every protocol.
func TestRange_ProductsPorts_AreTaken(t *testing.T) {
	for _, port := range catalogueOnly(t) {
		left := portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: port, Last: port}))
		avoid := portset.PortsOf(portset.TCP, portset.AllPorts()).Minus(left)
		if _, free := services.Quiet(1, portset.TCP, avoid); !free {
			t.Fatalf("%d/tcp is not free without the catalogue either", port)
		}
		for _, protocol := range []portset.Protocol{portset.TCP, portset.UDP} {
			avoid := portset.PortsOf(protocol, avoid.Of(portset.TCP))
			if got, ok := Range(1, protocol, avoid); ok {
				t.Errorf("%s/%s is a product's", got, protocol)
			}
			if got, ok := Widest(protocol, avoid); ok {
				t.Errorf("%s/%s is a product's", got, protocol)
			}
		}
	}
}

// catalogueOnly lists ports that only the catalogue knows, one per product.
func catalogueOnly(t *testing.T) []uint16 {
	var ports []uint16
	for _, id := range catalog.IDs() {
		p, _ := catalog.Get(id)
		for _, r := range p.Documented().Of(portset.TCP).Ranges() {
			if _, free := services.Quiet(1, portset.TCP, portset.PortsOf(portset.TCP, portset.AllPorts().Minus(portset.Of(r)))); free && r.First == r.Last {
				ports = append(ports, r.First)
				break
			}
		}
	}
	if len(ports) == 0 {
		t.Fatal("IANA knows every port of every product")
	}
	return ports
}

func TestRange_None(t *testing.T) {
	for _, c := range []struct {
		width    int
		protocol portset.Protocol
	}{{0, portset.TCP}, {-1, portset.UDP}, {832, portset.TCP}, {1, portset.ICMP}, {1, portset.Other}} {
		if got, ok := Range(c.width, c.protocol, portset.Ports{}); ok {
			t.Errorf("Range(%d, %s) = %s", c.width, c.protocol, got)
		}
	}
	if got, ok := Widest(portset.ICMP, portset.Ports{}); ok {
		t.Errorf("Widest(icmp) = %s", got)
	}
	if got, ok := Widest(portset.UDP, portset.Ports{}); !ok || got.String() != "29168-29998" {
		t.Errorf("Widest(udp) = %s, %t", got, ok)
	}
}

func BenchmarkRange(b *testing.B) {
	b.ReportAllocs()
	Range(40, portset.TCP, portset.Ports{})
	for b.Loop() {
		Range(40, portset.TCP, portset.Ports{})
	}
}

// TestIs_AgreesPortByPort asks for each port alone.
func TestIs_AgreesPortByPort(t *testing.T) {
	protocols := []portset.Protocol{portset.TCP, portset.UDP, portset.SCTP}
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.SampledFrom(protocols).Draw(t, "protocol")
		first := rapid.IntRange(25000, 30010).Draw(t, "first")
		last := first + rapid.IntRange(0, 20).Draw(t, "more")
		want := true
		for port := first; port <= last; port++ {
			only := portset.Of(portset.Range{First: uint16(port), Last: uint16(port)})
			_, ok := Range(1, protocol, portset.PortsOf(protocol, portset.AllPorts().Minus(only)))
			want = want && ok
		}
		ports := portset.PortsOf(protocol, portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}))
		if got := Is(ports); got != want {
			t.Fatalf("%s is quiet: %t, want %t", ports, got, want)
		}
		if Is(ports.Union(portset.WholeProtocol(portset.ESP))) || Is(portset.Ports{}) {
			t.Fatal("a protocol without ports, or nothing, is quiet")
		}
	})
}
