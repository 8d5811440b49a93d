package risk

import (
	"encoding/binary"
	"fmt"
	"net/netip"

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

// byPeers judges the peers of every service together, over all of its rules,
// and groups the services whose peers are too wide in the same way.
func (m *model) byPeers(judge func(peers prefixset.Set) prefixset.Set) []*peerFinding {
	type verdict struct {
		wide   prefixset.Set
		key    string
		shares map[int]prefixset.Set // of the wide part, by host set
	}
	var list []*peerFinding
	byKey := map[string]*peerFinding{}
	judged := map[string]*verdict{}
	for _, b := range m.buckets {
		if b.class == Neighbours {
			continue
		}
		ids := b.hostIDs()
		var idsKey []byte
		for _, id := range ids {
			idsKey = binary.AppendUvarint(idsKey, uint64(id))
		}
		v := judged[string(idsKey)]
		if v == nil {
			v = &verdict{wide: judge(m.prefixes(ids...)), shares: map[int]prefixset.Set{}}
			v.key = v.wide.String()
			judged[string(idsKey)] = v
		}
		if v.wide.IsEmpty() {
			continue
		}
		key := b.direction.String() + " " + v.key
		f := byKey[key]
		if f == nil {
			f = &peerFinding{direction: b.direction, prefixes: v.wide}
			byKey[key] = f
			list = append(list, f)
		}
		for _, e := range b.entries {
			share, known := v.shares[e.opening.hosts]
			if !known {
				share = m.prefixes(e.opening.hosts).Intersect(v.wide)
				v.shares[e.opening.hosts] = share
			}
			if !share.IsEmpty() {
				f.causes = append(f.causes, cause{opening: e.opening, ports: portset.PortsOf(e.protocol, e.ports),
					prefixes: share, hosts: e.opening.hosts + 1, attribute: peersAttribute})
			}
		}
	}
	return list
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

func checkAnyPeer(m *model) []Finding {
	var findings []Finding
	for _, g := range m.byPeers(anyPart) {
		effect, severity := Reject, Critical
		if g.direction == policy.Egress {
			effect, severity = Warn, Medium
		}
		f := findingOf(AnyPeer, severity, effect, g.causes)
		f.Message = fmt.Sprintf("%s %s open %s %s, which is a whole address family or more than half of it: practically everybody.",
			SomePorts(f.Ports), verb(f.Ports.Len(), "is", "are"), towards(g.direction), SomePeers(f.Prefixes, nil))
		f.Remedy = "List the hosts or networks that take part in the backup, for example a /28, in the peer group's cidrs."
		if g.direction == policy.Egress {
			f.Remedy = "List the networks of the backup servers or of the storage service in the peer group's cidrs."
		}
		findings = append(findings, f)
	}
	return findings
}

// broadPart is the part of the peers that is too wide, leaving out the
// families that any-peer speaks of.
func broadPart(peers prefixset.Set) prefixset.Set {
	peers = peers.Minus(anyPart(peers))
	private := peers.Intersect(prefixset.Private())
	wide := tooWide(private, narrowPrivate4, narrowPrivate6)
	wide = append(wide, tooWide(peers.Minus(private), narrowPublic4, narrowPublic6)...)
	for _, p := range transitional(peers).Prefixes() {
		reached := prefixset.Of(p).EmbeddedIPv4()
		inside := reached.Intersect(prefixset.Private())
		if len(tooWide(inside, narrowPrivate4, 0))+len(tooWide(reached.Minus(inside), narrowPublic4, 0)) > 0 {
			wide = append(wide, p)
		}
	}
	return prefixset.Of(wide...)
}

func tooWide(peers prefixset.Set, narrow4, narrow6 int) []netip.Prefix {
	var wide []netip.Prefix
	for _, p := range peers.Prefixes() {
		narrow := narrow4
		if p.Addr().Is6() {
			narrow = narrow6
		}
		if p.Bits() < narrow {
			wide = append(wide, p)
		}
	}
	return wide
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
		f.Remedy = "Write the networks in which the backup hosts are, for example a /28, in the peer group's cidrs; each halving lowers the score by the same amount."
		findings = append(findings, f)
	}
	return findings
}

// checkPublicPeerPrivateClaim finds public addresses that are declared inside,
// where one counts a few hundred times less, without a word of why.
func checkPublicPeerPrivateClaim(m *model) []Finding {
	byDirection := map[policy.Direction][]cause{}
	groups := map[policy.Direction]map[string]bool{policy.Ingress: {}, policy.Egress: {}}
	public := map[int]prefixset.Set{} // by group of the model
	for _, o := range m.openings {
		for i := range o.rule.Peers {
			group := &o.rule.Peers[i]
			if !group.ClaimsInside() || group.Prefixes.IsEmpty() {
				continue
			}
			id := m.register.group(group)
			prefixes, known := public[id]
			if !known {
				prefixes = group.Prefixes.Minus(prefixset.Private())
				public[id] = prefixes
			}
			if prefixes.IsEmpty() {
				continue
			}
			direction := o.rule.Direction
			byDirection[direction] = append(byDirection[direction],
				cause{opening: o, ports: o.listener.Ports, prefixes: prefixes, hosts: id + 1, attribute: peersAttribute})
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
		f.Message = fmt.Sprintf("%s %s %s the public addresses %s to be inside, where each counts a few hundred times less, without a reason.",
			verb(claims, "Peer group", "Peer groups"), some(sortedKeys(groups[direction])), verb(claims, "declares", "declare"), SomePeers(f.Prefixes, nil))
		f.Remedy = `Write zone_reason, for example "our own /24, not routed to the internet", or the zone in which the addresses really are.`
		findings = append(findings, f)
	}
	return findings
}
