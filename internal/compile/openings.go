package compile

import (
	"cmp"
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

// audience says which packets a peer can send or receive.
type audience uint8

const (
	ipv4 audience = iota
	ipv6
	both // a reference: nobody knows which addresses it has
)

func audienceOf(is6 bool) audience {
	if is6 {
		return ipv6
	}
	return ipv4
}

// has reports whether packets of the protocol exist for the audience.
func (a audience) has(p portset.Protocol) bool {
	return !(p == portset.ICMP && a == ipv6) && !(p == portset.ICMPv6 && a == ipv4)
}

// opening is a box and the indices of the sources that allow some of it,
// ascending.
type opening struct {
	box     box
	servers []int
}

// openings returns what the members open together to one peer: one box for
// everything, or the longest runs of ports of each protocol that the peer has.
func openings(sources []source, members []int, to audience) []opening {
	if slices.ContainsFunc(members, func(m int) bool { return opensOther(&sources[m]) }) {
		// A rule with nothing but ICMPv6 allows an IPv4 address nothing.
		servers := slices.DeleteFunc(slices.Clone(members), func(m int) bool { return !sources[m].opensAny(to) })
		return []opening{{box: box{any: true}, servers: servers}}
	}
	var all []opening
	for _, protocol := range portset.Protocols() {
		if protocol != portset.Other && to.has(protocol) {
			all = append(all, runs(sources, members, protocol)...)
		}
	}
	return all
}

// opensAny reports whether the source allows the audience any packet.
func (s *source) opensAny(to audience) bool {
	return slices.ContainsFunc(portset.Protocols(), func(p portset.Protocol) bool {
		return to.has(p) && !s.ports.Of(p).IsEmpty()
	})
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

// runs joins overlapping and adjacent ranges of one protocol.
func runs(sources []source, members []int, protocol portset.Protocol) []opening {
	type piece struct {
		ports  portset.Range
		member int
	}
	var pieces []piece
	for _, m := range members {
		for _, r := range sources[m].ports.Of(protocol).Ranges() {
			pieces = append(pieces, piece{ports: r, member: m})
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Compare(a.ports.First, b.ports.First) })

	var joined []opening
	for _, p := range pieces {
		// In int, because the port after 65535 does not fit.
		if last := len(joined) - 1; last >= 0 && int(p.ports.First) <= int(joined[last].box.ports.Last)+1 {
			run := &joined[last]
			run.box.ports.Last = max(run.box.ports.Last, p.ports.Last)
			run.servers = append(run.servers, p.member)
			continue
		}
		joined = append(joined, opening{box: box{protocol: protocol, ports: p.ports}, servers: []int{p.member}})
	}
	for i := range joined {
		slices.Sort(joined[i].servers)
		joined[i].servers = slices.Compact(joined[i].servers)
	}
	return joined
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
