package risk

import (
	"math"
	"slices"
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Contribution is one line of the score: what one service adds in one
// direction. The lines add up to the points of the policy.
type Contribution struct {
	Service   string
	Class     Class
	Direction policy.Direction
	// Rules are the names of the rules that open ports of the service, sorted.
	Rules []string
	Ports portset.Ports
	// Hosts is how many hosts reach the service, IPv6 counted in /64 networks.
	Hosts float64
	// Points is rounded to a millionth.
	Points float64
}

// contributions scores every bucket; the most expensive service comes first.
func (m *model) contributions() []Contribution {
	list := make([]Contribution, 0, len(m.buckets))
	tally := newTally(m)
	for _, b := range m.buckets {
		b.millionths = tally.millionths(b)
		list = append(list, Contribution{
			Service:   b.name,
			Class:     b.class,
			Direction: b.direction,
			Rules:     ruleNames(b.entries),
			Ports:     b.ports(),
			Hosts:     tally.hosts(b.hostIDs()),
			Points:    float64(b.millionths) / 1e6,
		})
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Points > list[j].Points })
	return list
}

func ruleNames(entries []bucketEntry) []string {
	names := make([]string, 0, len(entries))
	var last *policy.Rule
	for i := range entries {
		if rule := entries[i].opening.rule; rule != last {
			last = rule
			names = append(names, rule.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// total adds the contributions up and rounds the sum to a millionth, so that
// the score does not hang on the last bit of a sum.
func total(list []Contribution) float64 {
	sum := 0.0
	for i := range list {
		sum += list[i].Points
	}
	return millionths(sum)
}

// millionths rounds points as they are shown everywhere.
func millionths(points float64) float64 { return math.Round(points*1e6) / 1e6 }

// scoreOf is the whole number people see: 0 to 100, rounded up.
func scoreOf(points float64) int { return int(math.Min(100, math.Ceil(points))) }

// tally counts hosts while rules come and go in a sweep over the ports.
type tally struct {
	m *model
	// standingIn[a][z] is how many active groups have atom a in zone z.
	standingIn [][policy.Internet + 1]int32
	active     []int32 // by group of peers
	census     census
	memo       map[int]counted // of one host set alone
	last       counted         // of several
}

func newTally(m *model) *tally {
	return &tally{
		m:          m,
		standingIn: make([][policy.Internet + 1]int32, len(m.atoms)),
		active:     make([]int32, len(m.peers)),
		memo:       map[int]counted{},
	}
}

// enter lets one more host set in.
func (t *tally) enter(hosts int) {
	for _, group := range t.m.hosts[hosts].groups {
		if t.active[group]++; t.active[group] == 1 {
			t.enterGroup(group)
		}
	}
}

// leave undoes one enter.
func (t *tally) leave(hosts int) {
	for _, group := range t.m.hosts[hosts].groups {
		if t.active[group]--; t.active[group] == 0 {
			t.leaveGroup(group)
		}
	}
}

func (t *tally) enterGroup(group int) {
	for _, s := range t.m.peers[group].standing {
		counts, atom := &t.standingIn[s.atom], &t.m.atoms[s.atom]
		before, was := mostExposed(counts)
		counts[s.zone]++
		if was && before >= s.zone {
			continue
		}
		if was {
			t.census.remove(before, atom.size, atom.is6)
		}
		t.census.add(s.zone, atom.size, atom.is6)
	}
}

func (t *tally) leaveGroup(group int) {
	for _, s := range t.m.peers[group].standing {
		counts, atom := &t.standingIn[s.atom], &t.m.atoms[s.atom]
		before, _ := mostExposed(counts)
		counts[s.zone]--
		after, still := mostExposed(counts)
		if still && after == before {
			continue
		}
		t.census.remove(before, atom.size, atom.is6)
		if still {
			t.census.add(after, atom.size, atom.is6)
		}
	}
}

// mostExposed is the zone in which an atom counts: an address in two groups
// takes the more exposed one.
func mostExposed(counts *[policy.Internet + 1]int32) (policy.Zone, bool) {
	for zone := policy.Internet; ; zone-- {
		if counts[zone] > 0 {
			return zone, true
		}
		if zone == policy.ByAddress {
			return zone, false
		}
	}
}

// reachTogether is the reach of the union of host sets, by ascending ids. Many
// services have the same ones.
func (t *tally) reachTogether(ids []int) float64 { return t.counted(ids).reach }

// hosts counts the hosts of the union of host sets, by ascending ids.
func (t *tally) hosts(ids []int) float64 { return t.counted(ids).hosts }

// counted is what a number of host sets comes to.
type counted struct {
	ids          []int
	reach, hosts float64
}

func (t *tally) counted(ids []int) counted {
	if len(ids) == 1 {
		if known, ok := t.memo[ids[0]]; ok {
			return known
		}
	} else if slices.Equal(ids, t.last.ids) {
		return t.last
	}
	for _, id := range ids {
		t.enter(id)
	}
	c := counted{ids, t.census.reach(), t.census.hosts()}
	for _, id := range ids {
		t.leave(id)
	}
	if len(ids) == 1 {
		t.memo[ids[0]] = c
	} else {
		t.last = c
	}
	return c
}

// reached is a number of ports with the same reach.
type reached struct {
	ports int
	reach float64
}

// millionths are the points of a service in its direction, times a million and
// rounded.
func (t *tally) millionths(b *bucket) int64 {
	points := t.points(b)
	if b.direction == policy.Egress {
		points *= egressShare
	}
	return int64(math.Round(points * 1e6))
}

// points is the Choquet integral of the service's growth curve over the reach
// of its ports: the most reachable ports first, each adding what one more port
// is worth. Ports of equal reach are taken in one step, so the cost does not
// grow with the width of a range.
func (t *tally) points(b *bucket) float64 {
	steps := t.sweep(b)
	sort.Slice(steps, func(i, j int) bool { return steps[i].reach > steps[j].reach })
	sum, open := 0.0, 0
	for i := 0; i < len(steps); {
		level, before := steps[i].reach, open
		for ; i < len(steps) && steps[i].reach == level; i++ {
			open += steps[i].ports
		}
		sum += (curve(b.class, b.id, open) - curve(b.class, b.id, before)) * level
	}
	return sum
}

// sweep walks over the ports of the service and returns the reach of each
// stretch on which the same hosts are let in.
func (t *tally) sweep(b *bucket) []reached {
	var steps []reached
	for _, protocol := range portset.Protocols() {
		if ports, ids, uniform := b.uniform(protocol); uniform {
			if len(ids) > 0 {
				steps = append(steps, reached{ports.Len(), t.reachTogether(ids)})
			}
			continue
		}
		byHosts := map[int][]portset.Set{}
		var order []int
		for _, e := range b.entries {
			if e.protocol != protocol {
				continue
			}
			if byHosts[e.opening.hosts] == nil {
				order = append(order, e.opening.hosts)
			}
			byHosts[e.opening.hosts] = append(byHosts[e.opening.hosts], e.ports)
		}
		if len(order) == 1 {
			steps = append(steps, reached{portset.UnionAll(byHosts[order[0]]).Len(), t.reachTogether(order)})
			continue
		}
		steps = append(steps, t.sweepProtocol(order, byHosts)...)
	}
	return steps
}

// portEdge is where a host set begins or ends to reach ports.
type portEdge struct {
	port  int // the first port on which it acts: 65536 closes the last one
	hosts int
	opens bool
}

func (t *tally) sweepProtocol(order []int, byHosts map[int][]portset.Set) []reached {
	var edges []portEdge
	for _, id := range order {
		for _, r := range portset.UnionAll(byHosts[id]).Ranges() {
			edges = append(edges,
				portEdge{port: int(r.First), hosts: id, opens: true},
				portEdge{port: int(r.Last) + 1, hosts: id})
		}
	}
	// Whoever comes enters before whoever goes leaves: a group that both have
	// in common stays.
	sort.Slice(edges, func(i, j int) bool {
		if edges[i].port != edges[j].port {
			return edges[i].port < edges[j].port
		}
		return edges[i].opens && !edges[j].opens
	})
	var steps []reached
	for i := 0; i < len(edges); {
		at := edges[i].port
		for ; i < len(edges) && edges[i].port == at; i++ {
			if edges[i].opens {
				t.enter(edges[i].hosts)
			} else {
				t.leave(edges[i].hosts)
			}
		}
		if reach := t.census.reach(); reach > 0 {
			steps = append(steps, reached{edges[i].port - at, reach})
		}
	}
	return steps
}
