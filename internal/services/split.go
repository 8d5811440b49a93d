package services

import (
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Found is the part of a set of ports that belongs to one service.
type Found struct {
	Service Service
	Ports   portset.Set
}

// Split returns the services of a set of ports, each with its part, in the
// order of their first port. Ports that belong to no service are left out.
//
// Whoever opens all ports opens a thousand services, so a service that lies in
// the set whole gets its part from the index and not a copy.
func Split(proto portset.Protocol, ports portset.Set) []Found {
	idx := index(proto)
	if !ports.Overlaps(idx.special) {
		return nil
	}
	seen := make([]bool, len(idx.whole))
	var found []Found
	for _, r := range ports.Ranges() {
		at := sort.Search(len(idx.segments), func(i int) bool { return idx.segments[i].Range.Last >= r.First })
		for ; at < len(idx.segments) && idx.segments[at].Range.First <= r.Last; at++ {
			number := idx.numbers[at]
			if seen[number] {
				continue
			}
			seen[number] = true
			found = append(found, Found{Service: idx.segments[at].Service, Ports: idx.whole[number].Intersect(ports)})
		}
	}
	return found
}
