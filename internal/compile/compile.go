// Package compile turns a policy into cloud-neutral rules: which packets are
// allowed, written in one canonical way that depends on the packets alone and
// not on how the author spelt them.
package compile

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Rule allows one run of ports of one protocol to everybody in Prefixes and
// References. The rules of a policy never overlap: a packet is allowed by at
// most one of them (two references may of course stand for the same host).
type Rule struct {
	Direction policy.Direction
	// Any is every protocol; Protocol and Ports mean nothing then, and are zero.
	Any bool
	// Protocol is never portset.Other.
	Protocol portset.Protocol
	// Ports is 0-0 for a protocol without ports.
	Ports portset.Range
	// Prefixes has addresses of one family only for ICMP (IPv4) and ICMPv6
	// (IPv6), of both families otherwise.
	Prefixes prefixset.Set
	// References are sorted by name.
	References []policy.Reference
	// Rules names the policy rules that allow some of it, sorted.
	Rules []string

	// What Peers is worked out from, and how many there are.
	group   *group
	sources []source
	peers   int
}

// Peer is one prefix or one reference of a rule.
type Peer struct {
	// Prefix is the zero prefix for a reference.
	Prefix netip.Prefix
	// Reference is nil for a prefix.
	Reference *policy.Reference
	// Rules names the policy rules that allow some of the rule's ports to some
	// of this peer, sorted. Unlike those of the whole rule they do not change
	// when some other peer comes or goes.
	Rules []string
}

// Compile returns the rules of the policy, sorted by direction, Any before
// protocols, protocol, first port and last port.
//
// Each address is allowed the union of what all policy rules allow it, cut
// into the longest runs of ports; addresses that share a run share a rule. A
// reference counts as an address of its own. ICMP exists in IPv4 only and
// ICMPv6 in IPv6 only: the addresses of the other family are left out of such
// a rule, because no packet is lost with them.
//
// The time is near linear in what the policy says and in what comes out, the
// names in Rules included.
//
// The policy must have passed policy.Validate. A partial one panics: what is
// missing in it would be missing in the firewall, and nobody would know.
func Compile(p *policy.Policy) []Rule {
	refusePartial(p)
	var rules []Rule
	for _, d := range policy.Directions() {
		rules = append(rules, compileDirection(p, d)...)
	}
	return rules
}

// PeerCount is the number of the rule's peers, without listing them.
func (r *Rule) PeerCount() int { return r.peers }

// Count is the number of flat rules, in which one run of ports meets one
// prefix or one reference.
func Count(rules []Rule) int {
	n := 0
	for i := range rules {
		n += rules[i].peers
	}
	return n
}

func refusePartial(p *policy.Policy) {
	partial := p.Partial
	for i := range p.Rules {
		r := &p.Rules[i]
		partial = partial || r.Partial ||
			slices.ContainsFunc(r.PortRanges, func(pr policy.PortRange) bool { return pr.Partial }) ||
			slices.ContainsFunc(r.Peers, func(g policy.PeerGroup) bool { return g.Partial })
	}
	if partial {
		panic("compile: policy \"" + p.Name + "\" is partial: values that are known only after apply are missing in it")
	}
}

// source is a policy rule of the direction being compiled.
type source struct {
	name  string
	ports portset.Ports
}

func compileDirection(p *policy.Policy, d policy.Direction) []Rule {
	var (
		sources    []source
		sets       []prefixset.Set
		references = newReferenceIndex()
	)
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Direction != d {
			continue
		}
		for _, ref := range r.References() {
			references.add(ref, len(sources))
		}
		sources = append(sources, source{name: r.Name, ports: r.Ports()})
		sets = append(sets, r.Prefixes())
	}

	if len(sources) == 0 {
		return nil
	}
	groups := map[box]*group{}
	sweepFamily(sources, familyOf(sets, prefixset.Set.IPv4), ipv4, groups)
	sweepFamily(sources, familyOf(sets, prefixset.Set.IPv6), ipv6, groups)
	for _, name := range references.names() {
		ref := references.byName[name]
		for _, o := range openings(sources, ref.members) {
			groupOf(groups, o.box).addReference(ref.reference, o.servers)
		}
	}

	rules := make([]Rule, 0, len(groups))
	known := crowds{}
	for b, g := range groups {
		rules = append(rules, g.rule(d, b, sources, known))
	}
	slices.SortFunc(rules, func(a, b Rule) int { return compareBoxes(boxOf(&a), boxOf(&b)) })
	return rules
}

func familyOf(sets []prefixset.Set, part func(prefixset.Set) prefixset.Set) []prefixset.Set {
	parts := make([]prefixset.Set, len(sets))
	for i := range sets {
		parts[i] = part(sets[i])
	}
	return parts
}

func boxOf(r *Rule) box { return box{any: r.Any, protocol: r.Protocol, ports: r.Ports} }

func compareBoxes(a, b box) int {
	if a.any != b.any {
		if a.any {
			return -1
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.protocol, b.protocol),
		cmp.Compare(a.ports.First, b.ports.First),
		cmp.Compare(a.ports.Last, b.ports.Last))
}
