package compile

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"sort"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// group gathers the peers of one box.
type group struct {
	spans      []servedSpan
	references []servedReference // sorted by name
}

// servedSpan is a run of atoms, first up to and without end, to which the source
// allows some of the box. The spans of a group may overlap and stand in any
// order; their union is who is allowed all of the box.
type servedSpan struct {
	line       *line
	first, end int
	source     int
}

type servedReference struct {
	reference policy.Reference
	servers   []int
}

func groupOf(groups map[box]*group, b box) *group {
	g, known := groups[b]
	if !known {
		g = &group{}
		groups[b] = g
	}
	return g
}

func (g *group) addSpan(span servedSpan) { g.spans = append(g.spans, span) }

func (g *group) addReference(ref policy.Reference, servers []int) {
	g.references = append(g.references, servedReference{reference: ref, servers: servers})
}

// crowds remembers the addresses of the spans of groups, and how many prefixes
// they are. Boxes that are open to the same peers share them.
type crowds map[string]crowd

type crowd struct {
	prefixes prefixset.Set
	count    int
}

func (u crowds) of(spans []servedSpan) crowd {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b servedSpan) int {
		return cmp.Or(cmp.Compare(a.line.number, b.line.number), cmp.Compare(a.first, b.first))
	})
	joined := sorted[:0]
	for _, span := range sorted {
		if n := len(joined); n > 0 && joined[n-1].line == span.line && span.first <= joined[n-1].end {
			joined[n-1].end = max(joined[n-1].end, span.end)
			continue
		}
		joined = append(joined, span)
	}
	var key []byte
	for _, span := range joined {
		key = binary.AppendUvarint(key, uint64(span.line.number))
		key = binary.AppendUvarint(key, uint64(span.first))
		key = binary.AppendUvarint(key, uint64(span.end))
	}
	known, ok := u[string(key)]
	if !ok {
		var ranges []netipx.IPRange
		for _, span := range joined {
			for _, atom := range span.line.atoms[span.first:span.end] {
				ranges = append(ranges, atom...)
			}
		}
		known.prefixes = prefixset.OfRanges(ranges...)
		known.count = len(known.prefixes.Prefixes())
		u[string(key)] = known
	}
	return known
}

// rule turns the group into a rule.
func (g *group) rule(d policy.Direction, b box, sources []source, known crowds) Rule {
	everybody := make([]int, 0, len(g.spans))
	for i := range g.spans {
		everybody = append(everybody, g.spans[i].source)
	}
	who := known.of(g.spans)
	r := Rule{Direction: d, Any: b.any, Protocol: b.protocol, Ports: b.ports, Prefixes: who.prefixes,
		group: g, sources: sources, peers: who.count + len(g.references)}
	for i := range g.references {
		ref := &g.references[i]
		everybody = append(everybody, ref.servers...)
		r.References = append(r.References, ref.reference)
	}
	r.Rules = names(sources, everybody)
	return r
}

// Peers returns Prefixes.Prefixes() and then References, one by one, for targets
// with one peer per rule. There is at least one. They are worked out at each
// call: together the rules of a policy can have as many as rules times peers.
func (r *Rule) Peers() []Peer {
	g := r.group
	prefixes := r.Prefixes.Prefixes()
	servers := g.serversOf(prefixes)
	peers := make([]Peer, 0, len(prefixes)+len(g.references))
	for i, prefix := range prefixes {
		peers = append(peers, Peer{Prefix: prefix, Rules: names(r.sources, servers[i])})
	}
	for i := range g.references {
		ref := &g.references[i]
		peers = append(peers, Peer{Reference: &ref.reference, Rules: names(r.sources, slices.Clone(ref.servers))})
	}
	return peers
}

// serversOf lists for each prefix the sources whose spans meet it. The
// prefixes are sorted and disjoint:
//
//	prefixes:  |--p--|  |--q--||--r--|
//	a range:       |------------|           meets p, q and r
func (g *group) serversOf(prefixes []netip.Prefix) [][]int {
	servers := make([][]int, len(prefixes))
	lasts := make([]netip.Addr, len(prefixes))
	for i, prefix := range prefixes {
		lasts[i] = netipx.PrefixLastIP(prefix)
	}
	for _, span := range g.spans {
		for _, atom := range span.line.atoms[span.first:span.end] {
			for _, r := range atom {
				first := sort.Search(len(prefixes), func(at int) bool { return lasts[at].Compare(r.From()) >= 0 })
				for at := first; at < len(prefixes) && prefixes[at].Addr().Compare(r.To()) <= 0; at++ {
					// Many ranges of a span lie in one prefix.
					if n := len(servers[at]); n == 0 || servers[at][n-1] != span.source {
						servers[at] = append(servers[at], span.source)
					}
				}
			}
		}
	}
	return servers
}

// names turns indices into names, each once, sorted. It sorts indices.
func names(sources []source, indices []int) []string {
	slices.Sort(indices)
	indices = slices.Compact(indices)
	texts := make([]string, len(indices))
	for i, s := range indices {
		texts[i] = sources[s].name
	}
	slices.Sort(texts)
	return texts
}
