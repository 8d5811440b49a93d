package risk

import (
	"fmt"
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// packetAtom is a set of peers with the openings that let them in.
type packetAtom struct {
	openings []*opening
	prefixes prefixset.Set // empty for a reference
	name     string        // of the reference, else empty
}

// packetAtoms tells for every peer which openings of the direction let it in.
func (m *model) packetAtoms(direction policy.Direction) []packetAtom {
	byHosts := map[int][]*opening{}
	var ids []int
	for _, o := range m.openings {
		if o.rule.Direction != direction {
			continue
		}
		if byHosts[o.hosts] == nil {
			ids = append(ids, o.hosts)
		}
		byHosts[o.hosts] = append(byHosts[o.hosts], o)
	}
	sets := make([]prefixset.Set, len(ids))
	for i, id := range ids {
		sets[i] = m.hosts[id].prefixes
	}
	var atoms []packetAtom
	cut := region.Atoms(sets)
	for i := range cut {
		a := packetAtom{prefixes: cut[i].Set()}
		for _, member := range cut[i].Members {
			a.openings = append(a.openings, byHosts[ids[member]]...)
		}
		atoms = append(atoms, a)
	}
	byName := map[string]int{}
	for _, id := range ids {
		last := ""
		for _, r := range m.hosts[id].references {
			if r.Name == last {
				continue // the same reference in two groups of one rule
			}
			last = r.Name
			at, known := byName[r.Name]
			if !known {
				at = len(atoms)
				byName[r.Name] = at
				atoms = append(atoms, packetAtom{name: r.Name})
			}
			atoms[at].openings = append(atoms[at].openings, byHosts[id]...)
		}
	}
	return atoms
}

// allPortsPercent is the share of a protocol's ports that counts as all.
const allPortsPercent = 90

func isAllPorts(ports portset.Set) bool { return ports.Len()*100 >= allPortsPercent*65536 }

// checkAllPorts looks at what each peer reaches over all rules together, so
// that two halves of the port space are seen for what they are.
func checkAllPorts(m *model) []Finding {
	var findings []Finding
	for _, direction := range policy.Directions() {
		atoms := m.packetAtoms(direction)
		everything, rest := splitAny(atoms)
		if len(everything) > 0 {
			f := allPortsFinding(everything, portset.Protocols())
			f.Message = fmt.Sprintf("Every port of every protocol is open %s %s: that is no restriction at all.",
				towards(direction), somePeers(f.Prefixes, f.References))
			findings = append(findings, f)
		}
		for _, protocol := range []portset.Protocol{portset.TCP, portset.UDP, portset.SCTP} {
			open := withAllPorts(rest, protocol)
			if len(open) == 0 {
				continue
			}
			f := allPortsFinding(open, []portset.Protocol{protocol})
			f.Message = fmt.Sprintf("%d of the 65536 %s ports are open %s %s: that is no restriction at all, whatever the range is called.",
				f.Ports.Len(), protocol, towards(direction), somePeers(f.Prefixes, f.References))
			findings = append(findings, f)
		}
	}
	return findings
}

func allPortsFinding(atoms []packetAtom, protocols []portset.Protocol) Finding {
	var causes []cause
	for i := range atoms {
		for _, o := range atoms[i].openings {
			for _, protocol := range protocols {
				ports := o.listener.Ports.Of(protocol)
				if ports.IsEmpty() {
					continue
				}
				c := cause{opening: o, ports: portset.PortsOf(protocol, ports), prefixes: atoms[i].prefixes, attribute: portRangesAttribute}
				if atoms[i].name != "" {
					c.references = []string{atoms[i].name}
				}
				causes = append(causes, c)
			}
		}
	}
	f := findingOf(AllPorts, Critical, Reject, causes)
	f.Remedy = "Write the ports that the backup product needs; product with from_role and to_role selects them."
	return f
}

// splitAny sets the peers apart that reach protocols without a name here,
// which only "any" opens.
func splitAny(atoms []packetAtom) (everything, rest []packetAtom) {
	for _, atom := range atoms {
		reaches := false
		for _, o := range atom.openings {
			reaches = reaches || !o.listener.Ports.Of(portset.Other).IsEmpty()
		}
		if reaches {
			everything = append(everything, atom)
		} else {
			rest = append(rest, atom)
		}
	}
	return everything, rest
}

// withAllPorts keeps the peers that reach nearly all ports of the protocol.
func withAllPorts(atoms []packetAtom, protocol portset.Protocol) []packetAtom {
	union := func(openings []*opening) portset.Set {
		sets := make([]portset.Set, len(openings))
		for i, o := range openings {
			sets[i] = o.listener.Ports.Of(protocol)
		}
		return portset.UnionAll(sets)
	}
	// Without 90 % in the union of all rules no peer can have 90 %.
	var all []portset.Set
	for i := range atoms {
		all = append(all, union(atoms[i].openings))
	}
	if !isAllPorts(portset.UnionAll(all)) {
		return nil
	}
	var open []packetAtom
	for i := range atoms {
		if isAllPorts(all[i]) {
			open = append(open, atoms[i])
		}
	}
	return open
}

// checkRedundantRule finds rules that allow nothing which the rules that stay
// do not allow. Of several equal rules the first by name stays.
func checkRedundantRule(m *model) []Finding {
	// once[r] counts the cells (one peer atom, one stretch of ports) that rule
	// r is the only one to allow; cells are shared by the rules that stay.
	cover := map[*policy.Rule][]*int{}
	for _, direction := range policy.Directions() {
		for _, atom := range m.packetAtoms(direction) {
			countCells(atom.openings, cover)
		}
	}
	var rules []*policy.Rule
	for rule := range cover {
		rules = append(rules, rule)
	}
	sort.Slice(rules, func(i, j int) bool { return rules[i].Name > rules[j].Name })
	redundant := map[*policy.Rule]bool{}
	for _, rule := range rules {
		alone := false
		for _, cell := range cover[rule] {
			alone = alone || *cell == 1
		}
		if alone {
			continue
		}
		for _, cell := range cover[rule] {
			*cell--
		}
		redundant[rule] = true
	}
	var findings []Finding
	for i := range m.policy.Rules {
		rule := &m.policy.Rules[i]
		if !redundant[rule] {
			continue
		}
		var entries []bucketEntry
		for _, o := range m.openings {
			if o.rule != rule {
				continue
			}
			for _, protocol := range portset.Protocols() {
				if ports := o.listener.Ports.Of(protocol); !ports.IsEmpty() {
					entries = append(entries, bucketEntry{opening: o, protocol: protocol, ports: ports})
				}
			}
		}
		f := findingOf(RedundantRule, Low, Warn, m.causesByPorts(entries))
		f.Place = f.Place[:2]
		f.Message = fmt.Sprintf("Rule %q allows nothing that the other rules do not allow already: to remove or narrow it closes nothing.", rule.Name)
		f.Remedy = "Remove the rule, or cut the wider rule down to what this one says."
		findings = append(findings, f)
	}
	return findings
}

// countCells cuts the ports that the openings let one peer atom reach into
// stretches and counts for each how many rules allow it.
func countCells(openings []*opening, cover map[*policy.Rule][]*int) {
	byRule := map[*policy.Rule][]portset.Ports{}
	var rules []*policy.Rule
	for _, o := range openings {
		if byRule[o.rule] == nil {
			rules = append(rules, o.rule)
		}
		byRule[o.rule] = append(byRule[o.rule], o.listener.Ports)
	}
	for _, protocol := range portset.Protocols() {
		var edges []int
		sets := make([]portset.Set, len(rules))
		for i, rule := range rules {
			sets[i] = portset.Merge(byRule[rule]).Of(protocol)
			for _, r := range sets[i].Ranges() {
				edges = append(edges, int(r.First), int(r.Last)+1)
			}
		}
		sort.Ints(edges)
		cells := map[int]*int{}
		for i, rule := range rules {
			for _, r := range sets[i].Ranges() {
				for at := sort.SearchInts(edges, int(r.First)); at < len(edges) && edges[at] <= int(r.Last); at++ {
					if at > 0 && edges[at] == edges[at-1] {
						continue
					}
					if cells[edges[at]] == nil {
						cells[edges[at]] = new(int)
					}
					*cells[edges[at]]++
					cover[rule] = append(cover[rule], cells[edges[at]])
				}
			}
		}
	}
}
