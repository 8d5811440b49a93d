package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// group is the rules of one direction with the same peers.
type group struct {
	direction policy.Direction
	rules     []int // positions in the policy
	// free are the ports of which nobody said what listens there; open are
	// these and the ones with a product.
	free, open portset.Ports
	// named are the products that the author named, in the order of the rules.
	named []*catalog.Product
	// reserved are ports that belong to a named product, documented or not.
	reserved portset.Ports
	claims   []claim
	// claimed are the ports of all claims.
	claimed portset.Ports
}

// claim is a flow that explains some ports of the group.
type claim struct {
	product *catalog.Product
	flow    *catalog.Flow
	ports   portset.Ports
}

func groupRules(p *policy.Policy) []*group {
	var groups []*group
	byKey := map[string]*group{}
	for i := range p.Rules {
		r := &p.Rules[i]
		key := r.Direction.String() + " " + peersKey(r)
		g := byKey[key]
		if g == nil {
			g = &group{direction: r.Direction}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.rules = append(g.rules, i)
		g.read(r)
	}
	return groups
}

// peersKey is the same for rules with the same peers, whatever their names.
func peersKey(r *policy.Rule) string {
	keys := make([]string, len(r.Peers))
	for i := range r.Peers {
		keys[i] = peerKey(&r.Peers[i])
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), "\n")
}

// peerKey is the same for peer groups that differ in their names alone.
func peerKey(g *policy.PeerGroup) string {
	references := slices.SortedFunc(slices.Values(g.References), func(a, b policy.Reference) int { return cmp.Compare(a.Name, b.Name) })
	return fmt.Sprintf("%s %s %q %v", g.Zone, g.Prefixes, g.ZoneReason, references)
}

// read notes what the listeners of a rule open and what the author said of them.
func (g *group) read(r *policy.Rule) {
	for i := range r.PortRanges {
		for j := range r.PortRanges[i].Listeners {
			l := &r.PortRanges[i].Listeners[j]
			if l.Kind == policy.Negotiated || opensEverything(l) {
				continue
			}
			g.open = g.open.Union(l.Ports)
			product, known := catalog.Get(l.Product)
			if !known {
				g.free = g.free.Union(l.Ports)
				continue
			}
			if !slices.Contains(g.named, product) {
				g.named = append(g.named, product)
			}
			g.reserved = g.reserved.Union(l.Ports)
			if flow, known := product.Flow(l.Flow); known && l.Kind == policy.ProductFlow {
				g.claim(product, flow, l.Ports)
			}
		}
	}
}

// portsKey is the same for groups in which the same is open and declared.
func (g *group) portsKey() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", g.free, g.open, g.reserved)
	for _, product := range g.named {
		fmt.Fprintf(&b, "%s\n", product.ID)
	}
	for _, c := range g.claims {
		fmt.Fprintf(&b, "%s %s %s\n", c.product.ID, c.flow.ID, c.ports)
	}
	return b.String()
}

// opensEverything is true for what only "any" opens: such a listener says
// nothing of any product, and no part of it can be taken out and written.
func opensEverything(l *policy.Listener) bool { return !l.Ports.Of(portset.Other).IsEmpty() }

func (g *group) claim(product *catalog.Product, flow *catalog.Flow, ports portset.Ports) {
	g.claims = append(g.claims, claim{product, flow, ports})
	g.claimed = g.claimed.Union(ports)
}

// rulePlan is how one rule would be written.
type rulePlan struct {
	rule   *policy.Rule
	ranges []rangePlan
}

// rangePlan is one port range of a rule.
type rangePlan struct {
	product *catalog.Product // nil when nobody explains the ports
	flows   []*catalog.Flow  // empty for ports that the product does not document
	ports   portset.Ports
	// listener is the name of a negotiated listener of the author's own.
	listener string
}

// unexplained are the ports of the rule that no flow and no author explains.
func (plan *rulePlan) unexplained() portset.Ports {
	var ports portset.Ports
	for i := range plan.ranges {
		if r := &plan.ranges[i]; len(r.flows) == 0 && r.listener == "" {
			ports = ports.Union(r.ports)
		}
	}
	return ports
}

// plan shares what the rule opens out among its port ranges: flows of one
// product together, then negotiated listeners, then what is left.
func (g *group) plan(r *policy.Rule) rulePlan {
	plan := rulePlan{rule: r}
	var negotiated, left []rangePlan
	for i := range r.PortRanges {
		for j := range r.PortRanges[i].Listeners {
			l := &r.PortRanges[i].Listeners[j]
			product, _ := catalog.Get(l.Product)
			flow, isFlow := (*catalog.Flow)(nil), false
			if product != nil && l.Kind == policy.ProductFlow {
				flow, isFlow = product.Flow(l.Flow)
			}
			switch {
			case isFlow:
				plan.add(product, flow, l.Ports)
			case l.Kind == policy.Negotiated:
				negotiated = append(negotiated, rangePlan{ports: l.Ports, listener: l.Name})
			case opensEverything(l):
				left = addLeft(left, product, l.Ports)
			default:
				rest := l.Ports
				for _, c := range g.claims {
					part := rest.Intersect(c.ports)
					if part.IsEmpty() || product != nil && product != c.product {
						continue
					}
					plan.add(c.product, c.flow, part)
					rest = rest.Minus(part)
				}
				left = addLeft(left, product, rest)
			}
		}
	}
	plan.ranges = slices.Concat(plan.ranges, negotiated, left)
	return plan
}

// add puts a flow's ports into the range of its product. Ports that the flow
// does not document get a range of their own, in which no other flow can take
// them over.
func (plan *rulePlan) add(product *catalog.Product, flow *catalog.Flow, ports portset.Ports) {
	if documented := ports.Intersect(flow.Ports); !documented.IsEmpty() && documented.Equal(ports) {
		for i := range plan.ranges {
			r := &plan.ranges[i]
			if r.product == product && flowsPorts(r.flows).Covers(r.ports) {
				r.ports = r.ports.Union(ports)
				if !slices.Contains(r.flows, flow) {
					r.flows = append(r.flows, flow)
				}
				return
			}
		}
	}
	plan.ranges = append(plan.ranges, rangePlan{product: product, flows: []*catalog.Flow{flow}, ports: ports})
}

func flowsPorts(flows []*catalog.Flow) portset.Ports {
	all := make([]portset.Ports, len(flows))
	for i, flow := range flows {
		all[i] = flow.Ports
	}
	return portset.Merge(all)
}

func addLeft(left []rangePlan, product *catalog.Product, ports portset.Ports) []rangePlan {
	if ports.IsEmpty() {
		return left
	}
	for i := range left {
		if left[i].product == product {
			left[i].ports = left[i].ports.Union(ports)
			return left
		}
	}
	return append(left, rangePlan{product: product, ports: ports})
}
