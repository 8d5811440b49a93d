package cloudrules

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

var awsRulePlaces = map[string]string{"protocol": "ip_protocol"}

var awsInlinePlaces = map[string]string{"direction": "type"}

// readAWSRule reads aws_vpc_security_group_ingress_rule and its sibling.
func readAWSRule(direction string) func(arguments) []draft {
	return func(a arguments) []draft {
		d := draft{arguments: a, group: a.label("security_group_id"), undecided: []string{"ip_protocol", "from_port", "to_port"}}
		d.row = existing.Rule{Direction: direction, Description: a.label("description")}
		d.awsPorts("ip_protocol")
		d.addresses("cidr_ipv4")
		d.addresses("cidr_ipv6")
		d.references(policy.AWSSecurityGroup, "referenced_security_group_id", GroupHosts)
		d.references(policy.AWSPrefixList, "prefix_list_id", ListHosts)
		return []draft{d}
	}
}

// awsPorts reads the protocol and the ports, which for ICMP are a type and a
// code. EC2 takes them into account for these protocols alone: with every other
// one the rule is for all of it, and what is unknown about ports says nothing.
func (d *draft) awsPorts(protocol string) {
	d.row.Protocol = d.arguments.text(protocol)
	switch strings.ToLower(d.row.Protocol) {
	case "tcp", "6", "udp", "17", "":
		d.row.FromPort, d.row.ToPort = d.arguments.text("from_port"), d.arguments.text("to_port")
	case "icmp", "1", "icmpv6", "58":
		d.row.FromPort, d.row.ToPort = d.arguments.text("from_port"), d.arguments.text("to_port")
		if from := d.row.FromPort; from != "" && from != "-1" {
			d.assume("The ICMP type %s counts as all of ICMP.", from)
		}
	case "sctp", "132":
		d.row.Ports = []string{"*"}
	}
}

// readAWSOldRule reads aws_security_group_rule.
func readAWSOldRule(a arguments) []draft {
	d := draft{arguments: a, group: a.label("security_group_id"), undecided: []string{"type", "protocol", "from_port", "to_port"}}
	d.row = existing.Rule{Direction: a.text("type"), Description: a.label("description")}
	d.awsPeers("source_security_group_id")
	return []draft{d}
}

// awsPeers reads what old rules and blocks have in common.
func (d *draft) awsPeers(groups string) {
	d.awsPorts("protocol")
	d.addresses("cidr_blocks")
	d.addresses("ipv6_cidr_blocks")
	d.references(policy.AWSSecurityGroup, groups, GroupHosts)
	d.references(policy.AWSPrefixList, "prefix_list_ids", ListHosts)
	if d.arguments.isTrue("self") {
		name := "the-group-itself"
		if d.group != "" {
			name = referenceName(policy.AWSSecurityGroup, d.group) // it may be named beside self
		}
		d.reference(policy.AWSSecurityGroup, name, "The group itself", GroupHosts)
	}
}

// readAWSGroup reads the blocks in a security group.
func readAWSGroup(a arguments) []draft {
	group := a.label("id")
	var drafts []draft
	for _, direction := range []string{ingress, egress} {
		for i, block := range a.blocks(direction) {
			d := draft{arguments: block, group: group, part: fmt.Sprintf("%s[%d]", direction, i), undecided: []string{"protocol", "from_port", "to_port"}}
			d.row = existing.Rule{Direction: direction, Description: block.label("description")}
			d.awsPeers("security_groups")
			drafts = append(drafts, d)
		}
	}
	return drafts
}
