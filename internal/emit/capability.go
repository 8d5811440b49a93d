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
	// lacks are protocols that the target cannot name, with what is known of
	// the reason as a clause, such as "it filters TCP, UDP and SCTP only".
	lacks map[portset.Protocol]string
	// wholeOnly are protocols whose ports the target does not filter: it can
	// open all of them or none.
	wholeOnly []portset.Protocol
	// references are the kinds of reference that the target knows, in the
	// order in which messages name them.
	references []policy.ReferenceKind
	// ingressOnly is the part of references that can only be peers that dial.
	ingressOnly []policy.ReferenceKind
}

// mapped holds the IPv6 form of IPv4 addresses, which no packet carries.
// Readers of prefixes take its parts for IPv4 ones.
var mapped = netip.MustParsePrefix("::ffff:0:0/96")

// part is what check looks at: a box, or a product.
type part struct {
	direction  policy.Direction
	ports      portset.Ports // portset.Any for every protocol
	prefixes   []netip.Prefix
	references []policy.Reference
	rules      []string
}

func partsOfBoxes(boxes []compile.Box) []part {
	parts := make([]part, len(boxes))
	for i := range boxes {
		b := &boxes[i]
		parts[i] = part{direction: b.Direction, ports: portset.Any(), rules: b.Rules}
		if !b.Any {
			parts[i].ports = portset.PortsOf(b.Protocol, portset.Of(b.Ports))
		}
		if b.Reference != nil {
			parts[i].references = []policy.Reference{*b.Reference}
		} else {
			parts[i].prefixes = []netip.Prefix{b.Prefix}
		}
	}
	return parts
}

func partsOfProducts(products []compile.Product) []part {
	parts := make([]part, len(products))
	for i := range products {
		p := &products[i]
		parts[i] = part{direction: p.Direction, ports: p.Ports, prefixes: p.Prefixes.Prefixes(), references: p.References, rules: p.Rules}
	}
	return parts
}

// problem is one thing that a policy rule asks for in vain.
type problem struct {
	rule  string
	order int    // kinds of problem, in the order of the output
	what  string // the value at fault; sorts within a kind
	fault *fault.Fault
}

// check returns a fault for everything in the parts that the target cannot
// express, sorted by policy rule. Each policy rule that takes part is named,
// since each of them must change.
func (c *capability) check(parts []part) fault.List {
	var problems []problem
	add := func(names []string, order int, what string, wording func(rule string) *fault.Fault) {
		for _, name := range names {
			problems = append(problems, problem{rule: name, order: order, what: what, fault: wording(name)})
		}
	}
	for _, protocol := range c.wholeOnly {
		for rule, runs := range runsOf(parts, protocol) {
			add([]string{rule}, 0, protocol.String(), func(rule string) *fault.Fault {
				return c.portsNotFiltered(rule, protocol, runs)
			})
		}
	}
	for i := range parts {
		p := &parts[i]
		if !p.ports.Equal(portset.Any()) {
			for _, protocol := range portset.Protocols() {
				if why, lacking := c.lacks[protocol]; lacking && !p.ports.Of(protocol).IsEmpty() {
					add(p.rules, 1, protocol.String(), func(rule string) *fault.Fault { return c.protocolNotKnown(rule, protocol, why) })
				}
			}
		}
		for _, ref := range p.references {
			switch {
			case !slices.Contains(c.references, ref.Kind):
				add(p.rules, 2, ref.Name, func(rule string) *fault.Fault { return c.foreignReference(rule, &ref) })
			case p.direction == policy.Egress && slices.Contains(c.ingressOnly, ref.Kind):
				add(p.rules, 3, ref.Name, func(rule string) *fault.Fault { return c.ingressReference(rule, &ref) })
			}
		}
		for _, prefix := range p.prefixes {
			if mapped.Contains(prefix.Addr()) && prefix.Bits() >= mapped.Bits() {
				add(p.rules, 4, prefix.String(), func(rule string) *fault.Fault { return c.mappedPrefix(rule, prefix) })
			}
		}
	}
	return placed(problems)
}

// placed sorts problems, keeps each once and places them at their rules.
func placed(problems []problem) fault.List {
	slices.SortStableFunc(problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.order, b.order), cmp.Compare(a.what, b.what))
	})
	// One reference stands in a part for each run of ports, but the author
	// wrote it once.
	problems = slices.CompactFunc(problems, func(a, b problem) bool {
		return a.rule == b.rule && a.order == b.order && a.what == b.what
	})
	var faults fault.List
	for _, p := range problems {
		faults.Add(p.fault, policyRule(p.rule)...)
	}
	return faults
}

// runsOf returns, by policy rule, the runs of ports of a protocol that are
// less than all of its ports.
func runsOf(parts []part, protocol portset.Protocol) map[string][]portset.Range {
	runs := map[string][]portset.Range{}
	for i := range parts {
		own := parts[i].ports.Of(protocol)
		if own.IsEmpty() || own.Equal(portset.AllPorts()) {
			continue
		}
		for _, name := range parts[i].rules {
			for _, r := range own.Ranges() {
				if !slices.Contains(runs[name], r) {
					runs[name] = append(runs[name], r)
				}
			}
		}
	}
	return runs
}

// policyRule is the place of a policy rule in the data source's arguments.
func policyRule(name string) []fault.Step {
	return []fault.Step{fault.Attribute("policy"), fault.Attribute("rules"), fault.Key(name)}
}
