// Package region cuts the address space into atoms: sets of addresses that
// each of a number of given sets holds either whole or not at all. Scoring
// and compiling ask the same question of every address - which rules speak of
// it? - and atoms answer it once for all addresses that share the answer.
package region

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sort"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Atom is a non-empty set of addresses of one family with the same members.
type Atom struct {
	// Members are the indices of the sets that hold the atom, ascending.
	Members []int
	// Ranges are sorted, disjoint and not adjacent.
	Ranges []netipx.IPRange
	// Is6 tells the address family.
	Is6 bool
}

// Set returns the addresses of the atom.
func (a *Atom) Set() prefixset.Set { return prefixset.OfRanges(a.Ranges...) }

// edge is one end of a range in the sweep over the address space.
type edge struct {
	addr   netip.Addr
	member int
	opens  bool
}

// Atoms returns the atoms of the sets: pairwise disjoint, together the union
// of all sets, each with the indices of the sets that hold it. The order is
// that of their first address, IPv4 before IPv6. The time is near linear in
// the number of ranges times the number of sets that overlap in one place.
func Atoms(sets []prefixset.Set) []Atom {
	if atoms, alone := atomsOfOne(sets); alone {
		return atoms
	}
	edges := lineEdges(sets)
	var (
		atoms  []Atom
		byKey  = map[string]int{}
		active []int
		key    []byte
		from   netip.Addr // first address not yet assigned while active is not empty
	)
	emit := func(to netip.Addr) {
		key = key[:0]
		if to.Is6() {
			key = append(key, 6)
		}
		for _, m := range active {
			key = binary.AppendUvarint(key, uint64(m)+8)
		}
		at, seen := byKey[string(key)]
		if !seen {
			at = len(atoms)
			byKey[string(key)] = at
			atoms = append(atoms, Atom{Members: append([]int{}, active...), Is6: to.Is6()})
		}
		atom := &atoms[at]
		if last := len(atom.Ranges) - 1; last >= 0 && atom.Ranges[last].To().Next() == from {
			atom.Ranges[last] = netipx.IPRangeFrom(atom.Ranges[last].From(), to)
			return
		}
		atom.Ranges = append(atom.Ranges, netipx.IPRangeFrom(from, to))
	}

	for i := 0; i < len(edges); {
		at := edges[i].addr
		// Opening edges act before the address …
		if edges[i].opens {
			if len(active) > 0 && from.Less(at) {
				emit(at.Prev())
			}
			for ; i < len(edges) && edges[i].addr == at && edges[i].opens; i++ {
				active = insert(active, edges[i].member)
			}
			from = at
		}
		// … closing edges after it.
		if i < len(edges) && edges[i].addr == at {
			emit(at)
			for ; i < len(edges) && edges[i].addr == at; i++ {
				active = remove(active, edges[i].member)
			}
			from = at.Next()
		}
	}
	return atoms
}

// atomsOfOne answers when no more than one set holds anything, as in most
// policies.
func atomsOfOne(sets []prefixset.Set) (atoms []Atom, alone bool) {
	only := -1
	for i := range sets {
		if sets[i].IsEmpty() {
			continue
		}
		if only >= 0 {
			return nil, false
		}
		only = i
	}
	if only < 0 {
		return nil, true
	}
	for _, part := range []prefixset.Set{sets[only].IPv4(), sets[only].IPv6()} {
		if ranges := part.Ranges(); len(ranges) > 0 {
			atoms = append(atoms, Atom{Members: []int{only}, Ranges: ranges, Is6: ranges[0].From().Is6()})
		}
	}
	return atoms, true
}

func insert(sorted []int, value int) []int {
	at := sort.SearchInts(sorted, value)
	sorted = append(sorted, 0)
	copy(sorted[at+1:], sorted[at:])
	sorted[at] = value
	return sorted
}

func remove(sorted []int, value int) []int {
	at := sort.SearchInts(sorted, value)
	return append(sorted[:at], sorted[at+1:]...)
}

// Count is a number of addresses: a whole number below 2^192, which is more
// than any sum of address sets. Counts are integers so that sums do not depend
// on the order in which they were made.
type Count struct{ Top, Hi, Lo uint64 }

// Plus returns c + d.
func (c Count) Plus(d Count) Count {
	lo, carry := bits.Add64(c.Lo, d.Lo, 0)
	hi, carry := bits.Add64(c.Hi, d.Hi, carry)
	top, _ := bits.Add64(c.Top, d.Top, carry)
	return Count{Top: top, Hi: hi, Lo: lo}
}

// Minus returns c - d; d must not be larger than c.
func (c Count) Minus(d Count) Count {
	lo, borrow := bits.Sub64(c.Lo, d.Lo, 0)
	hi, borrow := bits.Sub64(c.Hi, d.Hi, borrow)
	top, borrow := bits.Sub64(c.Top, d.Top, borrow)
	if borrow != 0 {
		panic("region: count below zero")
	}
	return Count{Top: top, Hi: hi, Lo: lo}
}

// Float returns the count as a float64, rounded.
func (c Count) Float() float64 {
	const limb = (1 << 32) * (1 << 32)
	return (float64(c.Top)*limb+float64(c.Hi))*limb + float64(c.Lo)
}

// IsZero reports whether the count is 0.
func (c Count) IsZero() bool { return c == Count{} }

// Size returns the number of addresses of the atom.
func (a *Atom) Size() Count { return SizeOf(a.Ranges) }

// SizeOf returns the number of addresses in ranges, which must be disjoint.
func SizeOf(ranges []netipx.IPRange) Count {
	var sum Count
	for _, r := range ranges {
		sum = sum.Plus(value(r.To()).Minus(value(r.From()))).Plus(Count{Lo: 1})
	}
	return sum
}

// value reads an address as a number.
func value(addr netip.Addr) Count {
	if addr.Is4() {
		b := addr.As4()
		return Count{Lo: uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := addr.As16()
	return Count{Hi: binary.BigEndian.Uint64(b[:8]), Lo: binary.BigEndian.Uint64(b[8:])}
}
