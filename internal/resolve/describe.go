package resolve

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// describe fills in what follows from the listeners.
func (r *PortRange) describe() {
	all := make([]portset.Ports, len(r.Listeners))
	movable := false
	for i := range r.Listeners {
		all[i] = r.Listeners[i].Ports
		movable = movable || r.Listeners[i].Kind != policy.ProductFlow || r.Listeners[i].Negotiated
	}
	r.Effective = portset.Merge(all)
	for _, protocol := range portset.Protocols() {
		if !protocol.HasPorts() {
			continue
		}
		registered := r.Effective.Of(protocol).Intersect(iana.Registered(protocol))
		r.RegisteredCount += registered.Len()
		for _, p := range registered.FirstN(MaxRegistered - len(r.Registered)).Ranges() {
			for port := int(p.First); port <= int(p.Last); port++ {
				name, _ := iana.Name(protocol, uint16(port))
				r.Registered = append(r.Registered, RegisteredService{Port: uint16(port), Protocol: protocol, Name: name})
			}
		}
	}
	if movable {
		r.Quiet = quietAlternative(r.Effective)
	}
}

// quietAlternative proposes a range of the same width for a range of one
// protocol that is not quiet.
func quietAlternative(ports portset.Ports) string {
	var only portset.Protocol
	n := 0
	for _, protocol := range portset.Protocols() {
		if !ports.Of(protocol).IsEmpty() {
			only = protocol
			n++
		}
	}
	if n != 1 || !only.HasPorts() {
		return ""
	}
	set := ports.Of(only)
	busy := set.Overlaps(iana.Registered(only)) || set.Overlaps(services.SpecialSet(only)) || set.Overlaps(services.EphemeralSet())
	if !busy {
		return ""
	}
	quiet, found := services.Quiet(set.Len(), only, portset.Ports{})
	if !found {
		return ""
	}
	return portset.Entry{Protocol: only, Range: quiet}.String()
}

// SizingWarnings says whether the width of the range fits its load. A policy
// that uses the range raises the same as findings.
func SizingWarnings(r *PortRange) fault.List {
	var warnings fault.List
	if r.Sizing == nil {
		return nil
	}
	needed, configured := r.Sizing.Needed, r.Sizing.Configured
	sizes := fmt.Sprintf("The range is %s wide, and %d are needed (%s).", count(configured), needed, r.Sizing.Rule)
	switch {
	case configured < needed:
		warnings.Add(fault.New("Range too narrow",
			sizes,
			"Backups will fail at random when the ports run out.",
			fmt.Sprintf("Widen it to %s here and in the product.", count(needed))), fault.Attribute("concurrency"))
	case configured > 2*needed:
		warnings.Add(fault.New("Range too wide",
			sizes,
			"Every port more is one more place where something else can listen.",
			fmt.Sprintf("Narrow it to %s here and in the product.", count(needed))), fault.Attribute("concurrency"))
	}
	return warnings
}

func count(ports int) string {
	if ports == 1 {
		return "1 port"
	}
	return fmt.Sprintf("%d ports", ports)
}
