package prefixset

import (
	"encoding/binary"
	"net/netip"

	"go4.org/netipx"
)

// private is what Private returns, built once: sets are immutable.
var private = Of(
	netip.MustParsePrefix("10.0.0.0/8"),     // RFC 1918
	netip.MustParsePrefix("172.16.0.0/12"),  // RFC 1918
	netip.MustParsePrefix("192.168.0.0/16"), // RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),  // RFC 6598, shared address space
	netip.MustParsePrefix("127.0.0.0/8"),    // RFC 1122, loopback
	netip.MustParsePrefix("169.254.0.0/16"), // RFC 3927, link-local
	netip.MustParsePrefix("fc00::/7"),       // RFC 4193, unique local
	netip.MustParsePrefix("::1/128"),        // RFC 4291, loopback
	netip.MustParsePrefix("fe80::/10"),      // RFC 4291, link-local
)

// Private returns the addresses that the public internet does not route: the
// private, shared, unique local, loopback and link-local ones.
func Private() Set { return private }

// globalUnicast is the only part of IPv6 that IANA hands out for the internet.
var globalUnicast = Of(netip.MustParsePrefix("2000::/3"))

// MoreThanHalf reports for each family whether s covers more than half of it:
// of 0.0.0.0/0, and of ::/0 or of 2000::/3, the global unicast addresses,
// which are all of the IPv6 internet there is. A prefix list that leaves out
// a few networks is still the whole internet in all but name. IPv4 addresses
// inside IPv6 ones do not count: add EmbeddedIPv4 first.
func (s Set) MoreThanHalf() (ipv4, ipv6 bool) {
	v6 := s.IPv6()
	half := func(bits uint) count { return count{high: 1 << (bits - 65)} } // of 2^bits addresses
	return count{low: 1 << 31}.less(s.IPv4().size()),
		half(128).less(v6.size()) || half(125).less(v6.Intersect(globalUnicast).size())
}

// words returns the address as a 128-bit number; an IPv4 address in its
// IPv4-mapped form.
func words(addr netip.Addr) (high, low uint64) {
	b := addr.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// Crowded finds the networks of the lengths, one per family, of which s has at
// least percent of the addresses. networks are those, and part is what s has of
// them. It is monotone: a larger s never has less. The time is linear in the
// ranges of s.
func (s Set) Crowded(length4, length6, percent int) (part, networks Set) {
	var c crowd
	for _, r := range s.ranges {
		length := length4
		if r.From().Is6() {
			length = length6
		}
		first, last := block(r.From(), length), block(r.To(), length)
		if first != c.network {
			c.close(percent)
			c.network = first
		}
		if first == last {
			c.pieces = append(c.pieces, r)
			continue
		}
		c.pieces = append(c.pieces, netipx.IPRangeFrom(r.From(), netipx.PrefixLastIP(first)))
		c.close(percent)
		between := netipx.IPRangeFrom(netipx.PrefixLastIP(first).Next(), last.Addr().Prev())
		if between.IsValid() {
			c.part, c.networks = append(c.part, between), append(c.networks, between)
		}
		c.network = last
		c.pieces = append(c.pieces, netipx.IPRangeFrom(last.Addr(), r.To()))
	}
	c.close(percent)
	return normalize(c.part), normalize(c.networks)
}

// crowd gathers the networks of which enough was seen, and what was seen of the
// network that is being looked at.
type crowd struct {
	part, networks []netipx.IPRange
	network        netip.Prefix
	pieces         []netipx.IPRange
}

func (c *crowd) close(percent int) {
	if len(c.pieces) == 0 {
		return
	}
	whole := netipx.RangeOfPrefix(c.network)
	var seen count
	for _, piece := range c.pieces {
		seen = seen.plus(rangeSize(piece))
	}
	if enough := rangeSize(whole).times(uint64(percent)); !seen.times(100).less(enough) {
		c.part, c.networks = append(c.part, c.pieces...), append(c.networks, whole)
	}
	c.pieces = c.pieces[:0]
}

func block(addr netip.Addr, length int) netip.Prefix {
	return netip.PrefixFrom(addr, length).Masked()
}
