package provider

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// existingName is the name of a policy that consists of existing rules alone.
const existingName = "existing"

// existingArgument is the attribute with the existing rules.
const existingArgument = "existing_rules"

func existingShape() shape {
	return listOf(existingArgument,
		"Rules that exist already, as other providers' data sources or a table list them. They are judged together with `policy`. "+
			"In findings, `existing-3` is the element with the index 3.", existingFields()...)
}

// existingFields are the attributes of an existing rule. Ports and protocols
// are texts, because tables have texts; Terraform turns numbers into them.
func existingFields() []shape {
	return []shape{
		text("direction", "`ingress` or `inbound`: the peers dial this host. `egress` or `outbound`: this host dials the peers. In upper or lower case."),
		text("access", "`Allow` or null. `Deny` is an error: filter such rules out, only what is open is scored."),
		text("protocol", "`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, `esp` or their number; `-1`, `*`, `all` or `any` for every protocol. Others are an error, since nothing could name them."),
		text("from_port", "First port. -1 in both is all ports. For ICMP it is the type, and the rule counts as all of ICMP."),
		text("to_port", "Last port, inclusive, for example `\"443\"`. For ICMP it is the code."),
		texts("ports", "In place of from_port and to_port: `443`, `8000-8100` or `*`. One text may hold several, separated by spaces, commas or semicolons."),
		texts("cidrs", "Addresses and networks. `*`, `Any` and `Internet` are 0.0.0.0/0 and ::/0; other service tags are an error. One text may hold several, separated by spaces, commas or semicolons."),
		text("description", "What the rule is for, for example `\"restore test\"`."),
		text("product", "Catalogue id of the product behind the ports, if you know it, for example `\"bareos\"`. Ports that its documentation lists count as its flows, the others as undeclared."),
		text("zone", "`"+strings.Join(policy.ZoneNames(), "`, `")+"` (the default)."),
		text("zone_reason", "Why public addresses count as inside, for example `\"our own /24, not routed to the internet\"`."),
		mapOf("references", "Peers that are not addresses, such as a security group, by a name of your choice, for example `{ app = { kind = \"aws_security_group\", max_hosts = 4 } }`.", referenceFields()...),
	}
}

// decodeExisting reads the existing rules.
func decodeExisting(n node) []policy.Rule {
	var raw []existing.Rule
	before := len(n.reader.faults)
	for _, element := range n.elements() {
		raw = append(raw, decodeExistingRule(element))
	}
	rules, faults := existing.Normalize(raw)
	addElsewhere(n, faults, before)
	return rules
}

// addElsewhere adds the faults of attributes that have none yet: a value that
// could not be read is blank, and what follows from that is not the author's.
func addElsewhere(n node, faults fault.List, before int) {
	var taken []string
	for _, f := range n.reader.faults[before:] {
		taken = append(taken, f.Path.String())
	}
	for _, f := range faults {
		places := []string{n.path.With(f.Path...).String()}
		if whole := fault.Attribute("cidrs"); f.Path[len(f.Path)-1] == whole {
			// A rule has no peers only when its references are missing too.
			places = append(places, n.path.With(f.Path[0], fault.Attribute("references")).String())
		}
		if !slices.ContainsFunc(places, func(place string) bool { return related(place, taken) }) {
			n.reader.faults.Add(f, n.path...)
		}
	}
}

// related reports whether one of the others is the place, in it or around it.
func related(place string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		return strings.HasPrefix(place, other) || strings.HasPrefix(other, place)
	})
}

func decodeExistingRule(n node) existing.Rule {
	if n.isNull() {
		n.missing("A rule that is null neither opens nor closes anything.", "Remove the element, or write the rule.")
		return existing.Rule{}
	}
	if !n.isObject() {
		return existing.Rule{}
	}
	n.only(namesOf(existingFields())...)
	read := func(name string) string { return scalar(n.attribute(name)) }
	references, _ := decodeReferences(n.attribute("references"))
	return existing.Rule{
		Direction: read("direction"), Access: read("access"),
		Protocol: read("protocol"), FromPort: read("from_port"), ToPort: read("to_port"),
		Ports: scalars(n.attribute("ports")), CIDRs: scalars(n.attribute("cidrs")),
		Description: read("description"), Product: read("product"),
		Zone: read("zone"), ZoneReason: read("zone_reason"), References: references,
	}
}

// scalar reads a string or a number as text; "" when it is null.
func scalar(n node) string {
	if v, ok := n.value.(*big.Float); ok {
		return decimal(v)
	}
	value, _ := n.text()
	return value
}

// decimal writes a number as Terraform does where a text is wanted. One that has
// more digits than anybody would write is no port either way: it is written in
// powers of two, which takes no time.
func decimal(v *big.Float) string {
	const longest = 1 << 12
	if exponent := v.MantExp(nil); exponent > longest || exponent < -longest {
		return v.Text('p', -1)
	}
	return v.Text('f', -1)
}

// scalars reads a list of strings or numbers. A null element is a fault.
func scalars(n node) []string {
	var values []string
	for _, element := range n.elements() {
		if element.isNull() {
			element.missing("It is not clear whether it should stand for nothing or for everything.", "Remove the element, for example with compact().")
			continue
		}
		values = append(values, scalar(element))
	}
	return values
}

// addExisting adds the existing rules to the policy.
func addExisting(p *policy.Policy, rules []policy.Rule, at fault.Path, r *reader) {
	for i := range p.Rules {
		if slices.ContainsFunc(rules, func(e policy.Rule) bool { return e.Name == p.Rules[i].Name }) {
			r.faults.Add(fault.New("Name of an existing rule",
				fmt.Sprintf("The rule's key %q is also the name of an element of existing_rules.", p.Rules[i].Name),
				"Findings could not say which of the two they are about.",
				"Give the rule another key."), at.With(fault.Attribute("rules"), fault.Key(p.Rules[i].Name))...)
		}
	}
	p.Rules = append(p.Rules, rules...)
	slices.SortFunc(p.Rules, func(a, b policy.Rule) int { return strings.Compare(a.Name, b.Name) })
}

// judgeWithExisting judges what a data source is given: a policy, existing
// rules, or both as one policy. It returns the existing rules besides.
func judgeWithExisting(n node, s settings) (*policy.Policy, []policy.Rule, *risk.Assessment, fault.List) {
	policyNode, rulesNode := n.attribute("policy"), n.attribute(existingArgument)
	if policyNode.isNull() && rulesNode.isNull() {
		n.fault(fault.New("Nothing to judge",
			"Neither policy nor existing_rules is given.",
			"Without rules there is nothing to judge.",
			"Pass a backupfw_policy through a local in policy, or rules that exist already in existing_rules."))
		return nil, nil, nil, n.reader.faults
	}
	p := &policy.Policy{Name: existingName}
	if !policyNode.isNull() {
		p = decodePolicy(policyNode)
	}
	rules := decodeExisting(rulesNode)
	addExisting(p, rules, policyNode.path, n.reader)
	a, faults := assessPlaced(p, n.reader.faults, s, policyNode.path, rulesNode.path, len(rules))
	return p, rules, a, faults
}

// assessPlaced assesses the policy and places the faults: those of its count
// existing rules in their list, the others in the policy.
func assessPlaced(p *policy.Policy, faults fault.List, s settings, inPolicy, inRules fault.Path, count int) (*risk.Assessment, fault.List) {
	if len(faults) > 0 {
		return nil, faults
	}
	a, faults := risk.Assess(p, s.risk)
	for i, f := range faults {
		placed := *f
		if place, ours := existing.Place(f.Path, count); ours {
			placed.Path = inRules.With(place...)
		} else {
			placed.Path = inPolicy.With(f.Path...)
		}
		faults[i] = &placed
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return a, nil
}

// describedRules is how many existing rules a message describes.
const describedRules = 3

// encodeWithExisting is encodeAssessment with the descriptions of existing rules
// in the messages: the index alone sends the reader back to the list.
func encodeWithExisting(p *policy.Policy, a *risk.Assessment) record {
	values := encodeAssessment(p, a)
	described := map[string]string{}
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Description != "" && existing.Is(r) {
			described[r.Name] = fmt.Sprintf("%s is %s", r.Name, policy.Quote(r.Description))
		}
	}
	for i, f := range values["findings"].([]record) {
		var texts []string
		for _, name := range a.Findings[i].Rules {
			if text, known := described[name]; known {
				texts = append(texts, text)
			}
		}
		if len(texts) > describedRules {
			texts = append(texts[:describedRules], fmt.Sprintf("%d more have a description", len(texts)-describedRules))
		}
		if len(texts) > 0 {
			f["message"] = fmt.Sprintf("%s (%s.)", f["message"], strings.Join(texts, ", "))
		}
	}
	return values
}
