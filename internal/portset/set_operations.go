package portset

import "sort"

// All operations walk both sorted lists once, so they are linear in the number
// of ranges. Most questions hold a short set against a table of thousands of
// ranges; those search for the stretch where the two meet. Operands share
// memory with results at most for reading.

// meeting returns the stretches of a and b outside which they have no port in
// common; both are empty when there is none.
func meeting(a, b []Range) ([]Range, []Range) {
	if len(a) == 0 || len(b) == 0 {
		return nil, nil
	}
	first := max(a[0].First, b[0].First)
	last := min(a[len(a)-1].Last, b[len(b)-1].Last)
	if first > last {
		return nil, nil
	}
	return stretch(a, first, last), stretch(b, first, last)
}

// stretch returns the ranges that have ports from first to last.
func stretch(ranges []Range, first, last uint16) []Range {
	if ranges[0].Last < first {
		ranges = ranges[sort.Search(len(ranges), func(i int) bool { return ranges[i].Last >= first }):]
	}
	if n := len(ranges); n > 0 && ranges[n-1].First > last {
		ranges = ranges[:sort.Search(n, func(i int) bool { return ranges[i].First > last })]
	}
	return ranges
}

// Union returns the ports of s or o. For many sets use UnionAll.
func (s Set) Union(o Set) Set {
	if s.IsEmpty() {
		return o
	}
	if o.IsEmpty() {
		return s
	}
	out := make([]Range, 0, len(s.ranges)+len(o.ranges))
	a, b := s.ranges, o.ranges
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].First <= b[0].First {
			out, a = appendMerged(out, a[0]), a[1:]
		} else {
			out, b = appendMerged(out, b[0]), b[1:]
		}
	}
	return Set{ranges: out}
}

// Intersect returns the ports in both s and o.
func (s Set) Intersect(o Set) Set {
	a, b := meeting(s.ranges, o.ranges)
	if len(a) == 0 || len(b) == 0 {
		return Set{}
	}
	if len(a) == len(s.ranges) && covers(b, a) {
		return s
	}
	var out []Range
	for len(a) > 0 && len(b) > 0 {
		first, last := max(a[0].First, b[0].First), min(a[0].Last, b[0].Last)
		if first <= last {
			out = append(out, Range{First: first, Last: last})
		}
		// Only the range that ends first can be done with.
		if a[0].Last < b[0].Last {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return Set{ranges: out}
}

// Minus returns the ports of s that are not in o.
func (s Set) Minus(o Set) Set {
	_, cuts := meeting(s.ranges, o.ranges)
	if !overlap(s.ranges, cuts) {
		return s
	}
	out := make([]Range, 0, len(s.ranges)+1)
	for _, r := range s.ranges {
		for len(cuts) > 0 && cuts[0].Last < r.First {
			cuts = cuts[1:]
		}
		// first is the lowest port of r that no cut has taken yet; in int,
		// because it is 65536 after a cut up to the highest port.
		first := int(r.First)
		for _, cut := range cuts {
			if cut.First > r.Last {
				break
			}
			if first < int(cut.First) {
				out = append(out, Range{First: uint16(first), Last: cut.First - 1})
			}
			first = int(cut.Last) + 1
		}
		if first <= int(r.Last) {
			out = append(out, Range{First: uint16(first), Last: r.Last})
		}
	}
	if len(out) == 0 {
		return Set{}
	}
	return Set{ranges: out}
}

// Covers reports whether every port of o is in s; the empty set is covered by
// every set.
func (s Set) Covers(o Set) bool {
	a, b := meeting(s.ranges, o.ranges)
	return len(b) == len(o.ranges) && covers(a, b)
}

// covers reports whether every port of b is in a.
func covers(a, b []Range) bool {
	for _, r := range b {
		for len(a) > 0 && a[0].Last < r.First {
			a = a[1:]
		}
		// The ranges of a have gaps between them, so one of them must hold
		// all of r.
		if len(a) == 0 || r.First < a[0].First || a[0].Last < r.Last {
			return false
		}
	}
	return true
}

// Overlaps reports whether s and o have a port in common.
func (s Set) Overlaps(o Set) bool { return overlap(meeting(s.ranges, o.ranges)) }

func overlap(a, b []Range) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Last < b[0].First:
			a = a[1:]
		case b[0].Last < a[0].First:
			b = b[1:]
		default:
			return true
		}
	}
	return false
}
