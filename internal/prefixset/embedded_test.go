package prefixset

import (
	"net/netip"
	"strings"
	"testing"

	"go4.org/netipx"
	"pgregory.net/rapid"
)

// embeddedIn reads the IPv4 address out of one IPv6 address, from the RFCs and
// not from the table of mechanisms.
func embeddedIn(addr netip.Addr) (netip.Addr, bool) {
	b := addr.As16()
	at := func(i int) (netip.Addr, bool) { return netip.AddrFrom4([4]byte(b[i : i+4])), true }
	in := func(text string) bool { return netip.MustParsePrefix(text).Contains(addr) }
	switch {
	case in("2002::/16"):
		return at(2)
	case in("2001::/32"):
		return netip.AddrFrom4([4]byte{b[12] ^ 255, b[13] ^ 255, b[14] ^ 255, b[15] ^ 255}), true
	case addr == netip.MustParseAddr("::"), addr == netip.MustParseAddr("::1"):
		return netip.Addr{}, false
	case in("::/96"), in("::ffff:0:0/96"), in("64:ff9b::/96"), in("64:ff9b:1::/48"):
		return at(12)
	}
	return netip.Addr{}, false
}

// Places where the IPv4 part of a mechanism starts, ends or turns over.
var turningPoints = []string{
	"::", "::ffff:0", "::1:0:0", "::ffff:0:0", "::ffff:10.0.0.0", "::1:0:0:0", "64:ff9b::", "64:ff9b::1:0:0",
	"64:ff9b:1::", "64:ff9b:1:0:ffff:ffff:ffff:ff00", "64:ff9b:1:0:1::", "64:ff9b:1:1::", "64:ff9b:1:1:0:1::", "64:ff9b:2::",
	"2001::", "2001:0:0:1::", "2001:0:ffff:ffff:ffff:ffff:ffff:ff00", "2001:1::", "2001::1:0:0",
	"2002::", "2002:a00:1::", "2002:a00:1:ffff:ffff:ffff:ffff:ff00", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ff00", "2003::", "2600::",
}

// addrAround returns the address that many steps from the turning point.
func addrAround(text string, steps int) netip.Addr {
	addr := netip.MustParseAddr(text)
	for ; steps > 0 && addr.Next().IsValid(); steps-- {
		addr = addr.Next()
	}
	for ; steps < 0 && addr.Prev().Is6(); steps++ {
		addr = addr.Prev()
	}
	return addr
}

// A short range reaches exactly what its addresses reach one by one, wherever
// it starts and ends.
func TestEmbeddedIPv4_IsExactAddressByAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ranges []netipx.IPRange
		var single []netip.Prefix
		for range rapid.IntRange(1, 4).Draw(t, "ranges") {
			point := rapid.SampledFrom(turningPoints).Draw(t, "point")
			from := addrAround(point, rapid.IntRange(-40, 300).Draw(t, "start"))
			to := from
			for addr, left := from, rapid.IntRange(0, 300).Draw(t, "length"); left >= 0 && addr.IsValid(); left-- {
				to = addr
				if v4, ok := embeddedIn(addr); ok {
					single = append(single, netip.PrefixFrom(v4, 32))
				}
				addr = addr.Next()
			}
			ranges = append(ranges, netipx.IPRangeFrom(from, to))
		}
		if got, want := OfRanges(ranges...).EmbeddedIPv4(), Of(single...); !got.Equal(want) {
			t.Fatalf("%v reaches %v, want %v", ranges, got, want)
		}
	})
}

// A range that ends just behind the second turn has all of IPv4 between them,
// whatever its own ends are.
func TestEmbeddedIPv4_TwoTurns_ReachEverything(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"64:ff9b:1:0:ffff:ffff:ffff:ffff", "64:ff9b:1:1::", "255.255.255.255/32, 0.0.0.0/32"},
		{"64:ff9b:1:0:ffff:ffff:ffff:ffff", "64:ff9b:1:2::", "0.0.0.0/0"},
		{"64:ff9b:1:0:0:1:ffff:ffff", "64:ff9b:1::3:0:0", "0.0.0.0/0"},
		{"2002:0:5::", "2002:0:6:ffff:ffff:ffff:ffff:ffff", "0.0.0.5/32, 0.0.0.6/32"},
	} {
		r := netipx.IPRangeFrom(netip.MustParseAddr(tt.from), netip.MustParseAddr(tt.to))
		if got := OfRanges(r).EmbeddedIPv4(); !got.Equal(prefixes(t, strings.ReplaceAll(tt.want, " ", ""))) {
			t.Errorf("%v reaches %v, want %s", r, got, tt.want)
		}
	}
}

// A prefix reaches an IPv4 address exactly if one of its addresses does. The
// addresses are built from the IPv4 address the way each RFC says, with the
// bits around it taken from the prefix or left to chance.
func TestEmbeddedIPv4_IsExactForPrefixes(t *testing.T) {
	blocks := []struct {
		name  string
		base  string
		place func(b *[16]byte, v4 [4]byte)
		start int // first byte behind the block
	}{
		{"mapped", "::ffff:0:0/96", func(b *[16]byte, v4 [4]byte) { copy(b[12:], v4[:]) }, 12},
		{"compatible", "::/96", func(b *[16]byte, v4 [4]byte) { copy(b[12:], v4[:]) }, 12},
		{"NAT64", "64:ff9b::/96", func(b *[16]byte, v4 [4]byte) { copy(b[12:], v4[:]) }, 12},
		{"local NAT64", "64:ff9b:1::/48", func(b *[16]byte, v4 [4]byte) { copy(b[12:], v4[:]) }, 6},
		{"6to4", "2002::/16", func(b *[16]byte, v4 [4]byte) { copy(b[2:], v4[:]) }, 2},
		{"Teredo", "2001::/32", func(b *[16]byte, v4 [4]byte) {
			for i := range v4 {
				b[12+i] = ^v4[i]
			}
		}, 4},
	}
	drawV4 := func(t *rapid.T, label string) (v4 [4]byte) {
		for i := range v4 {
			v4[i] = rapid.Byte().Draw(t, label)
		}
		return v4
	}
	for _, block := range blocks {
		t.Run(block.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				base := netip.MustParsePrefix(block.base)
				b := base.Addr().As16()
				for i := block.start; i < 16; i++ {
					b[i] = rapid.Byte().Draw(t, "filling")
				}
				block.place(&b, drawV4(t, "inside"))
				addr := netip.AddrFrom16(b)
				length := rapid.IntRange(base.Bits(), 128).Draw(t, "length")
				prefix := netip.PrefixFrom(addr, length).Masked()
				if block.name == "compatible" && prefix.Overlaps(netip.MustParsePrefix("::/127")) {
					t.Skip("TestEmbeddedIPv4_Table covers :: and ::1")
				}
				reached := Of(prefix).EmbeddedIPv4()

				// An address of the prefix: its fixed bits, chance behind.
				masked := prefix.Addr().As16()
				for i := range 16 {
					fill := rapid.Byte().Draw(t, "fill")
					for bit := range 8 {
						if 8*i+bit >= length {
							masked[i] |= fill & (0x80 >> bit)
						}
					}
				}
				if v4, _ := embeddedIn(netip.AddrFrom16(masked)); !reached.Contains(v4) {
					t.Fatalf("%v holds %v, but does not reach %v", prefix, netip.AddrFrom16(masked), v4)
				}

				// An IPv4 address, likelier than not close to the prefix.
				v4 := drawV4(t, "outside")
				if near, _ := embeddedIn(addr); rapid.Bool().Draw(t, "near") {
					n := near.As4()
					copy(v4[:], n[:rapid.IntRange(0, 4).Draw(t, "shared")])
				}
				candidate := prefix.Addr().As16()
				block.place(&candidate, v4)
				want := prefix.Contains(netip.AddrFrom16(candidate))
				if got := reached.Contains(netip.AddrFrom4(v4)); got != want {
					t.Fatalf("%v reaches %v: %v, want %v", prefix, netip.AddrFrom4(v4), got, want)
				}
			})
		})
	}
}

func TestEmbeddedIPv4_IsMonotone(t *testing.T) {
	drawSet := func(t *rapid.T, label string) Set {
		return OfRanges(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) netipx.IPRange {
			a := addrAround(rapid.SampledFrom(turningPoints).Draw(t, "from"), rapid.IntRange(-20, 20).Draw(t, "near"))
			b := addrAround(rapid.SampledFrom(turningPoints).Draw(t, "to"), rapid.IntRange(-20, 20).Draw(t, "near"))
			return netipx.IPRangeFrom(earlier(a, b), later(a, b))
		}), 0, 4).Draw(t, label)...)
	}
	rapid.Check(t, func(t *rapid.T) {
		s, more := drawSet(t, "s"), drawSet(t, "more")
		if !s.Union(more).EmbeddedIPv4().Covers(s.EmbeddedIPv4()) {
			t.Fatalf("%v reaches %v, but with %v only %v", s, s.EmbeddedIPv4(), more, s.Union(more).EmbeddedIPv4())
		}
		// Nothing is lost or invented by cutting the set in two.
		part := s.Intersect(more)
		if !part.EmbeddedIPv4().Union(s.Minus(more).EmbeddedIPv4()).Equal(s.EmbeddedIPv4()) {
			t.Fatalf("%v reaches other addresses when cut at %v", s, more)
		}
	})
}

func TestEmbeddedIPv4_Table(t *testing.T) {
	for _, tt := range []struct{ name, prefixes, want string }{
		{"IPv4 itself is not embedded", "10.0.0.0/8", ""},
		{"all of IPv6", "::/0", "0.0.0.0/0"},
		{"mapped inside a wider prefix", "::fffe:0:0/95", "0.0.0.0/0"},
		{"global unicast reaches 6to4 and Teredo", "2000::/3", "0.0.0.0/0"},
		{"NAT64 of one network", "64:ff9b::c000:200/120", "192.0.2.0/24"},
		{"local NAT64 inside a wider prefix", "64:ff9b::/47", "0.0.0.0/0"},
		{"6to4 of one site", "2002:c000:204::/48", "192.0.2.4/32"},
		{"6to4 of one host", "2002:c000:204::1/128", "192.0.2.4/32"},
		{"6to4 of a network", "2002:a00::/24", "10.0.0.0/8"},
		{"Teredo of one client, flipped", "2001:0:4136:e378:8000:63bf:3fff:fdd2/128", "192.0.2.45/32"},
		{"Teredo of one server", "2001:0:4136:e378::/64", "0.0.0.0/0"},
		{"neither unspecified nor loopback", "::/127", ""},
		{"the address behind loopback", "::2/128", "0.0.0.2/32"},
		{"compatible", "::c000:200/120", "192.0.2.0/24"},
		{"a documentation prefix", "2001:db8::/32", ""},
		{"an ordinary network", "2600::/12", ""},
	} {
		if got := prefixes(t, tt.prefixes).EmbeddedIPv4().String(); got != tt.want {
			t.Errorf("%s: %s reaches %q, want %q", tt.name, tt.prefixes, got, tt.want)
		}
	}
	if got := Of(netip.MustParsePrefix("::ffff:10.0.0.0/104")).EmbeddedIPv4().String(); got != "10.0.0.0/8" {
		t.Errorf("mapped addresses reach %q", got)
	}
}

// Ranges that no prefix makes up: the IPv4 part turns over between their ends.
func TestEmbeddedIPv4_RangesAcrossTheTurnOfTheIPv4Part(t *testing.T) {
	for _, tt := range []struct{ name, ips, want string }{
		{"no turn", "2001:0:1::5-2001:0:1::9", "255.255.255.246-255.255.255.250"},
		{"one turn", "2001:0:1::ffff:fffe-2001:0:1::1:0:0", "0.0.0.0-0.0.0.1, 255.255.255.255-255.255.255.255"},
		{"one turn that carries into the upper half", "64:ff9b:1:0:ffff:ffff:ffff:fffe-64:ff9b:1:1::1", "0.0.0.0-0.0.0.1, 255.255.255.254-255.255.255.255"},
		{"two turns", "64:ff9b:1::5-64:ff9b:1::2:0:0", "0.0.0.0-255.255.255.255"},
		{"as many as an upper half has, and back to the same place", "64:ff9b:1::5-64:ff9b:1:1::9", "0.0.0.0-255.255.255.255"},
		{"one more than an upper half has", "64:ff9b:1::5-64:ff9b:1:1:0:1::1", "0.0.0.0-255.255.255.255"},
		{"one turn short of an upper half, and one more", "64:ff9b:1:0:ffff:ffff:0:5-64:ff9b:1:1:0:1::1", "0.0.0.0-255.255.255.255"},
		{"one less than an upper half has", "64:ff9b:1:0:0:1::5-64:ff9b:1:1::1", "0.0.0.0-255.255.255.255"},
	} {
		var got []string
		for _, r := range OfRanges(netipx.MustParseIPRange(tt.ips)).EmbeddedIPv4().Ranges() {
			got = append(got, r.String())
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("%s: %s reaches %s, want %s", tt.name, tt.ips, got, tt.want)
		}
	}
}
