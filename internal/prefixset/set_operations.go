package prefixset

import (
	"net/netip"
	"slices"
	"sort"

	"go4.org/netipx"
)

// All operations walk both sorted lists once, so they are linear in the number
// of ranges, or search the longer one. Operands share memory with results at most for reading.

// Union returns the addresses of s or o. For many sets use UnionAll.
func (s Set) Union(o Set) Set {
	if s.IsEmpty() {
		return o
	}
	if o.IsEmpty() {
		return s
	}
	out := make([]netipx.IPRange, 0, len(s.ranges)+len(o.ranges))
	a, b := s.ranges, o.ranges
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].From().Compare(b[0].From()) <= 0 {
			out, a = appendMerged(out, a[0]), a[1:]
		} else {
			out, b = appendMerged(out, b[0]), b[1:]
		}
	}
	return Set{ranges: out}
}

// Intersect returns the addresses in both s and o.
func (s Set) Intersect(o Set) Set {
	if !s.Overlaps(o) {
		return Set{}
	}
	if s.inside(o) {
		return s
	}
	var out []netipx.IPRange
	for a, b := s.ranges, o.ranges; len(a) > 0 && len(b) > 0; {
		from, to := later(a[0].From(), b[0].From()), earlier(a[0].To(), b[0].To())
		// Ranges of different families never meet: all of IPv4 sorts before
		// all of IPv6.
		if from.Compare(to) <= 0 {
			out = append(out, netipx.IPRangeFrom(from, to))
		}
		// Only the range that ends first can be done with.
		if a[0].To().Less(b[0].To()) {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return Set{ranges: out}
}

// Minus returns the addresses of s that are not in o.
func (s Set) Minus(o Set) Set {
	if !s.Overlaps(o) {
		return s
	}
	if s.inside(o) {
		return Set{}
	}
	out := make([]netipx.IPRange, 0, len(s.ranges)+1)
	cuts := o.ranges
	for _, r := range s.ranges {
		for len(cuts) > 0 && cuts[0].To().Less(r.From()) {
			cuts = cuts[1:]
		}
		// from is the lowest address of r that no cut has taken yet; it is
		// the invalid address after a cut up to the end of the family.
		from := r.From()
		for _, cut := range cuts {
			if r.To().Less(cut.From()) {
				break
			}
			if from.Less(cut.From()) {
				out = append(out, netipx.IPRangeFrom(from, cut.From().Prev()))
			}
			from = cut.To().Next()
		}
		if from.IsValid() && from.Compare(r.To()) <= 0 {
			out = append(out, netipx.IPRangeFrom(from, r.To()))
		}
	}
	if len(out) == 0 {
		return Set{}
	}
	return Set{ranges: out}
}

// Covers reports whether every address of o is in s; the empty set is covered
// by every set.
func (s Set) Covers(o Set) bool {
	a := s.ranges
	for _, r := range o.ranges {
		for len(a) > 0 && a[0].To().Less(r.From()) {
			a = a[1:]
		}
		// The ranges of s have gaps between them, so one of them must hold
		// all of r.
		if len(a) == 0 || r.From().Less(a[0].From()) || a[0].To().Less(r.To()) {
			return false
		}
	}
	return true
}

// inside reports whether one range of o holds all of s, as is so for hosts of
// one private network. It is false for the empty set.
func (s Set) inside(o Set) bool {
	if len(s.ranges) == 0 {
		return false
	}
	from, to := s.ranges[0].From(), s.ranges[len(s.ranges)-1].To()
	i := sort.Search(len(o.ranges), func(i int) bool { return from.Compare(o.ranges[i].To()) <= 0 })
	return i < len(o.ranges) && o.ranges[i].From().Compare(from) <= 0 && to.Compare(o.ranges[i].To()) <= 0
}

// Overlaps reports whether s and o have an address in common.
func (s Set) Overlaps(o Set) bool {
	a, b := s.ranges, o.ranges
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a) > 16*len(b) {
		// Searching beats walking: many callers hold a short list against a long one.
		return slices.ContainsFunc(b, func(r netipx.IPRange) bool {
			i := sort.Search(len(a), func(i int) bool { return r.From().Compare(a[i].To()) <= 0 })
			return i < len(a) && a[i].From().Compare(r.To()) <= 0
		})
	}
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].To().Less(b[0].From()):
			a = a[1:]
		case b[0].To().Less(a[0].From()):
			b = b[1:]
		default:
			return true
		}
	}
	return false
}

func later(a, b netip.Addr) netip.Addr {
	if a.Less(b) {
		return b
	}
	return a
}

func earlier(a, b netip.Addr) netip.Addr {
	if b.Less(a) {
		return b
	}
	return a
}
