package cover

import (
	"encoding/binary"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// productBaseline joins what has equal peers or equal ports, sorted. Which of
// the two comes first can matter; the fewer are taken.
func productBaseline(rects []Product) []Product {
	best := productJoin(rects, true)
	if other := productJoin(rects, false); len(other) < len(best) {
		best = other
	}
	productSort(best)
	return best
}

// productJoin joins products with equal peers and products with equal ports in
// turn, until no two are equal in either. It does not change its argument.
// Sources are left in any order.
func productJoin(rects []Product, peersFirst bool) []Product {
	rects = slices.Clone(rects)
	for unchanged, byPeers := 0, peersFirst; unchanged < 2; byPeers = !byPeers {
		before := len(rects)
		rects = productJoinOnce(rects, byPeers)
		if unchanged++; len(rects) < before {
			unchanged = 0
		}
	}
	return rects
}

func productJoinOnce(rects []Product, byPeers bool) []Product {
	at := make(map[string]int, len(rects))
	var groups [][]int
	for i := range rects {
		key := ""
		if byPeers {
			key = productPeersKey(&rects[i])
		} else {
			key = productPortsKey(rects[i].Ports)
		}
		g, seen := at[key]
		if !seen {
			g = len(groups)
			at[key] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	if len(groups) == len(rects) {
		return rects
	}
	joined := make([]Product, len(groups))
	for g, members := range groups {
		joined[g] = rects[members[0]]
		if len(members) == 1 {
			continue
		}
		joined[g].Sources = nil
		for _, m := range members {
			joined[g].Sources = append(joined[g].Sources, rects[m].Sources...)
		}
		if byPeers {
			lists := make([]portset.Ports, len(members))
			for i, m := range members {
				lists[i] = rects[m].Ports
			}
			joined[g].Ports = portset.Merge(lists)
			continue
		}
		joined[g].Prefixes, joined[g].References = productPeersOf(rects, members)
	}
	return joined
}

// productPeersOf is the union of the peers of the members.
func productPeersOf(rects []Product, members []int) (prefixset.Set, []string) {
	sets := make([]prefixset.Set, len(members))
	var names []string
	for i, m := range members {
		sets[i] = rects[m].Prefixes
		names = append(names, rects[m].References...)
	}
	slices.Sort(names)
	return prefixset.UnionAll(sets), slices.Compact(names)
}

// productPortsKey sorts as the entries do: all have the same length.
func productPortsKey(ports portset.Ports) string {
	var key []byte
	for _, e := range ports.Entries() {
		key = append(key, byte(e.Protocol))
		key = binary.BigEndian.AppendUint16(key, e.Range.First)
		key = binary.BigEndian.AppendUint16(key, e.Range.Last)
	}
	return string(key)
}

// productPeersKey tells peers apart; it says nothing of their order.
func productPeersKey(p *Product) string {
	var key []byte
	for _, r := range p.Prefixes.Ranges() {
		from, to := r.From().As16(), r.To().As16()
		family := byte(4)
		if r.From().Is6() {
			family = 6
		}
		key = append(append(append(key, family), from[:]...), to[:]...)
	}
	// No range begins with this byte.
	key = append(key, 0)
	for _, name := range p.References {
		key = binary.AppendUvarint(key, uint64(len(name)))
		key = append(key, name...)
	}
	return string(key)
}
