package risk

import (
	"fmt"
	"sort"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
)

// portCandidates proposes changes to listener k of port range j of a rule.
func (x *proposals) portCandidates(ruleIndex, j, k int) []candidate {
	p := x.policy
	rule := &p.Rules[ruleIndex]
	portRange := &rule.PortRanges[j]
	listener := &portRange.Listeners[k]
	list := x.rangeCandidates(rule, portRange, k)
	if c, ok := declareCandidate(p, rule, portRange); ok {
		list = append(list, c)
	}
	flow := flowOf(listener)
	if flow == nil || productOf(portRange) == nil {
		return list
	}
	product := productOf(portRange)
	if other, ok := product.Flow(flow.SinglePort); ok {
		flows, listeners := selection(product, portRange, k, other)
		list = append(list, candidate{
			advice: Advice{Action: "single-port", Rule: rule.Name, Argument: "flows", Value: quoted(flows),
				Message: strings.TrimSpace(fmt.Sprintf("%s can carry this over %s alone: write flows = %s in port range %q, without ports and roles. %s",
					product.Name, SomePorts(other.Ports), quoted(flows), portRange.Name, sentence(flow.Configurable)))},
			edit: func() edit { return replaceListeners(p, portRange, listeners) },
		})
	}
	if other, ok := product.Flow(flow.Reversed); ok && rule.Direction == policy.Ingress {
		list = append(list, candidate{
			advice: Advice{Action: "reverse-direction", Rule: rule.Name, Argument: "direction", Value: `"egress"`,
				Message: fmt.Sprintf("%s can dial the other way round (%s): take flow %q with %s out of this rule and write a rule with direction = \"egress\" and flow %q for the same peers.",
					product.Name, strings.TrimSuffix(other.Configurable, "."), flow.ID, SomePorts(listener.Ports), other.ID)},
			edit: func() edit { return reverse(p, ruleIndex, j, k, listenerOf(product, other)) },
		})
	}
	return list
}

// sentence ends a vendor's words like one.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return capital(strings.TrimSuffix(text, ".")) + "."
}

// productOf is the product of a port range that consists of its flows, as a
// port range with product does; nil for others.
func productOf(portRange *policy.PortRange) *catalog.Product {
	var product *catalog.Product
	for i := range portRange.Listeners {
		l := &portRange.Listeners[i]
		found, known := catalog.Get(l.Product)
		if !known || product != nil && product != found || l.Kind == policy.Negotiated {
			return nil
		}
		product = found
	}
	return product
}

// declareCandidate says that a range without a product is negotiated.
func declareCandidate(p *policy.Policy, rule *policy.Rule, portRange *policy.PortRange) (candidate, bool) {
	if len(portRange.Listeners) != 1 {
		return candidate{}, false
	}
	declared := portRange.Listeners[0]
	if declared.Kind != policy.Undeclared || declared.Product != "" || declared.Ports.Len() < 2 {
		return candidate{}, false
	}
	for _, e := range declared.Ports.Entries() {
		if !e.Protocol.HasPorts() {
			return candidate{}, false
		}
	}
	declared.Kind, declared.Negotiated, declared.Name = policy.Negotiated, true, portRange.Name
	return candidate{
		advice: Advice{Action: "declare-listener", Rule: rule.Name, Argument: "negotiated", Value: "true",
			Message: fmt.Sprintf("If one listener picks a port of %s per connection, write negotiated = true in port range %q: nothing else may then listen there.",
				SomePorts(declared.Ports), portRange.Name)},
		edit: func() edit { return replaceListeners(p, portRange, []policy.Listener{declared}) },
	}, true
}

// rangeCandidates narrows a negotiated range and moves it to a quiet place.
func (x *proposals) rangeCandidates(rule *policy.Rule, portRange *policy.PortRange, k int) []candidate {
	listener := &portRange.Listeners[k]
	protocol, sole := soleProtocol(listener.Ports)
	flow := flowOf(listener)
	if !listener.Negotiated || !sole || !protocol.HasPorts() || flow != nil && flow.Configurable == "" {
		return nil
	}
	twins := twinsOf(portRange, k)
	var list []candidate
	change := func(action string, ports portset.Set, how, because string) {
		var all portset.Ports
		for i := range portRange.Listeners {
			kept := portRange.Listeners[i].Ports
			if own, twin := twins[i]; twin {
				kept = portset.PortsOf(own, ports)
			}
			all = all.Union(kept)
		}
		listeners, ok := shared(portRange, all)
		texts := all.Strings()
		// What cannot be read back cannot be written either.
		if _, faults := portset.ParseList(texts); !ok || len(texts) > longestValue || len(faults) > 0 {
			return
		}
		value := quoted(texts)
		list = append(list, candidate{
			advice: Advice{Action: action, Rule: rule.Name, Argument: "ports", Value: value,
				Message: fmt.Sprintf("%s the range in the product and write %sports = %s in port range %q%s.", how, namedFlows(portRange), value, portRange.Name, because)},
			edit: func() edit { return replaceListeners(x.policy, portRange, listeners) },
		})
	}
	width := listener.Ports.Len()
	needed, why := assumedJobs, fmt.Sprintf("%d ports serve %d concurrent jobs of most products; set concurrency to your own number", assumedJobs, assumedJobs)
	if portRange.Sizing != nil {
		needed, why = max(1, portRange.Sizing.Needed-portRange.FixedBeside(k).Of(protocol).Len()), portRange.Sizing.Rule
		if portRange.Sizing.Configured < portRange.Sizing.Needed {
			needed = max(needed, width) // nothing to spare
		}
	}
	if needed < width {
		change("narrow-range", listener.Ports.Of(protocol).FirstN(needed), "Narrow", " ("+strings.TrimSuffix(why, ".")+")")
	}
	var taken portset.Set
	for _, own := range twins {
		taken = taken.Union(x.allPorts().Of(own))
	}
	if free, ok := quiet.Range(min(width, needed), protocol, portset.PortsOf(protocol, taken)); ok {
		change("move-range", portset.Of(free), "Move", ": nothing is registered there, and no system hands these ports out")
	}
	return list
}

// twinsOf are the listeners of a port range that are on the same numbers as
// listener k, itself included, by index with the protocol: products that
// negotiate over TCP and UDP have one setting for both.
func twinsOf(portRange *policy.PortRange, k int) map[int]portset.Protocol {
	of := func(l *policy.Listener) (portset.Protocol, portset.Set) {
		protocol, sole := soleProtocol(l.Ports)
		if flow := flowOf(l); !sole || !l.Negotiated || flow == nil || flow.Configurable == "" {
			return protocol, portset.Set{}
		}
		return protocol, l.Ports.Of(protocol)
	}
	own, _ := soleProtocol(portRange.Listeners[k].Ports)
	twins := map[int]portset.Protocol{k: own}
	_, numbers := of(&portRange.Listeners[k])
	for i := range portRange.Listeners {
		if protocol, same := of(&portRange.Listeners[i]); i != k && !same.IsEmpty() && same.Equal(numbers) {
			twins[i] = protocol
		}
	}
	return twins
}

// namedFlows writes the flows of a port range of a product. Ports that the
// product does not document belong to a flow only when it is named, and other
// flows that roles select would be left without ports.
func namedFlows(portRange *policy.PortRange) string {
	var flows []string
	for i := range portRange.Listeners {
		if flow := flowOf(&portRange.Listeners[i]); flow != nil {
			flows = append(flows, flow.ID)
		}
	}
	if len(flows) == 0 {
		return ""
	}
	return "flows = " + quoted(flows) + " and "
}

// shared gives the ports that somebody writes for a port range to its
// listeners, as the port range itself does: each flow keeps what it has, and
// other ports go to the only flow that they can belong to, or to nobody. It is
// false when a flow would lose all ports.
func shared(portRange *policy.PortRange, ports portset.Ports) ([]policy.Listener, bool) {
	if len(portRange.Listeners) == 1 && portRange.Listeners[0].Kind != policy.Undeclared {
		only := portRange.Listeners[0]
		only.Ports = ports
		return []policy.Listener{only}, true
	}
	product := productOf(portRange)
	if product == nil {
		return nil, false
	}
	var listeners []policy.Listener
	rest := ports
	for _, l := range portRange.Listeners {
		if flowOf(&l) == nil {
			continue
		}
		l.Ports = l.Ports.Intersect(rest)
		rest = rest.Minus(l.Ports)
		listeners = append(listeners, l)
	}
	for _, protocol := range portset.Protocols() {
		moved := portset.PortsOf(protocol, rest.Of(protocol))
		if at := soleCandidate(listeners, protocol); at >= 0 {
			listeners[at].Ports = listeners[at].Ports.Union(moved)
			rest = rest.Minus(moved)
		}
	}
	for i := range listeners {
		if listeners[i].Ports.IsEmpty() {
			return nil, false
		}
	}
	if !rest.IsEmpty() {
		listeners = append(listeners, policy.Listener{Name: portRange.Name, Kind: policy.Undeclared, Product: product.ID, Ports: rest})
	}
	return listeners, true
}

// soleCandidate is the only flow of the protocol, or the only negotiated one;
// -1 when there is none.
func soleCandidate(listeners []policy.Listener, protocol portset.Protocol) int {
	var all, negotiated []int
	for i := range listeners {
		flow := flowOf(&listeners[i])
		if flow == nil || flow.Ports.Of(protocol).IsEmpty() {
			continue
		}
		all = append(all, i)
		if flow.Negotiated {
			negotiated = append(negotiated, i)
		}
	}
	switch {
	case len(all) == 1:
		return all[0]
	case len(negotiated) == 1:
		return negotiated[0]
	default:
		return -1
	}
}

func flowOf(l *policy.Listener) *catalog.Flow {
	if l.Kind != policy.ProductFlow {
		return nil
	}
	product, known := catalog.Get(l.Product)
	if !known {
		return nil
	}
	flow, _ := product.Flow(l.Flow)
	return flow
}

func listenerOf(product *catalog.Product, flow *catalog.Flow) policy.Listener {
	return policy.Listener{Name: flow.ID, Kind: policy.ProductFlow, Product: product.ID, Flow: flow.ID,
		Ports: flow.Ports, Negotiated: flow.Negotiated, Encrypted: flow.Encrypted}
}

func soleProtocol(ports portset.Ports) (portset.Protocol, bool) {
	found, n := portset.TCP, 0
	for _, protocol := range portset.Protocols() {
		if !ports.Of(protocol).IsEmpty() {
			found = protocol
			n++
		}
	}
	return found, n == 1
}

// selection is the port range with flow k replaced, written as flows alone:
// the ids, and the listeners that they select. A port of several flows belongs
// to the one with the fewest ports, of equal ones to a required one.
func selection(product *catalog.Product, portRange *policy.PortRange, k int, instead *catalog.Flow) ([]string, []policy.Listener) {
	ids := map[string]bool{instead.ID: true}
	for i := range portRange.Listeners {
		if flow := flowOf(&portRange.Listeners[i]); i != k && flow != nil {
			ids[flow.ID] = true
		}
	}
	names := sortedKeys(ids)
	flows := make([]*catalog.Flow, len(names))
	for i, id := range names {
		flows[i], _ = product.Flow(id)
	}
	sort.SliceStable(flows, func(i, j int) bool {
		a, b := flows[i], flows[j]
		if a.Ports.Len() != b.Ports.Len() {
			return a.Ports.Len() < b.Ports.Len()
		}
		return a.Required && !b.Required
	})
	var listeners []policy.Listener
	var taken portset.Ports
	for _, flow := range flows {
		l := listenerOf(product, flow)
		l.Ports = flow.Ports.Minus(taken)
		taken = taken.Union(flow.Ports)
		if !l.Ports.IsEmpty() {
			listeners = append(listeners, l)
		}
	}
	return names, listeners
}
