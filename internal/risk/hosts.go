package risk

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// register numbers the distinct groups of peers and host sets of a model.
type register struct {
	m *model
	// latest is the last group that looks the same from outside: one that many
	// rules name is found without reading all of its addresses into a key, and
	// most others differ there. byContent finds any group that looks like
	// another one.
	latest    map[outline]int
	byContent map[string]int
	alone     map[int]int    // host sets of one group
	byGroups  map[string]int // host sets of several
}

// outline is what groups mostly differ in.
type outline struct {
	zone               policy.Zone
	first, last        netip.Addr
	ranges, references int
}

func newRegister(m *model) *register {
	return &register{m: m, latest: map[outline]int{}, alone: map[int]int{}}
}

// of is the number of the rule's host set; letsIn is false when it lets nobody in.
func (r *register) of(rule *policy.Rule) (id int, letsIn bool) {
	var groups []int
	for i := range rule.Peers {
		if g := &rule.Peers[i]; !g.Prefixes.IsEmpty() || len(g.References) > 0 {
			groups = append(groups, r.group(g))
		}
	}
	if len(groups) == 0 {
		return 0, false
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	id = len(r.m.hosts)
	if len(groups) == 1 {
		if known, ok := r.alone[groups[0]]; ok {
			return known, true
		}
		r.alone[groups[0]] = id
	} else {
		var key []byte
		for _, g := range groups {
			key = binary.AppendUvarint(key, uint64(g))
		}
		if known, ok := r.byGroups[string(key)]; ok {
			return known, true
		}
		if r.byGroups == nil {
			r.byGroups = map[string]int{}
		}
		r.byGroups[string(key)] = id
	}
	set := hostSet{groups: groups}
	for _, g := range groups {
		for _, reference := range r.m.peers[g].references {
			set.names = append(set.names, reference.Name)
		}
	}
	slices.Sort(set.names)
	set.names = slices.Compact(set.names)
	r.m.hosts = append(r.m.hosts, set)
	return id, true
}

// group is the number of a group of peers.
func (r *register) group(g *policy.PeerGroup) int {
	o := outline{zone: g.Zone, references: len(g.References)}
	o.first, o.last, o.ranges = g.Prefixes.Hull()
	last, known := r.latest[o]
	if known && sameGroup(r.m.peers[last].group, g) {
		return last
	}
	id := len(r.m.peers)
	if known {
		if r.byContent == nil {
			r.byContent = map[string]int{}
		}
		r.byContent[groupKey(r.m.peers[last].group)] = last
		key := groupKey(g)
		if same, ok := r.byContent[key]; ok {
			id = same
		} else {
			r.byContent[key] = id
		}
	}
	if id == len(r.m.peers) {
		r.m.peers = append(r.m.peers, newPeers(g))
	}
	r.latest[o] = id
	return id
}

func sameGroup(a, b *policy.PeerGroup) bool {
	return a.Zone == b.Zone && slices.Equal(a.References, b.References) && a.Prefixes.Equal(b.Prefixes)
}

// groupKey is equal for groups of the same peers.
func groupKey(g *policy.PeerGroup) string {
	var b strings.Builder
	b.WriteByte(byte(g.Zone))
	for r := range g.Prefixes.All() {
		from, to := r.From().As16(), r.To().As16()
		b.WriteByte(byte(r.From().BitLen()))
		b.Write(from[:])
		b.Write(to[:])
	}
	b.WriteByte(0)
	for _, reference := range g.References {
		b.WriteString(reference.Name)
		b.WriteByte(0)
	}
	return b.String()
}

func newPeers(g *policy.PeerGroup) peers {
	p := peers{group: g}
	reached := g.Prefixes.Union(g.Prefixes.EmbeddedIPv4())
	if g.Zone == policy.ByAddress {
		private := reached.Intersect(prefixset.Private())
		p.zoned[policy.Internal] = private
		p.zoned[policy.Internet] = reached.Minus(private)
	} else {
		p.zoned[g.Zone] = reached
	}
	for _, reference := range g.References {
		p.references = append(p.references, zonedReference{reference, referenceZone(reference, g.Zone)})
	}
	return p
}

// referenceZone is the zone of a reference whose group is judged by address: a
// prefix list may hold any address, so it counts as the internet; the other
// kinds stand for interfaces inside the cloud's private network.
func referenceZone(r policy.Reference, declared policy.Zone) policy.Zone {
	if declared != policy.ByAddress {
		return declared
	}
	if r.Kind == policy.AWSPrefixList {
		return policy.Internet
	}
	return policy.Internal
}

// cutAtoms cuts the hosts into atoms and tells each group its own.
func (m *model) cutAtoms() {
	var sets []prefixset.Set
	var owner []standing // owner[i]: group and zone of sets[i]
	for id := range m.peers {
		for zone, set := range m.peers[id].zoned {
			if !set.IsEmpty() {
				sets = append(sets, set)
				owner = append(owner, standing{atom: id, zone: policy.Zone(zone)})
			}
		}
	}
	for _, atom := range region.Atoms(sets) {
		index := len(m.atoms)
		m.atoms = append(m.atoms, hostAtom{size: atom.Size(), is6: atom.Is6})
		for _, member := range atom.Members {
			group := &m.peers[owner[member].atom]
			group.standing = append(group.standing, standing{atom: index, zone: owner[member].zone})
		}
	}
	references := map[string]int{}
	for id := range m.peers {
		for _, r := range m.peers[id].references {
			index, known := references[r.Name]
			if !known {
				index = len(m.atoms)
				references[r.Name] = index
				m.atoms = append(m.atoms, hostAtom{size: region.Count{Lo: r.MaxHosts}})
			}
			m.peers[id].standing = append(m.peers[id].standing, standing{atom: index, zone: r.zone})
		}
	}
}

// prefixes is the union of the declared addresses of host sets, remembered
// because many services and rules are reached by the same ones.
func (m *model) prefixes(ids ...int) prefixset.Set {
	var groups []int
	for _, id := range ids {
		groups = append(groups, m.hosts[id].groups...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if len(groups) == 1 {
		return m.peers[groups[0]].group.Prefixes
	}
	var key []byte
	for _, g := range groups {
		key = binary.AppendUvarint(key, uint64(g))
	}
	if union, known := m.unions[string(key)]; known {
		return union
	}
	sets := make([]prefixset.Set, len(groups))
	for i, g := range groups {
		sets[i] = m.peers[g].group.Prefixes
	}
	union := prefixset.UnionAll(sets)
	m.unions[string(key)] = union
	return union
}

// references are the references of host sets, each once, sorted by name.
func (m *model) references(ids []int) []policy.Reference {
	byName := map[string]policy.Reference{}
	for _, id := range ids {
		for _, g := range m.hosts[id].groups {
			for _, r := range m.peers[g].references {
				byName[r.Name] = r.Reference
			}
		}
	}
	list := make([]policy.Reference, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

// inZone reports whether any host that the entries let in stands in a zone
// that matches.
func (m *model) inZone(entries []bucketEntry, matches func(policy.Zone) bool) bool {
	for _, e := range entries {
		for _, g := range m.hosts[e.opening.hosts].groups {
			for zone, set := range m.peers[g].zoned {
				if !set.IsEmpty() && matches(policy.Zone(zone)) {
					return true
				}
			}
			for _, r := range m.peers[g].references {
				if matches(r.zone) {
					return true
				}
			}
		}
	}
	return false
}

// openingsByGroup lists the openings of a direction by the group that they let
// in.
func (m *model) openingsByGroup(direction policy.Direction) map[int][]*opening {
	list := map[int][]*opening{}
	for _, o := range m.openings {
		if o.rule.Direction != direction {
			continue
		}
		for _, g := range m.hosts[o.hosts].groups {
			list[g] = append(list[g], o)
		}
	}
	return list
}
