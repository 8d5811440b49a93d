package review

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// compiled compiles a policy for a target. The options of the author's data
// source are not known here. Limits are raised as far as they go, because
// whether the rules fit is the data source's own question.
func compiled(t emit.Target, p *policy.Policy, mode cover.Mode) (*emit.Result, fault.List) {
	const plenty = 1 << 20
	o := emit.Options{Limits: map[string]int{}, Optimize: mode, Arguments: map[string]any{}}
	for _, limit := range t.Limits {
		switch {
		case limit.Raisable && limit.Max > 0:
			o.Limits[limit.Name] = limit.Max
		case limit.Raisable:
			o.Limits[limit.Name] = plenty
		}
	}
	for _, a := range t.Arguments {
		if a.Kind == emit.StringMap {
			// Labels of pods, which do not change the rules.
			o.Arguments[a.Name] = map[string]string{}
		}
	}
	if t.Opens != nil {
		opened, faults := t.Opens(p, o)
		if len(faults) > 0 {
			return nil, faults
		}
		p = opened
	}
	return t.Emit(p, o)
}

// descriptionColumn is where every target's rules tell which policy they are
// from.
const descriptionColumn = "description"

// mark is what a cloud's rule has in common with the rule of a policy that it
// was made from: its key or its description, and the type of its resource.
type mark struct{ resourceType, key, description string }

// withoutCompiled takes out the rules that a policy of the plan compiles to:
// they are judged with it. Such a rule has the key or the description of one of
// the policy's rules, and it opens nothing beyond the policy. A rule that only
// looks like one is judged by itself.
func (b *builder) withoutCompiled(rules []cloudRule) (left []cloudRule, compiled int) {
	marked := map[mark][]int{}
	for i := range rules {
		rule := &rules[i]
		if rule.Rule.Rule.IsPartial() {
			continue
		}
		if key := rule.change.Key; key != "" {
			m := mark{resourceType: rule.change.Type, key: key}
			marked[m] = append(marked[m], i)
		}
		if d := rule.Rule.Rule.Description; d != "" {
			m := mark{resourceType: rule.change.Type, description: d}
			marked[m] = append(marked[m], i)
		}
	}
	done := make([]bool, len(rules))
	if len(marked) > 0 {
		for i := range b.policies {
			if p := b.policies[i].after; p != nil {
				b.findCompiled(p.Policy, rules, marked, done)
			}
		}
	}
	for i := range rules {
		if done[i] {
			compiled++
		} else {
			left = append(left, rules[i])
		}
	}
	return left, compiled
}

// findCompiled notes in done which of the marked rules the policy compiles to.
func (b *builder) findCompiled(p *policy.Policy, rules []cloudRule, marked map[mark][]int, done []bool) {
	candidates := &policy.Policy{Name: "candidates"}
	at := map[string]int{}
	b.eachRow(p, func(m mark, references []string) {
		for _, i := range marked[m] {
			rule := &rules[i].Rule.Rule
			if _, known := at[rule.Name]; known || done[i] {
				continue
			}
			at[rule.Name] = i
			candidates.Rules = append(candidates.Rules, withReferences(*rule, references))
		}
	})
	if len(at) == 0 {
		return
	}
	for _, opened := range compile.Difference(candidates, p) {
		delete(at, opened.Rule)
	}
	for _, i := range at {
		done[i] = true
	}
}

// eachRow compiles the policy for the targets whose resources the plan has and
// calls visit with the marks of every rule, and its references.
func (b *builder) eachRow(p *policy.Policy, visit func(m mark, references []string)) {
	for _, t := range emit.Targets() {
		description := slices.IndexFunc(t.Columns, func(c emit.Column) bool { return c.Name == descriptionColumn })
		for _, resourceType := range t.Resources {
			if !b.cloud.seen[resourceType] {
				continue
			}
			for _, mode := range []cover.Mode{cover.Stable, cover.Minimal} {
				result, faults := compiled(t, p, mode)
				if len(faults) > 0 {
					continue // the data source says so itself
				}
				for _, row := range slices.Concat(result.Ingress, result.Egress) {
					visit(mark{resourceType: resourceType, key: row.Key}, row.References)
					if description < 0 {
						continue
					}
					if text, isText := row.Values[description].(string); isText && text != "" {
						visit(mark{resourceType: resourceType, description: text}, row.References)
					}
				}
			}
		}
	}
}

// withReferences gives the references of the rule, which are ids, the names
// that they have in the policy. Which id is which name only the author's map
// knows, so only their number can be checked.
func withReferences(rule policy.Rule, names []string) policy.Rule {
	given := rule.References()
	if len(given) == 0 || len(given) != len(names) {
		return rule
	}
	group := policy.PeerGroup{Name: "references"}
	for i, name := range names {
		reference := given[i]
		reference.Name = name
		group.References = append(group.References, reference)
	}
	peers := []policy.PeerGroup{group}
	for i := range rule.Peers {
		g := rule.Peers[i]
		g.References = nil
		peers = append(peers, g)
	}
	rule.Peers = peers
	return rule
}
