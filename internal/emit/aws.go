package emit

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// awsQuotas and awsRuleReference are where the limits below were read.
const (
	awsQuotas        = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
	awsRuleReference = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"
)

func awsSecurityGroupRules() Target {
	return Target{
		Name:      "aws_security_group_rules",
		Resources: []string{"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"},
		Title:     awsSecurityGroup.title,
		Description: "One rule per run of ports and per prefix or reference. " +
			"A security group filters the ports of TCP and UDP only, so SCTP is open whole or not at all; " +
			"references are security groups and managed prefix lists.",
		Columns: []Column{
			{Name: "ip_protocol", Kind: String, Description: "The protocol by name or number; \"-1\" is every protocol."},
			{Name: "from_port", Kind: Number, Description: "The first port; -1 for every ICMP type, null for protocols without ports."},
			{Name: "to_port", Kind: Number, Description: "The last port; -1 for every ICMP type, null for protocols without ports."},
			{Name: "cidr_ipv4", Kind: String, Description: "The peer's IPv4 prefix, or null."},
			{Name: "cidr_ipv6", Kind: String, Description: "The peer's IPv6 prefix, or null."},
			{Name: "description", Kind: String, Description: "The policy and the rules of it that the rule serves."},
		},
		Limits: awsSecurityGroupLimits,
		Emit:   emitAWSSecurityGroupRules,
	}
}

var awsSecurityGroup = capability{
	title:      "AWS security group",
	name:       "aws_security_group_rules",
	wholeOnly:  []portset.Protocol{portset.SCTP},
	references: []policy.ReferenceKind{policy.AWSSecurityGroup, policy.AWSPrefixList},
}

var awsSecurityGroupLimits = []Limit{
	{
		Name: rulesLimit, Value: 60, Unit: "rules per direction and group",
		Source: awsQuotas, Date: "2026-11-23", Raisable: true, Max: 1000,
		Description: "IPv4 and IPv6 are counted apart. A security group as peer counts 1 in each of them, a prefix list its maximum number of entries. " +
			"The quota times the groups per network interface may not pass 1000.",
	},
	{
		Name: "description_length", Value: 255, Unit: "characters",
		Source: awsRuleReference, Date: "2026-11-23", Min: 150, Max: 255,
		Description: "Of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=;{}!$*. A longer list of rules is shortened and ends in \"and 3 more\"; the list in rules is whole.",
	},
}

// awsPorts is how the AWS provider wants a protocol without ports written so
// that the next plan shows no difference.
type awsPorts uint8

const (
	awsPortsNull    awsPorts = iota // from_port and to_port are null
	awsPortsAll                     // both are -1: every ICMP type and code
	awsPortsWritten                 // the run of ports
)

// awsProtocols says how each protocol is written. EC2 knows four names and
// takes every other protocol by its number.
var awsProtocols = map[portset.Protocol]struct {
	text  string
	ports awsPorts
}{
	portset.TCP:    {"tcp", awsPortsWritten},
	portset.UDP:    {"udp", awsPortsWritten},
	portset.ICMP:   {"icmp", awsPortsAll},
	portset.ICMPv6: {"icmpv6", awsPortsAll},
	portset.ESP:    {"50", awsPortsNull},
	portset.SCTP:   {"132", awsPortsNull}, // whole only, see awsSecurityGroup
}

// awsAny is every protocol; EC2 ignores ports with it.
const awsAny = "-1"

// emitAWSSecurityGroupRules implements Target.Emit.
func emitAWSSecurityGroupRules(p *policy.Policy, o Options) (*Result, fault.List) {
	boxes := compile.Boxes(p, o.Optimize)
	limits, faults := applyLimits(awsSecurityGroup.name, awsSecurityGroupLimits, o)
	faults.AddAll(awsSecurityGroup.check(p, partsOfBoxes(boxes)))
	if len(faults) > 0 {
		return nil, faults
	}
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	maxDescription := limitValue(limits, "description_length")
	for i := range boxes {
		result.add(boxes[i].Direction, awsRow(p.Name, &boxes[i], maxDescription))
	}
	result.finish()

	costs := awsCosts(boxes)
	if faults := awsGroupQuota(costs).settle(result, costs.fuller(), o.RulesElsewhere); len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// awsRow writes one box; values stand in the order of the target's columns.
func awsRow(policyName string, b *compile.Box, maxDescription int) Row {
	protocol, from, to := awsProtocol(b)
	row := flatRow(b)
	cidr4, cidr6 := prefixColumns(b)
	row.Values = []any{protocol, from, to, cidr4, cidr6, joinedNames(policyName, b.Rules, maxDescription)}
	return row
}

func awsProtocol(b *compile.Box) (protocol string, from, to any) {
	if b.Any {
		return awsAny, nil, nil
	}
	form := awsProtocols[b.Protocol]
	switch form.ports {
	case awsPortsAll:
		return form.text, int64(-1), int64(-1)
	case awsPortsWritten:
		return form.text, int64(b.Ports.First), int64(b.Ports.Last)
	}
	return form.text, nil, nil
}
