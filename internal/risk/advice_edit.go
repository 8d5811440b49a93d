package risk

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// edit is a change of a policy.
type edit struct {
	// rules are the rules that it changes, whole and as they are after it.
	rules []policy.Rule
	// gone are the port ranges of the policy that are no longer open as they
	// were, and fresh is what takes their place.
	gone  []rangePlace
	fresh []policy.Rule
}

// rangePlace is a port range of a rule of the policy, by its index.
type rangePlace struct {
	rule      *policy.Rule
	portRange int
}

// replacePeers edits a peer group wherever the policy uses it.
func replacePeers(p *policy.Policy, group *policy.PeerGroup, prefixes prefixset.Set) edit {
	var e edit
	for i := range p.Rules {
		old := &p.Rules[i]
		rule := *old
		same := func(g policy.PeerGroup) bool {
			return g.Name == group.Name && g.Zone == group.Zone && g.Prefixes.Equal(group.Prefixes)
		}
		if !slices.ContainsFunc(rule.Peers, same) {
			continue
		}
		rule.Peers = slices.Clone(rule.Peers)
		for j := range rule.Peers {
			if same(rule.Peers[j]) {
				rule.Peers[j].Prefixes = prefixes
			}
		}
		for j := range rule.PortRanges {
			e.gone = append(e.gone, rangePlace{old, j})
		}
		e.rules = append(e.rules, rule)
	}
	e.fresh = e.rules
	return e
}

// replaceListeners edits a port range wherever the policy uses it.
func replaceListeners(p *policy.Policy, portRange *policy.PortRange, listeners []policy.Listener) edit {
	var e edit
	for i := range p.Rules {
		old := &p.Rules[i]
		rule, fresh := *old, *old
		fresh.PortRanges = nil
		for j := range old.PortRanges {
			if !sameRange(&old.PortRanges[j], portRange) {
				continue
			}
			if fresh.PortRanges == nil {
				rule.PortRanges = slices.Clone(rule.PortRanges)
			}
			rule.PortRanges[j].Listeners = listeners
			fresh.PortRanges = append(fresh.PortRanges, rule.PortRanges[j])
			e.gone = append(e.gone, rangePlace{old, j})
		}
		if fresh.PortRanges != nil {
			e.rules, e.fresh = append(e.rules, rule), append(e.fresh, fresh)
		}
	}
	return e
}

// sameRange reports whether two port ranges are one: hand-written ones may
// share a name and differ.
func sameRange(a, b *policy.PortRange) bool {
	if a.Name != b.Name || len(a.Listeners) != len(b.Listeners) {
		return false
	}
	for i := range a.Listeners {
		x, y := &a.Listeners[i], &b.Listeners[i]
		if x.Name != y.Name || x.Kind != y.Kind || x.Product != y.Product || x.Flow != y.Flow || !x.Ports.Equal(y.Ports) {
			return false
		}
	}
	return true
}

// reverse moves one listener of a rule into a new rule of the other direction.
func reverse(p *policy.Policy, ruleIndex, j, k int, listener policy.Listener) edit {
	old := &p.Rules[ruleIndex]
	e := edit{gone: []rangePlace{{old, j}}}
	outward := *old
	outward.Name = "outward" // not shown
	outward.Direction = policy.Egress
	outward.PortRanges = []policy.PortRange{{Name: old.PortRanges[j].Name, Listeners: []policy.Listener{listener}}}
	rule, fresh := *old, *old
	rule.PortRanges = slices.Clone(rule.PortRanges)
	left := &rule.PortRanges[j]
	left.Listeners = slices.Delete(slices.Clone(left.Listeners), k, k+1)
	if len(left.Listeners) > 0 {
		fresh.PortRanges = []policy.PortRange{*left}
		e.fresh = append(e.fresh, fresh)
	} else {
		rule.PortRanges = slices.Delete(rule.PortRanges, j, j+1)
	}
	if len(rule.PortRanges) > 0 {
		e.rules = append(e.rules, rule)
	}
	e.rules, e.fresh = append(e.rules, outward), append(e.fresh, outward)
	return e
}

// rescorer scores edits of the policy of a model that has been scored.
type rescorer struct {
	m *model
	// byRange are the services of which each port range opens ports.
	byRange map[rangePlace][]*bucket
	total   int64 // millionths of a point
}

func newRescorer(m *model) *rescorer {
	s := &rescorer{m: m, byRange: map[rangePlace][]*bucket{}}
	for _, b := range m.buckets {
		s.total += b.millionths
		for i := range b.entries {
			o := b.entries[i].opening
			at := rangePlace{o.rule, o.portRange}
			if list := s.byRange[at]; len(list) == 0 || list[len(list)-1] != b {
				s.byRange[at] = append(list, b)
			}
		}
	}
	return s
}

// points is what the policy scores after the edit. Only services whose ports or
// peers change are scored again: what the others add does not depend on them.
// Points are added as whole millionths, so the sum is that of a scoring of
// everything.
func (s *rescorer) points(e *edit) float64 {
	after := &model{policy: &policy.Policy{Rules: e.fresh}}
	after.open()
	after.sortIntoBuckets()
	affected := map[bucketKey]bool{}
	for _, b := range after.buckets {
		affected[b.key()] = true
	}
	gone := map[rangePlace]bool{}
	for _, place := range e.gone {
		gone[place] = true
		for _, b := range s.byRange[place] {
			affected[b.key()] = true
		}
	}
	sum := s.total
	stays := map[*opening]bool{}
	for _, b := range s.m.buckets {
		if !affected[b.key()] {
			continue
		}
		sum -= b.millionths
		for i := range b.entries {
			if o := b.entries[i].opening; !gone[rangePlace{o.rule, o.portRange}] {
				stays[o] = true
			}
		}
	}
	part := after
	if len(stays) > 0 {
		part = newModel(&policy.Policy{Rules: append(s.m.only(stays), e.fresh...)})
	} else {
		part.cutAtoms()
	}
	tally := newTally(part)
	for _, b := range part.buckets {
		if affected[b.key()] {
			sum += tally.millionths(b)
		}
	}
	return float64(sum) / 1e6
}

// only are the rules of the policy with no more than some of their openings.
func (m *model) only(wanted map[*opening]bool) []policy.Rule {
	if len(wanted) == 0 {
		return nil
	}
	var rules []policy.Rule
	var last *policy.Rule
	for _, o := range m.openings {
		if !wanted[o] {
			continue
		}
		if o.rule != last {
			last = o.rule
			rule := *o.rule
			rule.PortRanges = nil
			rules = append(rules, rule)
		}
		rule := &rules[len(rules)-1]
		rule.PortRanges = append(rule.PortRanges, policy.PortRange{Listeners: []policy.Listener{*o.listener}})
	}
	return rules
}
