package compile

import (
	"maps"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Product is one rule of lists: everything in Ports for everybody in Prefixes
// or in References.
type Product struct {
	Direction policy.Direction
	// Any is every protocol; Ports is portset.Any then.
	Any   bool
	Ports portset.Ports
	// Prefixes is empty for references.
	Prefixes prefixset.Set
	// References are of one kind, sorted by name; nil for prefixes.
	References []policy.Reference
	// Rules names the policy rules whose openings the product carries, sorted.
	Rules []string
}

// ProductShape says what one rule of a target cannot hold together. References
// never share a rule with prefixes, nor with references of another kind.
type ProductShape struct {
	// OneProtocol rules have ports of one protocol.
	OneProtocol bool
	// OneFamily rules have prefixes of one address family.
	OneFamily bool
}

// Products returns products that allow exactly what the policy allows: the
// fewest, as far as cover.Products proves, within the shape. Within a
// direction no two products have the same ports and the same kind of peers.
// bound is a lower bound of their number. A partial policy panics, as in
// Compile.
func Products(p *policy.Policy, shape ProductShape, m cover.Mode) (products []Product, bound int) {
	refusePartial(p)
	for _, d := range policy.Directions() {
		s := sourcesOf(p, d)
		for _, part := range s.parts(shape) {
			found, least := s.products(part, shape, m)
			for i := range found {
				found[i].Direction = d
			}
			products, bound = append(products, found...), bound+least
		}
	}
	return products, bound
}

// parts cuts the sources by what their peers are; the index of a source is the
// same in every part.
func (s *ruleSources) parts(shape ProductShape) [][]cover.Source {
	var parts [][]cover.Source
	add := func(peersOf func(cover.Source) cover.Source) {
		part := make([]cover.Source, len(s.sources))
		for i, source := range s.sources {
			part[i] = peersOf(source)
		}
		parts = append(parts, part)
	}
	if shape.OneFamily {
		add(func(c cover.Source) cover.Source {
			return cover.Source{Ports: existing(c.Ports, portset.ICMPv6), Prefixes: c.Prefixes.IPv4()}
		})
		add(func(c cover.Source) cover.Source {
			return cover.Source{Ports: existing(c.Ports, portset.ICMP), Prefixes: c.Prefixes.IPv6()}
		})
	} else {
		add(func(c cover.Source) cover.Source { return cover.Source{Ports: c.Ports, Prefixes: c.Prefixes} })
	}
	kinds := map[policy.ReferenceKind]bool{}
	for _, ref := range s.references {
		kinds[ref.Kind] = true
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		add(func(c cover.Source) cover.Source {
			return cover.Source{Ports: c.Ports, References: slices.DeleteFunc(slices.Clone(c.References), func(name string) bool {
				return s.references[name].Kind != kind
			})}
		})
	}
	return parts
}

// existing leaves out the protocol that an address family does not have; any
// stays what it is.
func existing(ports portset.Ports, missing portset.Protocol) portset.Ports {
	if ports.Equal(portset.Any()) {
		return ports
	}
	return ports.Minus(portset.WholeProtocol(missing))
}

// products covers one part: first the peers that everything is open to, with
// one product, then the others.
func (s *ruleSources) products(part []cover.Source, shape ProductShape, m cover.Mode) (products []Product, bound int) {
	var everything []int
	var sets []prefixset.Set
	var free cover.Free
	for i, source := range part {
		if source.Ports.Equal(portset.Any()) && (!source.Prefixes.IsEmpty() || len(source.References) > 0) {
			everything = append(everything, i)
			sets = append(sets, source.Prefixes)
			free.References = append(free.References, source.References...)
		}
	}
	if len(everything) > 0 {
		free.Prefixes, free.References = prefixset.UnionAll(sets), sortedOnce(free.References)
		bound++
	}
	named := slices.Clone(part)
	for _, i := range everything {
		named[i] = cover.Source{}
	}
	protocols := []portset.Ports{portset.Any()}
	if shape.OneProtocol {
		protocols = nil
		for _, protocol := range portset.Protocols() {
			protocols = append(protocols, portset.WholeProtocol(protocol))
		}
	}
	for _, within := range protocols {
		narrowed := slices.Clone(named)
		for i := range narrowed {
			narrowed[i].Ports = narrowed[i].Ports.Intersect(within)
		}
		found := cover.Products(narrowed, free, m)
		bound += found.Bound
		for _, c := range found.Products {
			products = append(products, s.product(c))
		}
	}
	if len(everything) == 0 {
		return products, bound
	}
	// Others that open something to the same peers stand behind that rule too.
	for i, source := range named {
		if meets(source, free) {
			everything = append(everything, i)
		}
	}
	slices.Sort(everything)
	anything := s.product(cover.Product{Ports: portset.Any(), Prefixes: free.Prefixes, References: free.References, Sources: everything})
	anything.Any = true
	return append([]Product{anything}, products...), bound
}

// meets reports whether the source opens something to one of the peers.
func meets(source cover.Source, peers cover.Free) bool {
	if source.Ports.IsEmpty() {
		return false
	}
	return slices.ContainsFunc(source.References, func(name string) bool { return slices.Contains(peers.References, name) }) ||
		!existing(source.Ports, portset.ICMPv6).IsEmpty() && source.Prefixes.IPv4().Overlaps(peers.Prefixes) ||
		!existing(source.Ports, portset.ICMP).IsEmpty() && source.Prefixes.IPv6().Overlaps(peers.Prefixes)
}

func (s *ruleSources) product(c cover.Product) Product {
	p := Product{Ports: c.Ports, Prefixes: c.Prefixes, Rules: s.names(c.Sources)}
	for _, name := range c.References {
		p.References = append(p.References, *s.references[name])
	}
	return p
}

// sortedOnce sorts names and keeps each once; it takes over the slice.
func sortedOnce(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
