// Package suggest goes from existing openings to modelled ones: it says which
// products of the catalogue explain the open ports of a policy, what is left
// unexplained, and which resources would open the same.
package suggest

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Suggestion is what For makes of a policy.
type Suggestion struct {
	// Explained is sorted by direction, then by product.
	Explained []Explained
	// Unexplained is sorted by direction, then by the first rule.
	Unexplained []Left
	// HCL is the text of the resources that would replace the policy, formatted
	// as terraform fmt does. It opens exactly what the policy opens, to exactly
	// the same peers; only a rule with a peer that no cidrs can say (an address
	// inside ::ffff:0:0/96, say) is left out, and a comment names it.
	HCL string
}

// Explained is one product that accounts for open ports.
type Explained struct {
	// Product is the id in the catalogue, Name the product's name.
	Product, Name string
	Direction     policy.Direction
	// Flows are ids, sorted.
	Flows []string
	// Ports are the open ports that these flows account for.
	Ports portset.Ports
	// Rules are the names of the policy's rules that open them, sorted.
	Rules []string
	// Confidence is the lowest of the flows.
	Confidence catalog.Confidence
}

// Left is what nobody explains, of rules in one direction with the same peers.
type Left struct {
	Direction policy.Direction
	Ports     portset.Ports
	// Rules are the names of the policy's rules that open them, sorted.
	Rules []string
}

// For explains the open ports of the policy. The policy must have passed
// policy.Validate. For a partial policy it returns nil: products are told by
// the ports that stand together, so what is still to arrive may change all of
// it.
//
// Rules in one direction with the same peers are looked at together, since
// exports of clouds have one rule for each port. What the author declared
// stands: a documented flow stays one, a negotiated listener is copied, and the
// ports of a listener with a product are explained by that product or by none.
// All else is explained product by product, the best match first, until nothing
// matches. See match.go for what counts as a match; in doubt a port is left
// unexplained.
//
// The suggested policy opens the same and yet may score otherwise. Most often it
// scores less, because somebody now says what listens. It scores more where
// three listeners or more come to light in what counted as one group of unknown
// ports, or one that is known to be attacked.
func For(p *policy.Policy) *Suggestion {
	if p.IsPartial() {
		return nil
	}
	groups := groupRules(p)
	s := &Suggestion{}
	plans := make([]rulePlan, len(p.Rules))
	explained := map[string]*group{}
	for _, g := range groups {
		// Often many peers have the same ports, and the same claims follow.
		key := g.portsKey()
		if same := explained[key]; same != nil {
			g.claims, g.claimed = same.claims, same.claimed
		} else {
			g.explain()
			explained[key] = g
		}
		left := Left{Direction: g.direction}
		for _, i := range g.rules {
			plans[i] = g.plan(&p.Rules[i])
			s.note(&plans[i])
			if ports := plans[i].unexplained(); !ports.IsEmpty() {
				left.Ports = left.Ports.Union(ports)
				left.Rules = append(left.Rules, p.Rules[i].Name)
			}
		}
		if !left.Ports.IsEmpty() {
			slices.Sort(left.Rules)
			s.Unexplained = append(s.Unexplained, left)
		}
	}
	for i := range s.Explained {
		slices.Sort(s.Explained[i].Flows)
		slices.Sort(s.Explained[i].Rules)
	}
	slices.SortFunc(s.Explained, func(a, b Explained) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Product, b.Product))
	})
	slices.SortFunc(s.Unexplained, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), slices.Compare(a.Rules, b.Rules))
	})
	s.HCL = write(p, plans)
	return s
}

// note adds what the plan of one rule explains.
func (s *Suggestion) note(plan *rulePlan) {
	for i := range plan.ranges {
		r := &plan.ranges[i]
		if len(r.flows) == 0 {
			continue
		}
		at := slices.IndexFunc(s.Explained, func(e Explained) bool {
			return e.Product == r.product.ID && e.Direction == plan.rule.Direction
		})
		if at < 0 {
			at = len(s.Explained)
			s.Explained = append(s.Explained, Explained{Product: r.product.ID, Name: r.product.Name,
				Direction: plan.rule.Direction, Confidence: catalog.High})
		}
		e := &s.Explained[at]
		e.Ports = e.Ports.Union(r.ports)
		e.Rules = appendNew(e.Rules, plan.rule.Name)
		for _, flow := range r.flows {
			e.Flows = appendNew(e.Flows, flow.ID)
			e.Confidence = lower(e.Confidence, flow.Confidence)
		}
	}
}

// lower is the lesser of two degrees of confidence.
func lower(a, b catalog.Confidence) catalog.Confidence {
	order := []catalog.Confidence{catalog.Low, catalog.Medium, catalog.High}
	return order[max(0, min(slices.Index(order, a), slices.Index(order, b)))]
}

func appendNew(list []string, item string) []string {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}
