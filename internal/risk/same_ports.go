package risk

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// reachedBy lists, for every service, the host sets that reach it or a port of
// it under another name, ascending. A port has one listener, whatever two rules
// call it, so that whom they let in belongs together.
func (m *model) reachedBy() map[*bucket][]int {
	together := m.onSamePorts()
	ids := map[*bucket][]int{}
	for _, b := range m.buckets {
		list := b.hostIDs()
		if len(together[b]) > 0 {
			open := b.ports()
			for _, other := range together[b] {
				for _, e := range other.entries {
					if e.ports.Overlaps(open.Of(e.protocol)) {
						list = append(list, e.opening.hosts)
					}
				}
			}
			slices.Sort(list)
			list = slices.Compact(list)
		}
		ids[b] = list
	}
	return ids
}

// span is a stretch of ports of a service.
type span struct {
	ports  portset.Range
	bucket *bucket
}

// onSamePorts lists, for every declared or undeclared listener, the others that
// have a port in common with it. Well-known services have their ports alone.
func (m *model) onSamePorts() map[*bucket][]*bucket {
	pairs := map[*bucket]map[*bucket]bool{}
	meet := func(a, b *bucket) {
		if pairs[a] == nil {
			pairs[a] = map[*bucket]bool{}
		}
		pairs[a][b] = true
	}
	for _, direction := range policy.Directions() {
		for _, protocol := range portset.Protocols() {
			var active []span
			for _, s := range m.spans(direction, protocol) {
				active = slices.DeleteFunc(active, func(a span) bool { return a.ports.Last < s.ports.First })
				for _, a := range active {
					meet(a.bucket, s.bucket)
					meet(s.bucket, a.bucket)
				}
				active = append(active, s)
			}
		}
	}
	together := map[*bucket][]*bucket{}
	for _, b := range m.buckets {
		if len(pairs[b]) == 0 {
			continue
		}
		for _, other := range m.buckets {
			if pairs[b][other] {
				together[b] = append(together[b], other)
			}
		}
	}
	return together
}

// spans lists what the listeners open of a protocol, by the first port. Those
// of one listener are disjoint.
func (m *model) spans(direction policy.Direction, protocol portset.Protocol) []span {
	var spans []span
	for _, b := range m.buckets {
		if b.direction != direction || b.class != ExploitedListener && b.class != BackupListener && b.class != UndeclaredPorts {
			continue
		}
		var sets []portset.Set
		for _, e := range b.entries {
			if e.protocol == protocol {
				sets = append(sets, e.ports)
			}
		}
		for _, r := range portset.UnionAll(sets).Ranges() {
			spans = append(spans, span{r, b})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return int(a.ports.First) - int(b.ports.First) })
	return spans
}
