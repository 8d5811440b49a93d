package resolve

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

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
