package risk

import (
	"encoding/binary"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// reachers are the host sets that reach a service, ascending. key is equal for
// equal ids.
type reachers struct {
	ids []int
	key string
}

func newReachers(ids []int) *reachers {
	var key []byte
	for _, id := range ids {
		key = binary.AppendUvarint(key, uint64(id))
	}
	return &reachers{ids, string(key)}
}

// reachedBy finds, for every service, the host sets that reach it or one that
// has ports in common with it. A port has one listener, whatever two rules call
// it, so that whom they let in belongs together, as it does over the ports of
// one service. The time is near linear in what the services open.
func (m *model) reachedBy() map[*bucket]*reachers {
	first := m.onSamePorts()
	members := map[*bucket][]*bucket{}
	for _, b := range m.buckets {
		members[first[b]] = append(members[first[b]], b)
	}
	found := map[*bucket]*reachers{}
	var last *reachers // services of one kind have the same ones
	for _, b := range m.buckets {
		if first[b] != b {
			continue
		}
		var ids []int
		for _, member := range members[b] {
			ids = append(ids, member.hostIDs()...)
		}
		slices.Sort(ids)
		together := last
		if ids = slices.Compact(ids); last == nil || !slices.Equal(ids, last.ids) {
			together = newReachers(ids)
			last = together
		}
		for _, member := range members[b] {
			found[member] = together
		}
	}
	return found
}

// onSamePorts joins the declared and undeclared listeners that have ports in
// common, and names one of each group. Well-known services have their ports
// alone.
func (m *model) onSamePorts() map[*bucket]*bucket {
	parent := map[*bucket]*bucket{}
	for _, b := range m.buckets {
		parent[b] = b
	}
	root := func(b *bucket) *bucket {
		for parent[b] != b {
			parent[b] = parent[parent[b]]
			b = parent[b]
		}
		return b
	}
	for _, direction := range policy.Directions() {
		for _, protocol := range portset.Protocols() {
			var last span // that ends last of those so far
			for _, s := range m.spans(direction, protocol) {
				if last.bucket != nil && s.ports.First <= last.ports.Last {
					parent[root(s.bucket)] = root(last.bucket)
				}
				if last.bucket == nil || s.ports.Last > last.ports.Last {
					last = s
				}
			}
		}
	}
	for _, b := range m.buckets {
		parent[b] = root(b)
	}
	return parent
}

// span is a stretch of ports of a service.
type span struct {
	ports  portset.Range
	bucket *bucket
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
