package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// Warnings are everything about the range that an author should look at and
// that keeps nothing from being planned.
func Warnings(r *PortRange) fault.List {
	return slices.Concat(SizingWarnings(r), ConfidenceWarnings(r), LeftOutWarnings(r))
}

// ConfidenceWarnings names the flows of the range whose facts nobody has read
// at the vendor: whoever opens their ports should look them up first.
func ConfidenceWarnings(r *PortRange) fault.List {
	var flows []string
	var product *catalog.Product
	for i := range r.Listeners {
		l := &r.Listeners[i]
		known, ok := catalog.Get(l.Product)
		if !ok {
			continue
		}
		if flow, ok := known.Flow(l.Flow); ok && flow.Confidence == catalog.Low {
			product = known
			flows = append(flows, fmt.Sprintf("%s (%s)", flow.ID, l.Ports))
		}
	}
	if len(flows) == 0 {
		return nil
	}
	var warnings fault.List
	warnings.Add(fault.New("Unverified flows",
		fmt.Sprintf("What the catalogue says of %s is of low confidence: %s.", product.Name, strings.Join(flows, ", ")),
		"Nobody has read these ports in the vendor's documentation; they may be wrong, or not enough.",
		"Compare them with the documentation of your release before you open them."), fault.Attribute("product"))
	return warnings
}

// leftOut are the flows that the roles require and the author's ports do not
// open.
func leftOut(flows []*catalog.Flow, listeners []policy.Listener, spec PortRangeSpec) []*catalog.Flow {
	if spec.FromRole == "" || spec.Ports == nil {
		return nil
	}
	var missing []*catalog.Flow
	for _, flow := range flows {
		opened := slices.ContainsFunc(listeners, func(l policy.Listener) bool {
			return l.Flow == flow.ID || l.Ports.Overlaps(flow.Ports)
		})
		if !opened {
			missing = append(missing, flow)
		}
	}
	return missing
}

// LeftOutWarnings names the required flows that ports does not open.
func LeftOutWarnings(r *PortRange) fault.List {
	if len(r.LeftOut) == 0 {
		return nil
	}
	flows := make([]string, len(r.LeftOut))
	for i, flow := range r.LeftOut {
		flows[i] = fmt.Sprintf("%s (%s)", flow.ID, flow.Ports)
	}
	var warnings fault.List
	warnings.Add(fault.New("Required flows left out",
		fmt.Sprintf("from_role and to_role select flows of which ports opens nothing: %s.", strings.Join(flows, ", ")),
		"The catalogue says that the two roles cannot do without them.",
		"Add their ports, or name the flows in use with flows."), fault.Attribute("ports"))
	return warnings
}
