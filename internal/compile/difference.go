package compile

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// Opened is what one rule of a policy allows and another policy did not:
// Ports to everybody in Prefixes and References.
type Opened struct {
	Rule      string
	Direction policy.Direction
	// Ports is portset.Any() when every protocol is new, and then Prefixes may
	// be of either family. Otherwise ICMP stands for IPv4 addresses only and
	// ICMPv6 for IPv6 addresses only.
	Ports portset.Ports
	// Prefixes and References, sorted by name, are not both empty.
	Prefixes   prefixset.Set
	References []string
}

// Difference returns exactly the packets that after allows and before does
// not, each with every rule of after that allows it, sorted by rule, direction
// and ports (every protocol first, then as Ports.Entries). One rule has one
// entry for each set of new ports, and its entries have no peer in common.
// What rules are called, and how they share the work, makes no difference. A
// nil before allows nothing.
//
// Either policy may be partial. What is missing in after is missing in the
// result; what is missing in before counts as not allowed.
//
// The time is near linear in what both policies say, apart from rules that have
// grown where others allowed some of it already: those that speak of the same
// peer are compared one with the other.
func Difference(after, before *policy.Policy) []Opened {
	if before == nil {
		before = &policy.Policy{}
	}
	var all []Opened
	for _, d := range policy.Directions() {
		was := sharesOf(before, d)
		f := &differ{grown: grownShares(sharesOf(after, d), was), groups: map[openedKey]*openedGroup{}}
		f.addresses(was)
		f.references(was)
		for key, g := range f.groups {
			all = append(all, Opened{Rule: key.rule, Direction: d, Ports: g.ports,
				Prefixes: prefixset.OfRanges(g.ranges...), References: g.references})
		}
	}
	slices.SortFunc(all, func(a, b Opened) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Direction, b.Direction), comparePorts(a.Ports, b.Ports))
	})
	return all
}

func comparePorts(a, b portset.Ports) int {
	if whole := portset.Any(); a.Equal(whole) != b.Equal(whole) {
		if a.Equal(whole) {
			return -1
		}
		return 1
	}
	return slices.CompareFunc(a.Entries(), b.Entries(), func(x, y portset.Entry) int {
		return cmp.Or(cmp.Compare(x.Protocol, y.Protocol), cmp.Compare(x.Range.First, y.Range.First), cmp.Compare(x.Range.Last, y.Range.Last))
	})
}

// share is what a rule allows, or a part of it.
type share struct {
	rule       string
	ports      portset.Ports
	prefixes   prefixset.Set
	references []string // sorted
}

func sharesOf(p *policy.Policy, d policy.Direction) []share {
	var shares []share
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Direction != d {
			continue
		}
		names := map[string]bool{}
		for _, ref := range r.References() {
			names[ref.Name] = true
		}
		shares = append(shares, share{rule: r.Name, ports: r.Ports(), prefixes: r.Prefixes(), references: slices.Sorted(maps.Keys(names))})
	}
	return shares
}

// grownShares returns what each rule of now allows beyond the rule of the same
// name: every port to new peers, and new ports to old ones. Most rules do not
// change, and only what remains is compared with all other rules.
func grownShares(now, was []share) []share {
	old := map[string]*share{}
	for i := range was {
		old[was[i].rule] = &was[i]
	}
	var grown []share
	for _, s := range now {
		before, existed := old[s.rule]
		if !existed {
			grown = append(grown, s)
			continue
		}
		isOld := func(name string) bool {
			_, found := slices.BinarySearch(before.references, name)
			return found
		}
		fresh, known := s, s
		fresh.prefixes = s.prefixes.Minus(before.prefixes)
		fresh.references = slices.DeleteFunc(slices.Clone(s.references), isOld)
		known.ports = s.ports.Minus(before.ports)
		known.prefixes = s.prefixes.Intersect(before.prefixes)
		known.references = slices.DeleteFunc(slices.Clone(s.references), func(name string) bool { return !isOld(name) })
		for _, part := range []share{fresh, known} {
			if !part.ports.IsEmpty() && (!part.prefixes.IsEmpty() || len(part.references) > 0) {
				grown = append(grown, part)
			}
		}
	}
	return grown
}

// differ gathers what is new of one direction.
type differ struct {
	grown  []share
	groups map[openedKey]*openedGroup
}

type openedKey struct{ rule, ports string }

type openedGroup struct {
	ports      portset.Ports
	ranges     []netipx.IPRange
	references []string
}

// addresses takes away, address by address, what was allowed before.
func (f *differ) addresses(was []share) {
	// Most of what grows meets nothing that was allowed, in its peers or in
	// its ports. That is found out first, because the shares that are left are
	// compared all with all where they overlap.
	nearby := meeting(was, f.grown)
	met, sets := f.alone(nearby)
	for i := range nearby {
		sets = append(sets, nearby[i].prefixes)
	}
	allowed := unions{shares: nearby, known: map[string]portset.Ports{}}
	for _, atom := range region.Atoms(sets) {
		split, _ := slices.BinarySearch(atom.Members, len(met))
		if split == 0 {
			continue // nothing grows here
		}
		family := ipv4
		if atom.Is6 {
			family = ipv6
		}
		old := allowed.of(atom.Members[split:], len(met))
		for _, m := range atom.Members[:split] {
			f.open(met[m], old, family, atom.Ranges)
		}
	}
}

// meeting returns the shares that have an address and a port in common with
// the others, though not always with the same one of them.
func meeting(shares, others []share) []share {
	all := together(others)
	var found []share
	for i := range shares {
		if shares[i].meets(&all) {
			found = append(found, shares[i])
		}
	}
	return found
}

func (s *share) meets(o *share) bool {
	return s.ports.Overlaps(o.ports) && s.prefixes.Overlaps(o.prefixes)
}

// together returns every port and every address of the shares.
func together(shares []share) share {
	sets, ports := make([]prefixset.Set, len(shares)), make([]portset.Ports, len(shares))
	for i := range shares {
		sets[i], ports[i] = shares[i].prefixes, shares[i].ports
	}
	return share{prefixes: prefixset.UnionAll(sets), ports: portset.Merge(ports)}
}

// alone opens what grows away from nearby, and returns the indices and the
// prefixes of the other shares.
func (f *differ) alone(nearby []share) (met []int, sets []prefixset.Set) {
	all := together(nearby)
	for i := range f.grown {
		s := &f.grown[i]
		if s.meets(&all) {
			met, sets = append(met, i), append(sets, s.prefixes)
			continue
		}
		f.open(i, portset.Ports{}, ipv4, s.prefixes.IPv4().Ranges())
		f.open(i, portset.Ports{}, ipv6, s.prefixes.IPv6().Ranges())
	}
	return met, sets
}

// open notes down what the grown share opens to the addresses of one family,
// which are allowed old already.
func (f *differ) open(grown int, old portset.Ports, family audience, to []netipx.IPRange) {
	if len(to) == 0 {
		return
	}
	if g := f.groupOf(grown, old, family.ports()); g != nil {
		g.ranges = append(g.ranges, to...)
	}
}

// references does the same for peers of which nobody knows the addresses.
func (f *differ) references(was []share) {
	allowed := unions{shares: was, known: map[string]portset.Ports{}}
	speakers := map[string][]int{}
	for i := range was {
		for _, name := range was[i].references {
			speakers[name] = append(speakers[name], i)
		}
	}
	for i := range f.grown {
		for _, name := range f.grown[i].references {
			if g := f.groupOf(i, allowed.of(speakers[name], 0), portset.Any()); g != nil {
				g.references = append(g.references, name)
			}
		}
	}
	for _, g := range f.groups {
		slices.Sort(g.references)
	}
}

// groupOf returns the group of what the grown share opens to a peer that is
// allowed old already and can have the packets in possible; nil for nothing.
func (f *differ) groupOf(m int, old, possible portset.Ports) *openedGroup {
	s := &f.grown[m]
	fresh := s.ports.Intersect(possible).Minus(old)
	if fresh.IsEmpty() {
		return nil
	}
	if fresh.Equal(possible) {
		fresh = portset.Any()
	}
	key := openedKey{rule: s.rule, ports: fresh.String()}
	g, known := f.groups[key]
	if !known {
		g = &openedGroup{ports: fresh}
		f.groups[key] = g
	}
	return g
}

// ports are all packets that exist for the audience.
func (a audience) ports() portset.Ports {
	missing := portset.ICMPv6
	if a == ipv6 {
		missing = portset.ICMP
	}
	return portset.Any().Minus(portset.WholeProtocol(missing))
}

// unions remembers what sets of shares open together: many peers are spoken of
// by the same rules.
type unions struct {
	shares []share
	known  map[string]portset.Ports
}

// of returns the ports of the shares with the indices members-offset.
func (u unions) of(members []int, offset int) portset.Ports {
	if len(members) == 0 {
		return portset.Ports{}
	}
	var key []byte
	for _, m := range members {
		key = binary.AppendUvarint(key, uint64(m-offset))
	}
	ports, seen := u.known[string(key)]
	if !seen {
		lists := make([]portset.Ports, len(members))
		for i, m := range members {
			lists[i] = u.shares[m-offset].ports
		}
		ports = portset.Merge(lists)
		u.known[string(key)] = ports
	}
	return ports
}
