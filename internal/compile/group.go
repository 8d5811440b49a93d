package compile

import (
	"slices"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// group gathers the peers of one box.
type group struct {
	parts      []part
	references []servedReference // sorted by name
}

// part is a run of addresses and the indices of the sources that serve it.
// The parts of a group are disjoint.
type part struct {
	addresses netipx.IPRange
	servers   []int
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

func (g *group) addRanges(ranges []netipx.IPRange, servers []int) {
	for _, r := range ranges {
		g.parts = append(g.parts, part{addresses: r, servers: servers})
	}
}

func (g *group) addReference(ref policy.Reference, servers []int) {
	g.references = append(g.references, servedReference{reference: ref, servers: servers})
}

// rule turns the group into a rule; it sorts the group's parts.
func (g *group) rule(d policy.Direction, b box, sources []source) Rule {
	slices.SortFunc(g.parts, func(x, y part) int { return x.addresses.From().Compare(y.addresses.From()) })
	ranges := make([]netipx.IPRange, len(g.parts))
	for i := range g.parts {
		ranges[i] = g.parts[i].addresses
	}
	r := Rule{Direction: d, Any: b.any, Protocol: b.protocol, Ports: b.ports, Prefixes: prefixset.OfRanges(ranges...)}

	everybody := newNamer(sources)
	prefixes := r.Prefixes.Prefixes()
	r.Peers = make([]Peer, 0, len(prefixes)+len(g.references))
	one := newNamer(sources)
	// Parts and prefixes are both sorted and disjoint, and every address of
	// one is in the other, so one walk over both finds all that meet:
	//
	//	parts:     |--a--|--b--|      |-c-|
	//	prefixes:  |---p---|-q-|      |-r-|
	at := 0
	for _, prefix := range prefixes {
		last := netipx.RangeOfPrefix(prefix).To()
		for ; at < len(g.parts); at++ {
			one.add(g.parts[at].servers)
			if last.Less(g.parts[at].addresses.To()) {
				break // the next prefix meets this part too
			}
			if g.parts[at].addresses.To() == last {
				at++
				break
			}
		}
		r.Peers = append(r.Peers, Peer{Prefix: prefix, Rules: one.take()})
	}
	for i := range g.parts {
		everybody.add(g.parts[i].servers)
	}
	for i := range g.references {
		ref := &g.references[i]
		one.add(ref.servers)
		everybody.add(ref.servers)
		r.References = append(r.References, ref.reference)
		r.Peers = append(r.Peers, Peer{Reference: &ref.reference, Rules: one.take()})
	}
	r.Rules = everybody.take()
	return r
}

// namer collects the names of sources, each once.
type namer struct {
	sources []source
	seen    map[int]bool
	last    []int // what was added last, to skip repetitions cheaply
}

func newNamer(sources []source) *namer { return &namer{sources: sources, seen: map[int]bool{}} }

func (n *namer) add(servers []int) {
	if len(servers) == len(n.last) && (len(servers) == 0 || &servers[0] == &n.last[0]) {
		return
	}
	n.last = servers
	for _, s := range servers {
		n.seen[s] = true
	}
}

// take returns the collected names, sorted, and starts anew.
func (n *namer) take() []string {
	names := make([]string, 0, len(n.seen))
	for s := range n.seen {
		names = append(names, n.sources[s].name)
	}
	slices.Sort(names)
	clear(n.seen)
	n.last = nil
	return names
}
