package emit

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
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
	// noPort0 is the title with its article, where runs of ports cannot begin at
	// 0; all ports of a protocol are something else.
	noPort0 string
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
func (c *capability) check(whole *policy.Policy, parts []part) fault.List {
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
					add(opening(whole, p.rules, portset.WholeProtocol(protocol)), 1, protocol.String(), func(rule string) *fault.Fault { return c.protocolNotKnown(rule, protocol, why) })
				}
			}
		}
		if run, bad := c.runFromZero(p); bad {
			add(opening(whole, p.rules, portset.PortsOf(run.Protocol, portset.Of(run.Range))), 5, run.String(), func(rule string) *fault.Fault { return portZero(rule, run, c.noPort0) })
		}
		for _, ref := range p.references {
			switch {
			case !slices.Contains(c.references, ref.Kind):
				add(naming(whole, p.rules, ref), 2, ref.Name, func(rule string) *fault.Fault { return c.foreignReference(rule, &ref) })
			case p.direction == policy.Egress && slices.Contains(c.ingressOnly, ref.Kind):
				add(naming(whole, p.rules, ref), 3, ref.Name, func(rule string) *fault.Fault { return c.ingressReference(rule, &ref) })
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

// opening narrows the names of rules to those that open some of the ports: a
// part is made of several rules, and not all of them ask for everything in it.
func opening(p *policy.Policy, names []string, ports portset.Ports) []string {
	return narrowed(p, names, func(r *policy.Rule) bool { return r.Ports().Overlaps(ports) })
}

// naming narrows the names of rules to those that have the reference.
func naming(p *policy.Policy, names []string, ref policy.Reference) []string {
	return narrowed(p, names, func(r *policy.Rule) bool { return slices.Contains(r.References(), ref) })
}

func narrowed(p *policy.Policy, names []string, keep func(*policy.Rule) bool) []string {
	var kept []string
	for i := range p.Rules {
		if slices.Contains(names, p.Rules[i].Name) && keep(&p.Rules[i]) && !slices.Contains(kept, p.Rules[i].Name) {
			kept = append(kept, p.Rules[i].Name)
		}
	}
	return kept
}

// runFromZero returns a run of ports that begins at 0 and is not the whole
// protocol, if there is one and the target has no such thing.
func (c *capability) runFromZero(p *part) (portset.Entry, bool) {
	if c.noPort0 == "" || p.ports.Equal(portset.Any()) {
		return portset.Entry{}, false
	}
	for _, e := range p.ports.Entries() {
		if e.Protocol.HasPorts() && e.Range.First == 0 && e.Range.Len() < portset.AllPorts().Len() {
			return e, true
		}
	}
	return portset.Entry{}, false
}

// boxes compiles the policy for the target. The boxes of the stable mode may
// cut a protocol at port 0 that another box opens whole to the same peers; the
// others never do.
func (c *capability) boxes(p *policy.Policy, m cover.Mode) []compile.Box {
	boxes := compile.Boxes(p, m)
	if m != cover.Minimal && slices.ContainsFunc(partsOfBoxes(boxes), func(p part) bool { _, bad := c.runFromZero(&p); return bad }) {
		return compile.Boxes(p, cover.Minimal)
	}
	return boxes
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
