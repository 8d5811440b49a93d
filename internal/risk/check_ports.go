package risk

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// wellKnown are the ports that operating systems keep for system services.
var wellKnown = portset.Of(portset.Range{First: 0, Last: 1023})

// listenerGroup is one listener as the author declared it, over all rules of
// one direction.
type listenerGroup struct {
	service
	direction policy.Direction
	entries   []bucketEntry // all ports of the listener, also those a well-known service claims
}

// listeners groups the openings by what was declared, in the order of first
// mention. An undeclared listener is one per direction and protocol.
func (m *model) listeners() []*listenerGroup {
	if m.declared != nil {
		return m.declared
	}
	var list []*listenerGroup
	byKey := map[string]*listenerGroup{}
	for _, o := range m.openings {
		for _, protocol := range portset.Protocols() {
			ports := o.listener.Ports.Of(protocol)
			if ports.IsEmpty() {
				continue
			}
			own := o.listenerService(protocol)
			key := o.rule.Direction.String() + " " + own.id
			g := byKey[key]
			if g == nil {
				g = &listenerGroup{service: own, direction: o.rule.Direction}
				byKey[key] = g
				list = append(list, g)
			}
			g.entries = append(g.entries, bucketEntry{opening: o, protocol: protocol, ports: ports})
		}
	}
	m.declared = list
	return list
}

// title names the listener within a sentence.
func (g *listenerGroup) title() string {
	l := g.entries[0].opening.listener
	switch {
	case g.isFlow():
		return "flow " + g.name
	case l.Kind == policy.Negotiated:
		return fmt.Sprintf("negotiated range %q", l.Name)
	default:
		return "the undeclared " + g.entries[0].protocol.String() + " range"
	}
}

func (g *listenerGroup) ports() portset.Ports {
	return (&bucket{entries: g.entries}).ports()
}

// where keeps the part of the entries' ports that pick chooses.
func where(entries []bucketEntry, pick func(bucketEntry) portset.Set) []bucketEntry {
	var kept []bucketEntry
	for _, e := range entries {
		if ports := pick(e); !ports.IsEmpty() {
			kept = append(kept, bucketEntry{opening: e.opening, protocol: e.protocol, ports: ports})
		}
	}
	return kept
}

// undocumented are the ports of an entry that the declared product does not
// document; all of them when no product is declared.
func undocumented(e bucketEntry) portset.Set {
	return e.ports.Minus(e.opening.documented.Of(e.protocol))
}

func checkWellKnownPort(m *model) []Finding {
	var findings []Finding
	for _, g := range m.listeners() {
		entries := where(g.entries, func(e bucketEntry) portset.Set {
			if !e.protocol.HasPorts() {
				return portset.Set{}
			}
			return undocumented(e).Intersect(wellKnown)
		})
		if len(entries) == 0 {
			continue
		}
		f := findingOf(WellKnownPort, High, Reject, m.causesByPorts(entries))
		f.Message = fmt.Sprintf("%s%s %s, open %s %s: other programs than the backup listen there.",
			SomePorts(f.Ports), servicesOn(f.Ports), verb(f.Ports.Len(), "is a well-known port (0-1023)", "are well-known ports (0-1023)"),
			towards(g.direction), SomePeers(f.Prefixes, f.References))
		f.Remedy = "Use the ports that the product documents (declare product and flows), or move the listener above 1023; quiet_alternative of the port range proposes where."
		findings = append(findings, f)
	}
	return findings
}

// servicesOn names what is registered on the first ports of the set.
func servicesOn(ports portset.Ports) string {
	var names []string
	seen := map[string]bool{}
	for _, e := range ports.Entries() {
		if !e.Protocol.HasPorts() {
			continue
		}
		for _, s := range services.Split(e.Protocol, portset.Of(e.Range)) {
			if s.Service.ID != services.UnassignedID && !seen[s.Service.Name] {
				seen[s.Service.Name] = true
				names = append(names, s.Service.Name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + some(names) + ")"
}

func checkSensitiveService(m *model) []Finding {
	var findings []Finding
	for _, b := range m.buckets {
		if b.class != MostAttacked && b.class != Sensitive {
			continue
		}
		entries := where(b.entries, undocumented)
		if len(entries) == 0 {
			continue
		}
		severity, what := High, "a service for administration or data"
		if b.class == MostAttacked {
			severity, what = Critical, "one of the most attacked services there are"
		}
		f := findingOf(SensitiveService, severity, Reject, m.causesByPorts(entries))
		f.Message = fmt.Sprintf("%s %s to %s, %s, and %s open %s %s.",
			SomePorts(f.Ports), verb(f.Ports.Len(), "belongs", "belong"), b.name, what, verb(f.Ports.Len(), "is", "are"),
			towards(b.direction), SomePeers(f.Prefixes, f.References))
		f.Remedy = "Leave these ports out of the range; if the backup product itself listens there, declare the product and the flow that documents it."
		findings = append(findings, f)
	}
	return findings
}

// Widths, in ports, from which a listener is broad.
const (
	broadWarn   = 1024
	broadReject = 16384
)

func checkBroadRange(m *model) []Finding {
	var findings []Finding
	for _, g := range m.listeners() {
		width := g.ports().Len()
		if width <= broadWarn || g.documentedRange() {
			continue
		}
		effect, severity, limit := Warn, Medium, broadWarn
		if width > broadReject {
			effect, severity, limit = Reject, High, broadReject
		}
		f := findingOf(BroadRange, severity, effect, m.causesByPorts(g.entries))
		f.Message = fmt.Sprintf("%s opens %d ports (%s) %s %s, more than %d for one listener: whatever else listens in the range is reached too.",
			capital(g.title()), width, SomePorts(f.Ports), towards(g.direction), SomePeers(f.Prefixes, f.References), limit)
		f.Remedy = "Set the range in the backup product to what the concurrent jobs need (tens of ports, not thousands) and write the same range here."
		findings = append(findings, f)
	}
	return findings
}

// documentedRange reports whether a negotiated flow keeps within the range
// that its product documents; an open-ended one has none. All of its ports are
// judged together: cut into pieces, the part outside would look narrow.
func (g *listenerGroup) documentedRange() bool {
	flow := g.entries[0].opening.flow
	return g.isFlow() && flow.Negotiated && !flow.OpenEnded && flow.Ports.Covers(g.ports())
}

func checkUndocumentedPort(m *model) []Finding {
	var findings []Finding
	type key struct{ direction, product string }
	grouped := map[key][]bucketEntry{}
	var order []key
	for _, g := range m.listeners() {
		for _, e := range where(g.entries, undocumented) {
			if e.opening.product == nil {
				continue
			}
			k := key{g.direction.String(), e.opening.product.ID}
			if grouped[k] == nil {
				order = append(order, k)
			}
			grouped[k] = append(grouped[k], e)
		}
	}
	for _, k := range order {
		f := findingOf(UndocumentedPort, Low, Warn, m.causesByPorts(grouped[k]))
		f.Message = fmt.Sprintf("%s %s not among the documented ports of product %q: either the product was reconfigured, or something else listens there.",
			SomePorts(f.Ports), verb(f.Ports.Len(), "is", "are"), k.product)
		f.Remedy = "Check the range in the product's own settings; leave product out if it is not the product that listens."
		findings = append(findings, f)
	}
	return findings
}

func checkNeighbourServices(m *model) []Finding {
	var findings []Finding
	for _, g := range m.listeners() {
		width := g.ports().Len()
		entries := where(g.entries, func(e bucketEntry) portset.Set {
			flow := e.opening.flow
			if !e.opening.listener.Negotiated && (flow == nil || !flow.Negotiated) {
				return portset.Set{}
			}
			return e.opening.neighbours(e.protocol).Intersect(e.ports)
		})
		if len(entries) == 0 {
			continue
		}
		f := findingOf(NeighbourServices, Low, Warn, m.causesByPorts(entries))
		f.Message = fmt.Sprintf("%s holds %s that IANA has registered for other services, which are reached too where they listen: %s.",
			capital(g.title()), count(f.Ports.Len(), "port"), registeredNames(f.Ports))
		f.Remedy = "Narrow the range to what the jobs need, or move it where nothing is registered."
		protocol := f.Ports.Entries()[0].Protocol
		if moved, ok := quiet.Range(width, protocol, portset.Ports{}); ok {
			f.Remedy = fmt.Sprintf("Move the range in the product's settings and write ports = [%q], which has the same width and no registered neighbour.",
				portset.Entry{Protocol: protocol, Range: moved})
		}
		findings = append(findings, f)
	}
	return findings
}

// registeredNames names the services on the first ports: "3000/tcp (hbci)".
func registeredNames(ports portset.Ports) string {
	var names []string
	left := 0
	for _, e := range ports.Entries() {
		for p := int(e.Range.First); p <= int(e.Range.Last); p++ {
			if len(names) == listed {
				left++
				continue
			}
			name, _ := iana.Name(e.Protocol, uint16(p))
			names = append(names, fmt.Sprintf("%d/%s (%s)", p, e.Protocol, name))
		}
	}
	text := strings.Join(names, ", ")
	if left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}

func checkEphemeralOverlap(m *model) []Finding {
	var findings []Finding
	for _, g := range m.listeners() {
		var names []string
		entries := where(g.entries, func(e bucketEntry) portset.Set {
			if !e.protocol.HasPorts() {
				return portset.Set{}
			}
			return e.ports.Intersect(services.EphemeralSet())
		})
		if len(entries) == 0 {
			continue
		}
		overlap := (&bucket{entries: entries}).ports()
		for _, r := range services.Ephemeral() {
			within := portset.Of(r.Range)
			for _, protocol := range portset.Protocols() {
				if protocol.HasPorts() && overlap.Of(protocol).Overlaps(within) {
					names = append(names, fmt.Sprintf("%s, %s", r.Name, r.Range))
					break
				}
			}
		}
		f := findingOf(EphemeralOverlap, Informational, Info, m.causesByPorts(entries))
		f.Message = fmt.Sprintf("%s of %s %s out of which systems hand ports out by themselves (%s): another program can have the port when the listener needs it.",
			SomePorts(f.Ports), g.title(), verb(f.Ports.Len(), "lies in a range", "lie in ranges"), strings.Join(names, "; "))
		f.Remedy = "Reserve the ports on the host (net.ipv4.ip_local_reserved_ports on Linux, netsh on Windows), or use a range below 30000."
		findings = append(findings, f)
	}
	return findings
}
