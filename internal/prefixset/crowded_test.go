package prefixset

import (
	"math/big"
	"net/netip"
	"testing"

	"go4.org/netipx"
	"pgregory.net/rapid"
)

// crowdedPool has networks around two of the length that the test looks for,
// in both families.
func drawCrowded(t *rapid.T) Set {
	var list []netip.Prefix
	for range rapid.IntRange(1, 12).Draw(t, "prefixes") {
		last := byte(rapid.IntRange(0, 255).Draw(t, "last"))
		bits := rapid.IntRange(0, 8).Draw(t, "host bits")
		addr := netip.AddrFrom4([4]byte{10, 0, 0, last})
		if rapid.Bool().Draw(t, "IPv6") {
			addr = netip.AddrFrom16([16]byte{0x20, 0x01, 15: last})
		}
		list = append(list, netip.PrefixFrom(addr, addr.BitLen()-bits).Masked())
	}
	return Of(list...)
}

// TestCrowded_AgreesWithCounting looks at every network and counts address by
// address.
func TestCrowded_AgreesWithCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawCrowded(t)
		percent := rapid.IntRange(1, 100).Draw(t, "percent")
		hostBits := rapid.IntRange(0, 7).Draw(t, "host bits of the networks")
		part, networks := s.Crowded(32-hostBits, 128-hostBits, percent)
		var wantPart, wantNetworks []netip.Prefix
		for _, base := range []string{"10.0.0.0", "2001::"} {
			first := netip.MustParseAddr(base)
			for at := 0; at < 256; at += 1 << hostBits {
				b := first.AsSlice()
				b[len(b)-1] = byte(at)
				addr, _ := netip.AddrFromSlice(b)
				network := netip.PrefixFrom(addr, addr.BitLen()-hostBits)
				var seen []netip.Prefix
				for ; network.Contains(addr); addr = addr.Next() {
					if s.Contains(addr) {
						seen = append(seen, netip.PrefixFrom(addr, addr.BitLen()))
					}
				}
				if len(seen)*100 >= percent<<hostBits {
					wantPart, wantNetworks = append(wantPart, seen...), append(wantNetworks, network)
				}
			}
		}
		if !part.Equal(Of(wantPart...)) || !networks.Equal(Of(wantNetworks...)) {
			t.Fatalf("%s, %d %% of networks with %d host bits: got %s in %s, want %s in %s", s, percent, hostBits, part, networks, Of(wantPart...), Of(wantNetworks...))
		}
	})
}

func TestCrowded_Monotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawCrowded(t)
		percent, hostBits := rapid.IntRange(1, 100).Draw(t, "percent"), rapid.IntRange(0, 7).Draw(t, "host bits")
		part, networks := s.Crowded(32-hostBits, 128-hostBits, percent)
		morePart, moreNetworks := s.Union(drawCrowded(t)).Crowded(32-hostBits, 128-hostBits, percent)
		if !morePart.Covers(part) || !moreNetworks.Covers(networks) || !s.Covers(part) {
			t.Fatalf("%s: %s in %s, with more %s in %s", s, part, networks, morePart, moreNetworks)
		}
	})
}

// TestCrowded_Ends: the whole of a family, its last network, and networks that
// are longer than any number of 64 bits.
func TestCrowded_Ends(t *testing.T) {
	for _, c := range []struct {
		set, part, networks string
	}{
		{"0.0.0.0/0,::/0", "0.0.0.0/0,::/0", "0.0.0.0/0,::/0"},
		{"255.255.254.0/23", "255.255.254.0/23", "255.255.254.0/23"},
		{"255.255.255.0/24", "", ""},
		{"ffff:ffff:fffe::/47", "ffff:ffff:fffe::/47", "ffff:ffff:fffe::/47"},
		{"2001:db8::/48", "", ""},
		{"", "", ""},
	} {
		part, networks := prefixes(t, c.set).Crowded(23, 47, 90)
		if !part.Equal(prefixes(t, c.part)) || !networks.Equal(prefixes(t, c.networks)) {
			t.Errorf("%s: %s in %s", c.set, part, networks)
		}
	}
	// The share counts from exactly the percentage on, and what touches across
	// the border of two networks is in neither.
	for _, c := range []struct {
		set      string
		percent  int
		networks string
	}{
		{"10.0.0.0/24", 50, "10.0.0.0/23"},
		{"10.0.0.0/24", 51, ""},
		{"10.0.0.1,10.0.0.2/31,10.0.0.4/30,10.0.0.8/29,10.0.0.16/28,10.0.0.32/27,10.0.0.64/26,10.0.0.128/25", 50, ""},
		{"10.0.1.255,10.0.2.0", 1, ""},
	} {
		if part, networks := prefixes(t, c.set).Crowded(23, 47, c.percent); networks.String() != c.networks || part.IsEmpty() != (c.networks == "") {
			t.Errorf("%d %% of %s: %s in %s", c.percent, c.set, part, networks)
		}
	}
	// One /64 less of a /47 is nearly all of it.
	holed := prefixes(t, "2001:db8::/47").Minus(prefixes(t, "2001:db8:1:7::/64"))
	if part, networks := holed.Crowded(23, 47, 90); !part.Equal(holed) || networks.String() != "2001:db8::/47" {
		t.Errorf("%s in %s", part, networks)
	}
	if size := rangeSize(netipx.RangeOfPrefix(netip.MustParsePrefix("2001:db8::/47"))).big(); size.Cmp(new(big.Int).Lsh(big.NewInt(1), 81)) != 0 {
		t.Errorf("a /47 has %s addresses", size)
	}
}
