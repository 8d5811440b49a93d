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
	ociLimits = "https://docs.oracle.com/en-us/iaas/Content/Network/Concepts/networksecuritygroups.htm"
	ociRule   = "https://docs.oracle.com/en-us/iaas/api/#/en/iaas/latest/SecurityRule/"
)

func ociNetworkSecurityGroupRules() Target {
	return Target{
		Name:      oci.name,
		Resources: []string{"oci_core_network_security_group_security_rule"},
		Title:     oci.title,
		Description: "One stateful rule per run of ports and per prefix. " +
			"A network security group filters the ports of TCP and UDP only, so SCTP is open whole or not at all. It knows none of the references of other clouds.",
		Columns: []Column{
			{Name: "direction", Kind: String, Description: "`INGRESS` or `EGRESS`."},
			{Name: "protocol", Kind: String, Description: "The protocol by number, or `all`."},
			{Name: "source", Kind: String, Description: "The peer's prefix for ingress, otherwise null."},
			{Name: "source_type", Kind: String, Description: "`CIDR_BLOCK` for ingress, otherwise null."},
			{Name: "destination", Kind: String, Description: "The peer's prefix for egress, otherwise null."},
			{Name: "destination_type", Kind: String, Description: "`CIDR_BLOCK` for egress, otherwise null."},
			{Name: "stateless", Kind: Bool, Description: "false: answers pass by themselves."},
			{Name: "description", Kind: String, Description: "The policy and the rules of it that the rule serves."},
			ociPorts("tcp_options", "TCP"),
			ociPorts("udp_options", "UDP"),
		},
		Limits: ociNSGLimits,
		Emit:   emitOCINetworkSecurityGroupRules,
	}
}

func ociPorts(name, protocol string) Column {
	return Column{Name: name, Kind: Object, Description: "The ports of " + protocol + "; null for other protocols and for every port.", Columns: []Column{
		{Name: "destination_port_range", Kind: Object, Description: "The run of ports.", Columns: []Column{
			{Name: "min", Kind: Number, Description: "The first port."},
			{Name: "max", Kind: Number, Description: "The last port."},
		}},
	}}
}

var oci = capability{
	title:     "OCI network security group",
	name:      "oci_network_security_group_rules",
	wholeOnly: []portset.Protocol{portset.SCTP},
	noPort0:   "an OCI network security group",
}

var ociNSGLimits = []Limit{
	{
		Name: rulesLimit, Value: 120, Unit: "rules per group, both directions together",
		Source: ociLimits, Date: "2026-11-25", Max: 120,
		Description: "A network interface may be in 5 groups. `rules_elsewhere` counts the group's other rules of both directions.",
	},
	{
		Name: "description_length", Value: 255, Unit: "characters",
		Source: ociRule, Date: "2026-11-25", Min: 150, Max: 255,
		Description: "A longer list of rules is shortened and ends in \"and 3 more\"; the list in rules is whole.",
	},
}

// emitOCINetworkSecurityGroupRules implements Target.Emit.
func emitOCINetworkSecurityGroupRules(p *policy.Policy, o Options) (*Result, fault.List) {
	boxes := oci.boxes(p, o.Optimize)
	limits, faults := applyLimits(oci.name, ociNSGLimits, o)
	faults.AddAll(oci.check(p, partsOfBoxes(boxes)))
	if len(faults) > 0 {
		return nil, faults
	}
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	for i := range boxes {
		result.add(boxes[i].Direction, ociRow(p.Name, &boxes[i], limitValue(limits, "description_length")))
	}
	result.finish()
	if faults := ociQuota.settle(result, together(tallies(result)), o.RulesElsewhere); len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// ociRow writes one box; values stand in the order of the target's columns.
func ociRow(policyName string, b *compile.Box, maxDescription int) Row {
	row := flatRow(b)
	protocol, tcp, udp := "all", any(nil), any(nil)
	if !b.Any {
		protocol = protocolNumbers[b.Protocol]
		switch b.Protocol {
		case portset.TCP:
			tcp = ociRange(b.Ports)
		case portset.UDP:
			udp = ociRange(b.Ports)
		}
	}
	row.Values = []any{"INGRESS", protocol, b.Prefix.String(), "CIDR_BLOCK", nil, nil, false, joinedNames(policyName, b.Rules, maxDescription), tcp, udp}
	if b.Direction == policy.Egress {
		copy(row.Values, []any{"EGRESS", protocol, nil, nil, b.Prefix.String(), "CIDR_BLOCK"})
	}
	return row
}

// ociRange is a whole options object; every port is said by leaving it out.
func ociRange(r portset.Range) any {
	if r.Len() == portset.AllPorts().Len() {
		return nil
	}
	return []any{[]any{int64(r.First), int64(r.Last)}}
}

var ociQuota = &quota{
	container: "OCI network security group",
	why:       "OCI refuses the rules beyond its limit, after others have been applied.",
	ways: func(needed, limit int) []string {
		var ways []string
		if groups := containers(needed, limit); groups <= 5 {
			ways = append(ways, fmt.Sprintf("split the policy over at least %d groups (a network interface takes 5)", groups))
		}
		return append(ways, "list fewer or wider prefixes", "open the same ports to all peers, which needs fewer rules")
	},
}
