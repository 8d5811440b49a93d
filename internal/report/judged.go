package report

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// Judged returns the subject of a policy and its assessment. today is the day
// of the review, from which the days left of waivers are counted; no date
// leaves them out.
func Judged(p *policy.Policy, a *risk.Assessment, today policy.Date) Subject {
	s := Subject{
		Kind: PolicyKind, Name: p.Name,
		Score: a.Score, Limit: a.Limit, Points: a.Points, Rating: a.Rating,
		Verdict: a.Verdict, Partial: a.Partial,
		Rules: RulesOf(p), Waivers: WaiversOf(p, today),
	}
	s.Findings = make([]Finding, len(a.Findings))
	for i := range a.Findings {
		f := &a.Findings[i]
		s.Findings[i] = Finding{
			Code: f.Code, Severity: f.Severity, Effect: f.Effect, Rules: f.Rules,
			Ports: f.Ports.Strings(), Peers: peersOf(f.Prefixes, f.References),
			Message: f.Message, Remedy: f.Remedy, WaivedBy: f.WaivedBy,
		}
	}
	s.Contributions = contributionsOf(a.Contributions)
	if !a.Partial {
		for _, advice := range risk.Advise(p, a) {
			s.Advice = append(s.Advice, Advice(advice))
		}
	}
	return s
}

// contributionsOf lists the services that cost most, and the others in one line
// with the rest of the points.
func contributionsOf(all []risk.Contribution) []Contribution {
	shown, others, points := risk.Costliest(all)
	lines := make([]Contribution, len(shown), len(shown)+1)
	for i := range shown {
		c := &shown[i]
		lines[i] = Contribution{
			Service: c.Service, Class: string(c.Class), Direction: c.Direction.String(),
			Rules: c.Rules, Ports: c.Ports.Strings(), Hosts: c.Hosts, Points: c.Points,
		}
	}
	if others > 0 {
		lines = append(lines, Contribution{Service: count(others, "more service"), Class: "several", Direction: "both", Points: points})
	}
	return lines
}

// RulesOf returns the rules of a policy.
func RulesOf(p *policy.Policy) []Rule {
	rules := make([]Rule, len(p.Rules))
	for i := range p.Rules {
		from := &p.Rules[i]
		rule := Rule{Name: from.Name, Description: from.Description, Direction: from.Direction.String(), Partial: from.IsPartial()}
		for j := range from.PortRanges {
			rule.PortRanges = append(rule.PortRanges, portRangeOf(&from.PortRanges[j]))
		}
		for j := range from.Peers {
			g := &from.Peers[j]
			names := make([]string, len(g.References))
			for k := range g.References {
				names[k] = g.References[k].Name
			}
			rule.Peers = append(rule.Peers, PeerGroup{Name: g.Name, Zone: g.Zone.String(), Peers: peersOf(g.Prefixes, names)})
		}
		rules[i] = rule
	}
	return rules
}

func portRangeOf(from *policy.PortRange) PortRange {
	sets := make([]portset.Ports, len(from.Listeners))
	var products []string
	for i := range from.Listeners {
		l := &from.Listeners[i]
		sets[i] = l.Ports
		if product, known := catalog.Get(l.Product); known && l.Kind == policy.ProductFlow {
			products = append(products, product.Name)
		}
	}
	slices.Sort(products)
	return PortRange{Name: from.Name, Ports: portset.Merge(sets).Strings(), Products: slices.Compact(products)}
}

// WaiversOf returns the waivers of a policy.
func WaiversOf(p *policy.Policy, today policy.Date) []Waiver {
	waivers := make([]Waiver, len(p.Waivers))
	for i := range p.Waivers {
		from := &p.Waivers[i]
		w := Waiver{
			Finding: from.Finding, Rules: from.Rules, Ports: from.Ports.Strings(), Peers: peersOf(from.Peers, from.References),
			MaxScore: from.MaxScore, Reason: from.Reason, Owner: from.Owner, Expires: from.Expires.String(),
		}
		if !today.IsZero() && !from.Expires.IsZero() {
			left := today.DaysUntil(from.Expires)
			w.DaysLeft = &left
		}
		waivers[i] = w
	}
	return waivers
}

// peersOf lists prefixes, then references.
func peersOf(prefixes prefixset.Set, references []string) []string {
	peers := prefixes.Strings()
	for _, name := range references {
		peers = append(peers, risk.ReferenceMark+name)
	}
	return peers
}
