// Package prefixset holds sets of IPv4 and IPv6 addresses, and reads and
// writes the prefixes that authors use for them. Every value is immutable and
// safe for concurrent use.
package prefixset

import (
	"fmt"
	"iter"
	"math/big"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"go4.org/netipx"
)

// Set is an immutable set of addresses of both families. The zero value is
// the empty set. Compare sets with Equal, not with ==.
//
// An IPv4-mapped IPv6 address is an IPv6 address here; Parse rewrites it
// before it gets this far, and EmbeddedIPv4 finds it inside wider prefixes.
type Set struct {
	// ranges are sorted, IPv4 before IPv6, disjoint and non-adjacent, each
	// of one family and without zone, so that equal sets have equal ranges.
	// Every method relies on it, none writes to the slice.
	ranges []netipx.IPRange
}

// Of returns the set of all addresses in the prefixes, which may stand in any
// order, overlap and have host bits set (they are ignored). An invalid prefix
// is a mistake of the program and panics: left out, it would hide an opening.
func Of(prefixes ...netip.Prefix) Set {
	ranges := make([]netipx.IPRange, len(prefixes))
	for i, p := range prefixes {
		if !p.IsValid() {
			panic(fmt.Sprintf("prefixset: invalid prefix %v", p))
		}
		ranges[i] = netipx.RangeOfPrefix(p)
	}
	return normalize(ranges)
}

// OfRanges returns the set of all addresses in the ranges, which may stand in
// any order and overlap. An invalid range panics; ranges have no zones.
func OfRanges(ranges ...netipx.IPRange) Set {
	for _, r := range ranges {
		if !r.IsValid() {
			panic(fmt.Sprintf("prefixset: invalid range %v-%v", r.From(), r.To()))
		}
	}
	return normalize(slices.Clone(ranges))
}

// UnionAll returns the union of all sets in O(n log n) of their ranges, where
// repeated Union would be quadratic.
func UnionAll(sets []Set) Set {
	total, filled, last := 0, 0, 0
	for i, s := range sets {
		if len(s.ranges) > 0 {
			total += len(s.ranges)
			filled++
			last = i
		}
	}
	switch filled {
	case 0:
		return Set{}
	case 1:
		return sets[last]
	}
	all := make([]netipx.IPRange, 0, total)
	for _, s := range sets {
		all = append(all, s.ranges...)
	}
	return normalize(all)
}

// normalize makes a set of valid ranges in any order; it takes over the slice.
func normalize(ranges []netipx.IPRange) Set {
	if len(ranges) == 0 {
		return Set{}
	}
	slices.SortFunc(ranges, func(a, b netipx.IPRange) int { return a.From().Compare(b.From()) })
	// The merged ranges never outnumber the ones read so far, so they can be
	// written over the front of the same slice.
	merged := ranges[:0]
	for _, r := range ranges {
		merged = appendMerged(merged, r)
	}
	return Set{ranges: slices.Clip(merged)}
}

// appendMerged appends r, which must not start before the last range of out:
//
//	last:  f------t        f------t          f----t
//	r:        f-----t              f---t             f---t
//	      overlap: merge  adjacent: merge   gap: append
func appendMerged(out []netipx.IPRange, r netipx.IPRange) []netipx.IPRange {
	if len(out) > 0 {
		last := &out[len(out)-1]
		// Next of the last address of a family is the invalid address, which
		// sorts before all others: 255.255.255.255 has no neighbour in IPv6.
		if r.From().Compare(last.To()) <= 0 || r.From() == last.To().Next() {
			if last.To().Less(r.To()) {
				*last = netipx.IPRangeFrom(last.From(), r.To())
			}
			return out
		}
	}
	return append(out, r)
}

// Ranges returns the sorted, disjoint, non-adjacent ranges of s. The slice is
// a copy that belongs to the caller.
func (s Set) Ranges() []netipx.IPRange { return slices.Clone(s.ranges) }

// All yields what Ranges returns, without a copy.
func (s Set) All() iter.Seq[netipx.IPRange] { return slices.Values(s.ranges) }

// Hull returns the first and the last address of s, and how many ranges they
// enclose: what most sets differ in. The addresses of the empty set are invalid.
func (s Set) Hull() (first, last netip.Addr, ranges int) {
	if s.IsEmpty() {
		return first, last, 0
	}
	return s.ranges[0].From(), s.ranges[len(s.ranges)-1].To(), len(s.ranges)
}

// Prefixes returns the fewest prefixes that make up s, in canonical form:
// IPv4 before IPv6, by address. Some of them cannot be read back by Parse, or
// read back as IPv4: those inside 64:ff9b:1::/48 and ::ffff:0:0/96, which only
// taking prefixes away from a wider one leaves over.
func (s Set) Prefixes() []netip.Prefix {
	prefixes := make([]netip.Prefix, 0, len(s.ranges))
	for _, r := range s.ranges {
		prefixes = r.AppendPrefixes(prefixes)
	}
	return prefixes
}

// Strings writes Prefixes; it is an empty list, not nil, for the empty set.
func (s Set) Strings() []string {
	prefixes := s.Prefixes()
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return texts
}

// String joins Strings with ", ".
func (s Set) String() string { return strings.Join(s.Strings(), ", ") }

// IsEmpty reports whether s has no address.
func (s Set) IsEmpty() bool { return len(s.ranges) == 0 }

// Contains reports whether the address is in s. A zone is ignored: it says
// which interface the address is used on, and packets do not carry it.
func (s Set) Contains(addr netip.Addr) bool {
	if !addr.IsValid() {
		return false
	}
	addr = addr.WithZone("")
	i := sort.Search(len(s.ranges), func(i int) bool { return addr.Compare(s.ranges[i].To()) <= 0 })
	return i < len(s.ranges) && s.ranges[i].From().Compare(addr) <= 0
}

// Equal reports whether s and o have the same addresses.
func (s Set) Equal(o Set) bool {
	if len(s.ranges) != len(o.ranges) {
		return false
	}
	// Rules share groups, so one and the same set is compared with itself.
	return len(s.ranges) == 0 || &s.ranges[0] == &o.ranges[0] || slices.Equal(s.ranges, o.ranges)
}

// IPv4 returns the IPv4 addresses of s.
func (s Set) IPv4() Set { return Set{ranges: s.ranges[:s.firstIPv6():s.firstIPv6()]} }

// IPv6 returns the IPv6 addresses of s, the IPv4-mapped ones included.
func (s Set) IPv6() Set { return Set{ranges: s.ranges[s.firstIPv6():]} }

// firstIPv6 is the index of the first IPv6 range.
func (s Set) firstIPv6() int {
	return sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].From().Is6() })
}

// AddressCount counts the addresses of s; IPv6 needs more than 64 bits.
func (s Set) AddressCount() *big.Int { return s.size().big() }
