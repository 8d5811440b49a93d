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
func Split(proto portset.Protocol, ports portset.Set) []Found {
	segments := Special(proto)
	var order []Service
	ranges := map[string][]portset.Range{}
	for _, r := range ports.Ranges() {
		at := sort.Search(len(segments), func(i int) bool { return segments[i].Range.Last >= r.First })
		for ; at < len(segments) && segments[at].Range.First <= r.Last; at++ {
			s := segments[at]
			if ranges[s.Service.ID] == nil {
				order = append(order, s.Service)
			}
			ranges[s.Service.ID] = append(ranges[s.Service.ID], portset.Range{
				First: max(r.First, s.Range.First),
				Last:  min(r.Last, s.Range.Last),
			})
		}
	}
	found := make([]Found, len(order))
	for i, s := range order {
		found[i] = Found{Service: s, Ports: portset.Of(ranges[s.ID]...)}
	}
	return found
}
