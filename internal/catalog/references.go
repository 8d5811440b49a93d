package catalog

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// checkReferences reports names of roles and flows that do not exist, and links
// between flows that do not make sense.
func (r *reader) checkReferences(p *Product) {
	for i := range p.Flows {
		flow := &p.Flows[i]
		field := element("flows", i, flow.ID)
		for _, end := range []struct{ name, role string }{{"from", flow.From}, {"to", flow.To}} {
			if !slices.ContainsFunc(p.Roles, func(role Role) bool { return role.ID == end.role }) {
				r.add(field+": "+end.name, "%q is no role of the product", end.role)
			}
		}
		r.checkSinglePort(field+": single_port", p, flow)
		r.checkReversed(field+": reversed", p, flow)
	}
	for i := range p.Sizing {
		r.checkAppliesTo(element("sizing", i, p.Sizing[i].ID)+": applies_to", p, &p.Sizing[i])
	}
	for i, vuln := range p.History {
		for _, id := range vuln.Flows {
			r.flowNamed(element("history", i, vuln.CVE)+": flows", p, id)
		}
	}
}

func (r *reader) checkAppliesTo(field string, p *Product, rule *SizingRule) {
	for i, id := range rule.AppliesTo {
		flow := r.flowNamed(field, p, id)
		switch {
		case flow == nil:
		case !flow.Negotiated:
			r.add(field, "%q is not negotiated, so its width is fixed", id)
		case slices.Contains(rule.AppliesTo[:i], id):
			r.add(field, "%q stands twice", id)
		}
	}
}

func (r *reader) checkSinglePort(field string, p *Product, flow *Flow) {
	if flow.SinglePort == "" {
		return
	}
	single := r.flowNamed(field, p, flow.SinglePort)
	switch {
	case single == nil:
	case single.From != flow.From || single.To != flow.To:
		r.add(field, "%q is between other roles", single.ID)
	case single.Ports.Len() != 1:
		r.add(field, "%q has not one port but %s", single.ID, single.Ports)
	case single == flow:
		r.add(field, "a flow does not replace itself")
	}
}

func (r *reader) checkReversed(field string, p *Product, flow *Flow) {
	if flow.Reversed == "" {
		return
	}
	other := r.flowNamed(field, p, flow.Reversed)
	switch {
	case other == nil:
	case other.From != flow.To || other.To != flow.From:
		r.add(field, "%q does not go from %s to %s", other.ID, flow.To, flow.From)
	case other.Reversed != flow.ID:
		r.add(field, "%q does not name this flow as its reverse", other.ID)
	}
}

func (r *reader) flowNamed(field string, p *Product, id string) *Flow {
	flow, ok := p.Flow(id)
	if !ok {
		r.add(field, "%q is no flow of the product", id)
		return nil
	}
	return flow
}

// linkHistory fills ExploitedBy: with the vulnerabilities that name the flow,
// and with those whose port the flow listens on. A negotiated range is linked
// by name only, because a fixed port inside it is another listener.
func linkHistory(p *Product) {
	for _, vuln := range p.History {
		if !vuln.InKEV {
			continue
		}
		for i := range p.Flows {
			flow := &p.Flows[i]
			if slices.Contains(vuln.Flows, flow.ID) || listensOn(flow, vuln.Ports) {
				flow.ExploitedBy = append(flow.ExploitedBy, vuln.CVE)
			}
		}
	}
}

func listensOn(flow *Flow, ports portset.Ports) bool {
	return !flow.Negotiated && flow.Ports.Overlaps(ports)
}
