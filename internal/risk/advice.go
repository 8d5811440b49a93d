package risk

import (
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// Advice is a change that would lower the score, with the score that the same
// engine gives the policy after it.
type Advice struct {
	// Action is narrow-range, move-range, declare-listener, cut-peers,
	// single-port or reverse-direction.
	Action string
	// Rule is the first rule that the change is about.
	Rule string
	// Argument and Value are what to write: an argument of the port range, the
	// peer group or the rule, and its value as Terraform text.
	Argument   string
	Value      string
	ScoreAfter int
	Message    string
}

const (
	// advised is how many of the most expensive services get advice.
	advised = 4
	// Each candidate costs a scoring of the whole policy. A small policy gets
	// all of them tried, a large one as many as cost little beside its own
	// assessment.
	mostCandidates   = 40
	leastCandidates  = 4
	candidateBudget  = 20000 // rules scored for the sake of advice
	longestValue     = 64    // elements of a list that anybody would write
	assumedJobs      = 40    // ports, when nobody said how many jobs run at once
	exampleNetwork4  = 24    // prefix lengths that too wide peers are cut to
	exampleNetwork6  = 64
	exampleEmbedded4 = 96 + exampleNetwork4
)

// Advise lists changes that lower the score, the best first; of a policy far
// above 100 points also those after which it still stands at 100. A partial
// policy gets none.
func Advise(p *policy.Policy, a *Assessment) []Advice {
	if a == nil || p.IsPartial() {
		return nil
	}
	type ranked struct {
		Advice
		points float64
	}
	var list []ranked
	for _, c := range candidates(p, a) {
		if len(policy.Validate(c.changed)) > 0 {
			continue // ICMP without a peer of its family, say
		}
		points := total(newModel(c.changed).contributions())
		if after := scoreOf(points); after < a.Score || lowersCapped(a, points) {
			c.advice.ScoreAfter = after
			list = append(list, ranked{c.advice, points})
		}
	}
	sort.SliceStable(list, func(i, j int) bool {
		x, y := &list[i], &list[j]
		if x.points != y.points {
			return x.points < y.points
		}
		if x.Action != y.Action {
			return x.Action < y.Action
		}
		return x.Rule+x.Value < y.Rule+y.Value
	})
	advice := make([]Advice, len(list))
	for i := range list {
		advice[i] = list[i].Advice
	}
	return advice
}

// lowersCapped reports whether a change takes a good part of the points off a
// policy that is so far above 100 that no single change brings it below: the
// worst policies would otherwise get no advice.
func lowersCapped(a *Assessment, points float64) bool {
	return a.Points > 100 && points <= 0.9*a.Points
}

// candidate is a change worth computing.
type candidate struct {
	advice  Advice
	changed *policy.Policy
}

// candidates proposes changes to the port ranges and peer groups behind the
// most expensive services, those of the most expensive one first.
func candidates(p *policy.Policy, a *Assessment) []candidate {
	most := min(mostCandidates, max(leastCandidates, candidateBudget/max(1, len(p.Rules))))
	var list []candidate
	seen := map[string]bool{}
	for i := 0; i < len(a.Contributions) && i < advised; i++ {
		names := a.Contributions[i].Rules
		if len(names) == 0 || seen[names[0]] {
			continue
		}
		seen[names[0]] = true
		for j := range p.Rules {
			if p.Rules[j].Name == names[0] {
				list = append(list, ruleCandidates(p, j)...)
			}
		}
	}
	list = distinct(list)
	return list[:min(most, len(list))]
}

// ruleCandidates alternates between the peers and the ports of a rule, so that
// a cut leaves some of both.
func ruleCandidates(p *policy.Policy, rule int) []candidate {
	r := &p.Rules[rule]
	var list []candidate
	for j := range max(len(r.PortRanges), len(r.Peers)) {
		if j < len(r.Peers) {
			list = append(list, peerCandidates(p, r, &r.Peers[j])...)
		}
		if j < len(r.PortRanges) {
			for k := range r.PortRanges[j].Listeners {
				list = append(list, portCandidates(p, rule, j, k)...)
			}
		}
	}
	return list
}

// distinct drops what was proposed already: one group or range in two rules.
func distinct(list []candidate) []candidate {
	var kept []candidate
	seen := map[Advice]bool{}
	for _, c := range list {
		key := c.advice
		if key.Action != "reverse-direction" {
			key.Rule = ""
		}
		if !seen[key] {
			seen[key] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// edit returns a copy of the policy in which change has had its way with every
// rule; change gets copies and may alter their lists but not the elements.
func edit(p *policy.Policy, change func(*policy.Rule)) *policy.Policy {
	edited := *p
	edited.Rules = make([]policy.Rule, len(p.Rules))
	for i := range p.Rules {
		edited.Rules[i] = p.Rules[i]
		change(&edited.Rules[i])
	}
	return &edited
}
