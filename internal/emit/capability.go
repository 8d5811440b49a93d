package emit

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// capability is what a target can express. One common pass refuses the rest,
// all of it at once, so that no target forgets a case.
type capability struct {
	// title and name are those of the Target.
	title, name string
	// wholeOnly are protocols whose ports the target does not filter: it can
	// open all of them or none.
	wholeOnly []portset.Protocol
	// references are the kinds of reference that the target knows, in the
	// order in which messages name them.
	references []policy.ReferenceKind
}

// mapped holds the IPv6 form of IPv4 addresses, which no packet carries.
// Readers of prefixes take its parts for IPv4 ones.
var mapped = netip.MustParsePrefix("::ffff:0:0/96")

// problem is one thing that a policy rule asks for in vain.
type problem struct {
	rule  string
	order int    // kinds of problem, in the order of the output
	what  string // the value at fault; sorts within a kind
	fault *fault.Fault
}

// check returns a fault for everything in the rules that the target cannot
// express, sorted by policy rule. Each policy rule that takes part is named,
// since each of them must change.
func (c *capability) check(rules []compile.Rule) fault.List {
	var problems []problem
	add := func(names []string, order int, what string, wording func(rule string) *fault.Fault) {
		for _, name := range names {
			problems = append(problems, problem{rule: name, order: order, what: what, fault: wording(name)})
		}
	}
	for _, protocol := range c.wholeOnly {
		for rule, ports := range partsOf(rules, protocol) {
			add([]string{rule}, 0, protocol.String(), func(rule string) *fault.Fault {
				return c.portsNotFiltered(rule, protocol, ports)
			})
		}
	}
	for i := range rules {
		r := &rules[i]
		for j := range r.Peers {
			peer := &r.Peers[j]
			if ref := peer.Reference; ref != nil {
				if !slices.Contains(c.references, ref.Kind) {
					add(peer.Rules, 1, ref.Name, func(rule string) *fault.Fault { return c.foreignReference(rule, ref) })
				}
				continue
			}
			if mapped.Contains(peer.Prefix.Addr()) && peer.Prefix.Bits() >= mapped.Bits() {
				add(peer.Rules, 2, peer.Prefix.String(), func(rule string) *fault.Fault { return c.mappedPrefix(rule, peer.Prefix) })
			}
		}
	}
	slices.SortStableFunc(problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.order, b.order), cmp.Compare(a.what, b.what))
	})
	// One reference stands in a compiled rule for each run of ports, but the
	// author wrote it once.
	problems = slices.CompactFunc(problems, func(a, b problem) bool {
		return a.rule == b.rule && a.order == b.order && a.what == b.what
	})
	var faults fault.List
	for _, p := range problems {
		faults.Add(p.fault, policyRule(p.rule)...)
	}
	return faults
}

// partsOf returns, by policy rule, the runs of ports of a protocol that are
// less than all of its ports.
func partsOf(rules []compile.Rule, protocol portset.Protocol) map[string][]portset.Range {
	parts := map[string][]portset.Range{}
	for i := range rules {
		r := &rules[i]
		if r.Any || r.Protocol != protocol || r.Ports.Len() == portset.AllPorts().Len() {
			continue
		}
		for _, name := range r.Rules {
			parts[name] = append(parts[name], r.Ports)
		}
	}
	return parts
}

// policyRule is the place of a policy rule in the data source's arguments.
func policyRule(name string) []fault.Step {
	return []fault.Step{fault.Attribute("policy"), fault.Attribute("rules"), fault.Key(name)}
}
