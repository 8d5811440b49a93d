package risk

import (
	"fmt"
	"net/netip"
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// Advice is a change that would lower the score, with the score that the same
// engine gives the policy after it.
type Advice struct {
	// Action is narrow-range, move-range, declare-listener, cut-peers,
	// single-port or reverse-direction.
	Action string
	// Rule is the first rule that the change is about.
	Rule string
	// Argument and Value are what to write: an argument of the port range, the
	// peer group or the rule, and its value as Terraform text.
	Argument   string
	Value      string
	ScoreAfter int
	Message    string
}

const (
	// advised is how many of the most expensive services get advice: each
	// piece costs an assessment of its own.
	advised = 4
	// assumedJobs is how many ports a range is narrowed to when nobody said how
	// many jobs run at once.
	assumedJobs = 40
	// exampleNetwork4 and 6 are the networks that too wide peers are cut to.
	exampleNetwork4 = 24
	exampleNetwork6 = 64
)

// Advise lists changes that lower the score, the lowest score first. A partial
// policy gets none.
func Advise(p *policy.Policy, a *Assessment) []Advice {
	if a == nil || p.IsPartial() {
		return nil
	}
	var list []Advice
	for _, c := range candidates(p, a) {
		points := total(newModel(c.changed).contributions())
		if after := scoreOf(points); after < a.Score {
			c.advice.ScoreAfter = after
			list = append(list, c.advice)
		}
	}
	sort.SliceStable(list, func(i, j int) bool {
		x, y := &list[i], &list[j]
		if x.ScoreAfter != y.ScoreAfter {
			return x.ScoreAfter < y.ScoreAfter
		}
		if x.Action != y.Action {
			return x.Action < y.Action
		}
		return x.Rule+x.Value < y.Rule+y.Value
	})
	return list
}

// candidate is a change worth computing.
type candidate struct {
	advice  Advice
	changed *policy.Policy
}

// candidates proposes changes to the port ranges and peer groups behind the
// most expensive services.
func candidates(p *policy.Policy, a *Assessment) []candidate {
	rules := map[string]bool{}
	for i := 0; i < len(a.Contributions) && i < advised; i++ {
		if names := a.Contributions[i].Rules; len(names) > 0 {
			rules[names[0]] = true
		}
	}
	var list []candidate
	ranges, groups := map[string]bool{}, map[string]bool{}
	for i := range p.Rules {
		rule := &p.Rules[i]
		if !rules[rule.Name] {
			continue
		}
		for j := range rule.PortRanges {
			portRange := &rule.PortRanges[j]
			if ranges[portRange.Name] {
				continue
			}
			ranges[portRange.Name] = true
			for k := range portRange.Listeners {
				list = append(list, portCandidates(p, rule, portRange, k)...)
			}
		}
		for j := range rule.Peers {
			if groups[rule.Peers[j].Name] {
				continue
			}
			groups[rule.Peers[j].Name] = true
			list = append(list, peerCandidates(p, rule, &rule.Peers[j])...)
		}
	}
	return list
}

func portCandidates(p *policy.Policy, rule *policy.Rule, portRange *policy.PortRange, k int) []candidate {
	listener := &portRange.Listeners[k]
	var list []candidate
	flow := flowOf(listener)
	if protocol, ok := soleProtocol(listener.Ports); ok && protocol.HasPorts() {
		list = append(list, rangeCandidates(p, rule, portRange, k, protocol)...)
	}
	if listener.Kind == policy.Undeclared && listener.Product == "" && listener.Ports.Len() > 1 {
		changed := *listener
		changed.Kind, changed.Negotiated, changed.Name = policy.Negotiated, true, portRange.Name
		list = append(list, candidate{
			advice: Advice{Action: "declare-listener", Rule: rule.Name, Argument: "negotiated", Value: "true",
				Message: fmt.Sprintf("If one listener picks a port of %s per connection, say so in port range %q: nothing else may then listen there.",
					somePorts(listener.Ports), portRange.Name)},
			changed: replaceListener(p, portRange.Name, k, &changed),
		})
	}
	if flow == nil {
		return list
	}
	product, _ := catalog.Get(listener.Product)
	if other, ok := product.Flow(flow.SinglePort); ok {
		flows := flowsWith(portRange, k, other.ID)
		list = append(list, candidate{
			advice: Advice{Action: "single-port", Rule: rule.Name, Argument: "flows", Value: quoted(flows),
				Message: fmt.Sprintf("%s can carry this over %s alone: write flows = %s in port range %q, without ports and roles. %s",
					product.Name, somePorts(other.Ports), quoted(flows), portRange.Name, flow.Configurable)},
			changed: replaceListener(p, portRange.Name, k, listenerOf(product, other)),
		})
	}
	if other, ok := product.Flow(flow.Reversed); ok && rule.Direction == policy.Ingress {
		list = append(list, candidate{
			advice: Advice{Action: "reverse-direction", Rule: rule.Name, Argument: "direction", Value: `"egress"`,
				Message: fmt.Sprintf("%s can dial the other way round (%s): move flow %q out of this rule and write a rule with direction = \"egress\" and flow %q for the same peers.",
					product.Name, other.Configurable, flow.ID, other.ID)},
			changed: reverse(p, rule.Name, portRange.Name, k, listenerOf(product, other)),
		})
	}
	return list
}

// rangeCandidates narrows a negotiated range and moves it to a quiet place.
func rangeCandidates(p *policy.Policy, rule *policy.Rule, portRange *policy.PortRange, k int, protocol portset.Protocol) []candidate {
	listener := &portRange.Listeners[k]
	if !listener.Negotiated {
		return nil
	}
	var list []candidate
	width := listener.Ports.Len()
	needed, why := assumedJobs, fmt.Sprintf("%d ports serve %d concurrent jobs of most products; set concurrency to your own number", assumedJobs, assumedJobs)
	if portRange.Sizing != nil {
		needed, why = portRange.Sizing.Needed, portRange.Sizing.Rule
	}
	change := func(action string, ports portset.Ports, message string) {
		changed := *listener
		changed.Ports = ports
		value := quoted(portsWith(portRange, k, ports).Strings())
		list = append(list, candidate{
			advice: Advice{Action: action, Rule: rule.Name, Argument: "ports", Value: value,
				Message: fmt.Sprintf(message, value, portRange.Name)},
			changed: replaceListener(p, portRange.Name, k, &changed),
		})
	}
	if needed < width {
		change("narrow-range", portset.PortsOf(protocol, listener.Ports.Of(protocol).FirstN(needed)),
			"Narrow the range in the product and write ports = %s in port range %q ("+escape(why)+").")
	}
	flow := flowOf(listener)
	if flow != nil && flow.Configurable == "" {
		return list
	}
	if quiet, ok := services.Quiet(min(width, max(needed, 1)), protocol, p.AllPorts()); ok {
		change("move-range", portset.PortsOf(protocol, portset.Of(quiet)),
			"Move the range in the product and write ports = %s in port range %q: nothing is registered there, and no system hands these ports out.")
	}
	return list
}

// escape keeps a vendor's text from being read as a format.
func escape(text string) string {
	escaped := ""
	for _, r := range text {
		if r == '%' {
			escaped += "%"
		}
		escaped += string(r)
	}
	return escaped
}

// peerCandidates keeps the hosts that are listed one by one, or else shows
// what a network of an ordinary size would score.
func peerCandidates(p *policy.Policy, rule *policy.Rule, group *policy.PeerGroup) []candidate {
	var hosts, cut []netip.Prefix
	wide := false
	for _, prefix := range group.Prefixes.Prefixes() {
		narrow := exampleNetwork4
		if prefix.Addr().Is6() {
			narrow = exampleNetwork6
		}
		switch {
		case prefix.IsSingleIP():
			hosts = append(hosts, prefix)
			cut = append(cut, prefix)
		case prefix.Bits() < narrow:
			wide = true
			cut = append(cut, netip.PrefixFrom(prefix.Addr(), narrow))
		default:
			cut = append(cut, prefix)
		}
	}
	var list []candidate
	add := func(prefixes []netip.Prefix, message string) {
		kept := prefixset.Of(prefixes...)
		value := quoted(kept.Strings())
		list = append(list, candidate{
			advice: Advice{Action: "cut-peers", Rule: rule.Name, Argument: "cidrs", Value: value,
				Message: fmt.Sprintf(message, value, group.Name)},
			changed: replacePeers(p, group.Name, kept),
		})
	}
	if len(hosts) > 0 && len(hosts) < len(group.Prefixes.Prefixes()) {
		add(hosts, "Keep only the hosts that are listed one by one: write cidrs = %s in peer group %q.")
	}
	if wide {
		add(cut, "Cut the networks down to where the backup hosts are. With one network of an ordinary size for each, say cidrs = %s in peer group %q, this is the score.")
	}
	return list
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

func listenerOf(product *catalog.Product, flow *catalog.Flow) *policy.Listener {
	return &policy.Listener{Name: flow.ID, Kind: policy.ProductFlow, Product: product.ID, Flow: flow.ID,
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

// portsWith are the ports of the whole range with listener k's replaced.
func portsWith(portRange *policy.PortRange, k int, ports portset.Ports) portset.Ports {
	for i := range portRange.Listeners {
		if i != k {
			ports = ports.Union(portRange.Listeners[i].Ports)
		}
	}
	return ports
}

// flowsWith are the flows of the whole range with listener k's replaced.
func flowsWith(portRange *policy.PortRange, k int, flow string) []string {
	flows := map[string]bool{flow: true}
	for i := range portRange.Listeners {
		if i != k && portRange.Listeners[i].Flow != "" {
			flows[portRange.Listeners[i].Flow] = true
		}
	}
	return sortedKeys(flows)
}

// edit returns a copy of the policy in which change has had its way with every
// rule; change gets copies and may alter their lists but not the elements.
func edit(p *policy.Policy, change func(*policy.Rule)) *policy.Policy {
	edited := *p
	edited.Rules = make([]policy.Rule, len(p.Rules))
	for i := range p.Rules {
		edited.Rules[i] = p.Rules[i]
		change(&edited.Rules[i])
	}
	return &edited
}

// replaceListener edits a port range wherever the policy uses it.
func replaceListener(p *policy.Policy, name string, k int, listener *policy.Listener) *policy.Policy {
	return edit(p, func(rule *policy.Rule) {
		rule.PortRanges = append([]policy.PortRange{}, rule.PortRanges...)
		for j := range rule.PortRanges {
			if rule.PortRanges[j].Name != name || k >= len(rule.PortRanges[j].Listeners) {
				continue
			}
			listeners := append([]policy.Listener{}, rule.PortRanges[j].Listeners...)
			listeners[k] = *listener
			rule.PortRanges[j].Listeners = listeners
		}
	})
}

func replacePeers(p *policy.Policy, name string, prefixes prefixset.Set) *policy.Policy {
	return edit(p, func(rule *policy.Rule) {
		rule.Peers = append([]policy.PeerGroup{}, rule.Peers...)
		for j := range rule.Peers {
			if rule.Peers[j].Name == name {
				rule.Peers[j].Prefixes = prefixes
			}
		}
	})
}

// reverse moves one listener of a rule into a new rule of the other direction.
func reverse(p *policy.Policy, ruleName, rangeName string, k int, listener *policy.Listener) *policy.Policy {
	var outward policy.Rule
	edited := edit(p, func(rule *policy.Rule) {
		if rule.Name != ruleName {
			return
		}
		outward = *rule
		outward.Name += "-outward"
		outward.Direction = policy.Egress
		outward.PortRanges = []policy.PortRange{{Name: rangeName, Listeners: []policy.Listener{*listener}}}
		rule.PortRanges = append([]policy.PortRange{}, rule.PortRanges...)
		for j := range rule.PortRanges {
			if rule.PortRanges[j].Name == rangeName {
				old := rule.PortRanges[j].Listeners
				rule.PortRanges[j].Listeners = append(append([]policy.Listener{}, old[:k]...), old[k+1:]...)
			}
		}
	})
	edited.Rules = append(edited.Rules, outward)
	return edited
}
