package risk

import (
	"fmt"
	"slices"
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// checkRedundantRule finds rules that allow nothing which the rules that stay
// do not allow. Of several equal rules the first by name stays.
func checkRedundantRule(m *model) []Finding {
	if len(m.policy.Rules) < 2 {
		return nil // no other rule
	}
	byRule := map[*policy.Rule][]*opening{}
	for _, o := range m.openings {
		byRule[o.rule] = append(byRule[o.rule], o)
	}
	redundant := map[*policy.Rule]bool{}
	for _, direction := range policy.Directions() {
		r := newRedundancy(m, direction)
		// The last name first: the first of several equal rules stays.
		for i := len(r.rules) - 1; i >= 0; i-- {
			if rule := r.rules[i]; r.covered(rule) {
				r.drop(rule)
				redundant[rule.rule] = true
			}
		}
	}
	var findings []Finding
	for i := range m.policy.Rules {
		rule := &m.policy.Rules[i]
		if !redundant[rule] {
			continue
		}
		var entries []bucketEntry
		for _, o := range byRule[rule] {
			entries = append(entries, entriesOf(o)...)
		}
		f := findingOf(RedundantRule, Low, Warn, m.causesByPorts(entries))
		f.Place = f.Place[:2]
		f.Message = fmt.Sprintf("Rule %q allows nothing that the other rules do not allow already: to remove or narrow it closes nothing.", rule.Name)
		f.Remedy = "Remove the rule, or cut the wider rule down to what this one says."
		findings = append(findings, f)
	}
	return findings
}

// openRule is a rule with what it opens, and to which groups.
type openRule struct {
	rule   *policy.Rule
	ports  portset.Ports
	groups []int
}

// redundancy knows for each group of peers how many of the remaining rules
// open each port to it. Atoms come in where one group alone does not answer.
type redundancy struct {
	rules   []openRule // sorted by name
	depth   map[int]*depth
	atomsOf map[int][]*packetAtom
}

func newRedundancy(m *model, direction policy.Direction) *redundancy {
	r := &redundancy{depth: map[int]*depth{}, atomsOf: map[int][]*packetAtom{}}
	seen := map[*policy.Rule]bool{}
	opened := map[int][]portset.Ports{}
	for _, o := range m.openings {
		if o.rule.Direction != direction || seen[o.rule] {
			continue
		}
		seen[o.rule] = true
		rule := openRule{o.rule, o.rule.Ports(), m.hosts[o.hosts].groups}
		r.rules = append(r.rules, rule)
		for _, g := range rule.groups {
			opened[g] = append(opened[g], rule.ports)
		}
	}
	sort.SliceStable(r.rules, func(i, j int) bool { return r.rules[i].rule.Name < r.rules[j].rule.Name })
	for g, list := range opened {
		r.depth[g] = newDepth(list)
	}
	atoms := m.packetAtoms()
	for i := range atoms {
		for _, g := range atoms[i].groups {
			r.atomsOf[g] = append(r.atomsOf[g], &atoms[i])
		}
	}
	return r
}

// covered reports whether other rules open all ports of the rule to all peers.
func (r *redundancy) covered(rule openRule) bool {
	for _, g := range rule.groups {
		alone := r.depth[g].below(rule.ports, 2) // the rule itself counts once
		if alone.IsEmpty() {
			continue
		}
		for _, atom := range r.atomsOf[g] {
			left := alone
			for _, other := range atom.groups {
				if other == g || r.depth[other] == nil {
					continue
				}
				least := 1
				if slices.Contains(rule.groups, other) {
					least = 2
				}
				if left = r.depth[other].below(left, least); left.IsEmpty() {
					break
				}
			}
			if !left.IsEmpty() {
				return false
			}
		}
	}
	return true
}

// drop takes a rule out of the ones that remain.
func (r *redundancy) drop(rule openRule) {
	for _, g := range rule.groups {
		r.depth[g].add(rule.ports, -1)
	}
}

// depth counts how many rules open each port.
type depth struct {
	// Between two edges of a protocol all ports have the same count: count[i]
	// is that of the ports from edges[i] up to the next edge.
	edges [][]int
	count [][]int
}

func newDepth(opened []portset.Ports) *depth {
	protocols := portset.Protocols()
	d := &depth{edges: make([][]int, len(protocols)), count: make([][]int, len(protocols))}
	for _, protocol := range protocols {
		var edges []int
		for _, ports := range opened {
			for _, r := range ports.Of(protocol).Ranges() {
				edges = append(edges, int(r.First), int(r.Last)+1)
			}
		}
		slices.Sort(edges)
		d.edges[protocol] = slices.Compact(edges)
		d.count[protocol] = make([]int, len(d.edges[protocol]))
	}
	for _, ports := range opened {
		d.add(ports, 1)
	}
	return d
}

// add counts one rule more or less; its ports are among those that the depth
// was made of.
func (d *depth) add(ports portset.Ports, n int) {
	for _, e := range ports.Entries() {
		edges := d.edges[e.Protocol]
		for i := sort.SearchInts(edges, int(e.Range.First)); i < len(edges) && edges[i] <= int(e.Range.Last); i++ {
			d.count[e.Protocol][i] += n
		}
	}
}

// below returns those of the ports that fewer than least rules open.
func (d *depth) below(ports portset.Ports, least int) portset.Ports {
	for _, e := range ports.Entries() {
		edges, count := d.edges[e.Protocol], d.count[e.Protocol]
		var enough []portset.Range
		at := sort.SearchInts(edges, int(e.Range.First)+1) - 1
		for i := max(at, 0); i+1 < len(edges) && edges[i] <= int(e.Range.Last); i++ {
			if count[i] >= least {
				enough = append(enough, portset.Range{First: uint16(edges[i]), Last: uint16(edges[i+1] - 1)})
			}
		}
		if len(enough) > 0 {
			ports = ports.Minus(portset.PortsOf(e.Protocol, portset.Of(enough...)))
		}
	}
	return ports
}
