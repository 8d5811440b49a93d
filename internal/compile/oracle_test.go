package compile_test

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

var everyKind = []policy.Reference{
	{Name: "apps", Kind: policy.GoogleNetworkTag, MaxHosts: 3},
	{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 2},
	{Name: "offices", Kind: policy.AWSPrefixList, MaxHosts: 50, MaxEntries: 7},
}

// numberOf is the IP protocol number of each protocol that has a name.
var numberOf = map[portset.Protocol]uint8{
	portset.TCP: 6, portset.UDP: 17, portset.SCTP: 132, portset.ICMP: 1, portset.ICMPv6: 58, portset.ESP: 50}

// matches reads a rule as its documentation says; with a peer it looks at that
// peer only.
func matches(r *compile.Rule, peer *compile.Peer, p compiletest.Packet) bool {
	if r.Direction != p.Direction {
		return false
	}
	if !r.Any && (numberOf[r.Protocol] != p.Protocol || p.Port < r.Ports.First || p.Port > r.Ports.Last) {
		return false
	}
	switch {
	case peer == nil && p.Peer.IsValid():
		return r.Prefixes.Contains(p.Peer)
	case peer == nil:
		return slices.ContainsFunc(r.References, func(ref policy.Reference) bool { return ref.Name == p.Reference })
	case peer.Reference != nil:
		return !p.Peer.IsValid() && peer.Reference.Name == p.Reference
	}
	return peer.Prefix.Contains(p.Peer)
}

func boundariesOf(rules []compile.Rule) compiletest.Extra {
	var extra compiletest.Extra
	for i := range rules {
		extra.Ports = append(extra.Ports, rules[i].Ports)
		extra.Prefixes = append(extra.Prefixes, rules[i].Prefixes.Prefixes()...)
	}
	return extra
}

// TestCompile_AllowsExactlyThePolicy compares packet by packet, and asks that
// no two rules allow the same packet and that the names are the right ones.
func TestCompile_AllowsExactlyThePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(compiletest.Options{References: everyKind}).Draw(t, "policy")
		rules := compile.Compile(p)
		type peerOf struct{ rule, peer int }
		servingRule := map[int][]string{}
		servingPeer := map[peerOf][]string{}
		for _, packet := range compiletest.Packets(p, boundariesOf(rules)) {
			want := compiletest.AllowedBy(p, packet)
			var by []int
			for i := range rules {
				if !matches(&rules[i], nil, packet) {
					continue
				}
				by = append(by, i)
				servingRule[i] = append(servingRule[i], want...)
				for j, peer := range rules[i].Peers() {
					if matches(&rules[i], &peer, packet) {
						at := peerOf{i, j}
						servingPeer[at] = append(servingPeer[at], want...)
					}
				}
			}
			if allowed := len(want) > 0; (len(by) == 1) != allowed || len(by) > 1 {
				t.Fatalf("%v: policy rules %v allow it, compiled rules %v do\n%v", packet, want, by, rules)
			}
		}
		for i := range rules {
			if want := sortedNames(servingRule[i]); !slices.Equal(rules[i].Rules, want) {
				t.Fatalf("rule %d serves %v, names %v\n%v", i, want, rules[i].Rules, rules)
			}
			for j, peer := range rules[i].Peers() {
				if got, want := peer.Rules, sortedNames(servingPeer[peerOf{i, j}]); !slices.Equal(got, want) {
					t.Fatalf("peer %d of rule %d serves %v, names %v\n%v", j, i, want, got, rules)
				}
			}
		}
	})
}

func sortedNames(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// TestCompile_IsCanonical checks the form: order, longest runs, fewest
// prefixes, nothing empty.
func TestCompile_IsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(compiletest.Options{References: everyKind}).Draw(t, "policy")
		rules := compile.Compile(p)
		for i := range rules {
			a := &rules[i]
			if i > 0 && !before(&rules[i-1], a) {
				t.Fatalf("rules %d and %d are out of order\n%v", i-1, i, rules)
			}
			if len(a.Peers()) == 0 || len(a.Rules) == 0 || a.Protocol == portset.Other {
				t.Fatalf("rule %d is empty or unnamed\n%v", i, rules)
			}
			if a.Any && (a.Protocol != 0 || a.Ports != portset.Range{}) {
				t.Fatalf("rule %d is for every protocol and has ports\n%v", i, rules)
			}
			checkPeers(t, a)
			for j := range rules {
				b := &rules[j]
				touching := a.Direction == b.Direction && !a.Any && !b.Any && a.Protocol == b.Protocol &&
					int(a.Ports.Last)+1 == int(b.Ports.First)
				if touching && (a.Prefixes.Overlaps(b.Prefixes) || shareReference(a, b)) {
					t.Fatalf("rules %d and %d cut a run of ports\n%v", i, j, rules)
				}
			}
		}
	})
}

// before reads the documented order literally.
func before(a, b *compile.Rule) bool {
	if a.Direction != b.Direction {
		return a.Direction < b.Direction
	}
	if a.Any || b.Any {
		return a.Any && !b.Any
	}
	if a.Protocol != b.Protocol {
		return a.Protocol < b.Protocol
	}
	if a.Ports.First != b.Ports.First {
		return a.Ports.First < b.Ports.First
	}
	return a.Ports.Last < b.Ports.Last
}

func checkPeers(t *rapid.T, r *compile.Rule) {
	var prefixes []netip.Prefix
	var references []policy.Reference
	for _, peer := range r.Peers() {
		if peer.Reference == nil {
			prefixes = append(prefixes, peer.Prefix)
			continue
		}
		references = append(references, *peer.Reference)
	}
	if !slices.Equal(prefixes, r.Prefixes.Prefixes()) || !slices.Equal(references, r.References) {
		t.Fatalf("peers %v do not stand for %v and %v", r.Peers(), r.Prefixes, r.References)
	}
	if !slices.IsSortedFunc(references, func(a, b policy.Reference) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}) {
		t.Fatalf("references %v are not sorted", references)
	}
}

func shareReference(a, b *compile.Rule) bool {
	return slices.ContainsFunc(a.References, func(ref policy.Reference) bool { return slices.Contains(b.References, ref) })
}

// TestCompile_SpellingDoesNotMatter: what a policy says decides, not how.
func TestCompile_SpellingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(compiletest.Options{References: everyKind}).Draw(t, "policy")
		want := compile.Compile(p)
		if got := compile.Compile(compiletest.Respell(t, p)); !reflect.DeepEqual(written(got), written(want)) {
			t.Fatalf("the respelt policy gives\n%v\nwant\n%v", got, want)
		}
		if got := compile.Compile(compiletest.SplitRules(t, p)); !reflect.DeepEqual(nameless(got), nameless(want)) {
			t.Fatalf("the policy with split rules gives\n%v\nwant\n%v", got, want)
		}
	})
}

// writtenRule is a rule without what its peers are worked out from.
type writtenRule struct {
	Direction  policy.Direction
	Any        bool
	Protocol   portset.Protocol
	Ports      portset.Range
	Prefixes   prefixset.Set
	References []policy.Reference
	Rules      []string
	Peers      []compile.Peer
}

func written(rules []compile.Rule) []writtenRule {
	all := make([]writtenRule, len(rules))
	for i := range rules {
		r := &rules[i]
		all[i] = writtenRule{r.Direction, r.Any, r.Protocol, r.Ports, r.Prefixes, r.References, r.Rules, r.Peers()}
	}
	return all
}

// nameless takes the names of policy rules out, which differ after a split.
func nameless(rules []compile.Rule) []writtenRule {
	all := written(rules)
	for i := range all {
		all[i].Rules = nil
		for j := range all[i].Peers {
			all[i].Peers[j].Rules = nil
		}
	}
	return all
}
