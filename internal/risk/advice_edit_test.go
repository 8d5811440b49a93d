package risk

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// TestRescored_IsTheScoreOfTheWholeEditedPolicy scores every candidate again,
// with all rules and from the start.
func TestRescored_IsTheScoreOfTheWholeEditedPolicy(t *testing.T) {
	tried := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t, 5)
		switch rapid.IntRange(0, 3).Draw(t, "advised for sure") {
		case 0:
			p.Rules = append(p.Rules, ingress("rule-x", flow("bareos", "dir-to-fd"), internet("0.0.0.0/0")))
		case 1:
			p.Rules = append(p.Rules, ingress("rule-x", undeclared("wide", "30000-59999/tcp"), internet("0.0.0.0/0")))
		}
		a := assessedWith(t, p, testSettings())
		rescored := newRescorer(a.model)
		for _, c := range candidates(p, a) {
			e := c.edit()
			changed := map[*policy.Rule]bool{}
			for _, place := range e.gone {
				changed[place.rule] = true
			}
			edited := policy.Policy{Rules: e.rules}
			for i := range p.Rules {
				if !changed[&p.Rules[i]] {
					edited.Rules = append(edited.Rules, p.Rules[i])
				}
			}
			if got, want := rescored.points(&e), total(newModel(&edited).contributions()); got != want {
				t.Errorf("%s = %s in rule %s: %v points, want %v", c.advice.Argument, c.advice.Value, c.advice.Rule, got, want)
			}
			tried[c.advice.Action]++
		}
	})
	for _, action := range []string{"narrow-range", "move-range", "declare-listener", "cut-peers", "reverse-direction"} {
		if tried[action] == 0 {
			t.Errorf("no candidate %q: %v", action, tried)
		}
	}
}
