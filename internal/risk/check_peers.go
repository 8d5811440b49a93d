package risk

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// The widest prefixes that are not broad, as prefix lengths. A private IPv6
// prefix may hold as many /64 networks as a private IPv4 one holds addresses.
const (
	narrowPublic4  = 24
	narrowPublic6  = 48
	narrowPrivate4 = 12
	narrowPrivate6 = 44
)

// peerFinding gathers the services that are open to the same too wide peers,
// so that an author reads of the peers once and not once per service.
type peerFinding struct {
	direction policy.Direction
	prefixes  prefixset.Set // what is too wide
	causes    []cause
}

// wide is the part of some peers that is too wide.
type wide struct {
	prefixes   prefixset.Set
	references []string // sorted
}

// byPeers judges the peers of every service together, over all of its rules,
// and groups the services whose peers are too wide in the same way.
func (m *model) byPeers(judge func(peers prefixset.Set, references []policy.Reference) wide) []*peerFinding {
	type verdict struct {
		wide
		key    string
		shares map[int]wide // of the wide part, by host set
	}
	var list []*peerFinding
	byKey := map[string]*peerFinding{}
	judged := map[string]*verdict{}
	reachedBy := m.reachedBy()
	for _, b := range m.buckets {
		if b.class == Neighbours {
			continue
		}
		reach := reachedBy[b]
		v := judged[reach.key]
		if v == nil {
			v = &verdict{wide: judge(m.prefixes(reach.ids...), m.references(reach.ids)), shares: map[int]wide{}}
			v.key = v.prefixes.String() + " " + strings.Join(v.references, " ")
			judged[reach.key] = v
		}
		if v.isEmpty() {
			continue
		}
		key := b.direction.String() + " " + v.key
		f := byKey[key]
		if f == nil {
			f = &peerFinding{direction: b.direction, prefixes: v.prefixes}
			byKey[key] = f
			list = append(list, f)
		}
		for _, e := range b.entries {
			share, known := v.shares[e.opening.hosts]
			if !known {
				share = v.of(m.prefixes(e.opening.hosts), m.hosts[e.opening.hosts].names)
				v.shares[e.opening.hosts] = share
			}
			if !share.isEmpty() {
				f.causes = append(f.causes, cause{opening: e.opening, ports: portset.PortsOf(e.protocol, e.ports),
					prefixes: share.prefixes, references: share.references, hosts: e.opening.hosts + 1, attribute: peersAttribute})
			}
		}
	}
	return list
}

func (w wide) isEmpty() bool { return w.prefixes.IsEmpty() && len(w.references) == 0 }

// of is the share of a host set in what is too wide.
func (w wide) of(prefixes prefixset.Set, references []string) wide {
	share := wide{prefixes: prefixes.Intersect(w.prefixes)}
	for _, name := range references {
		if slices.Contains(w.references, name) {
			share.references = append(share.references, name)
		}
	}
	return share
}

// withEmbedded adds the IPv4 addresses that IPv6 peers reach.
func withEmbedded(peers prefixset.Set) prefixset.Set { return peers.Union(peers.EmbeddedIPv4()) }

// anyPart is the part of the peers that amounts to everybody: a family of
// which they cover more than half, and whatever reaches that family.
func anyPart(peers prefixset.Set) prefixset.Set {
	ipv4, ipv6 := withEmbedded(peers).MoreThanHalf()
	var part prefixset.Set
	if ipv4 {
		part = part.Union(peers.IPv4()).Union(transitional(peers))
	}
	if ipv6 {
		part = part.Union(peers.IPv6())
	}
	return part
}

// transitional are the IPv6 prefixes of the peers that reach IPv4 addresses.
func transitional(peers prefixset.Set) prefixset.Set {
	var through []netip.Prefix
	for _, p := range peers.IPv6().Prefixes() {
		if !prefixset.Of(p).EmbeddedIPv4().IsEmpty() {
			through = append(through, p)
		}
	}
	return prefixset.Of(through...)
}

// halfOfIPv4 is how many hosts half of the IPv4 internet has.
const halfOfIPv4 = 1 << 31

// anyWide is anyPart with the prefix lists: they may hold any address, so they
// amount to everybody when their hosts, as declared, and the IPv4 addresses
// beside them are more than half of IPv4.
func anyWide(peers prefixset.Set, references []policy.Reference) wide {
	everybody := wide{prefixes: anyPart(peers)}
	var hosts uint64
	for _, r := range references {
		if r.Kind == policy.AWSPrefixList {
			hosts += r.MaxHosts
		}
	}
	// The lists count beside addresses that are everybody already, too: what is
	// too wide never becomes less when a peer arrives.
	if hosts == 0 || hosts+withEmbedded(peers).IPv4().AddressCount().Uint64() <= halfOfIPv4 {
		return everybody
	}
	everybody.prefixes = everybody.prefixes.Union(peers.IPv4()).Union(transitional(peers))
	everybody.references = prefixLists(references)
	return everybody
}

func checkAnyPeer(m *model) []Finding {
	var findings []Finding
	for _, g := range m.byPeers(anyWide) {
		effect, severity := Reject, Critical
		if g.direction == policy.Egress {
			effect, severity = Warn, Medium
		}
		f := findingOf(AnyPeer, severity, effect, g.causes)
		f.Message = fmt.Sprintf("%s %s open %s %s, which is a whole address family or more than half of it: practically everybody.",
			SomePorts(f.Ports), verb(f.Ports.Len(), "is", "are"), towards(g.direction), SomePeers(f.Prefixes, f.References))
		f.Remedy = "List the hosts or networks that take part in the backup, for example a /28, in the peer group's cidrs."
		if g.direction == policy.Egress {
			f.Remedy = "List the networks of the backup servers or of the storage service in the peer group's cidrs."
		}
		findings = append(findings, f)
	}
	return findings
}

// broadPart is the part of the peers that is too wide, leaving out the
// families that any-peer speaks of. IPv4 is judged by what all peers together
// reach, so that halves in two encodings are seen for what they are.
func broadPart(peers prefixset.Set, references []policy.Reference) wide {
	peers = peers.Minus(anyWide(peers, references).prefixes)
	tooWide, _ := crowded(withEmbedded(peers))
	part := peers.Intersect(tooWide)
	var through []netip.Prefix
	for _, p := range transitional(peers).Prefixes() {
		if prefixset.Of(p).EmbeddedIPv4().Overlaps(tooWide) {
			through = append(through, p)
		}
	}
	return wide{prefixes: part.Union(prefixset.Of(through...))}
}

// crowdedPercent is the share of a network that counts as the whole of it: a
// few addresses that are left out close nothing. It is the same share as that
// of all ports.
const crowdedPercent = allPortsPercent

// crowded is the part of the peers that lies in networks that are too wide and
// of which the peers have nearly all addresses, and those of the networks that
// they do not have whole. A network of which that is true has a half of which
// it is true as well, so that the narrowest ones are enough to look at.
func crowded(peers prefixset.Set) (part, holed prefixset.Set) {
	private := peers.Intersect(prefixset.Private())
	for _, of := range []struct {
		peers            prefixset.Set
		length4, length6 int
	}{{private, narrowPrivate4 - 1, narrowPrivate6 - 1}, {peers.Minus(private), narrowPublic4 - 1, narrowPublic6 - 1}} {
		in, networks := of.peers.Crowded(of.length4, of.length6, crowdedPercent)
		part = part.Union(in)
		holed = holed.Union(networks.Minus(in))
	}
	return part, holed
}

func checkBroadPeer(m *model) []Finding {
	var findings []Finding
	for _, g := range m.byPeers(broadPart) {
		effect, severity, why := Reject, High, "whoever gets into such a network reaches the backup"
		if g.direction == policy.Egress {
			// Egress to everybody only warns; a part of everybody cannot be worse.
			effect, severity, why = Warn, Medium, "whoever gets onto this host reaches all of it"
		}
		f := findingOf(BroadPeer, severity, effect, g.causes)
		f.Message = fmt.Sprintf("%s %s open %s %s, wider than one site needs (IPv4: at most /%d public, /%d private; IPv6: /%d and /%d): %s.",
			SomePorts(f.Ports), verb(f.Ports.Len(), "is", "are"), towards(g.direction), SomePeers(f.Prefixes, nil),
			narrowPublic4, narrowPrivate4, narrowPublic6, narrowPrivate6, why)
		if _, holed := crowded(withEmbedded(f.Prefixes)); !holed.IsEmpty() {
			f.Message += fmt.Sprintf(" The holes (%s) leave at least %d %% of a network, which counts as the whole.", SomePeers(holed, nil), crowdedPercent)
		}
		f.Remedy = "Write the networks in which the backup hosts are, for example a /28, in the peer group's cidrs; each halving lowers the score by the same amount."
		findings = append(findings, f)
	}
	return findings
}

// checkPublicPeerPrivateClaim finds public addresses, and prefix lists that may
// hold some, that are declared inside, where one counts a few hundred times
// less, without a word of why.
func checkPublicPeerPrivateClaim(m *model) []Finding {
	byDirection := map[policy.Direction][]cause{}
	groups := map[policy.Direction]map[string]bool{policy.Ingress: {}, policy.Egress: {}}
	public := map[int]prefixset.Set{} // by group of the model
	for _, o := range m.openings {
		for i := range o.rule.Peers {
			group := &o.rule.Peers[i]
			if !group.ClaimsInside() {
				continue
			}
			id := m.register.group(group)
			prefixes, known := public[id]
			if !known {
				prefixes = group.Prefixes.Minus(prefixset.Private())
				public[id] = prefixes
			}
			lists := prefixLists(group.References)
			if prefixes.IsEmpty() && len(lists) == 0 {
				continue
			}
			direction := o.rule.Direction
			byDirection[direction] = append(byDirection[direction],
				cause{opening: o, ports: o.listener.Ports, prefixes: prefixes, references: lists, hosts: id + 1, attribute: peersAttribute})
			groups[direction][fmt.Sprintf("%q (zone = %q)", group.Name, group.Zone)] = true
		}
	}
	var findings []Finding
	for _, direction := range policy.Directions() {
		if len(byDirection[direction]) == 0 {
			continue
		}
		f := findingOf(PublicPeerPrivateClaim, High, Reject, byDirection[direction])
		claims := len(groups[direction])
		var what []string
		if !f.Prefixes.IsEmpty() {
			what = append(what, "the public addresses "+SomePeers(f.Prefixes, nil))
		}
		if len(f.References) > 0 {
			what = append(what, "what may hold any address ("+SomePeers(prefixset.Set{}, f.References)+")")
		}
		f.Message = fmt.Sprintf("%s %s %s %s to be inside, where each counts a few hundred times less, without a reason.",
			verb(claims, "Peer group", "Peer groups"), some(sortedKeys(groups[direction])), verb(claims, "declares", "declare"), strings.Join(what, " and "))
		f.Remedy = `Write zone_reason, for example "our own /24, not routed to the internet", or the zone in which the addresses really are.`
		findings = append(findings, f)
	}
	return findings
}

// prefixLists are the names of the references that may hold any address.
func prefixLists(references []policy.Reference) []string {
	var names []string
	for _, r := range references {
		if r.Kind == policy.AWSPrefixList {
			names = append(names, r.Name)
		}
	}
	return names
}
