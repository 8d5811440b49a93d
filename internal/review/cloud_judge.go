package review

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// judgeGroup judges the rules of one group as one policy.
func (b *builder) judgeGroup(group string, rules []cloudRule) (report.Subject, error) {
	p := &policy.Policy{Name: "hand-written"}
	addresses := map[string]*cloudRule{}
	var notes []string
	for i := range rules {
		rule := &rules[i]
		p.Rules = append(p.Rules, rule.Rule.Rule)
		p.Partial = p.Partial || rule.Rule.Rule.IsPartial()
		addresses[rule.Rule.Rule.Name] = rule
		if len(rule.Unknown) > 0 {
			notes = append(notes, fmt.Sprintf("%s: known only after apply: %s.", rule.address, strings.Join(rule.Unknown, ", ")))
		}
		for _, f := range rule.Faults {
			notes = append(notes, fmt.Sprintf("%s cannot be judged: %s", rule.address, f.Error()))
		}
		notes = append(notes, rule.Assumed...)
	}
	slices.SortFunc(p.Rules, func(a, b policy.Rule) int { return cmp.Compare(a.Name, b.Name) })
	settings := risk.DefaultSettings()
	settings.MaxScore = b.providerLimit()
	if b.options.maxScore >= 0 {
		settings.MaxScore = b.options.maxScore
	}
	a, faults := risk.Assess(p, settings)
	if len(faults) > 0 {
		return report.Subject{}, fmt.Errorf("the rules of %s cannot be judged: %w", group, faults)
	}
	s := report.Judged(p, a, policy.Date{})
	s.Kind, s.Name, s.Action = report.CloudRulesKind, group, ""
	slices.Sort(notes)
	s.Notes = slices.Compact(notes)
	b.rename(&s, addresses)
	return s, nil
}

// providerLimit is the strictest limit that a provider block writes as a
// number, and the default when none does.
func (b *builder) providerLimit() int {
	limit, found := risk.DefaultMaxScore, false
	for _, config := range b.plan.Configuration.Providers {
		var value int
		if config.Name != "backupfw" || json.Unmarshal(config.Expressions["max_score"].Constant, &value) != nil || value < 0 || value > 100 {
			continue
		}
		if !found || value < limit {
			limit, found = value, true
		}
	}
	return limit
}

// adviceOnPolicies are words of remedies that make no sense of a rule written
// by hand, and what to say there.
var adviceOnPolicies = []string{
	" in the peer group's cidrs", " in the rule",
	" (declare product and flows)", " (a backupfw_policy says which they are)",
	"; quiet_alternative of the port range proposes where", "",
	"declare the product and the flow that documents it", "write the rule as a backupfw_policy with the flow that documents it",
	"; product with from_role and to_role selects them", "; a backupfw_policy finds them by product and roles",
}

// rename puts the addresses of resources in the place of the names that rules
// have in the engine, and finds where they are written.
func (b *builder) rename(s *report.Subject, rules map[string]*cloudRule) {
	quoted := slices.Clone(adviceOnPolicies)
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		quoted = append(quoted, fmt.Sprintf("%q", name), fmt.Sprintf("%q", rules[name].address))
	}
	texts := strings.NewReplacer(quoted...)
	rename := func(names []string) []string {
		renamed := make([]string, len(names))
		for i, name := range names {
			renamed[i] = name
			if rule, known := rules[name]; known {
				renamed[i] = rule.address
			}
		}
		slices.Sort(renamed)
		return renamed
	}
	for i := range s.Findings {
		f := &s.Findings[i]
		if len(f.Rules) > 0 && rules[f.Rules[0]] != nil {
			f.Location = b.locator.resource(rules[f.Rules[0]].change)
		}
		f.Rules, f.Message, f.Remedy = rename(f.Rules), texts.Replace(f.Message), texts.Replace(f.Remedy)
	}
	for i := range s.Contributions {
		s.Contributions[i].Rules = rename(s.Contributions[i].Rules)
	}
	for i := range s.Advice {
		if rule := rules[s.Advice[i].Rule]; rule != nil {
			s.Advice[i].Rule = rule.address
		}
		s.Advice[i].Message = texts.Replace(s.Advice[i].Message)
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		if rule := rules[r.Name]; rule != nil {
			r.Address, r.Name = rule.change.Address, rule.address
			for j := range r.PortRanges {
				r.PortRanges[j].Name = ""
			}
			for j := range r.Peers {
				r.Peers[j].Name = ""
			}
			if s.Location == nil {
				s.Location = b.locator.resource(rule.change)
			}
		}
	}
	slices.SortFunc(s.Rules, func(a, b report.Rule) int { return cmp.Compare(a.Name, b.Name) })
}

// namer makes names for the engine of the addresses of resources.
type namer struct {
	taken map[string]bool
	// next is the number that was tried last for a name: many resources of one
	// name differ in their module alone.
	next map[string]int
}

var notName = regexp.MustCompile(`[^a-z0-9_-]+`)

func (n namer) name(change *tfplan.Change, part string) string {
	const longest = 50
	base := strings.Trim(notName.ReplaceAllString(strings.ToLower(change.Name+"-"+change.Key+"-"+part), "-"), "-_")
	if len(base) > longest {
		base = strings.TrimRight(base[:longest], "-_")
	}
	if base == "" {
		base = "rule"
	}
	name := base
	for n.taken[name] {
		n.next[base]++
		name = fmt.Sprintf("%s-%d", base, n.next[base]+1)
	}
	n.taken[name] = true
	return name
}
