package resolve

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// OpeningSpec is one opening as somebody asks about it, without a policy
// around it. Ports, Peers and Zone must be there; empty strings and nil mean
// that one of the others was left out.
type OpeningSpec struct {
	Ports      portset.Ports
	Peers      prefixset.Set
	Zone       string
	ZoneReason string
	Direction  string
	Product    string
	Flows      []string
	Negotiated *bool
}

// OpeningName names the policy, its rule and everything in it.
const OpeningName = "opening"

// Resolve returns the policy of the one rule that opens the ports to the
// addresses, or says everything that is wrong, each fault at the argument that
// it is about: ports, cidrs, zone, direction, product, flows or negotiated.
func (spec OpeningSpec) Resolve() (*policy.Policy, fault.List) {
	var faults fault.List
	rule := policy.Rule{Name: OpeningName}
	if spec.Direction != "" {
		direction, known := policy.ParseDirection(spec.Direction)
		if !known {
			faults.Add(UnknownDirection(spec.Direction), fault.Attribute("direction"))
		}
		rule.Direction = direction
	}
	if spec.Ports.IsEmpty() {
		faults.Add(fault.New("No ports",
			"ports = [] opens nothing.",
			"Some clouds read an empty list of ports as all ports.",
			`List at least one port, for example "40000-40039/tcp".`), fault.Attribute("ports"))
		if _, known := catalog.Get(spec.Product); spec.Product != "" && !known {
			faults.Add(policy.UnknownProduct(spec.Product), fault.Attribute("product"))
		}
	} else {
		ports := PortRangeSpec{Name: OpeningName, Product: spec.Product, Flows: spec.Flows, Ports: spec.Ports.Strings(), Negotiated: spec.Negotiated}
		resolved, portFaults := ports.Resolve()
		faults.AddAll(portFaults)
		if resolved != nil {
			rule.PortRanges = []policy.PortRange{resolved.PortRange}
		}
	}
	peers := policy.PeerGroup{Name: OpeningName, Prefixes: spec.Peers, ZoneReason: spec.ZoneReason}
	var known bool
	if peers.Zone, known = policy.ParseZone(spec.Zone); !known {
		faults.Add(unknownZone(spec.Zone), fault.Attribute("zone"))
	}
	if spec.Peers.IsEmpty() {
		faults.Add(noAddresses(), fault.Attribute("cidrs"))
	}
	rule.Peers = []policy.PeerGroup{peers}
	if len(faults) > 0 {
		return nil, faults
	}
	return &policy.Policy{Name: OpeningName, Rules: []policy.Rule{rule}}, nil
}

// UnknownDirection is the fault of a word that is not a direction.
func UnknownDirection(word string) *fault.Fault {
	return fault.New("Unknown direction",
		fmt.Sprintf("direction = %s is not a direction.", policy.Quote(word)),
		"It says who dials.",
		`Write "ingress" when the peers dial this host, "egress" when this host dials the peers.`)
}
