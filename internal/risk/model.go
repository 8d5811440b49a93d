package risk

import (
	"slices"
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// opening is one listener of one rule: ports, and the hosts that may reach
// them. All scores and findings are computed from the openings.
type opening struct {
	rule      *policy.Rule
	portRange int // index in the rule
	listener  *policy.Listener
	flow      *catalog.Flow    // nil unless the listener is a documented flow
	product   *catalog.Product // nil unless a product is declared
	hosts     int              // index of the model's host sets
	// documented are all ports that the product documents, for an open-ended
	// flow with those that it can be expected on; own are the fixed ones among
	// them: registered numbers there are the product's own.
	documented, own portset.Ports
}

// peers is one distinct group of peers. Rules share groups, and a group is
// looked at once however many rules name it.
type peers struct {
	group      *policy.PeerGroup
	zoned      [policy.Internet + 1]prefixset.Set // by zone, transition mechanisms included
	references []zonedReference
	standing   []standing // the atoms and references of the group
}

// hostSet is one distinct combination of groups that rules let in.
type hostSet struct {
	groups []int    // indices of the model's peers, ascending
	names  []string // of the references, each once, sorted
}

type zonedReference struct {
	policy.Reference
	zone policy.Zone
}

// standing is an atom and the zone in which a group has it.
type standing struct {
	atom int
	zone policy.Zone
}

// host atoms are address atoms followed by references, which are counted alike.
type hostAtom struct {
	size region.Count
	is6  bool
}

// service is a group of ports that is scored as one.
type service struct {
	id    string // unique within a direction
	name  string // for people
	class Class
}

// bucket gathers what is open of one service in one direction.
type bucket struct {
	service
	direction policy.Direction
	entries   []bucketEntry
	// millionths are the points of the service, once it is scored.
	millionths int64
}

// bucketKey is what a bucket is one of.
type bucketKey struct {
	direction policy.Direction
	id        string
}

func (b *bucket) key() bucketKey { return bucketKey{b.direction, b.id} }

type bucketEntry struct {
	opening  *opening
	protocol portset.Protocol
	ports    portset.Set
}

// model is a policy taken apart for scoring.
type model struct {
	policy   *policy.Policy
	openings []*opening
	peers    []peers
	hosts    []hostSet
	atoms    []hostAtom
	buckets  []*bucket // sorted by direction and id
	unions   map[string]prefixset.Set
	declared []*listenerGroup // remembered by listeners
	register *register
	packets  []packetAtom // remembered by packetAtoms
}

func newModel(p *policy.Policy) *model {
	m := &model{policy: p, unions: map[string]prefixset.Set{}}
	m.open()
	m.cutAtoms()
	m.sortIntoBuckets()
	return m
}

// open lists the openings and the distinct groups of peers and host sets.
func (m *model) open() {
	type documentedPorts struct{ all, fixed portset.Ports }
	byProduct := map[string]documentedPorts{}
	byFlow := map[*catalog.Flow]portset.Ports{}
	m.register = newRegister(m)
	for i := range m.policy.Rules {
		rule := &m.policy.Rules[i]
		id, letsIn := m.register.of(rule)
		if !letsIn {
			continue
		}
		for j := range rule.PortRanges {
			for k := range rule.PortRanges[j].Listeners {
				listener := &rule.PortRanges[j].Listeners[k]
				o := &opening{rule: rule, portRange: j, listener: listener, hosts: id}
				if product, known := catalog.Get(listener.Product); known {
					ports, read := byProduct[product.ID]
					if !read {
						ports.all, ports.fixed = documentation(product)
						byProduct[product.ID] = ports
					}
					o.product, o.documented, o.own = product, ports.all, ports.fixed
					if o.flow, _ = product.Flow(listener.Flow); o.flow != nil && o.flow.OpenEnded {
						expected, read := byFlow[o.flow]
						if !read {
							expected = expectedPorts(o.flow)
							byFlow[o.flow] = expected
						}
						o.documented = o.documented.Union(expected)
					}
				}
				m.openings = append(m.openings, o)
			}
		}
	}
}

// listenerService is the service as which the ports of a listener are scored
// unless a well-known service claims them first.
func (o *opening) listenerService(protocol portset.Protocol) service {
	switch {
	case o.flow != nil && o.listener.Kind == policy.ProductFlow:
		id := o.product.ID + "/" + o.flow.ID
		class := BackupListener
		if len(o.flow.ExploitedBy) > 0 {
			class = ExploitedListener
		}
		return service{id: "flow:" + id, name: id, class: class}
	case o.listener.Kind == policy.Negotiated:
		return service{id: "negotiated:" + o.listener.Name, name: "negotiated range " + o.listener.Name, class: BackupListener}
	default:
		return service{id: "undeclared:" + protocol.String(), name: "undeclared " + protocol.String(), class: UndeclaredPorts}
	}
}

// declared reports whether somebody said what listens.
func (o *opening) declared() bool { return o.listener.Kind != policy.Undeclared }

// documentation returns all ports that a product documents, and the fixed ones
// among them.
func documentation(product *catalog.Product) (all, fixed portset.Ports) {
	var fixedPorts []portset.Ports
	for i := range product.Flows {
		if !product.Flows[i].Negotiated {
			fixedPorts = append(fixedPorts, product.Flows[i].Ports)
		}
	}
	return product.Documented(), portset.Merge(fixedPorts)
}

// expectedPorts are the ports among a flow's examples on which nobody would look
// for anything else. An open-ended flow can be told to use any port; one of a
// well-known service is a mistake or a pretence all the same.
func expectedPorts(flow *catalog.Flow) portset.Ports {
	expected := flow.Ports
	for _, protocol := range portset.Protocols() {
		expected = expected.Minus(portset.PortsOf(protocol, services.SpecialSet(protocol)))
	}
	return expected
}

// neighbours are the registered services among the ports of a listener that
// are somebody else's.
func (o *opening) neighbours(protocol portset.Protocol) portset.Set {
	if !o.declared() || !protocol.HasPorts() {
		return portset.Set{}
	}
	return o.listener.Ports.Of(protocol).
		Minus(services.SpecialSet(protocol)).
		Intersect(iana.Registered(protocol)).
		Minus(o.own.Of(protocol))
}

// sortIntoBuckets shares the open ports out among the services: the first
// three classes win, also inside a wide or a negotiated range.
func (m *model) sortIntoBuckets() {
	byKey := map[bucketKey]*bucket{}
	put := func(o *opening, s service, protocol portset.Protocol, ports portset.Set) {
		if ports.IsEmpty() {
			return
		}
		key := bucketKey{o.rule.Direction, s.id}
		b := byKey[key]
		if b == nil {
			b = &bucket{service: s, direction: o.rule.Direction}
			byKey[key] = b
			m.buckets = append(m.buckets, b)
		}
		b.entries = append(b.entries, bucketEntry{opening: o, protocol: protocol, ports: ports})
	}
	for _, o := range m.openings {
		for _, protocol := range portset.Protocols() {
			ports := o.listener.Ports.Of(protocol)
			if ports.IsEmpty() {
				continue
			}
			for _, found := range services.Split(protocol, ports) {
				s := service{id: wellKnownPrefix + found.Service.ID, name: found.Service.Name, class: classOf(found.Service)}
				put(o, s, protocol, found.Ports)
			}
			own := o.listenerService(protocol)
			put(o, own, protocol, ports.Minus(services.SpecialSet(protocol)))
			if neighbours := o.neighbours(protocol); !neighbours.IsEmpty() {
				beside := service{id: "beside:" + own.id, name: "services registered beside " + own.name, class: Neighbours}
				put(o, beside, protocol, neighbours)
			}
		}
	}
	sort.Slice(m.buckets, func(i, j int) bool {
		a, b := m.buckets[i], m.buckets[j]
		if a.direction != b.direction {
			return a.direction < b.direction
		}
		return a.id < b.id
	})
}

// ports is what is open of the service.
func (b *bucket) ports() portset.Ports {
	var all portset.Ports
	sets := make([]portset.Set, 0, len(b.entries))
	for _, protocol := range portset.Protocols() {
		sets = sets[:0]
		for i := range b.entries {
			e := &b.entries[i]
			if e.protocol == protocol && (len(sets) == 0 || !sets[len(sets)-1].Equal(e.ports)) {
				sets = append(sets, e.ports)
			}
		}
		if len(sets) > 0 {
			all = all.Union(portset.PortsOf(protocol, portset.UnionAll(sets)))
		}
	}
	return all
}

// uniform reports whether all entries of the protocol have the same ports: then
// all of their host sets, which are ascending, reach all of them.
func (b *bucket) uniform(protocol portset.Protocol) (ports portset.Set, ids []int, uniform bool) {
	for i := range b.entries {
		e := &b.entries[i]
		switch {
		case e.protocol != protocol:
			continue
		case len(ids) == 0:
			ports = e.ports
		case !e.ports.Equal(ports):
			return ports, nil, false
		}
		if len(ids) == 0 || ids[len(ids)-1] != e.opening.hosts {
			ids = append(ids, e.opening.hosts)
		}
	}
	slices.Sort(ids)
	return ports, slices.Compact(ids), true
}

// hostIDs lists the distinct host sets that reach the service, ascending.
func (b *bucket) hostIDs() []int {
	ids := make([]int, 0, len(b.entries))
	for i := range b.entries {
		// Rules with one host set often follow each other.
		if id := b.entries[i].opening.hosts; len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
