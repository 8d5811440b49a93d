package risk

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// packetAtom is a set of peers that the same groups hold.
type packetAtom struct {
	groups   []int         // of the model, ascending
	prefixes prefixset.Set // as declared; empty for a reference
	name     string        // of the reference, else empty
}

// packetAtoms cuts all peers of the policy, as declared, into atoms.
func (m *model) packetAtoms() []packetAtom {
	if m.packets != nil {
		return m.packets
	}
	sets := make([]prefixset.Set, len(m.peers))
	for i := range m.peers {
		sets[i] = m.peers[i].group.Prefixes
	}
	cut := region.Atoms(sets)
	for i := range cut {
		m.packets = append(m.packets, packetAtom{groups: cut[i].Members, prefixes: cut[i].Set()})
	}
	byName := map[string]int{}
	for id := range m.peers {
		for _, r := range m.peers[id].references {
			at, known := byName[r.Name]
			if !known {
				at = len(m.packets)
				byName[r.Name] = at
				m.packets = append(m.packets, packetAtom{name: r.Name})
			}
			m.packets[at].groups = append(m.packets[at].groups, id)
		}
	}
	return m.packets
}

// allPortsPercent is the share of a protocol's ports that counts as all.
const allPortsPercent = 90

func isAllPorts(ports portset.Set) bool { return ports.Len()*100 >= allPortsPercent*65536 }

// checkAllPorts looks at what each peer reaches over all rules together, so
// that two halves of the port space are seen for what they are.
func checkAllPorts(m *model) []Finding {
	var findings []Finding
	for _, direction := range policy.Directions() {
		byGroup := m.openingsByGroup(direction)
		everything, rest := splitAny(m.packetAtoms(), byGroup)
		if len(everything) > 0 {
			f := allPortsFinding(everything, byGroup, portset.Protocols())
			f.Message = fmt.Sprintf("Every port of every protocol is open %s %s: that is no restriction at all.",
				towards(direction), SomePeers(f.Prefixes, f.References))
			findings = append(findings, f)
		}
		for _, protocol := range []portset.Protocol{portset.TCP, portset.UDP, portset.SCTP} {
			open := withAllPorts(rest, byGroup, protocol)
			if len(open) == 0 {
				continue
			}
			f := allPortsFinding(open, byGroup, []portset.Protocol{protocol})
			f.Message = fmt.Sprintf("%d of the 65536 %s ports are open %s %s: that is no restriction at all, whatever the range is called.",
				f.Ports.Len(), protocol, towards(direction), SomePeers(f.Prefixes, f.References))
			findings = append(findings, f)
		}
	}
	return findings
}

// allPortsFinding blames everything that lets the atoms in for the protocols.
func allPortsFinding(atoms []packetAtom, byGroup map[int][]*opening, protocols []portset.Protocol) Finding {
	// One cause for each opening, however many atoms it lets in.
	type share struct {
		prefixes   []prefixset.Set
		references []string
	}
	shares := map[*opening]*share{}
	var order []*opening
	for i := range atoms {
		last := map[*opening]bool{}
		for _, g := range atoms[i].groups {
			for _, o := range byGroup[g] {
				if last[o] {
					continue // in two groups of one rule
				}
				last[o] = true
				if shares[o] == nil {
					shares[o] = &share{}
					order = append(order, o)
				}
				shares[o].prefixes = append(shares[o].prefixes, atoms[i].prefixes)
				if atoms[i].name != "" {
					shares[o].references = append(shares[o].references, atoms[i].name)
				}
			}
		}
	}
	var causes []cause
	for _, o := range order {
		for _, protocol := range protocols {
			if ports := o.listener.Ports.Of(protocol); !ports.IsEmpty() {
				causes = append(causes, cause{opening: o, ports: portset.PortsOf(protocol, ports),
					prefixes: prefixset.UnionAll(shares[o].prefixes), references: shares[o].references, attribute: portRangesAttribute})
			}
		}
	}
	f := findingOf(AllPorts, Critical, Reject, causes)
	f.Remedy = "Write the ports that the backup product needs; product with from_role and to_role selects them."
	return f
}

// splitAny sets the peers apart that reach protocols without a name here,
// which only "any" opens.
func splitAny(atoms []packetAtom, byGroup map[int][]*opening) (everything, rest []packetAtom) {
	opened := map[int]bool{}
	for g, openings := range byGroup {
		for _, o := range openings {
			opened[g] = opened[g] || !o.listener.Ports.Of(portset.Other).IsEmpty()
		}
	}
	for _, atom := range atoms {
		reaches := false
		for _, g := range atom.groups {
			reaches = reaches || opened[g]
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
func withAllPorts(atoms []packetAtom, byGroup map[int][]*opening, protocol portset.Protocol) []packetAtom {
	ofGroup := map[int]portset.Set{}
	var all []portset.Set
	for g, openings := range byGroup {
		sets := make([]portset.Set, len(openings))
		for i, o := range openings {
			sets[i] = o.listener.Ports.Of(protocol)
		}
		ofGroup[g] = portset.UnionAll(sets)
		all = append(all, ofGroup[g])
	}
	// Without 90 % in the union of all rules no peer can have 90 %.
	if !isAllPorts(portset.UnionAll(all)) {
		return nil
	}
	var open []packetAtom
	for _, atom := range atoms {
		var sets []portset.Set
		for _, g := range atom.groups {
			sets = append(sets, ofGroup[g])
		}
		if isAllPorts(portset.UnionAll(sets)) {
			open = append(open, atom)
		}
	}
	return open
}
