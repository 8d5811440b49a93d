// Package cloudrules reads the firewall rules that a plan writes by hand with
// the resources of a cloud's own provider, so that they can be judged like the
// rules of a policy. Nothing is read as less than it is: what is known only
// after apply makes a rule partial, and what cannot be judged says why.
//
// A cloud is one file, with a line per resource type in resources.
package cloudrules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// A plan does not say how many hosts a group, a tag or a list stands for, so
// they count as so many.
const (
	// GroupHosts is for security groups, application security groups, network
	// tags and service accounts: interfaces inside the cloud's own network.
	GroupHosts = 1024
	// ListHosts is for prefix lists, which may hold any address.
	ListHosts = 65536
	// VirtualNetworkHosts is for Azure's tag of that name.
	VirtualNetworkHosts = 65536
	// TagHosts is for Azure's other service tags, which stand for public
	// addresses, other customers' among them.
	TagHosts = 1 << 20
)

// Rule is one rule that a resource of a cloud's provider writes.
type Rule struct {
	// Part leads to the rule inside its resource, such as ingress[0]; empty when
	// the resource is one rule.
	Part string
	// Group is the id or the name of what the rule is attached to; empty when it
	// is not known.
	Group string
	// Rule is the rule with the name that was asked for. It is partial when
	// something is known only after apply or cannot be judged: what is certain
	// is there, the rest is left out. Its direction is egress only when that is
	// certain, whatever else is not.
	Rule policy.Rule
	// Closes says why the rule opens nothing: it denies, or is disabled. It is
	// empty for a rule that opens something.
	Closes string
	// Unknown are the arguments that matter and are known only after apply,
	// sorted. The id of a group or a list among them does not make the rule
	// partial: that it is one is certain.
	Unknown []string
	// Assumed are sentences about what had to be assumed.
	Assumed []string
	// Faults are what keeps the rule from being judged, or some of it, placed at
	// the resource's own arguments, or at those of the block that Part leads to.
	Faults fault.List
}

// resource is how the rules of one resource type are read.
type resource struct {
	read func(arguments) []draft
	// computed are arguments that the cloud's provider fills in when the author
	// does not write them.
	computed []string
	// places are the resource's names for the attributes of an existing rule that
	// it calls otherwise.
	places map[string]string
}

// resources are the resource types that are understood.
var resources = map[string]resource{
	"aws_vpc_security_group_ingress_rule": {read: readAWSRule(ingress), places: awsRulePlaces},
	"aws_vpc_security_group_egress_rule":  {read: readAWSRule(egress), places: awsRulePlaces},
	"aws_security_group_rule":             {read: readAWSOldRule, computed: []string{"source_security_group_id"}, places: awsInlinePlaces},
	"aws_security_group":                  {read: readAWSGroup, computed: []string{"ingress", "egress"}, places: awsInlinePlaces},
	"aws_default_security_group":          {read: readAWSGroup, computed: []string{"ingress", "egress"}, places: awsInlinePlaces},
	"azurerm_network_security_rule":       {read: readAzureRule, places: azurePlaces},
	"azurerm_network_security_group":      {read: readAzureGroup, computed: []string{"security_rule"}, places: azurePlaces},
	"google_compute_firewall":             {read: readGoogleFirewall, computed: []string{"direction", "source_ranges", "destination_ranges"}, places: googlePlaces},
}

// Types lists the resource types that are understood, sorted.
func Types() []string { return slices.Sorted(maps.Keys(resources)) }

// Understood reports whether the rules of the resource type can be read.
func Understood(resourceType string) bool {
	_, known := resources[resourceType]
	return known
}

// Computed lists the arguments that the cloud's provider fills in when the
// author does not write them: unknown, they then say nothing about a rule.
func Computed(resourceType string) []string { return resources[resourceType].computed }

const (
	ingress = "ingress"
	egress  = "egress"
)

// draft is a rule as it was found, before it is normalised.
type draft struct {
	part, group, closes string
	row                 existing.Rule
	// cidrs and ports are where the elements of the row's CIDRs and Ports stand.
	cidrs, ports []fault.Path
	// arguments noted what was unknown or of the wrong type.
	arguments arguments
	// undecided are the arguments without which nothing of the rule is certain:
	// direction, protocol and ports. Other uncertain arguments are peers.
	undecided []string
	// peerArguments are the arguments that say who is at the other end.
	peerArguments []string
	// zones are the zones of references that are not judged by address.
	zones map[string]policy.Zone
	// portsOfBoth is set when the ports are those of TCP and of UDP.
	portsOfBoth bool
	// unknownReferences counts references whose id is not known.
	unknownReferences int
	assumed           []string
}

// Read reads the rules that a resource of the type writes; v is its planned
// value, of whatever type its JSON implies. name gives every rule its name, from
// the part of the resource that it stands in. A type that is not Understood, and
// a value that is null, have no rules.
func Read(resourceType string, v cty.Value, name func(part string) string) []Rule {
	of, known := resources[resourceType]
	if !known || v.IsKnown() && v.IsNull() {
		return nil
	}
	a := newArguments(v)
	if v.IsKnown() && !isObject(v) {
		a.wrong("", v, "an object")
		d := draft{arguments: a}
		return []Rule{d.finish(name(""), of.places)}
	}
	drafts := of.read(a)
	rules := make([]Rule, len(drafts))
	for i := range drafts {
		rules[i] = drafts[i].finish(name(drafts[i].part), of.places)
	}
	return rules
}

// finish normalises the draft.
func (d *draft) finish(name string, places map[string]string) Rule {
	d.nameUnknown(name)
	notes := d.arguments.notes
	r := Rule{Part: d.part, Group: d.group, Closes: d.closes, Unknown: d.arguments.unknowns(), Assumed: d.assumed, Faults: notes.faults}
	r.Rule = policy.Rule{Name: name, Description: d.row.Description, Direction: d.direction()}
	if r.Closes != "" {
		// Nothing of it counts, whatever is not known or wrong.
		r.Unknown, r.Assumed, r.Faults = nil, nil, nil
		return r
	}
	undecided := slices.ContainsFunc(notes.uncertain, func(argument string) bool { return slices.Contains(d.undecided, argument) })
	peers := len(d.row.CIDRs) + len(d.row.References)
	if undecided || len(notes.uncertain) > 0 && peers == 0 {
		// Nothing is certain: any port may be meant, or anybody.
		r.Rule.Partial, r.Assumed = true, nil
		return r
	}
	r.Rule.Partial = len(notes.uncertain) > 0
	rule, faults := d.normalize(name)
	if len(faults) > 0 && d.dropAddresses(faults) {
		// One address that cannot be read does not make the others uncertain.
		r.addFaults(d, faults, places)
		rule, faults = d.normalize(name)
	}
	rule.Partial = r.Rule.Partial
	if len(faults) == 0 {
		d.splitZones(&rule)
		faults = refused(&rule)
	}
	if len(faults) > 0 {
		r.addFaults(d, faults, places)
		r.Assumed = nil
		return r
	}
	r.Rule = rule
	return r
}

func (r *Rule) addFaults(d *draft, faults fault.List, places map[string]string) {
	for _, f := range faults {
		r.Faults = append(r.Faults, d.placed(f, places))
	}
	r.Rule.Partial = true
}

// dropAddresses blanks the addresses that the faults are about. It leaves the
// row as it is, and is false, when there are other faults or no peer would be
// left.
func (d *draft) dropAddresses(faults fault.List) bool {
	kept := slices.Clone(d.row.CIDRs)
	for _, f := range faults {
		at := indexIn(f.Path, "cidrs")
		if at < 0 {
			return false
		}
		kept[at] = "" // in place, so that the others stay where they are
	}
	if len(d.row.References) == 0 && !slices.ContainsFunc(kept, func(cidr string) bool { return cidr != "" }) {
		return false
	}
	d.row.CIDRs = kept
	return true
}

// direction is that of the row; ingress when it is not known or not understood,
// because egress counts less.
func (d *draft) direction() policy.Direction {
	switch strings.ToLower(strings.TrimSpace(d.row.Direction)) {
	case egress, "outbound":
		return policy.Egress
	}
	return policy.Ingress
}

// normalize reads the row, or the two that it stands for.
func (d *draft) normalize(name string) (policy.Rule, fault.List) {
	if !d.portsOfBoth {
		return d.row.Normalize(name)
	}
	tcp, udp := d.row, d.row
	tcp.Protocol, udp.Protocol = "tcp", "udp"
	rule, faults := tcp.Normalize(name)
	if len(faults) > 0 {
		return rule, faults
	}
	other, faults := udp.Normalize(name)
	if len(faults) > 0 {
		return rule, faults
	}
	listener := &rule.PortRanges[0].Listeners[0]
	listener.Ports = listener.Ports.Union(other.Ports())
	return rule, nil
}

// splitZones moves references with a zone of their own into groups of it.
func (d *draft) splitZones(rule *policy.Rule) {
	if len(d.zones) == 0 {
		return
	}
	group := rule.Peers[0]
	kept := group
	kept.References = nil
	var more []policy.PeerGroup
	for _, reference := range group.References {
		zone, own := d.zones[reference.Name]
		if !own {
			kept.References = append(kept.References, reference)
			continue
		}
		more = append(more, policy.PeerGroup{Name: reference.Name, Zone: zone, ZoneReason: "a service tag", References: []policy.Reference{reference}})
	}
	rule.Peers = nil
	if !kept.Prefixes.IsEmpty() || len(kept.References) > 0 {
		rule.Peers = append(rule.Peers, kept)
	}
	rule.Peers = append(rule.Peers, more...)
}

// address adds a peer that is an address, as the row wants it.
func (d *draft) address(cidr string, from element) {
	d.row.CIDRs, d.cidrs = append(d.row.CIDRs, cidr), append(d.cidrs, from.at)
}

// addresses adds those that an argument has.
func (d *draft) addresses(argument string) {
	for _, e := range d.peerTexts(argument) {
		d.address(e.text, e)
	}
}

// peerTexts are the texts of an argument that says who is at the other end.
func (d *draft) peerTexts(argument string) []element {
	d.peerArguments = append(d.peerArguments, argument)
	return d.arguments.texts(argument)
}

// addPorts adds those that an argument has, of the resource or of a block in it.
func (d *draft) addPorts(of arguments, argument string) {
	for _, e := range of.texts(argument) {
		d.row.Ports, d.ports = append(d.row.Ports, e.text), append(d.ports, e.at)
	}
}

func (d *draft) assume(format string, a ...any) {
	if sentence := fmt.Sprintf(format, a...); !slices.Contains(d.assumed, sentence) {
		d.assumed = append(d.assumed, sentence)
	}
}
