package provider

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// decodePolicy reads a policy object: the policy resource's own configuration,
// a data source's argument or a function's argument. Unknown parts are left
// out and flagged; faults go to the node's reader.
func decodePolicy(n node) *policy.Policy { return decodePolicyBeside(n, false) }

// decodePolicyBeside reads a policy object in which existing rules may stand
// beside, or in place of, the name and the rules.
func decodePolicyBeside(n node, mayHaveExisting bool) *policy.Policy {
	p := &policy.Policy{}
	if n.isUnknown() {
		p.Partial, p.WaiversPartial = true, true
		return p
	}
	if n.isNull() {
		n.missing("Without a policy there is nothing to judge.", "Pass a backupfw_policy through a local, or an object like it.")
		return p
	}
	if !n.isObject() {
		return p
	}
	names := append(namesOf(policyFields()), append([]string{"id"}, namesOf(assessmentFields())...)...)
	if mayHaveExisting {
		names = append(names, existingArgument)
	}
	n.only(names...)
	hasExisting := mayHaveExisting && !n.attribute(existingArgument).isNull()
	if name := n.attribute("name"); hasExisting && name.isNull() {
		p.Name = existingName
	} else {
		p.Name, p.Partial = requiredText(name,
			"The name stands in keys and descriptions of cloud rules.", `Write name = "primary-server", say.`)
	}
	p.Description, _ = n.attribute("description").text()

	limit := n.attribute("max_score")
	if value, known := limit.integer(); known {
		score := int(max(-1, min(value, 101)))
		p.MaxScore = &score
	}
	p.Partial = p.Partial || limit.isUnknown()

	rules := n.attribute("rules")
	switch {
	case rules.isUnknown():
		p.Partial = true
	case rules.isNull() && !hasExisting:
		rules.missing("Without rules the policy says nothing.", "Write rules = { clients = { ... } }, or rules = {} to open nothing.")
	}
	for _, entry := range rules.entries() {
		rule := decodeRule(entry)
		p.Rules = append(p.Rules, rule)
		p.Partial = p.Partial || rule.Partial
	}

	waivers := n.attribute("waiver")
	p.WaiversPartial = waivers.isUnknown()
	for _, element := range waivers.elements() {
		w, partial := decodeWaiver(element)
		p.Waivers = append(p.Waivers, w)
		p.WaiversPartial = p.WaiversPartial || partial
	}
	p.Partial = p.Partial || p.WaiversPartial
	return p
}

// requiredText reads a string that must be there; partial is set when it is
// unknown.
func requiredText(n node, why, instead string) (value string, partial bool) {
	if n.isUnknown() {
		return "known-after-apply", true
	}
	if n.isNull() {
		n.missing(why, instead)
		return "", false
	}
	value, _ = n.text()
	return value, false
}

func decodeRule(entry keyed) policy.Rule {
	rule := policy.Rule{Name: entry.key}
	if entry.isUnknown() {
		rule.Partial = true
		return rule
	}
	if entry.isNull() {
		entry.missing("A rule that is null neither opens nor closes anything.", "Remove the key, or write the rule.")
		rule.Partial = true // its other faults would follow from this one
		return rule
	}
	if !entry.isObject() {
		return rule
	}
	entry.only(namesOf(ruleFields())...)
	rule.Description, _ = entry.attribute("description").text()
	direction, directionUnknown := decodeDirection(entry.attribute("direction"))
	rule.Direction = direction

	rule.Partial = directionUnknown
	ranges := entry.attribute("port_ranges")
	rule.Partial = rule.Partial || ranges.isUnknown()
	for _, element := range ranges.elements() {
		portRange := decodePortRange(element)
		rule.PortRanges = append(rule.PortRanges, portRange)
		rule.Partial = rule.Partial || portRange.Partial
	}
	peers := entry.attribute("peers")
	rule.Partial = rule.Partial || peers.isUnknown()
	for _, element := range peers.elements() {
		group := decodePeers(element)
		rule.Peers = append(rule.Peers, group)
		rule.Partial = rule.Partial || group.Partial
	}
	if directionUnknown {
		// Egress counts a quarter of ingress: nothing of the rule is certain.
		rule.PortRanges, rule.Peers = nil, nil
	}
	return rule
}

func decodeDirection(n node) (d policy.Direction, unknown bool) {
	word, partial := requiredText(n, "Without it nobody can say who dials.", `Write "ingress" or "egress".`)
	if partial {
		return policy.Ingress, true
	}
	d, known := policy.ParseDirection(word)
	if !known && n.isKnown() {
		n.fault(resolve.UnknownDirection(word))
	}
	return d, false
}

func parsePorts(r *reader, values []string, places []fault.Path) portset.Ports {
	var all []portset.Ports
	for i, value := range values {
		ports, err := portset.Parse(value)
		if err != nil {
			r.faults.Add(asFault(err), places[i]...)
			continue
		}
		all = append(all, ports)
	}
	return portset.Merge(all)
}

func parsePrefixes(r *reader, values []string, places []fault.Path) prefixset.Set {
	sets := make([]prefixset.Set, 0, len(values))
	for i, value := range values {
		prefix, err := prefixset.Parse(value)
		if err != nil {
			r.faults.Add(asFault(err), places[i]...)
			continue
		}
		sets = append(sets, prefixset.Of(prefix))
	}
	return prefixset.UnionAll(sets)
}

func decodePeers(n node) policy.PeerGroup {
	if n.isUnknown() {
		return policy.PeerGroup{Name: "known-after-apply", Partial: true}
	}
	if n.isNull() {
		n.missing("Some clouds read missing peers as everybody.", "Remove the element, for example with [for p in peers : p if p != null].")
		return policy.PeerGroup{Name: "null", Partial: true}
	}
	if !n.isObject() {
		return policy.PeerGroup{Name: "invalid", Partial: true}
	}
	n.only(peerGroupNames()...)
	var g policy.PeerGroup
	g.Name, g.Partial = requiredText(n.attribute("name"),
		"The name says which peers a finding is about.", `Write name = "dmz-clients", say.`)

	prefixes, references := n.attribute("prefixes"), n.attribute("references")
	if prefixes.isNull() && references.isNull() {
		prefixes.missing("A hand-written peer group uses the resolved form, in which nothing that narrows may be missing.",
			`Pass a whole backupfw_peer_group, or write { name = "clients", prefixes = ["198.51.100.16/28"], zone = "dmz" }.`)
		g.Partial = true
	}
	values, places, partial := prefixes.texts()
	g.Prefixes = parsePrefixes(n.reader, values, places)
	g.Partial = g.Partial || partial
	values, places, partial = n.attribute("except").texts()
	g.Prefixes = g.Prefixes.Minus(parsePrefixes(n.reader, values, places))
	if partial {
		g.Partial = true
		g.Prefixes = prefixset.Set{} // any of them may be taken out again
	}

	g.References, partial = decodeReferences(references)
	g.Partial = g.Partial || partial
	zone := n.attribute("zone")
	word, unknown := requiredText(zone, "The zone decides how much an address counts; a missing one must not make the rule look harmless.",
		`Write one of "`+strings.Join(policy.ZoneNames(), `", "`)+`".`)
	if unknown {
		// The least exposed zone keeps the score a lower bound.
		g.Partial, g.Zone, g.ZoneReason = true, policy.Management, "known after apply"
		return g
	}
	if zone.isKnown() {
		var f *fault.Fault
		g.Zone, f = resolve.ParseZone(word)
		if f != nil {
			zone.fault(f)
		} else if word == "" {
			zone.missing("The zone decides how much an address counts.", `Write "by_address", say.`)
		}
	}
	reason := n.attribute("zone_reason")
	g.ZoneReason, _ = reason.text()
	if reason.isUnknown() {
		g.Partial, g.ZoneReason = true, "known after apply"
	}
	return g
}

func decodeReferences(n node) (references []policy.Reference, partial bool) {
	if n.isUnknown() {
		return nil, true
	}
	for _, entry := range n.entries() {
		if entry.isUnknown() {
			partial = true
			continue
		}
		if entry.isNull() || !entry.isObject() {
			if entry.isNull() {
				entry.missing("A reference that is null stands for nobody.", "Remove the key.")
			}
			continue
		}
		entry.only(namesOf(referenceFields())...)
		r := policy.Reference{Name: entry.key}
		kind, unknown := requiredText(entry.attribute("kind"), "It decides which cloud can express the rule.", `Write "aws_security_group", say.`)
		r.Kind = policy.ReferenceKind(kind)
		hosts := entry.attribute("max_hosts")
		if hosts.isNull() {
			hosts.missing("The reference is scored as that many hosts.", "Write how many hosts the object stands for at most.")
		}
		count, _ := hosts.integer()
		r.MaxHosts = uint64(max(0, count))
		entries, _ := entry.attribute("max_entries").integer()
		r.MaxEntries = int(max(-1, min(entries, 1<<31)))
		if unknown || hosts.isUnknown() || entry.attribute("max_entries").isUnknown() {
			partial = true
			continue
		}
		if hosts.isNull() || entry.attribute("kind").isNull() {
			continue
		}
		references = append(references, r)
	}
	return references, partial
}

func decodeWaiver(n node) (w policy.Waiver, partial bool) {
	if n.isUnknown() {
		return w, true
	}
	if n.isNull() || !n.isObject() {
		if n.isNull() {
			n.missing("A waiver that is null accepts nothing.", "Remove the element.")
		}
		return w, true
	}
	n.only(namesOf(waiverFields())...)
	read := func(name, instead string) string {
		value, unknown := requiredText(n.attribute(name), "A waiver says what is accepted, why, by whom and until when.", instead)
		partial = partial || unknown
		return value
	}
	w.Finding = read("finding", `Write the code of the finding, for example "well-known-port".`)
	w.Reason = read("reason", "Say why the risk is accepted.")
	w.Owner = read("owner", "Name who answers for it.")
	expires := read("expires", `Write the last day, for example "2027-03-31".`)
	if node := n.attribute("expires"); node.isKnown() {
		date, err := policy.ParseDate(expires)
		if err != nil {
			node.fault(fault.New("Invalid date",
				fmt.Sprintf("expires = %s is not a date.", policy.Quote(expires)),
				"Nobody could say until when the waiver holds.",
				`Write the last day as "2027-03-31".`))
		}
		w.Expires = date
	}
	var unknown bool
	w.Rules, _, unknown = n.attribute("rules").texts()
	partial = partial || unknown
	values, places, unknown := n.attribute("ports").texts()
	w.Ports = parsePorts(n.reader, values, places)
	partial = partial || unknown
	values, places, unknown = n.attribute("peers").texts()
	partial = partial || unknown
	var prefixes []string
	var prefixPlaces []fault.Path
	for i, value := range values {
		if name, isReference := strings.CutPrefix(value, risk.ReferenceMark); isReference {
			w.References = append(w.References, name)
			continue
		}
		prefixes, prefixPlaces = append(prefixes, value), append(prefixPlaces, places[i])
	}
	w.Peers = parsePrefixes(n.reader, prefixes, prefixPlaces)
	if limit := n.attribute("max_score"); limit.isKnown() {
		value, _ := limit.integer()
		score := int(max(-1, min(value, 101)))
		w.MaxScore = &score
	} else {
		partial = partial || limit.isUnknown()
	}
	return w, partial
}
