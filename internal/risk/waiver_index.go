package risk

import (
	"iter"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// waiverIndex finds the waivers that may accept what a rule opens. A policy can
// have a waiver for each of its rules.
type waiverIndex struct {
	policy *policy.Policy
	order  []int // the waivers, lastingFirst
	// byRule and everyRule are places in order, ascending: of the waivers that
	// name a rule, and of those that name none.
	byRule    map[string][]int
	everyRule []int
}

func newWaiverIndex(p *policy.Policy) *waiverIndex {
	x := &waiverIndex{policy: p, order: lastingFirst(p.Waivers), byRule: map[string][]int{}}
	for at, i := range x.order {
		rules := p.Waivers[i].Rules
		if len(rules) == 0 {
			x.everyRule = append(x.everyRule, at)
		}
		for _, rule := range rules {
			if known := x.byRule[rule]; len(known) == 0 || known[len(known)-1] != at {
				x.byRule[rule] = append(known, at)
			}
		}
	}
	return x
}

// of yields the waivers that apply to the rule, by index, lastingFirst.
func (x *waiverIndex) of(rule string) iter.Seq[int] {
	return func(yield func(int) bool) {
		named, others := x.byRule[rule], x.everyRule
		for len(named) > 0 || len(others) > 0 {
			var at int
			if len(others) == 0 || len(named) > 0 && named[0] < others[0] {
				at, named = named[0], named[1:]
			} else {
				at, others = others[0], others[1:]
			}
			if !yield(x.order[at]) {
				return
			}
		}
	}
}
