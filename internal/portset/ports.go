package portset

import (
	"fmt"
	"strings"
)

// Ports is an immutable set of (protocol, port) pairs. The zero value is the
// empty set. Compare with Equal, not with ==.
type Ports struct {
	// sets has one set per protocol. A protocol without ports holds the one
	// pseudo-port 0 when it is in the set, so that one arithmetic serves all.
	sets [numProtocols]Set
}

// wholeSet is everything that a protocol can hold in Ports.
func wholeSet(p Protocol) Set {
	if p.HasPorts() {
		return AllPorts()
	}
	return Of(Range{})
}

// PortsOf returns the ports s of protocol p. It panics when p has no ports and
// s holds more than the pseudo-port 0 that Ports.Of returns: use WholeProtocol.
func PortsOf(p Protocol, s Set) Ports {
	if !wholeSet(p).Covers(s) {
		panic(fmt.Sprintf("portset: protocol %s has no ports, got %s", p, s))
	}
	var ports Ports
	ports.sets[p] = s
	return ports
}

// WholeProtocol returns all of protocol p: every port if it has ports.
func WholeProtocol(p Protocol) Ports {
	var ports Ports
	ports.sets[p] = wholeSet(p)
	return ports
}

// Any returns every port of every protocol.
func Any() Ports {
	var ports Ports
	for _, p := range Protocols() {
		ports.sets[p] = wholeSet(p)
	}
	return ports
}

// Merge returns the union of all lists in O(n log n) of their ranges.
func Merge(lists []Ports) Ports {
	if len(lists) == 1 {
		return lists[0]
	}
	var merged Ports
	sets := make([]Set, 0, len(lists))
	for _, proto := range Protocols() {
		sets = sets[:0]
		for i := range lists {
			if s := lists[i].sets[proto]; !s.IsEmpty() {
				sets = append(sets, s)
			}
		}
		merged.sets[proto] = UnionAll(sets)
	}
	return merged
}

// Of returns the ports of one protocol; for a protocol without ports, the
// pseudo-port 0 if the protocol is in p.
func (p Ports) Of(proto Protocol) Set { return p.sets[proto] }

// IsEmpty reports whether p has no pair.
func (p Ports) IsEmpty() bool {
	for _, s := range p.sets {
		if !s.IsEmpty() {
			return false
		}
	}
	return true
}

// Len counts the (protocol, port) pairs; a protocol without ports counts 1.
func (p Ports) Len() int {
	n := 0
	for _, s := range p.sets {
		n += s.Len()
	}
	return n
}

// Equal reports whether p and o have the same pairs.
func (p Ports) Equal(o Ports) bool {
	for i := range p.sets {
		if !p.sets[i].Equal(o.sets[i]) {
			return false
		}
	}
	return true
}

// Covers reports whether every pair of o is in p.
func (p Ports) Covers(o Ports) bool {
	for i := range p.sets {
		if !p.sets[i].Covers(o.sets[i]) {
			return false
		}
	}
	return true
}

// Overlaps reports whether p and o have a pair in common.
func (p Ports) Overlaps(o Ports) bool {
	for i := range p.sets {
		if p.sets[i].Overlaps(o.sets[i]) {
			return true
		}
	}
	return false
}

// Union returns the pairs of p or o. For many lists use Merge.
func (p Ports) Union(o Ports) Ports { return p.each(o, Set.Union) }

// Intersect returns the pairs in both p and o.
func (p Ports) Intersect(o Ports) Ports { return p.each(o, Set.Intersect) }

// Minus returns the pairs of p that are not in o.
func (p Ports) Minus(o Ports) Ports { return p.each(o, Set.Minus) }

// each applies an operation protocol by protocol.
func (p Ports) each(o Ports, operation func(Set, Set) Set) Ports {
	for i := range p.sets {
		p.sets[i] = operation(p.sets[i], o.sets[i])
	}
	return p
}

// Entry is one run of ports of one protocol. For a protocol without ports the
// range is the pseudo-port 0.
type Entry struct {
	Protocol Protocol
	Range    Range
}

// String writes the entry in the grammar of Parse: "22/tcp", "2500-3300/tcp",
// "icmp". Only "other" cannot be read back.
func (e Entry) String() string {
	if !e.Protocol.HasPorts() {
		return e.Protocol.String()
	}
	return e.Range.String() + "/" + e.Protocol.String()
}

// Entries returns the canonical entries, sorted by protocol, then by port.
func (p Ports) Entries() []Entry {
	entries := []Entry{}
	for _, proto := range Protocols() {
		for _, r := range p.sets[proto].ranges {
			entries = append(entries, Entry{Protocol: proto, Range: r})
		}
	}
	return entries
}

// Strings writes the canonical entries; it is exactly ["any"] for Any and an
// empty list, not nil, for the empty set.
func (p Ports) Strings() []string {
	if p.Equal(Any()) {
		return []string{anyText}
	}
	entries := p.Entries()
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.String()
	}
	return texts
}

// String joins Strings with ", ".
func (p Ports) String() string { return strings.Join(p.Strings(), ", ") }
