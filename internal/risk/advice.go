package risk

import (
	"slices"
	"sort"
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
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
	// Each candidate costs a scoring of the services that it changes, which may
	// be the whole policy. A small policy gets all of them tried, a large one as
	// many as cost little beside its own assessment.
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
	m := a.model
	if m == nil || m.policy != p {
		m = newModel(p)
		m.contributions()
	}
	rescored := newRescorer(m)
	var list []ranked
	for _, c := range candidates(p, a) {
		e := c.edit()
		if len(policy.Validate(&policy.Policy{Name: p.Name, Rules: e.rules})) > 0 {
			continue // ICMP without a peer of its family, say
		}
		points := rescored.points(&e)
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

// candidate is a change worth computing. It is worked out only when it is one
// of those that are tried: a rule of thousands of port ranges has as many.
type candidate struct {
	advice Advice
	edit   func() edit
}

// proposals gathers candidates, each once, up to as many as are tried.
type proposals struct {
	policy *policy.Policy
	most   int
	list   []candidate
	seen   map[Advice]bool
	// allPorts are those of the policy, looked up when a range is to move.
	allPorts func() portset.Ports
}

// candidates proposes changes to the port ranges and peer groups behind the
// most expensive services, those of the most expensive one first.
func candidates(p *policy.Policy, a *Assessment) []candidate {
	x := &proposals{
		policy:   p,
		most:     min(mostCandidates, max(leastCandidates, candidateBudget/max(1, len(p.Rules)))),
		seen:     map[Advice]bool{},
		allPorts: sync.OnceValue(p.AllPorts),
	}
	var looked []string
	for i := 0; i < len(a.Contributions) && i < advised; i++ {
		names := a.Contributions[i].Rules
		if len(names) == 0 || slices.Contains(looked, names[0]) {
			continue
		}
		looked = append(looked, names[0])
		for j := range p.Rules {
			if p.Rules[j].Name == names[0] {
				x.ofRule(j)
			}
		}
	}
	return x.list
}

func (x *proposals) full() bool { return len(x.list) >= x.most }

// ofRule alternates between the peers and the ports of a rule, so that a cut
// leaves some of both.
func (x *proposals) ofRule(rule int) {
	r := &x.policy.Rules[rule]
	for j := range max(len(r.PortRanges), len(r.Peers)) {
		if j < len(r.Peers) {
			x.addAll(peerCandidates(x.policy, r, &r.Peers[j]))
		}
		if j < len(r.PortRanges) {
			for k := range r.PortRanges[j].Listeners {
				x.addAll(x.portCandidates(rule, j, k))
			}
		}
		if x.full() {
			return
		}
	}
}

// addAll leaves out what was proposed already: one group or range in two rules.
func (x *proposals) addAll(list []candidate) {
	for _, c := range list {
		key := c.advice
		if key.Action != "reverse-direction" {
			key.Rule = ""
		}
		if !x.full() && !x.seen[key] {
			x.seen[key] = true
			x.list = append(x.list, c)
		}
	}
}
