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

// marks are the keys and descriptions of the rules that a policy compiles to,
// with the references of the rules that have any.
type marks map[string][]string

// withoutCompiled takes out the rules that a policy of the plan compiles to:
// they are judged with it. Such a rule has the key or the description of one of
// the policy's rules, and it opens nothing beyond the policy. A rule that only
// looks like one is judged by itself.
func (b *builder) withoutCompiled(rules []cloudRule) (left []cloudRule, compiled int) {
	done := make([]bool, len(rules))
	for i := range b.policies {
		p := b.policies[i].after
		if p == nil || b.policies[i].change.Action == "delete" {
			continue
		}
		byType := b.marksOf(p)
		candidates := &policy.Policy{Name: "candidates"}
		at := map[string]int{}
		for j := range rules {
			rule := &rules[j]
			references, marked := byType[rule.change.Type].find(rule)
			if done[j] || rule.Rule.Rule.IsPartial() || !marked {
				continue
			}
			candidates.Rules = append(candidates.Rules, withReferences(rule.Rule.Rule, references))
			at[rule.Rule.Rule.Name] = j
		}
		for _, opened := range compile.Difference(candidates, p) {
			delete(at, opened.Rule)
		}
		for _, j := range at {
			done[j] = true
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

// marksOf compiles the policy for the targets whose resources the plan has.
func (b *builder) marksOf(p *policy.Policy) map[string]marks {
	byType := map[string]marks{}
	for _, t := range emit.Targets() {
		if !slices.ContainsFunc(t.Resources, func(name string) bool { return b.cloud.seen[name] }) {
			continue
		}
		description := slices.IndexFunc(t.Columns, func(c emit.Column) bool { return c.Name == descriptionColumn })
		of := marks{}
		for _, mode := range []cover.Mode{cover.Stable, cover.Minimal} {
			result, faults := compiled(t, p, mode)
			if len(faults) > 0 {
				continue
			}
			for _, row := range slices.Concat(result.Ingress, result.Egress) {
				of["key "+row.Key] = row.References
				if description < 0 {
					continue
				}
				if text, isText := row.Values[description].(string); isText {
					of["description "+text] = row.References
				}
			}
		}
		for _, name := range t.Resources {
			byType[name] = of
		}
	}
	return byType
}

// find returns the references of the policy's rule that the cloud's rule is
// made from.
func (m marks) find(rule *cloudRule) (references []string, found bool) {
	if references, found = m["key "+rule.change.Key]; found && rule.change.Key != "" {
		return references, true
	}
	if d := rule.Rule.Rule.Description; d != "" {
		references, found = m["description "+d]
	}
	return references, found
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
