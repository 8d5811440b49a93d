package emit_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// This file reads rows of oci_network_security_group_rules back as OCI would,
// from its reference of SecurityRule and from nothing in emit:
// https://docs.oracle.com/en-us/iaas/api/#/en/iaas/latest/SecurityRule/
//
//   - The protocol is a number, or all. tcpOptions and udpOptions belong to 6
//     and 17; without them it is every port. A port is 1 to 65535.
//   - Ingress has a source, egress a destination, each with its type.

var ociReading = reading{
	policies: compiletest.Options{WholeSCTP: true, NoPortZero: true},
	read:     eachRow(readOCIRow),
}

func readOCIRow(d policy.Direction, row emittedRow) (opened, error) {
	o := opened{protocol: everyProtocol}
	c := row.columns
	peer, other, direction := "source", "destination", "INGRESS"
	if d == policy.Egress {
		peer, other, direction = other, peer, "EGRESS"
	}
	if c["direction"] != direction || c["stateless"] != false || c[peer+"_type"] != "CIDR_BLOCK" || c[other] != nil || c[other+"_type"] != nil || len(row.References) > 0 {
		return o, fmt.Errorf("direction, state or peers")
	}
	text, _ := c["protocol"].(string)
	if text != "all" {
		number, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return o, err
		}
		o.protocol = int(number)
	}
	for name, number := range map[string]int{"tcp_options": 6, "udp_options": 17} {
		options, some := c[name].(map[string]any)
		if !some {
			continue
		}
		run, _ := options["destination_port_range"].(map[string]any)
		from, _ := run["min"].(int64)
		to, _ := run["max"].(int64)
		if o.protocol != number || from < 1 || to < from || to > 65535 {
			return o, fmt.Errorf("%s %d to %d of protocol %d", name, from, to, o.protocol)
		}
		o.ports = []portset.Range{{First: uint16(from), Last: uint16(to)}}
	}
	prefix, _ := c[peer].(string)
	return o, o.readPrefix(prefix, !strings.Contains(prefix, ":"))
}

// This half reads rows of openstack_security_group_rules back as Neutron would:
// https://docs.openstack.org/api-ref/network/v2/#security-group-rules-security-group-rules
//
//   - Without a protocol a rule is for every protocol. Ports count for TCP, UDP
//     and SCTP; without them it is every port. The provider takes 0 for no
//     port, and Neutron stores 1 to 65535 as no port.
//   - The remote prefix is of the family that ethertype says.

var openstackReading = reading{
	policies: compiletest.Options{NoPortZero: true},
	options:  emit.Options{Limits: map[string]int{"rules": 1000}},
	refused:  "All ports but one",
	read:     eachRow(readOpenStackRow),
}

var openstackNumbers = map[string]int{"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "ipv6-icmp": 58, "esp": 50}

func readOpenStackRow(d policy.Direction, row emittedRow) (opened, error) {
	o := opened{protocol: everyProtocol}
	c := row.columns
	if c["direction"] != d.String() || len(row.References) > 0 {
		return o, fmt.Errorf("direction or reference")
	}
	if text, some := c["protocol"].(string); some {
		number, known := openstackNumbers[text]
		if !known {
			return o, fmt.Errorf("protocol %q", text)
		}
		o.protocol = number
	}
	from, hasFrom := c["port_range_min"].(int64)
	to, hasTo := c["port_range_max"].(int64)
	if hasFrom != hasTo {
		return o, fmt.Errorf("ports %v to %v", c["port_range_min"], c["port_range_max"])
	}
	if hasFrom {
		if from < 1 || to < from || to > 65535 || from == 1 && to == 65535 || o.protocol != 6 && o.protocol != 17 && o.protocol != 132 {
			return o, fmt.Errorf("ports %d to %d of protocol %d", from, to, o.protocol)
		}
		o.ports = []portset.Range{{First: uint16(from), Last: uint16(to)}}
	}
	prefix, _ := c["remote_ip_prefix"].(string)
	return o, o.readPrefix(prefix, c["ethertype"] == "IPv4")
}
