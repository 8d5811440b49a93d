package suggest

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// What counts as a match. The unit is a link, a pair of roles of a product.
//
// A flow of fixed ports is open when all of them are. A flow with a range is
// open when one run of ports of it is, since authors configure a part. In both
// cases the opening must be about that product: of a run of open ports that
// touch each other the product has to document at least half. What is open to
// all ports, or to a range of somebody else's, says nothing of the product.
//
// A link matches when all of its required flows are open and one of them, or
// an optional one, tells the product: it has a port that at most maxSharers
// products document, that belongs to no well-known service and that nobody uses
// by habit; or it is a documented range, open from its first port. The link then
// explains all of its flows that are open, 22 and 443 included. Without required
// flows, or with some of them closed and the product at work in the same rules
// already, only those flows match that have a port of this product alone.
//
// Entries that stand for a protocol, such as NFS, come after all products. Only
// their links with required flows count, and only where no other port is left
// unexplained: beside a program that nobody knows, 445 may be part of it.
//
// The best match goes first: products before protocols, whole links before
// parts, then by telling ports, by fixed ports, by all ports, by how few
// products share them, by whether the product is named after the listening role,
// and by id.

// minRange is the least width at which an open range tells the product.
const minRange = 5

// candidate is a link that may explain ports.
type candidate struct {
	product *catalog.Product
	claims  []claim
	rank    [7]int // larger is better, the first difference decides
}

// explain claims ports until nothing matches any more.
func (g *group) explain() {
	g.explainNamed()
	if !g.unclaimed().Overlaps(documented()) {
		return
	}
	for !g.unclaimed().IsEmpty() {
		best, found := g.best()
		if !found {
			return
		}
		for _, c := range best.claims {
			g.claim(c.product, c.flow, c.ports)
		}
	}
}

// unclaimed are the ports that may still be explained by any product.
func (g *group) unclaimed() portset.Ports { return g.free.Minus(g.reserved).Minus(g.claimed) }

// explainNamed lets the products that the author named explain their ports: for
// them an open flow is enough.
func (g *group) explainNamed() {
	for _, product := range g.named {
		for _, flow := range inOrder(product.Flows) {
			if isAnywhere(flow) {
				continue
			}
			if ports := g.part(product, flow).Intersect(g.reserved).Minus(g.claimed); !ports.IsEmpty() {
				g.claim(product, flow, ports)
			}
		}
	}
}

func inOrder(flows []catalog.Flow) []*catalog.Flow {
	order := make([]*catalog.Flow, len(flows))
	for i := range flows {
		order[i] = &flows[i]
	}
	sortFlows(order)
	return order
}

// sortFlows puts required flows first, then narrow ones.
func sortFlows(flows []*catalog.Flow) {
	slices.SortStableFunc(flows, func(a, b *catalog.Flow) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Ports.Len(), b.Ports.Len())
	})
}

func (g *group) best() (best candidate, found bool) {
	for _, id := range catalog.IDs() {
		known := facts()[id]
		if !known.bounded.Overlaps(g.open) {
			continue // flows that may be anywhere match beside others alone
		}
		for i := range known.links {
			c, matches := g.match(known.product, &known.links[i])
			if matches && (!found || slices.Compare(c.rank[:], best.rank[:]) > 0) {
				best, found = c, true
			}
		}
	}
	return best, found
}

// match says what the link would explain.
func (g *group) match(product *catalog.Product, link *link) (c candidate, matches bool) {
	var open []*catalog.Flow
	required, complete := false, true
	for _, flow := range link.flows {
		required = required || flow.Required
		if !g.part(product, flow).IsEmpty() {
			open = append(open, flow)
		} else if flow.Required {
			complete = false
		}
	}
	if len(open) == 0 {
		return c, false
	}
	isProtocol := slices.Contains(infrastructure, product.ID)
	if isProtocol && !protocolPorts().Covers(g.unclaimed()) {
		return c, false
	}
	whole := required && complete
	switch {
	case whole && (isProtocol || slices.ContainsFunc(open, func(f *catalog.Flow) bool { return g.tells(product, f, false) })):
	case isProtocol, required && !g.works(product):
		return c, false
	default:
		open = slices.DeleteFunc(open, func(f *catalog.Flow) bool { return !g.tells(product, f, true) })
	}
	sortFlows(open)
	c.product = product
	left := g.unclaimed()
	var fixed, all portset.Ports
	ranges := 0
	for _, flow := range open {
		ports := g.part(product, flow).Intersect(left)
		if ports.IsEmpty() {
			continue
		}
		left = left.Minus(ports)
		all = all.Union(ports)
		if isRange(flow) {
			ranges++
		} else {
			fixed = fixed.Union(ports)
		}
		c.claims = append(c.claims, claim{product, flow, ports})
	}
	tell, unique := telling(fixed)
	shared := 0
	eachPort(tell, func(p protocolPort) { shared += sharersOf(p) })
	c.rank = [7]int{one(!isProtocol)*2 + one(whole), tell.Len() + ranges, fixed.Len(), all.Len(), unique.Len(), -shared,
		one(link.To == product.ID)}
	return c, len(c.claims) > 0
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// works reports whether the product explains something in these rules already.
func (g *group) works(product *catalog.Product) bool {
	return slices.ContainsFunc(g.claims, func(c claim) bool { return c.product == product })
}

// tells reports whether the open flow tells the product, with alone in a way
// that fits no other product.
func (g *group) tells(product *catalog.Product, flow *catalog.Flow, alone bool) bool {
	part := g.part(product, flow)
	var others portset.Ports
	for _, c := range g.claims {
		if c.product != product {
			others = others.Union(c.ports)
		}
	}
	if part.Overlaps(others) {
		return false
	}
	if isRange(flow) {
		return !isAnywhere(flow) && part.Len() >= minRange && startsAt(part, flow.Ports)
	}
	all, unique := telling(part)
	if alone {
		return !unique.IsEmpty()
	}
	return !all.IsEmpty()
}

// startsAt reports whether every run of the part is the beginning of one that is
// documented.
func startsAt(part, documented portset.Ports) bool {
	for _, e := range part.Entries() {
		if !slices.ContainsFunc(documented.Entries(), func(d portset.Entry) bool {
			return d.Protocol == e.Protocol && d.Range.First == e.Range.First
		}) {
			return false
		}
	}
	return true
}

// part is what of the flow's ports is open, and empty unless that is enough for
// the flow.
func (g *group) part(product *catalog.Product, flow *catalog.Flow) portset.Ports {
	part := flow.Ports
	switch {
	case !isRange(flow):
		if !g.open.Covers(part) {
			return portset.Ports{}
		}
	case isAnywhere(flow):
		// Everything else of the product that is open lies in the range as well.
		elsewhere := facts()[product.ID].narrow
		if part.Len() > maxTelling {
			elsewhere = facts()[product.ID].bounded
		}
		part = part.Intersect(g.open).Minus(elsewhere).Minus(g.claimed.Minus(g.claimedBy(flow)))
		if part.Len() < 2 || part.Len() > maxTelling && !g.isExactly(flow) || !oneRun(part, flow) || !flow.Required && part.Len() < 2*minRange {
			return portset.Ports{}
		}
	default:
		part = part.Intersect(g.open)
		if part.Len() < 2 || !oneRun(part, flow) {
			return portset.Ports{}
		}
	}
	for _, e := range part.Entries() {
		if !g.isAbout(product, e) && !isAnywhere(flow) {
			return portset.Ports{}
		}
	}
	return part
}

// isExactly reports whether the flow's whole range is open, and not as a part of
// a larger one.
func (g *group) isExactly(flow *catalog.Flow) bool {
	for _, e := range flow.Ports.Entries() {
		if !slices.Contains(g.open.Of(e.Protocol).Ranges(), e.Range) {
			return false
		}
	}
	return !flow.OpenEnded
}

func (g *group) claimedBy(flow *catalog.Flow) portset.Ports {
	var ports portset.Ports
	for _, c := range g.claims {
		if c.flow == flow {
			ports = ports.Union(c.ports)
		}
	}
	return ports
}

// oneRun reports whether the part is one run on every protocol of the flow.
func oneRun(part portset.Ports, flow *catalog.Flow) bool {
	for _, protocol := range portset.Protocols() {
		if flow.Ports.Of(protocol).IsEmpty() {
			continue
		}
		if len(part.Of(protocol).Ranges()) != 1 {
			return false
		}
	}
	return true
}

// isAbout reports whether the product documents at least half of the run of open
// ports around the entry.
func (g *group) isAbout(product *catalog.Product, e portset.Entry) bool {
	for _, run := range g.open.Of(e.Protocol).Ranges() {
		if !run.Contains(e.Range.First) {
			continue
		}
		documented := facts()[product.ID].bounded.Of(e.Protocol).Intersect(portset.Of(run))
		return 2*documented.Len() >= run.Len()
	}
	return false
}
