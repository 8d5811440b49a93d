package emit

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Where the limits below were read.
const (
	googleQuotas = "https://cloud.google.com/vpc/docs/quota"
	googleAPI    = "https://cloud.google.com/compute/docs/reference/rest/v1/firewalls"
	// googleCapirca is Google's own generator of such rules.
	googleCapirca = "https://github.com/google/capirca/blob/master/capirca/lib/gce.py"
	// googleResource is what the provider's resource is generated from.
	googleResource = "https://github.com/GoogleCloudPlatform/magic-modules/blob/main/mmv1/products/compute/Firewall.yaml"
)

func googleFirewallRules() Target {
	return Target{
		Name:      google.name,
		Resources: []string{"google_compute_firewall"},
		Title:     google.title,
		Description: "One allow rule per address family, with a list of protocols and ports and a list of ranges, network tags or service accounts. " +
			"Ports count for TCP and UDP only, so SCTP is open whole or not at all. " +
			"Tags and service accounts can dial, and cannot be dialled; Google takes no source accounts beside target tags, and no source tags beside target accounts. " +
			"Google reads an ingress rule without any source as one for everybody, so every rule has either ranges or `references`: a rule with references must get its tags or accounts from your map. " +
			"What the network allows by itself, such as all egress, stays open beneath.",
		Arguments: []Column{
			{Name: googlePriority, Kind: Number, Description: "Priority of all rules, 0 to 65535. Default 1000."},
		},
		Columns: []Column{
			{Name: "name", Kind: String, Description: "Name of the rule, unique in the project: made from the policy, the direction and the key; at most 63 characters."},
			{Name: "description", Kind: String, Description: "The policy and the rules of it that the rule serves."},
			{Name: "direction", Kind: String, Description: "`INGRESS` or `EGRESS`."},
			{Name: "priority", Kind: Number, Description: "The argument `priority`."},
			{Name: "allow", Kind: ObjectList, Description: "What is allowed, one entry per protocol.", Columns: []Column{
				{Name: "protocol", Kind: String, Description: "`tcp`, `udp`, `sctp`, `icmp`, `esp`, `58` for ICMPv6, or `all`."},
				{Name: "ports", Kind: StringList, Description: "Ports and ranges of ports; null for every port and for protocols without ports."},
			}},
			{Name: "source_ranges", Kind: StringList, Description: "The peers of an ingress rule; null where they are references, and for egress."},
			{Name: "destination_ranges", Kind: StringList, Description: "The peers of an egress rule; null for ingress."},
		},
		Lists:  true,
		Limits: googleLimits,
		Emit:   emitGoogleFirewallRules,
	}
}

var google = capability{
	title: "Google VPC firewall",
	name:  "google_firewall_rules",
	// The API reference applies ports to TCP and UDP only.
	wholeOnly:   []portset.Protocol{portset.SCTP},
	references:  []policy.ReferenceKind{policy.GoogleNetworkTag, policy.GoogleServiceAccount},
	ingressOnly: []policy.ReferenceKind{policy.GoogleNetworkTag, policy.GoogleServiceAccount},
}

var googleLimits = []Limit{
	{
		Name: rulesLimit, Value: 100, Unit: "rules per project, both directions together",
		Source: googleQuotas, Date: "2026-11-25", Raisable: true,
		Description: "Google sets the quota project by project; 100 is a small one. `gcloud compute project-info describe` shows yours as FIREWALLS. `rules_elsewhere` counts the project's other rules of both directions.",
	},
	{
		Name: "ranges_per_rule", Value: 256, Unit: "source or destination ranges in one rule",
		Source: googleQuotas, Date: "2026-11-25", Raisable: true, Max: 5000,
		Description: "Newer documentation says 5,000. A longer list becomes several rules.",
	},
	{
		Name: "port_ranges_per_rule", Value: 256, Unit: "ports and ranges of ports in one rule",
		Source: googleCapirca, Date: "2026-11-25", Raisable: true,
		Description: "A longer list becomes several rules.",
	},
	{
		Name: "tags_per_rule", Value: 30, Unit: "source tags in one rule",
		Source: googleCapirca, Date: "2026-11-25", Max: 30,
		Description: "A longer list becomes several rules.",
	},
	{
		Name: "service_accounts_per_rule", Value: 10, Unit: "source service accounts in one rule",
		Source: googleResource, Date: "2026-11-25", Max: 10,
		Description: "A longer list becomes several rules.",
	},
	{
		Name: "description_length", Value: 2048, Unit: "characters",
		Source: googleAPI, Date: "2026-11-25", Min: 150, Max: 2048,
		Description: "A longer list of rules is shortened and ends in \"and 3 more\"; the list in rules is whole.",
	},
}

const googlePriority = "priority"

// emitGoogleFirewallRules implements Target.Emit.
func emitGoogleFirewallRules(p *policy.Policy, o Options) (*Result, fault.List) {
	products, _ := compile.Products(p, compile.ProductShape{OneFamily: true}, o.Optimize)
	limits, faults := applyLimits(google.name, googleLimits, o)
	priority := int64(1000)
	if given, ok := o.Arguments[googlePriority].(int64); ok {
		priority = given
		if given < 0 || given > 65535 {
			faults.Add(fault.New("Number out of range", fmt.Sprintf("priority = %d is not a priority.", given),
				"Google refuses other priorities.", "Write a whole number from 0 to 65535, or leave it out for 1000."), fault.Attribute(googlePriority))
		}
	}
	faults.AddAll(google.check(p, partsOfProducts(products)))
	if len(faults) > 0 {
		return nil, faults
	}
	rules := listRules(p, products, func(p *compile.Product) listLimits {
		peers := "service_accounts_per_rule"
		switch {
		case len(p.References) == 0:
			peers = "ranges_per_rule"
		case p.References[0].Kind == policy.GoogleNetworkTag:
			peers = "tags_per_rule"
		}
		return listLimits{peers: limitValue(limits, peers), ports: limitValue(limits, "port_ranges_per_rule")}
	})
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	for i := range rules {
		result.add(rules[i].direction, googleRow(p.Name, &rules[i], priority, limitValue(limits, "description_length")))
	}
	result.finish()
	if faults := googleQuota.settle(result, together(tallies(result)), o.RulesElsewhere); len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// googleProtocols are the names that the API takes; what has none goes by its
// number.
var googleProtocols = map[portset.Protocol]string{
	portset.TCP: "tcp", portset.UDP: "udp", portset.SCTP: "sctp",
	portset.ICMP: "icmp", portset.ICMPv6: "58", portset.ESP: "esp",
}

// googleRow writes a rule; values stand in the order of the target's columns.
func googleRow(policyName string, r *listRule, priority int64, maxDescription int) Row {
	row := r.row()
	direction, source, destination := "INGRESS", r.prefixTexts(), any(nil)
	if r.direction == policy.Egress {
		direction, source, destination = "EGRESS", nil, source
	}
	row.Values = []any{googleName(policyName, r), joinedNames(policyName, r.rules, maxDescription), direction, priority,
		googleAllow(r), source, destination}
	return row
}

func googleAllow(r *listRule) [][]any {
	if r.any {
		return [][]any{{"all", nil}}
	}
	var allow [][]any
	for _, protocol := range portset.Protocols() {
		ports := r.ports.Of(protocol)
		switch {
		case ports.IsEmpty():
		case !protocol.HasPorts() || ports.Equal(portset.AllPorts()):
			allow = append(allow, []any{googleProtocols[protocol], nil})
		default:
			allow = append(allow, []any{googleProtocols[protocol], runTexts(ports)})
		}
	}
	return allow
}

// googleName starts with a letter, as the API wants it. The "+" is not allowed,
// so that the name gets a hash and is nobody else's.
func googleName(policyName string, r *listRule) string {
	text := policyName + "-" + r.direction.String() + "-" + r.key
	if text[0] >= '0' && text[0] <= '9' {
		text = "p+" + text
	}
	return safeName(text, 63, func(c rune) bool { return c == '-' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' })
}

var googleQuota = &quota{
	container: "Google project",
	why:       "Google refuses the rules beyond the quota, after others have been applied.",
	ways: func(needed, _ int) []string {
		ways := []string{"list fewer or wider prefixes", "use network tags or service accounts for peers inside the network",
			"give rules of the policy the same ports or the same peers, which makes them one rule"}
		return append(ways, raise(&googleLimits[0], needed)...)
	},
}
