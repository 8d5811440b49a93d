package prefixset

import (
	"net/netip"

	"go4.org/netipx"
)

// mechanism is a block of IPv6 addresses that carry an IPv4 address in them.
type mechanism struct {
	block Set
	// shift is the distance of the IPv4 part from the low end, in bits.
	shift uint
	// inverted says that every bit of the IPv4 part is flipped.
	inverted bool
}

// mechanisms are the ways in which an IPv6 prefix reaches IPv4 addresses.
var mechanisms = []mechanism{
	// RFC 4291, IPv4-mapped: sockets turn them into IPv4 packets.
	{block: Of(netip.MustParsePrefix("::ffff:0:0/96"))},
	// RFC 4291, IPv4-compatible. The unspecified address :: and the loopback
	// address ::1 look like it and are not.
	{block: Of(netip.MustParsePrefix("::/96")).Minus(Of(netip.MustParsePrefix("::/127")))},
	// RFC 6052, NAT64 with the well-known prefix.
	{block: Of(netip.MustParsePrefix("64:ff9b::/96"))},
	// RFC 8215, NAT64 for local use, read as a network that cuts /96 prefixes
	// out of it. Parse refuses what lies inside it; wider prefixes contain it.
	{block: Of(localNAT64)},
	// RFC 3056, 6to4: the IPv4 address is bits 16 to 47 of the 128.
	{block: Of(netip.MustParsePrefix("2002::/16")), shift: 80},
	// RFC 4380, Teredo: the IPv4 address of the client, flipped so that
	// address translators on the way leave it alone.
	{block: Of(netip.MustParsePrefix("2001::/32")), inverted: true},
}

// localNAT64 is the local-use NAT64 block of RFC 8215.
var localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")

// EmbeddedIPv4 returns the IPv4 addresses that the IPv6 part of s reaches
// through transition mechanisms: exactly those of the single IPv6 addresses,
// for aligned prefixes and for arbitrary ranges alike. It is monotone: a
// larger s never reaches less. The cost is linear in the ranges of s, apart
// from sorting.
func (s Set) EmbeddedIPv4() Set {
	v6 := s.IPv6()
	if v6.IsEmpty() {
		return Set{}
	}
	var found []netipx.IPRange
	for _, m := range mechanisms {
		for _, r := range v6.Intersect(m.block).ranges {
			found = m.appendEmbedded(found, r)
		}
	}
	return normalize(found)
}

// appendEmbedded appends the IPv4 addresses of the range r inside m.block.
//
// Counting up through r, the IPv4 part counts up too, and starts again at 0
// whenever the bits above it change:
//
//	above the IPv4 part   same      next number       further
//	IPv4 part             f..t      f..max, 0..t      all of IPv4
func (m mechanism) appendEmbedded(out []netipx.IPRange, r netipx.IPRange) []netipx.IPRange {
	fromHigh, fromLow := shiftRight(r.From(), m.shift)
	toHigh, toLow := shiftRight(r.To(), m.shift)
	from, to := uint32(fromLow), uint32(toLow)
	// The bits above the IPv4 part, of which there are more than 64 only in
	// the blocks without shift.
	aboveFrom, aboveTo := fromLow>>32, toLow>>32
	sameHigh := fromHigh == toHigh

	switch {
	case sameHigh && aboveFrom == aboveTo:
		return append(out, m.ipv4Range(from, to))
	case sameHigh && aboveFrom+1 == aboveTo,
		fromHigh+1 == toHigh && aboveFrom == 1<<32-1 && aboveTo == 0:
		return append(out, m.ipv4Range(from, 1<<32-1), m.ipv4Range(0, to))
	default:
		return append(out, m.ipv4Range(0, 1<<32-1))
	}
}

// ipv4Range makes the range of the two IPv4 parts; flipping turns it round.
func (m mechanism) ipv4Range(from, to uint32) netipx.IPRange {
	if m.inverted {
		from, to = ^to, ^from
	}
	return netipx.IPRangeFrom(ipv4(from), ipv4(to))
}

func ipv4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// shiftRight returns the address as a 128-bit number without its low bits;
// shift is 0 or from 64 to 127.
func shiftRight(addr netip.Addr, shift uint) (high, low uint64) {
	high, low = words(addr)
	if shift >= 64 {
		return 0, high >> (shift - 64)
	}
	return high, low
}
