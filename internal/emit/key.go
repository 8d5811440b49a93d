package emit

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// flatKey names a rule with one run of ports and one peer:
//
//	tcp-1556-198.51.100.16/28      one port
//	tcp-2500-3300-2001:db8:40::/64 a run of ports
//	icmp-198.51.100.16/28          a protocol without ports
//	any-ref:bastion                every protocol, and a reference
//
// No two boxes of a direction are the same, so no two have the same key:
// protocols and ports are digits, letters and at most one "-" each, and no
// prefix has one, so that two keys are equal only part by part.
func flatKey(b *compile.Box) string {
	return boxPortsKey(b) + "-" + boxPeerKey(b)
}

func boxPortsKey(b *compile.Box) string {
	switch {
	case b.Any:
		return anyKey
	case b.Protocol.HasPorts():
		return b.Protocol.String() + "-" + b.Ports.String()
	}
	return b.Protocol.String()
}

func boxPeerKey(b *compile.Box) string {
	if b.Reference != nil {
		return "ref:" + b.Reference.Name
	}
	return b.Prefix.String()
}

// anyKey is the key's word for every protocol.
const anyKey = "any"

// productKey names a rule of lists by its ports and the kind of its peers, so
// that a peer who comes or goes changes the rule in place:
//
//	tcp-1556+2500-3300-ipv4             ports of one protocol
//	tcp-1556+udp-1556-ipv6              ports of two
//	icmp-google_network_tag             references, by their kind
//	any-ipv4+ipv6                       every protocol, both families
//
// Within a direction no two products have both in common.
func productKey(p *compile.Product) string {
	return productPortsKey(p) + "-" + productPeersKey(p)
}

func productPortsKey(p *compile.Product) string {
	if p.Any {
		return anyKey
	}
	var parts []string
	last := portset.Other
	for _, e := range p.Ports.Entries() {
		text := e.Protocol.String()
		switch {
		case !e.Protocol.HasPorts():
		case e.Protocol == last:
			text = e.Range.String()
		default:
			text += "-" + e.Range.String()
		}
		parts, last = append(parts, text), e.Protocol
	}
	return strings.Join(parts, "+")
}

func productPeersKey(p *compile.Product) string {
	if len(p.References) > 0 {
		return string(p.References[0].Kind)
	}
	var families []string
	if !p.Prefixes.IPv4().IsEmpty() {
		families = append(families, "ipv4")
	}
	if !p.Prefixes.IPv6().IsEmpty() {
		families = append(families, "ipv6")
	}
	return strings.Join(families, "+")
}

// joinedNames describes which rules a row serves, in at most limit bytes:
//
//	primary-server: a, b, c
//	primary-server: a, b and 17 more
//
//	primary-server: 120 rules             where not even one name fits
//
// It keeps whole names only.
func joinedNames(policyName string, rules []string, limit int) string {
	text := policyName + ": "
	fit := "" // the longest shortened form so far
	for i, rule := range rules {
		if i > 0 {
			text += ", "
		}
		text += rule
		switch {
		case len(text) <= limit:
		case fit == "":
			return fmt.Sprintf("%s: %d rules", policyName, len(rules))
		default:
			return fit
		}
		if more := len(rules) - i - 1; more > 0 {
			if short := text + andMore(more); len(short) <= limit {
				fit = short
			}
		}
	}
	return text
}
