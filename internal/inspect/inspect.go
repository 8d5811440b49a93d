// Package inspect tells what is known of ports: what is registered and what
// usually listens there, which systems hand them out by themselves, and which
// backup products document them. It answers whoever meets an open port and
// does not know what it is for.
package inspect

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// MaxListed bounds each list of a report; a count beside it tells how many
// there are in all.
const MaxListed = 50

// Report is what is known of a set of ports.
type Report struct {
	// Registered are the services that IANA has registered, by protocol and port.
	Registered      []iana.Registration
	RegisteredCount int
	// Services is how the ports are scored when nobody says what listens there,
	// the heaviest first.
	Services     []risk.Weight
	ServiceCount int
	// Ephemeral are the ranges out of which systems pick ports by themselves and
	// which the ports touch.
	Ephemeral []services.EphemeralRange
	// Flows are the documented ones with one of the ports, those with the fewest
	// ports first: they say most about the port.
	Flows     []ProductFlow
	FlowCount int
	// Quiet is true when nothing is known to use any of the ports.
	Quiet bool
}

// ProductFlow is a flow and the product that documents it.
type ProductFlow struct {
	Product *catalog.Product
	Flow    *catalog.Flow
}

// Ports reports on a set of ports. The first call parses the whole catalogue,
// once.
func Ports(ports portset.Ports) Report {
	r := Report{Services: risk.Weigh(ports), Ephemeral: ephemeral(ports), Flows: flows(ports), Quiet: quiet.Is(ports)}
	r.Registered, r.RegisteredCount = iana.Registrations(ports, MaxListed)
	r.ServiceCount, r.FlowCount = len(r.Services), len(r.Flows)
	r.Services = r.Services[:min(r.ServiceCount, MaxListed)]
	r.Flows = r.Flows[:min(r.FlowCount, MaxListed)]
	return r
}

func ephemeral(ports portset.Ports) []services.EphemeralRange {
	var touched []services.EphemeralRange
	for _, e := range services.Ephemeral() {
		within := portset.Of(e.Range)
		if slices.ContainsFunc(portset.Protocols(), func(p portset.Protocol) bool { return p.HasPorts() && ports.Of(p).Overlaps(within) }) {
			touched = append(touched, e)
		}
	}
	return touched
}

// flows lists the flows that document one of the ports. Flows for which the
// operating system picks any port say nothing about one of them.
func flows(ports portset.Ports) []ProductFlow {
	var found []ProductFlow
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for i := range product.Flows {
			if f := &product.Flows[i]; !f.SystemPicks() && f.Ports.Overlaps(ports) {
				found = append(found, ProductFlow{product, f})
			}
		}
	}
	// Stable, so that flows of one width keep the order of the catalogue.
	slices.SortStableFunc(found, func(a, b ProductFlow) int { return cmp.Compare(a.Flow.Ports.Len(), b.Flow.Ports.Len()) })
	return found
}
