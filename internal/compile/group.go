package compile

import (
	"net/netip"
	"slices"
	"sort"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// group gathers the peers of one box.
type group struct {
	ranges     []servedRange
	references []servedReference // sorted by name
}

// servedRange is a run of addresses to which the source allows some of the
// box. The ranges of a group may overlap and stand in any order; their union
// is who is allowed all of the box.
type servedRange struct {
	addresses netipx.IPRange
	source    int
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

func (g *group) addRange(addresses netipx.IPRange, source int) {
	g.ranges = append(g.ranges, servedRange{addresses: addresses, source: source})
}

func (g *group) addReference(ref policy.Reference, servers []int) {
	g.references = append(g.references, servedReference{reference: ref, servers: servers})
}

// rule turns the group into a rule.
func (g *group) rule(d policy.Direction, b box, sources []source) Rule {
	ranges := make([]netipx.IPRange, len(g.ranges))
	everybody := make([]int, 0, len(g.ranges))
	for i := range g.ranges {
		ranges[i] = g.ranges[i].addresses
		everybody = append(everybody, g.ranges[i].source)
	}
	r := Rule{Direction: d, Any: b.any, Protocol: b.protocol, Ports: b.ports, Prefixes: prefixset.OfRanges(ranges...)}
	prefixes := r.Prefixes.Prefixes()
	servers := g.serversOf(prefixes)
	r.Peers = make([]Peer, 0, len(prefixes)+len(g.references))
	for i, prefix := range prefixes {
		r.Peers = append(r.Peers, Peer{Prefix: prefix, Rules: names(sources, servers[i])})
	}
	for i := range g.references {
		ref := &g.references[i]
		everybody = append(everybody, ref.servers...)
		r.References = append(r.References, ref.reference)
		r.Peers = append(r.Peers, Peer{Reference: &ref.reference, Rules: names(sources, ref.servers)})
	}
	r.Rules = names(sources, everybody)
	return r
}

// serversOf lists for each prefix the sources whose ranges meet it. The
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
	for i := range g.ranges {
		r := &g.ranges[i]
		first := sort.Search(len(prefixes), func(at int) bool { return lasts[at].Compare(r.addresses.From()) >= 0 })
		for at := first; at < len(prefixes) && prefixes[at].Addr().Compare(r.addresses.To()) <= 0; at++ {
			servers[at] = append(servers[at], r.source)
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
