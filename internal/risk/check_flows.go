package risk

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func checkExploitedListener(m *model) []Finding {
	var findings []Finding
	for _, g := range m.listeners() {
		flow := g.entries[0].opening.flow
		if g.class != ExploitedListener {
			continue
		}
		effect, severity, from := Warn, High, ": it is attacked wherever it can be reached"
		if g.direction == policy.Ingress && m.inZone(g.entries, func(z policy.Zone) bool { return z == policy.Internet }) {
			effect, severity, from = Reject, Critical, ", and the internet reaches it: expect attacks"
		}
		f := findingOf(ExploitedListenerFound, severity, effect, m.causesByPorts(g.entries))
		f.Message = fmt.Sprintf("The listener of flow %s (%s) is in CISA's catalogue of known exploited vulnerabilities (%s)%s.",
			g.name, somePorts(f.Ports), some(flow.ExploitedBy), from)
		f.Remedy = "Run a version in which this is fixed, and let in only the hosts that need the port, none of them on the internet."
		findings = append(findings, f)
	}
	return findings
}

func checkCleartext(m *model) []Finding {
	outside := func(z policy.Zone) bool { return z > policy.Internal }
	var findings []Finding
	for _, g := range m.listeners() {
		flow := g.entries[0].opening.flow
		if flow == nil || flow.Encrypted == nil || *flow.Encrypted || !g.isFlow() || !m.inZone(g.entries, outside) {
			continue
		}
		f := findingOf(Cleartext, Medium, Warn, m.causesByPorts(g.entries))
		f.Message = fmt.Sprintf("Flow %s (%s) is not encrypted, and some of its peers are outside the zones internal and management: the backup can be read on the way (the catalogue's confidence: %s).",
			g.name, somePorts(f.Ports), flow.Confidence)
		f.Remedy = "Use the product's encrypted mode or a tunnel for these peers, or keep the flow inside."
		findings = append(findings, f)
	}
	return findings
}

// isFlow reports whether the listener is a documented flow of a product.
func (g *listenerGroup) isFlow() bool {
	return g.class == BackupListener && g.entries[0].opening.listener.Kind == policy.ProductFlow ||
		g.class == ExploitedListener
}

// inZone reports whether any host that the entries let in stands in a zone
// that matches.
func (m *model) inZone(entries []bucketEntry, matches func(policy.Zone) bool) bool {
	for _, e := range entries {
		for _, s := range m.hosts[e.opening.hosts].standing {
			if matches(s.zone) {
				return true
			}
		}
	}
	return false
}

func checkOversizedRange(m *model) []Finding {
	return m.checkSizing(OversizedRange, Low,
		func(s *policy.Sizing) bool { return s.Configured > 2*s.Needed },
		"Port range %q is %s wide, over twice the %d that the load needs: on each port too many something else can listen.")
}

func checkUndersizedRange(m *model) []Finding {
	return m.checkSizing(UndersizedRange, Medium,
		func(s *policy.Sizing) bool { return s.Configured < s.Needed },
		"Port range %q is %s wide, and the load needs %d: backups will fail at random when the ports run out.")
}

// checkSizing finds the port ranges whose width does not fit their load.
func (m *model) checkSizing(code Code, severity Severity, off func(*policy.Sizing) bool, message string) []Finding {
	var findings []Finding
	seen := map[*policy.PortRange]bool{}
	byName := map[string]bool{}
	for _, o := range m.openings {
		portRange := &o.rule.PortRanges[o.portRange]
		if seen[portRange] || portRange.Sizing == nil || portRange.Partial || !off(portRange.Sizing) {
			continue
		}
		seen[portRange] = true
		sizing := portRange.Sizing
		key := fmt.Sprintf("%s %d %d", portRange.Name, sizing.Needed, sizing.Configured)
		if byName[key] {
			continue // the same resource, used in another rule
		}
		byName[key] = true
		var entries []bucketEntry
		for _, other := range m.openings {
			if other.rule.PortRanges[other.portRange].Name != portRange.Name {
				continue
			}
			for _, protocol := range portset.Protocols() {
				if ports := other.listener.Ports.Of(protocol); !ports.IsEmpty() {
					entries = append(entries, bucketEntry{opening: other, protocol: protocol, ports: ports})
				}
			}
		}
		f := findingOf(code, severity, Warn, m.causesByPorts(entries))
		f.Message = fmt.Sprintf(message, portRange.Name, count(sizing.Configured, "port"), sizing.Needed)
		f.Remedy = fmt.Sprintf("Set the range to %s, here and in the product (%s).", count(sizing.Needed, "port"), sizing.Rule)
		findings = append(findings, f)
	}
	return findings
}
