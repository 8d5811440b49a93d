package emit

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// A port of a NetworkPolicy is a number from 1 to 65535, with endPort a range
// of them, and without a number every port of the protocol. So port 0 is open
// together with all others or not at all.

// kubernetesPort is one entry of a rule's ports, as the manifest has it.
type kubernetesPort struct {
	Protocol string `json:"protocol"`
	Port     *int   `json:"port,omitempty"`    // nil is every port
	EndPort  *int   `json:"endPort,omitempty"` // nil is Port alone
}

// values are those of the column "ports".
func (p kubernetesPort) values() []any {
	values := []any{p.Protocol, nil, nil}
	if p.Port != nil {
		values[1] = strconv.Itoa(*p.Port)
	}
	if p.EndPort != nil {
		values[2] = int64(*p.EndPort)
	}
	return values
}

var kubernetesNames = []struct {
	protocol portset.Protocol
	name     string
}{{portset.TCP, "TCP"}, {portset.UDP, "UDP"}, {portset.SCTP, "SCTP"}}

// kubernetesPorts writes ports, which hold port 0 of a protocol only together
// with all others of it. Ranges of up to expand ports are written port by port.
func kubernetesPorts(ports portset.Ports, expand int) []kubernetesPort {
	var all []kubernetesPort
	for _, n := range kubernetesNames {
		set := ports.Of(n.protocol)
		if set.Contains(0) {
			all = append(all, kubernetesPort{Protocol: n.name})
			continue
		}
		for _, r := range set.Ranges() {
			first, last := int(r.First), int(r.Last)
			if first < last && r.Len() > expand {
				all = append(all, kubernetesPort{Protocol: n.name, Port: &first, EndPort: &last})
				continue
			}
			for port := first; port <= last; port++ {
				all = append(all, kubernetesPort{Protocol: n.name, Port: &port})
			}
		}
	}
	return all
}

// portsFromZero finds policy rules that open port 0 to peers to whom the rest
// of the protocol is not open as well, by this rule or another.
func portsFromZero(p *policy.Policy) []problem {
	var problems []problem
	for _, d := range policy.Directions() {
		rules := slices.DeleteFunc(slices.Clone(p.Rules), func(r policy.Rule) bool { return r.Direction != d })
		for _, n := range kubernetesNames {
			ports := make([]portset.Set, len(rules))
			for i := range rules {
				ports[i] = rules[i].Ports().Of(n.protocol)
			}
			for _, i := range loneZeros(rules, ports) {
				run := portset.Entry{Protocol: n.protocol, Range: ports[i].Ranges()[0]}
				problems = append(problems, problem{rule: rules[i].Name, order: 5, what: n.name, fault: portZero(rules[i].Name, run, "a Kubernetes NetworkPolicy")})
			}
		}
	}
	return problems
}

// loneZeros returns the rules, by index, that open port 0 to somebody to whom
// all rules together do not open all ports.
func loneZeros(rules []policy.Rule, ports []portset.Set) []int {
	var zeros []int
	var peers []prefixset.Set
	for i := range rules {
		if startsAtZero(ports[i]) && !rules[i].Prefixes().IsEmpty() {
			zeros, peers = append(zeros, i), append(peers, rules[i].Prefixes())
		}
	}
	if len(zeros) == 0 || !portset.UnionAll(ports).Equal(portset.AllPorts()) {
		return zeros
	}
	// Only the peers of these rules matter, and there are few such rules.
	within := prefixset.UnionAll(peers)
	narrowed := make([]prefixset.Set, len(rules))
	for i := range rules {
		if !ports[i].IsEmpty() {
			narrowed[i] = rules[i].Prefixes().Intersect(within)
		}
	}
	lone := map[int]bool{}
	for _, atom := range region.Atoms(narrowed) {
		open := make([]portset.Set, len(atom.Members))
		for at, i := range atom.Members {
			open[at] = ports[i]
		}
		if portset.UnionAll(open).Equal(portset.AllPorts()) {
			continue
		}
		for _, i := range atom.Members {
			lone[i] = true
		}
	}
	return slices.DeleteFunc(zeros, func(i int) bool { return !lone[i] })
}

// startsAtZero reports whether port 0 is in the set without all others.
func startsAtZero(s portset.Set) bool { return s.Contains(0) && !s.Equal(portset.AllPorts()) }

// wholeFromZero opens the whole protocol where a product has port 0 of it:
// portsFromZero has found nothing, so all of it is open to the same peers by
// other products. Products that become alike are joined.
func wholeFromZero(products []compile.Product) []compile.Product {
	var joined []compile.Product
	at := map[string]int{}
	for _, p := range products {
		if !p.Any {
			for _, n := range kubernetesNames {
				if p.Ports.Of(n.protocol).Contains(0) {
					p.Ports = p.Ports.Union(portset.WholeProtocol(n.protocol))
				}
			}
		}
		key := p.Direction.String() + " " + productPortsKey(&p)
		i, known := at[key]
		if !known {
			at[key] = len(joined)
			joined = append(joined, p)
			continue
		}
		joined[i].Prefixes = joined[i].Prefixes.Union(p.Prefixes)
		rules := slices.Concat(joined[i].Rules, p.Rules)
		slices.Sort(rules)
		joined[i].Rules = slices.Compact(rules)
	}
	return joined
}

// longRanges finds the policy rules behind ranges of more than expand ports;
// none if ranges may stay ranges.
func longRanges(p *policy.Policy, products []compile.Product, expand int) []problem {
	if expand == 0 {
		return nil
	}
	var problems []problem
	for i := range products {
		product := &products[i]
		for _, n := range kubernetesNames {
			set := product.Ports.Of(n.protocol)
			if set.Contains(0) {
				continue // written without a number, or refused already
			}
			for _, r := range set.Ranges() {
				if r.Len() <= expand {
					continue
				}
				run := portset.Entry{Protocol: n.protocol, Range: r}
				for _, rule := range opening(p, product.Rules, portset.PortsOf(n.protocol, portset.Of(r))) {
					problems = append(problems, problem{rule: rule, order: 6, what: run.String(), fault: rangeTooLong(rule, run, expand)})
				}
			}
		}
	}
	return problems
}

func rangeTooLong(rule string, run portset.Entry, expand int) *fault.Fault {
	return fault.New("Range too long",
		fmt.Sprintf("Rule %q takes part in opening %s, which is %d ports, and expand_ranges = %d writes no more of them port by port.", rule, run, run.Range.Len(), expand),
		"A network plugin that ignores endPort would open the first port only, without a word.",
		fmt.Sprintf("Narrow the range in the product and here, write expand_ranges = %d, or leave expand_ranges out if your network plugin knows endPort.", run.Range.Len()))
}

// leastBytes is a lower bound for the size of the manifest.
func leastBytes(products []compile.Product, expand int) int {
	least := 0
	for i := range products {
		if products[i].Any {
			continue
		}
		for _, e := range products[i].Ports.Entries() {
			entries := 1
			if e.Range.Len() <= expand {
				entries = e.Range.Len()
			}
			least += entries * len("- protocol: TCP\n")
		}
	}
	return least
}
