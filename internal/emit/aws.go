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
			{"ip_protocol", String, "The protocol by name or number; \"-1\" is every protocol."},
			{"from_port", Number, "The first port; -1 for every ICMP type, null for protocols without ports."},
			{"to_port", Number, "The last port; -1 for every ICMP type, null for protocols without ports."},
			{"cidr_ipv4", String, "The peer's IPv4 prefix, or null."},
			{"cidr_ipv6", String, "The peer's IPv6 prefix, or null."},
			{"description", String, "The policy and the rules of it that the rule serves."},
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
func emitAWSSecurityGroupRules(policyName string, rules []compile.Rule, o Options) (*Result, fault.List) {
	limits, faults := applyLimits(awsSecurityGroup.name, awsSecurityGroupLimits, o)
	faults.AddAll(awsSecurityGroup.check(rules))
	if len(faults) > 0 {
		return nil, faults
	}
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits, RuleCount: compile.Count(rules)}
	maxDescription := limitValue(limits, "description_length")
	for i := range rules {
		rows := &result.Ingress
		if rules[i].Direction == policy.Egress {
			rows = &result.Egress
		}
		for j := range rules[i].Peers {
			*rows = append(*rows, awsRow(policyName, &rules[i], &rules[i].Peers[j], maxDescription))
		}
	}
	result.Ingress, result.Egress = sortRows(result.Ingress), sortRows(result.Egress)

	costs := awsCosts(rules)
	result.Headroom = result.Limit - costs.worst() - o.RulesElsewhere
	if faults := costs.faults(result.Limit, o.RulesElsewhere); len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// awsRow writes one rule with one peer; values stand in the order of the
// target's columns.
func awsRow(policyName string, r *compile.Rule, peer *compile.Peer, maxDescription int) Row {
	protocol, from, to := awsProtocol(r)
	var cidr4, cidr6 any
	row := Row{Key: flatKey(r, peer), Rules: peer.Rules}
	switch {
	case peer.Reference != nil:
		row.Reference, row.ReferenceKind = peer.Reference.Name, string(peer.Reference.Kind)
	case peer.Prefix.Addr().Is4():
		cidr4 = peer.Prefix.String()
	default:
		cidr6 = peer.Prefix.String()
	}
	row.Values = []any{protocol, from, to, cidr4, cidr6, joinedNames(policyName, peer.Rules, maxDescription)}
	return row
}

func awsProtocol(r *compile.Rule) (protocol string, from, to any) {
	if r.Any {
		return awsAny, nil, nil
	}
	form := awsProtocols[r.Protocol]
	switch form.ports {
	case awsPortsAll:
		return form.text, int64(-1), int64(-1)
	case awsPortsWritten:
		return form.text, int64(r.Ports.First), int64(r.Ports.Last)
	}
	return form.text, nil, nil
}
