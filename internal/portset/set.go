package portset

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
)

// Set is an immutable set of ports. The zero value is the empty set.
// Compare sets with Equal, not with ==.
type Set struct {
	// ranges are sorted, disjoint and non-adjacent, so that equal sets have
	// equal ranges. Every method relies on it, none writes to the slice.
	ranges []Range
}

// Of returns the set of all ports in the ranges, which may stand in any order
// and overlap. A range with First > Last is a mistake of the program, not of
// the author, and panics: read as empty, it would hide an opening.
func Of(ranges ...Range) Set {
	for _, r := range ranges {
		if r.First > r.Last {
			panic(fmt.Sprintf("portset: reversed range %d-%d", r.First, r.Last))
		}
	}
	return normalize(slices.Clone(ranges))
}

// AllPorts returns the set of the ports 0 to 65535.
func AllPorts() Set { return Set{ranges: []Range{{First: 0, Last: maxPort}}} }

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
	all := make([]Range, 0, total)
	for _, s := range sets {
		all = append(all, s.ranges...)
	}
	return normalize(all)
}

// normalize makes a set of ranges in any order; it takes over the slice.
func normalize(ranges []Range) Set {
	if len(ranges) == 0 {
		return Set{}
	}
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
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
func appendMerged(out []Range, r Range) []Range {
	if len(out) > 0 {
		last := &out[len(out)-1]
		// In int, because 65535 + 1 is 0 in 16 bits.
		if int(r.First) <= int(last.Last)+1 {
			last.Last = max(last.Last, r.Last)
			return out
		}
	}
	return append(out, r)
}

// Ranges returns the sorted, disjoint, non-adjacent ranges of s. The slice is
// a copy that belongs to the caller.
func (s Set) Ranges() []Range { return slices.Clone(s.ranges) }

// All yields what Ranges returns, without a copy.
func (s Set) All() iter.Seq[Range] { return slices.Values(s.ranges) }

// Len counts the ports of s: 0 to 65536.
func (s Set) Len() int {
	n := 0
	for _, r := range s.ranges {
		n += r.Len()
	}
	return n
}

// IsEmpty reports whether s has no port.
func (s Set) IsEmpty() bool { return len(s.ranges) == 0 }

// Contains reports whether port p is in s.
func (s Set) Contains(p uint16) bool {
	i := sort.Search(len(s.ranges), func(i int) bool { return p <= s.ranges[i].Last })
	return i < len(s.ranges) && s.ranges[i].First <= p
}

// Equal reports whether s and o have the same ports.
func (s Set) Equal(o Set) bool {
	if len(s.ranges) != len(o.ranges) {
		return false
	}
	// Rules share groups, so one and the same set is compared with itself.
	return len(s.ranges) == 0 || &s.ranges[0] == &o.ranges[0] || slices.Equal(s.ranges, o.ranges)
}

// String writes the ranges in order, such as "22,2500-3300"; the empty set is
// the empty string. It is for people: it is no text of the grammar that Parse
// reads.
func (s Set) String() string {
	texts := make([]string, len(s.ranges))
	for i, r := range s.ranges {
		texts[i] = r.String()
	}
	return strings.Join(texts, ",")
}

// FirstN returns the n lowest ports of s, or all of s when it has fewer.
func (s Set) FirstN(n int) Set {
	for i, r := range s.ranges {
		switch {
		case n <= 0:
			return Set{ranges: s.ranges[:i:i]}
		case n < r.Len():
			cut := slices.Clone(s.ranges[:i+1])
			cut[i].Last = r.First + uint16(n-1)
			return Set{ranges: cut}
		}
		n -= r.Len()
	}
	return s
}
