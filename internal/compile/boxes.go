package compile

import (
	"net/netip"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Box is one flat rule: one run of ports of one protocol for one peer.
type Box struct {
	Direction policy.Direction
	// Any is every protocol; Protocol and Ports mean nothing then, and are zero.
	Any bool
	// Protocol is never portset.Other.
	Protocol portset.Protocol
	// Ports is 0-0 for a protocol without ports.
	Ports portset.Range
	// Prefix is the zero prefix for a reference.
	Prefix netip.Prefix
	// Reference is nil for a prefix.
	Reference *policy.Reference
	// Rules names the policy rules whose openings the box carries, sorted.
	Rules []string
}

// Boxes returns the fewest boxes that allow exactly what the policy allows, in
// the order of cover.Boxes, ingress first. Boxes may overlap. A partial policy
// panics, as in Compile.
func Boxes(p *policy.Policy, m cover.Mode) []Box {
	refusePartial(p)
	var all []Box
	for _, d := range policy.Directions() {
		s := sourcesOf(p, d)
		for _, b := range cover.Boxes(s.sources, m) {
			box := Box{Direction: d, Any: b.Any, Protocol: b.Protocol, Ports: b.Ports, Prefix: b.Prefix, Rules: s.names(b.Sources)}
			if b.Reference != "" {
				box.Reference = s.references[b.Reference]
			}
			all = append(all, box)
		}
	}
	return all
}

// ruleSources are the rules of one direction, as sets to cover.
type ruleSources struct {
	sources    []cover.Source
	rules      []string // the name of each source's rule
	references map[string]*policy.Reference
}

func sourcesOf(p *policy.Policy, d policy.Direction) *ruleSources {
	s := &ruleSources{references: map[string]*policy.Reference{}}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Direction != d {
			continue
		}
		source := cover.Source{Ports: r.Ports(), Prefixes: r.Prefixes()}
		for _, ref := range r.References() {
			s.addReference(ref)
			source.References = append(source.References, ref.Name)
		}
		source.References = sortedOnce(source.References)
		s.sources = append(s.sources, source)
		s.rules = append(s.rules, r.Name)
	}
	return s
}

func (s *ruleSources) addReference(ref policy.Reference) {
	known, ok := s.references[ref.Name]
	if ok && *known != ref {
		panic("compile: reference \"" + ref.Name + "\" has two meanings")
	}
	if !ok {
		s.references[ref.Name] = &ref
	}
}

// names are the rules behind sources, sorted, each once.
func (s *ruleSources) names(sources []int) []string {
	names := make([]string, len(sources))
	for i, source := range sources {
		names[i] = s.rules[source]
	}
	return sortedOnce(names)
}
