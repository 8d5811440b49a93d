package emit_test

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// This file reads rows of aws_network_acl_rules back as EC2 would, from what
// its documentation says and from nothing in emit:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
//
//   - Rules are tried by number, 1 to 32766, unique per direction, and what no
//     rule takes is denied. All of ours allow.
//   - The protocol is a number; -1 is every one. Ports count for 6 and 17. For
//     1 and 58 type and code must be given; -1 is all of them.
//   - There is one block, of IPv4 or of IPv6.

var awsACLReading = reading{
	policies: compiletest.Options{WholeSCTP: true},
	options:  emit.Options{Limits: map[string]int{"rules": 40}, Arguments: map[string]any{"host_ephemeral_ports": "32768-60999"}},
	drawn:    "rule_number",
	read:     readAWSACL,
}

func readAWSACL(e emission) ([]opened, error) {
	for _, rows := range [][]emittedRow{e.ingress, e.egress} {
		var numbers []int64
		for _, row := range rows {
			number, _ := row.columns["rule_number"].(int64)
			if number < 1 || number > 32766 || slices.Contains(numbers, number) {
				return nil, fmt.Errorf("%s: number %d", row.Key, number)
			}
			numbers = append(numbers, number)
		}
	}
	return eachRow(readAWSACLRow)(e)
}

func readAWSACLRow(d policy.Direction, row emittedRow) (opened, error) {
	o := opened{protocol: everyProtocol}
	c := row.columns
	if c["egress"] != (d == policy.Egress) || c["rule_action"] != "allow" || len(row.References) > 0 {
		return o, fmt.Errorf("direction, action or reference")
	}
	text, _ := c["protocol"].(string)
	if text != "-1" {
		number, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return o, err
		}
		o.protocol = int(number)
	}
	from, hasFrom := c["from_port"].(int64)
	to, hasTo := c["to_port"].(int64)
	withPorts, isICMP := o.protocol == 6 || o.protocol == 17, o.protocol == 1 || o.protocol == 58
	if hasFrom != withPorts || hasTo != withPorts || from < 0 || to < from || to > 65535 {
		return o, fmt.Errorf("ports %v to %v", c["from_port"], c["to_port"])
	}
	if withPorts {
		o.ports = []portset.Range{{First: uint16(from), Last: uint16(to)}}
	}
	if isICMP != (c["icmp_type"] == int64(-1) && c["icmp_code"] == int64(-1)) || !isICMP && (c["icmp_type"] != nil || c["icmp_code"] != nil) {
		return o, fmt.Errorf("type %v, code %v", c["icmp_type"], c["icmp_code"])
	}
	v4, is4 := c["cidr_block"].(string)
	v6, is6 := c["ipv6_cidr_block"].(string)
	if is4 == is6 {
		return o, fmt.Errorf("blocks %q and %q", v4, v6)
	}
	return o, o.readPrefix(v4+v6, is4)
}

// readPrefix reads the one peer of a flat row.
func (o *opened) readPrefix(text string, is4 bool) error {
	prefixes, err := prefixesOf(text)
	if err == nil && prefixes.IPv4().IsEmpty() == is4 {
		err = fmt.Errorf("prefix %s of the wrong family", text)
	}
	if o.protocol == 1 && !is4 || o.protocol == 58 && is4 {
		err = fmt.Errorf("protocol %d with %s", o.protocol, text)
	}
	o.prefixes = prefixes
	return err
}
