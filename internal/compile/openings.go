package compile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// box is what a rule opens, apart from the peers.
type box struct {
	any      bool
	protocol portset.Protocol
	ports    portset.Range
}

// audience is an address family, which says which packets a peer can have.
type audience uint8

const (
	ipv4 audience = iota
	ipv6
)

// has reports whether packets of the protocol exist for the audience.
func (a audience) has(p portset.Protocol) bool {
	switch p {
	case portset.ICMP:
		return a == ipv4
	case portset.ICMPv6:
		return a == ipv6
	}
	return true
}

// opening is a box and the indices of the sources that allow some of it,
// ascending.
type opening struct {
	box     box
	servers []int
}

// openings returns what the members open together to one reference, of which
// nobody knows the addresses: one box for everything, or the longest runs of
// ports of each protocol.
func openings(sources []source, members []int) []opening {
	if slices.ContainsFunc(members, func(m int) bool { return opensOther(&sources[m]) }) {
		servers := slices.DeleteFunc(slices.Clone(members), func(m int) bool { return sources[m].ports.IsEmpty() })
		return []opening{{box: box{any: true}, servers: servers}}
	}
	var all []opening
	for _, protocol := range portset.Protocols() {
		var pieces []*piece
		for _, m := range members {
			for _, r := range sources[m].ports.Of(protocol).Ranges() {
				pieces = append(pieces, &piece{source: m, ports: r})
			}
		}
		for _, r := range runsOf(protocol, pieces) {
			all = append(all, opening{box: r.box, servers: r.sources()})
		}
	}
	return all
}

// opensOther reports whether the source allows protocols without a name. Only
// "any" does, and then it allows everything.
func opensOther(s *source) bool {
	if s.ports.Of(portset.Other).IsEmpty() {
		return false
	}
	if !s.ports.Equal(portset.Any()) {
		panic(fmt.Sprintf("compile: rule %q opens unnamed protocols but not every protocol", s.name))
	}
	return true
}

// referenceIndex gathers which sources speak of each reference.
type referenceIndex struct {
	byName map[string]*indexedReference
}

type indexedReference struct {
	reference policy.Reference
	members   []int // ascending
}

func newReferenceIndex() referenceIndex {
	return referenceIndex{byName: map[string]*indexedReference{}}
}

// add notes that the source with the given index speaks of the reference.
// Indices must not fall from call to call.
func (x referenceIndex) add(ref policy.Reference, member int) {
	known, ok := x.byName[ref.Name]
	if !ok {
		x.byName[ref.Name] = &indexedReference{reference: ref, members: []int{member}}
		return
	}
	if known.reference != ref {
		panic(fmt.Sprintf("compile: reference %q has two meanings", ref.Name))
	}
	if known.members[len(known.members)-1] != member {
		known.members = append(known.members, member)
	}
}

func (x referenceIndex) names() []string { return slices.Sorted(maps.Keys(x.byName)) }
