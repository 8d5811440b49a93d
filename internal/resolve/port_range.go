// Package resolve turns what an author declares - a product and its flows, a
// list of ports, a list of addresses - into the resolved form that policies
// are made of: listeners with their ports, prefixes without host bits.
package resolve

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// PortRangeSpec is a port range as the author declares it. Empty strings and
// nil mean that the argument was left out.
type PortRangeSpec struct {
	Name             string
	Product          string
	FromRole, ToRole string
	Flows            []string
	Ports            []string
	Negotiated       *bool
	// Concurrency is the number of jobs that run at once, and Load the counts of
	// a product by unit, for those that grow with something else.
	Concurrency *int
	Load        map[string]int
}

// PortRange is a port range resolved.
type PortRange struct {
	policy.PortRange
	// Effective is everything that the range opens.
	Effective portset.Ports
	// Registered are the services that IANA has registered on these ports, at
	// most MaxRegistered; RegisteredCount counts all of them.
	Registered      []iana.Registration
	RegisteredCount int
	// SizedBy is the argument that Sizing follows from.
	SizedBy string
	// LeftOut are the flows that the roles require and ports does not open.
	LeftOut []*catalog.Flow
	// Quiet is a range of the same width that nothing else uses, as the text
	// for ports; empty when the range is quiet already or cannot move.
	Quiet string
}

// MaxRegistered bounds the list of registered services of a port range.
const MaxRegistered = 50

// Resolve resolves the port range or says everything that is wrong with
// the declaration, each fault at the argument it is about.
func (spec PortRangeSpec) Resolve() (*PortRange, fault.List) {
	var faults fault.List
	faults.Add(policy.CheckName("The port range's name", spec.Name), fault.Attribute("name"))
	ports, portFaults := portset.ParseList(spec.Ports)
	faults.AddAll(portFaults, fault.Attribute("ports"))
	if spec.Ports != nil && len(spec.Ports) == 0 {
		faults.Add(fault.New("No ports",
			"ports = [] opens nothing.",
			"Some clouds read an empty list of ports as all ports.",
			`List at least one port, for example "40000-40039/tcp", or leave ports out and select flows of a product.`), fault.Attribute("ports"))
	}
	faults.AddAll(checkArguments(spec, ports))
	var product *catalog.Product
	if spec.Product != "" {
		known := false
		if product, known = catalog.Get(spec.Product); !known {
			faults.Add(policy.UnknownProduct(spec.Product), fault.Attribute("product"))
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}

	resolved := &PortRange{PortRange: policy.PortRange{Name: spec.Name}}
	if product == nil {
		resolved.Listeners = []policy.Listener{ownListener(spec, ports)}
		resolved.Sizing, resolved.SizedBy = ownSizing(spec, ports), "concurrency"
	} else {
		flows, flowFaults := selectFlows(product, spec)
		if len(flowFaults) > 0 {
			return nil, flowFaults
		}
		faults.Add(checkOpenEnded(product, flows, spec), fault.Attribute("ports"))
		if len(faults) > 0 {
			return nil, faults
		}
		resolved.Listeners, faults = shareOut(product, flows, ports, spec)
		if len(faults) > 0 {
			return nil, faults
		}
		resolved.LeftOut = leftOut(flows, resolved.Listeners, spec)
		resolved.Sizing, resolved.SizedBy, faults = productSizing(product, spec, resolved.Listeners)
		if len(faults) > 0 {
			return nil, faults
		}
	}
	resolved.describe()
	return resolved, nil
}

// checkArguments finds arguments that contradict each other.
func checkArguments(spec PortRangeSpec, ports portset.Ports) fault.List {
	var faults fault.List
	if spec.Product == "" && spec.Ports == nil {
		faults.Add(fault.New("Nothing to open",
			"Neither product nor ports is given.",
			"A port range must say which ports it opens.",
			`Write product = "veeam" with from_role and to_role, or ports = ["40000-40039/tcp"].`))
	}
	if spec.Product != "" && !ports.Of(portset.Other).IsEmpty() {
		// What is left of it beside the flows has no text that a policy could read.
		faults.Add(fault.New("Any beside a product",
			fmt.Sprintf("ports has %q beside product = %q.", portset.Any(), spec.Product),
			"No product listens on every protocol.",
			"Write the ports of the product, or put \"any\" into a port range of its own, without product."), fault.Attribute("ports"))
	}
	if spec.Product == "" {
		for _, other := range []struct {
			name  string
			given bool
		}{{"from_role", spec.FromRole != ""}, {"to_role", spec.ToRole != ""}, {"flows", spec.Flows != nil}, {"load", len(spec.Load) > 0}} {
			if other.given {
				faults.Add(fault.New("Argument without product",
					other.name+" is given, and product is not.",
					"Roles, flows and units of load are those of a product in the catalogue.",
					"Add product, an id of "+policy.CatalogueGuide+", or remove "+other.name+"."), fault.Attribute(other.name))
			}
		}
	} else if spec.Negotiated != nil {
		faults.Add(fault.New("Negotiated is the catalogue's",
			fmt.Sprintf("negotiated = %t is given beside product = %q.", *spec.Negotiated, spec.Product),
			"Whether a flow negotiates its port is in the product's documentation.",
			"Remove negotiated, or remove product to describe a listener of your own."), fault.Attribute("negotiated"))
	}
	if (spec.FromRole == "") != (spec.ToRole == "") {
		missing, given := "to_role", "from_role"
		if spec.FromRole == "" {
			missing, given = given, missing
		}
		faults.Add(fault.New("Half a role pair",
			given+" is given, and "+missing+" is not.",
			"Who dials and who listens select the flows together.",
			"Add "+missing+"."), fault.Attribute(given))
	}
	if spec.FromRole != "" && spec.Flows != nil {
		faults.Add(fault.New("Roles and flows",
			"Both from_role and flows are given.",
			"Roles select every required flow between them, flows select by name; the two can contradict each other.",
			"Keep one of them."), fault.Attribute("flows"))
	}
	if spec.Flows != nil && len(spec.Flows) == 0 {
		faults.Add(fault.New("No flows",
			"flows = [] selects nothing.",
			"A port range must say which ports it opens.",
			"Name at least one flow, or use from_role and to_role."), fault.Attribute("flows"))
	}
	if spec.Negotiated != nil && *spec.Negotiated {
		for _, e := range ports.Entries() {
			if !e.Protocol.HasPorts() {
				what := e.String()
				if ports.Equal(portset.Any()) {
					what = portset.Any().String()
				}
				faults.Add(fault.New("Nothing to negotiate",
					fmt.Sprintf("negotiated = true with %q, which is not a range of ports.", what),
					"A negotiated listener picks one port of the range per connection.",
					"Put protocols without ports into a port range of their own."), fault.Attribute("ports"))
				break
			}
		}
	}
	faults.AddAll(checkConcurrency(spec))
	faults.AddAll(checkLoad(spec))
	return faults
}

// ownListener is the listener of a range without a product.
func ownListener(spec PortRangeSpec, ports portset.Ports) policy.Listener {
	l := policy.Listener{Name: spec.Name, Kind: policy.Undeclared, Ports: ports}
	if spec.Negotiated != nil && *spec.Negotiated {
		l.Kind, l.Negotiated = policy.Negotiated, true
	}
	return l
}

// selectFlows returns the flows that the author selected: by name, by roles
// (the required ones), or - with ports alone - every flow of the product.
func selectFlows(product *catalog.Product, spec PortRangeSpec) ([]*catalog.Flow, fault.List) {
	var faults fault.List
	switch {
	case spec.Flows != nil:
		var flows []*catalog.Flow
		for i, id := range spec.Flows {
			flow, known := product.Flow(id)
			if !known {
				faults.Add(policy.UnknownFlow(product, id), fault.Attribute("flows"), fault.Index(i))
				continue
			}
			if slices.Contains(flows, flow) {
				faults.Add(fault.New("Flow named twice",
					fmt.Sprintf("flows names %q twice.", id),
					"It may stand in the place of another flow that was meant.",
					"Remove it, or write the other flow."), fault.Attribute("flows"), fault.Index(i))
				continue
			}
			flows = append(flows, flow)
		}
		return flows, faults
	case spec.FromRole != "":
		return selectByRoles(product, spec)
	case spec.Ports != nil:
		flows := make([]*catalog.Flow, len(product.Flows))
		for i := range product.Flows {
			flows[i] = &product.Flows[i]
		}
		return flows, nil
	default:
		faults.Add(fault.New("Product without a link",
			fmt.Sprintf("product = %q alone stands for %d flows between %d roles.", product.ID, len(product.Flows), len(product.Roles)),
			"No host needs all of them, and each one opens more.",
			"Say who dials and who listens with from_role and to_role (for example "+somePairs(product)+"), name flows, or list ports."),
			fault.Attribute("product"))
		return nil, faults
	}
}

func selectByRoles(product *catalog.Product, spec PortRangeSpec) ([]*catalog.Flow, fault.List) {
	var faults fault.List
	roles := make([]string, len(product.Roles))
	for i := range product.Roles {
		roles[i] = product.Roles[i].ID
	}
	for _, given := range []struct{ argument, role string }{{"from_role", spec.FromRole}, {"to_role", spec.ToRole}} {
		if !slices.Contains(roles, given.role) {
			faults.Add(fault.New("Unknown role",
				fmt.Sprintf("%s = %s is not a role of product %q.", given.argument, policy.Quote(given.role), product.ID),
				"Roles select the documented flows.",
				"Use one of "+strings.Join(roles, ", ")+"."), fault.Attribute(given.argument))
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	between := product.Between(spec.FromRole, spec.ToRole)
	if len(between) == 0 {
		faults.Add(fault.New("Roles without a flow",
			fmt.Sprintf("In product %q no documented flow goes from %q to %q.", product.ID, spec.FromRole, spec.ToRole),
			"There is nothing to open between them; the other one may be the one that dials.",
			"Pairs that have flows: "+pairs(product)+"."), fault.Attribute("from_role"))
		return nil, faults
	}
	var required []*catalog.Flow
	var optional []string
	for _, flow := range between {
		if flow.Required {
			required = append(required, flow)
		} else {
			optional = append(optional, fmt.Sprintf("%q", flow.ID))
		}
	}
	if len(required) == 0 {
		faults.Add(fault.New("Only optional flows",
			fmt.Sprintf("In product %q every flow from %q to %q is optional.", product.ID, spec.FromRole, spec.ToRole),
			"Roles select what is required; what a site may not need stays closed until somebody names it.",
			"Name those in use in flows, in place of the roles; there are "+strings.Join(optional, ", ")+"."), fault.Attribute("from_role"))
		return nil, faults
	}
	return required, nil
}

func pairs(product *catalog.Product) string {
	var texts []string
	for _, p := range product.Pairs() {
		texts = append(texts, p.From+" → "+p.To)
	}
	return strings.Join(texts, ", ")
}

func somePairs(product *catalog.Product) string {
	all := product.Pairs()
	var texts []string
	for i := 0; i < len(all) && i < 3; i++ {
		texts = append(texts, all[i].From+" → "+all[i].To)
	}
	return strings.Join(texts, ", ")
}

// shareOut gives every port to exactly one listener: to the selected flow that
// documents it most narrowly, and of equal ones to a required one. Ports that
// no selected flow documents belong to the flow that was selected for them, if
// there is only one it can be; otherwise nobody has said what listens there.
func shareOut(product *catalog.Product, flows []*catalog.Flow, ports portset.Ports, spec PortRangeSpec) ([]policy.Listener, fault.List) {
	var faults fault.List
	order := slices.Clone(flows)
	sort.SliceStable(order, func(i, j int) bool {
		a, b := order[i], order[j]
		if a.Ports.Len() != b.Ports.Len() {
			return a.Ports.Len() < b.Ports.Len()
		}
		return a.Required && !b.Required
	})
	left := ports
	if spec.Ports == nil {
		for _, flow := range flows {
			left = left.Union(flow.Ports)
		}
	}
	share := map[string]portset.Ports{}
	for _, flow := range order {
		share[flow.ID] = left.Intersect(flow.Ports)
		left = left.Minus(flow.Ports)
	}
	if spec.Flows != nil || spec.FromRole != "" {
		for _, protocol := range portset.Protocols() {
			rest := left.Of(protocol)
			flow := soleCandidate(flows, protocol)
			if rest.IsEmpty() || flow == nil {
				continue
			}
			moved := portset.PortsOf(protocol, rest)
			share[flow.ID] = share[flow.ID].Union(moved)
			left = left.Minus(moved)
		}
	}
	var listeners []policy.Listener
	for i, flow := range flows {
		if share[flow.ID].IsEmpty() {
			if spec.Flows != nil && spec.Ports != nil && !ports.Overlaps(flow.Ports) {
				faults.Add(fault.New("Flow without ports",
					fmt.Sprintf("flows names %q (%s), and none of its ports is in ports.", flow.ID, flow.Ports),
					"The flow would look open and fail.",
					fmt.Sprintf("Add %q to ports, or remove the flow.", flow.Ports.Strings()[0])), fault.Attribute("flows"), fault.Index(i))
			}
			continue
		}
		listeners = append(listeners, policy.Listener{Name: flow.ID, Kind: policy.ProductFlow, Product: product.ID, Flow: flow.ID,
			Ports: share[flow.ID], Negotiated: flow.Negotiated, Encrypted: flow.Encrypted})
	}
	if !left.IsEmpty() {
		listeners = append(listeners, policy.Listener{Name: spec.Name, Kind: policy.Undeclared, Product: product.ID, Ports: left})
	}
	return listeners, faults
}

// Documented shares the ports out among all flows of the product, each to the
// one that documents it most narrowly. What no flow documents is undeclared,
// under the name.
func Documented(product *catalog.Product, name string, ports portset.Ports) []policy.Listener {
	flows := make([]*catalog.Flow, len(product.Flows))
	for i := range product.Flows {
		flows[i] = &product.Flows[i]
	}
	// Faults are about flows that were selected by name; none was.
	listeners, _ := shareOut(product, flows, ports, PortRangeSpec{Name: name, Product: product.ID, Ports: ports.Strings()})
	return listeners
}

// soleCandidate is the flow that undocumented ports of a protocol must belong
// to: the only selected one, or the only one of several that negotiates.
func soleCandidate(flows []*catalog.Flow, protocol portset.Protocol) *catalog.Flow {
	var all, negotiated []*catalog.Flow
	for _, flow := range flows {
		if flow.Ports.Of(protocol).IsEmpty() {
			continue
		}
		all = append(all, flow)
		if flow.Negotiated {
			negotiated = append(negotiated, flow)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	if len(negotiated) == 1 {
		return negotiated[0]
	}
	return nil
}
