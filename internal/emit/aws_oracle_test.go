package emit_test

import (
	"fmt"
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// This file reads rows of aws_security_group_rules back as EC2 would, from
// what EC2's documentation of IpPermission says and from nothing in emit:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
//
//   - IpProtocol is tcp, udp, icmp, icmpv6 or a number; -1 is all protocols.
//   - Ports count for tcp (6) and udp (17). For icmp (1) and icmpv6 (58) the
//     two numbers are type and code, -1 being all of them. With any other
//     protocol traffic is allowed on all ports, whatever was given.
//   - There is one source or destination: an IPv4 range, an IPv6 range, a
//     prefix list or a security group.

var awsNumbers = map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}

func readAWSSecurityGroupRow(_ policy.Direction, row emittedRow) (opened, error) {
	o := opened{protocol: everyProtocol}
	text, ok := row.columns["ip_protocol"].(string)
	if !ok {
		return o, fmt.Errorf("ip_protocol = %v", row.columns["ip_protocol"])
	}
	if number, named := awsNumbers[text]; named {
		o.protocol = number
	} else if text != "-1" {
		number, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return o, fmt.Errorf("ip_protocol: %w", err)
		}
		o.protocol = int(number)
	}
	from, hasFrom := row.columns["from_port"].(int64)
	to, hasTo := row.columns["to_port"].(int64)
	switch o.protocol {
	case 6, 17:
		if !hasFrom || !hasTo || from < 0 || to < from || to > 65535 {
			return o, fmt.Errorf("ports %v to %v", row.columns["from_port"], row.columns["to_port"])
		}
		o.ports = []portset.Range{{First: uint16(from), Last: uint16(to)}}
	case 1, 58:
		if !hasFrom || !hasTo || from != -1 || to != -1 {
			return o, fmt.Errorf("opens only the ICMP type %v, code %v", row.columns["from_port"], row.columns["to_port"])
		}
	}
	return o, readAWSPeer(&o, row)
}

func readAWSPeer(o *opened, row emittedRow) error {
	peers := 0
	for name, is4 := range map[string]bool{"cidr_ipv4": true, "cidr_ipv6": false} {
		text, ok := row.columns[name].(string)
		if !ok {
			continue
		}
		prefixes, err := prefixesOf(text)
		if err != nil {
			return err
		}
		if prefixes.IPv4().IsEmpty() == is4 {
			return fmt.Errorf("%s = %s", name, text)
		}
		if o.protocol == 1 && !is4 || o.protocol == 58 && is4 {
			return fmt.Errorf("protocol %d with %s", o.protocol, text)
		}
		o.prefixes = prefixes
		peers++
	}
	if len(row.References) > 0 {
		if row.ReferenceKind != "aws_security_group" && row.ReferenceKind != "aws_prefix_list" {
			return fmt.Errorf("reference of kind %q", row.ReferenceKind)
		}
		o.references = row.References
		peers += len(row.References)
	}
	if peers != 1 {
		return fmt.Errorf("%d peers", peers)
	}
	return nil
}

var awsReferences = []policy.Reference{
	{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 2},
	{Name: "offices", Kind: policy.AWSPrefixList, MaxHosts: 50, MaxEntries: 7},
}
