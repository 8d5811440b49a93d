package emit_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// This file reads rows of azure_network_security_rules back as Azure would,
// from its reference of security rules and from nothing in emit:
// https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
// https://learn.microsoft.com/azure/templates/microsoft.network/networksecuritygroups/securityrules
//
//   - Rules are tried by priority, 100 to 4096, unique per direction. All of
//     ours allow, so the order does not matter among them.
//   - A rule has one protocol, or * for every one. Port ranges are of the
//     destination; * is every port. Icmp is ICMP of IPv4.
//   - Of the peers there is one of: a prefix, prefixes of one family,
//     application security groups. The same for the own side.
//   - Names are unique in the group over both directions.

var azureReading = reading{
	policies: compiletest.Options{
		Without: []portset.Protocol{portset.SCTP, portset.ICMPv6},
		References: []policy.Reference{
			{Name: "apps", Kind: policy.AzureApplicationSecurityGroup, MaxHosts: 4},
			{Name: "proxies", Kind: policy.AzureApplicationSecurityGroup, MaxHosts: 2},
		},
	},
	options: emit.Options{Limits: map[string]int{"port_ranges_per_rule": 2, "application_security_groups_per_rule": 1}},
	read:    readAzure,
}

var azureNumbers = map[string]int{"Tcp": 6, "Udp": 17, "Icmp": 1, "Esp": 50, "*": everyProtocol}

var azureNamePattern = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$`)

func readAzure(e emission) ([]opened, error) {
	names := map[string]bool{}
	for _, rows := range [][]emittedRow{e.ingress, e.egress} {
		priorities := map[int64]bool{}
		for _, row := range rows {
			name, _ := row.columns["name"].(string)
			priority, _ := row.columns["priority"].(int64)
			if !azureNamePattern.MatchString(name) || names[strings.ToLower(name)] {
				return nil, fmt.Errorf("%s: name %q", row.Key, name)
			}
			if priority < 100 || priority > 4096 || priorities[priority] {
				return nil, fmt.Errorf("%s: priority %d", row.Key, priority)
			}
			if description, _ := row.columns["description"].(string); description == "" || len(description) > 140 {
				return nil, fmt.Errorf("%s: description %q", row.Key, description)
			}
			names[strings.ToLower(name)], priorities[priority] = true, true
		}
	}
	return eachRow(readAzureRow)(e)
}

func readAzureRow(d policy.Direction, row emittedRow) (opened, error) {
	var o opened
	own, peer := "destination", "source"
	want := "Inbound"
	if d == policy.Egress {
		own, peer, want = "source", "destination", "Outbound"
	}
	c := row.columns
	if c["direction"] != want || c["access"] != "Allow" || c["source_port_range"] != "*" {
		return o, fmt.Errorf("direction, access or source port")
	}
	if c[own+"_address_prefix"] != "*" || c[own+"_address_prefixes"] != nil || c[peer+"_address_prefix"] != nil {
		return o, fmt.Errorf("addresses")
	}
	text, _ := c["protocol"].(string)
	number, known := azureNumbers[text]
	if !known {
		return o, fmt.Errorf("protocol %q", text)
	}
	o.protocol = number
	ranges, several := c["destination_port_ranges"].([]string)
	switch {
	case several == (c["destination_port_range"] == "*"):
		return o, fmt.Errorf("both or neither of destination_port_range and destination_port_ranges")
	case several && (number != 6 && number != 17 || len(ranges) == 0):
		return o, fmt.Errorf("ports of protocol %q", text)
	case len(ranges) > 2 || len(row.References) > 1:
		return o, fmt.Errorf("a list over its limit")
	}
	for _, text := range ranges {
		r, err := readRange(text)
		if err != nil {
			return o, err
		}
		o.ports = append(o.ports, r)
	}
	prefixes, byAddress := c[peer+"_address_prefixes"].([]string)
	if byAddress == (len(row.References) > 0) || byAddress && len(prefixes) == 0 {
		return o, fmt.Errorf("both or neither of prefixes and references")
	}
	if !byAddress && row.ReferenceKind != "azure_application_security_group" {
		return o, fmt.Errorf("reference of kind %q", row.ReferenceKind)
	}
	for _, text := range prefixes {
		// What 0.0.0.0/0 stands for is not clear, see the overview.
		if strings.HasSuffix(text, "/0") {
			return o, fmt.Errorf("prefix %s", text)
		}
	}
	o.references = slices.Clone(row.References)
	var err error
	if o.prefixes, err = prefixesOf(prefixes...); err == nil && !o.prefixes.IPv4().IsEmpty() && !o.prefixes.IPv6().IsEmpty() {
		err = fmt.Errorf("two address families")
	}
	if number == 1 && !o.prefixes.IPv6().IsEmpty() {
		err = fmt.Errorf("ICMP from IPv6")
	}
	return o, err
}

// readRange reads "22" or "22-80".
func readRange(text string) (portset.Range, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return portset.Range{}, err
	}
	to, err := strconv.ParseUint(last, 10, 16)
	if err == nil && (to < from || isRange && from == to) {
		err = fmt.Errorf("range %q", text)
	}
	return portset.Range{First: uint16(from), Last: uint16(to)}, err
}
