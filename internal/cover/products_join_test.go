package cover

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// TestProducts_TooEntangled_FallsBackOnTheSources, but not for the part of the
// policy that has nothing to do with it.
func TestProducts_TooEntangled_FallsBackOnTheSources(t *testing.T) {
	const n = 2950
	entangled := productEach(n, func(i int) Source {
		ports := portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: productOwn(i), Last: 65535}))
		last := productHost(i).Addr()
		return Source{Ports: ports, Prefixes: prefixset.OfRanges(netipx.IPRangeFrom(netip.MustParseAddr("10.0.0.0"), last))}
	})
	udp := func(ports ...uint16) portset.Ports {
		return portset.PortsOf(portset.UDP, productTCP(ports...).Of(portset.TCP))
	}
	apart := func(i int) prefixset.Set { return prefixset.Of(productHost(n + 100 + i)) }
	// Three products of the author's, two would do.
	// These have ports of their own. One has peers of the entangled ones, and the
	// other could share a product with its ICMP.
	entangled = append(entangled,
		Source{Ports: udp(9).Union(portset.WholeProtocol(portset.ICMP)), Prefixes: prefixset.Of(productHost(3))},
		Source{Ports: portset.WholeProtocol(portset.ICMPv6), Prefixes: prefixset.Of(netip.MustParsePrefix("2001:db8::1/128"))})
	sources := append(entangled, Source{Ports: udp(1, 2), Prefixes: apart(1)},
		Source{Ports: udp(2, 3), Prefixes: apart(2)}, Source{Ports: udp(1, 2, 3), Prefixes: apart(3)},
		Source{Ports: udp(1), Prefixes: apart(4)})
	for _, m := range []Mode{Stable, Minimal} {
		got := Products(sources, Free{}, m)
		alone := Products(sources[n+2:], Free{}, m)
		if len(alone.Products) != alone.Bound || len(alone.Products) >= 4 {
			t.Fatalf("mode %d: %d products, bound %d for the part alone", m, len(alone.Products), alone.Bound)
		}
		if len(got.Products) != n+2+len(alone.Products) || got.Bound != 1+alone.Bound {
			t.Errorf("mode %d: %d products, bound %d", m, len(got.Products), got.Bound)
		}
		// All to name of each other would be too many.
		if own := got.Products[n-1]; !own.Ports.Equal(entangled[n-1].Ports) || !slices.Equal(own.Sources, []int{n - 1}) {
			t.Errorf("mode %d: the ports %s name the sources %v, want %d", m, own.Ports, own.Sources, n-1)
		}
		for _, p := range got.Products[n:] {
			if p.Ports.Overlaps(udp(1, 2, 3)) && (len(p.Sources) == 0 || p.Sources[0] < n+2) {
				t.Errorf("mode %d: the ports %s name the sources %v", m, p.Ports, p.Sources)
			}
		}
	}
}

// TestProductBaseline_TakesTheBetterOrder: with the peers first, these would be
// four.
func TestProductBaseline_TakesTheBetterOrder(t *testing.T) {
	var rects []Product
	for _, names := range []string{"a", "b"} {
		rects = append(rects, Product{Ports: productTCP(1), References: []string{names}})
	}
	for _, port := range []uint16{3, 5} {
		for _, name := range []string{"a", fmt.Sprint(port)} {
			rects = append(rects, Product{Ports: productTCP(port), References: []string{name}})
		}
	}
	if joined := productBaseline(rects); len(joined) != 3 {
		t.Errorf("%d products, want 3: %v", len(joined), joined)
	}
	if joined := productJoin(rects, true); len(joined) != 4 {
		t.Errorf("%d products with the peers first, want 4: %v", len(joined), joined)
	}
}
