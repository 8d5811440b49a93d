package emit_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// This file reads rows of google_firewall_rules back as Google would, from its
// documentation and from nothing in emit:
// https://cloud.google.com/vpc/docs/firewalls
// https://cloud.google.com/compute/docs/reference/rest/v1/firewalls
//
//   - Protocols are names (tcp, udp, icmp, esp, ah, sctp, ipip) or numbers, or
//     all. Ports count for TCP and UDP; without ports it is every port.
//   - A rule has ranges of one family. An ingress rule without ranges, tags
//     and service accounts is for everybody. Tags and service accounts are
//     sources, and do not mix.
//   - Names are unique in the project.

var googleReading = reading{
	policies: compiletest.Options{
		References: []policy.Reference{
			{Name: "apps", Kind: policy.GoogleNetworkTag, MaxHosts: 3},
			{Name: "media", Kind: policy.GoogleNetworkTag, MaxHosts: 3},
			{Name: "runner", Kind: policy.GoogleServiceAccount, MaxHosts: 2},
		},
		IngressReferences: true,
		WholeSCTP:         true,
	},
	options: emit.Options{Limits: map[string]int{"rules": 1000, "ranges_per_rule": 7, "port_ranges_per_rule": 2, "tags_per_rule": 1}},
	read:    readGoogle,
}

var googleNames = map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "esp": 50, "sctp": 132, "all": everyProtocol}

var googleNamePattern = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

func readGoogle(e emission) ([]opened, error) {
	names := map[any]bool{}
	for _, row := range append(slices.Clone(e.ingress), e.egress...) {
		name, _ := row.columns["name"].(string)
		if !googleNamePattern.MatchString(name) || names[name] {
			return nil, fmt.Errorf("%s: name %q", row.Key, name)
		}
		names[name] = true
	}
	return eachRowParts(readGoogleRow)(e)
}

func readGoogleRow(d policy.Direction, row emittedRow) ([]opened, error) {
	ranges, other, want := "source_ranges", "destination_ranges", "INGRESS"
	if d == policy.Egress {
		ranges, other, want = other, ranges, "EGRESS"
	}
	if row.columns["direction"] != want || row.columns[other] != nil || row.columns["priority"] != int64(1000) {
		return nil, fmt.Errorf("direction, ranges or priority")
	}
	texts, byAddress := row.columns[ranges].([]string)
	if byAddress == (len(row.References) > 0) || byAddress && (len(texts) == 0 || len(texts) > 7) {
		return nil, fmt.Errorf("both or neither of ranges and references, or too many")
	}
	if !byAddress && (d == policy.Egress || row.ReferenceKind != "google_network_tag" && row.ReferenceKind != "google_service_account") {
		return nil, fmt.Errorf("reference of kind %q", row.ReferenceKind)
	}
	prefixes, err := prefixesOf(texts...)
	if err != nil || !prefixes.IPv4().IsEmpty() && !prefixes.IPv6().IsEmpty() {
		return nil, fmt.Errorf("ranges %v: %w", texts, err)
	}
	allow, _ := row.columns["allow"].([]map[string]any)
	if len(allow) == 0 {
		return nil, fmt.Errorf("allows nothing")
	}
	if row.ReferenceKind == "google_network_tag" && len(row.References) > 1 {
		return nil, fmt.Errorf("too many tags")
	}
	runs := 0
	var parts []opened
	for _, a := range allow {
		o := opened{prefixes: prefixes, references: row.References}
		text, _ := a["protocol"].(string)
		number, known := googleNames[text]
		if !known {
			n, err := strconv.ParseUint(text, 10, 8)
			if err != nil {
				return nil, fmt.Errorf("protocol %q", text)
			}
			number = int(n)
		}
		o.protocol = number
		if ports, some := a["ports"].([]string); some {
			if number != 6 && number != 17 || len(ports) == 0 {
				return nil, fmt.Errorf("ports of protocol %q", text)
			}
			o.ports = []portset.Range{}
			for _, text := range ports {
				r, err := readRange(text)
				if err != nil {
					return nil, err
				}
				o.ports = append(o.ports, r)
			}
		}
		runs += max(1, len(o.ports))
		parts = append(parts, o)
	}
	if runs > 2 {
		return nil, fmt.Errorf("%d runs of ports", runs)
	}
	return parts, nil
}
