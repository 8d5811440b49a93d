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
			g.name, SomePorts(f.Ports), some(flow.ExploitedBy), from)
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
			g.name, SomePorts(f.Ports), flow.Confidence)
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
	byRange := map[string][]bucketEntry{} // by name, filled when there is a finding
	seen := map[string]bool{}
	for _, o := range m.openings {
		portRange := &o.rule.PortRanges[o.portRange]
		sizing := portRange.Sizing
		if sizing == nil || portRange.Partial || !off(sizing) {
			continue
		}
		key := fmt.Sprintf("%s %d %d", portRange.Name, sizing.Needed, sizing.Configured)
		if seen[key] {
			continue // the same resource, used in another rule
		}
		seen[key] = true
		if len(byRange) == 0 {
			for _, other := range m.openings {
				name := other.rule.PortRanges[other.portRange].Name
				byRange[name] = append(byRange[name], entriesOf(other)...)
			}
		}
		f := findingOf(code, severity, Warn, m.causesByPorts(byRange[portRange.Name]))
		f.Message = fmt.Sprintf(message, portRange.Name, count(sizing.Configured, "port"), sizing.Needed)
		f.Remedy = fmt.Sprintf("Set the range to %s, here and in the product (%s).", count(sizing.Needed, "port"), sizing.Rule)
		findings = append(findings, f)
	}
	return findings
}

// entriesOf lists the ports of an opening by protocol.
func entriesOf(o *opening) []bucketEntry {
	var entries []bucketEntry
	for _, protocol := range portset.Protocols() {
		if ports := o.listener.Ports.Of(protocol); !ports.IsEmpty() {
			entries = append(entries, bucketEntry{opening: o, protocol: protocol, ports: ports})
		}
	}
	return entries
}
