package resolve

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
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
	r.Registered, r.RegisteredCount = iana.Registrations(r.Effective, MaxRegistered)
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
	alternative, found := quiet.Range(set.Len(), only, portset.Ports{})
	if !found {
		return ""
	}
	return portset.Entry{Protocol: only, Range: alternative}.String()
}
