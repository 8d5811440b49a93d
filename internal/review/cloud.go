package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// cloudRules are the firewall rules that the plan writes with the resources of
// clouds.
type cloudRules struct {
	// seen are the types of all resources that the plan has.
	seen map[string]bool
	// changes are those of resources whose rules are understood. They are read
	// when the configuration is known, which stands at the end of a plan.
	changes []tfplan.Change
	// leftAlone counts resources whose rules the plan does not change.
	leftAlone int
	// foreign are new or changed firewall resources that are not understood.
	foreign []mark
	// owners are the addresses of security groups by their ids.
	owners map[string]string
}

// cloudRule is one rule of one resource.
type cloudRule struct {
	cloudrules.Rule
	change  *tfplan.Change
	address string // with the part of the resource
	group   string
}

// isJudged reports whether the review would judge the resource.
func isJudged(address string) bool {
	parts := strings.Split(tfplan.Static(address), ".")
	if len(parts) < 2 {
		return false
	}
	t := parts[len(parts)-2]
	return t == provider.PolicyResource || cloudrules.Understood(t)
}

func (c *cloudRules) visit(change *tfplan.Change, unchanged bool) error {
	if c.seen == nil {
		c.seen, c.owners = map[string]bool{}, map[string]string{}
	}
	c.seen[change.Type] = true
	if change.Type == "aws_security_group" {
		before, err := change.Before(cty.DynamicPseudoType)
		if err != nil {
			return err
		}
		if id, known := stringOf(before, "id"); known {
			c.owners[id] = change.Address
		}
	}
	changes := change.Action == "create" || change.Action == "update" || change.Action == "replace"
	switch {
	case cloudrules.Understood(change.Type):
		if changes || unchanged && change.Action == "no-op" {
			c.changes = append(c.changes, change.Keep())
		} else if change.Action == "no-op" {
			c.leftAlone++
		}
	case changes && cloudrules.Opens(change.Type):
		c.foreign = append(c.foreign, mark{resourceType: change.Type, key: change.Key})
	}
	return nil
}

// stringOf reads an attribute of an object that may not have it.
func stringOf(v cty.Value, name string) (string, bool) {
	if !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return "", false
	}
	a := v.GetAttr(name)
	if !a.IsKnown() || a.IsNull() || a.Type() != cty.String {
		return "", false
	}
	return a.AsString(), true
}

// addCloudRules judges the rules that are written by hand: every group that the
// plan opens further is a subject of what is new in it.
func (b *builder) addCloudRules() error {
	names := namer{taken: map[string]bool{}, next: map[string]int{}}
	var rules []cloudRule
	closes, ignored := 0, 0
	for i := range b.cloud.changes {
		change := &b.cloud.changes[i]
		of, err := b.rulesOf(change, names)
		if err != nil {
			return err
		}
		*change = change.Header() // the values have been read
		for _, rule := range of {
			if rule.Closes != "" {
				closes++
				continue
			}
			rules = append(rules, rule)
		}
	}
	rules, compiled := b.withoutCompiled(rules)
	rules = slices.DeleteFunc(rules, func(rule cloudRule) bool {
		ignore := b.ignores(&rule)
		if ignore {
			ignored++
		}
		return ignore
	})
	byGroup := map[string][]cloudRule{}
	for _, rule := range rules {
		byGroup[rule.group] = append(byGroup[rule.group], rule)
	}
	for _, group := range slices.Sorted(maps.Keys(byGroup)) {
		s, err := b.judgeGroup(group, byGroup[group])
		if err != nil {
			return err
		}
		b.report.Subjects = append(b.report.Subjects, s)
	}
	b.noteCloudRules(compiled, closes, ignored)
	return nil
}

// ignores reports whether -cloud-rules leaves the rule out. A rule of which the
// direction is not known may be one that counts.
func (b *builder) ignores(rule *cloudRule) bool {
	switch b.options.cloudRules {
	case noCloudRules:
		return true
	case ingressCloudRules:
		certain := len(rule.Rule.Rule.PortRanges) > 0 || len(rule.Unknown) == 0 && len(rule.Faults) == 0
		return rule.Rule.Rule.Direction == policy.Egress && certain
	}
	return false
}

// noteCloudRules says what was not judged.
func (b *builder) noteCloudRules(compiled, closes, ignored int) {
	note := func(format string, a ...any) {
		b.report.Notes = append(b.report.Notes, fmt.Sprintf(format, a...))
	}
	if compiled > 0 {
		note("Cloud rules that the policies above compile to, and that are judged with them: %d.", compiled)
	}
	if closes > 0 {
		note("Hand-written rules that deny or are disabled, and count for nothing: %d.", closes)
	}
	if ignored > 0 {
		note("Hand-written rules that the option -cloud-rules leaves out, not judged: %d.", ignored)
	}
	if b.cloud.leftAlone > 0 {
		note("Resources with hand-written rules that the plan leaves as they are, not judged: %d. The option -unchanged judges them.", b.cloud.leftAlone)
	}
	unread, named := b.foreign()
	if named > 0 {
		note("Firewall resources with the key of a rule that a policy above compiles to, whose content was not compared: %d.", named)
	}
	if len(unread) > 0 {
		note("Firewall resources that the review does not understand, not judged: %s. Look at them yourself.", strings.Join(unread, ", "))
	}
}

// foreign counts the firewall resources that are not understood, by type, apart
// from those that have the key of a policy's compiled rule.
func (b *builder) foreign() (unread []string, named int) {
	compiled := map[mark]bool{}
	for i := range b.policies {
		if p := b.policies[i].after; p != nil && len(b.cloud.foreign) > 0 {
			b.eachRow(p.Policy, func(m mark, _ []string) { compiled[m] = true })
		}
	}
	counts := map[string]int{}
	for _, m := range b.cloud.foreign {
		if m.key != "" && compiled[m] {
			named++
		} else {
			counts[m.resourceType]++
		}
	}
	for _, t := range slices.Sorted(maps.Keys(counts)) {
		unread = append(unread, fmt.Sprintf("%s (%d)", t, counts[t]))
	}
	return unread, named
}

// rulesOf reads the rules of a change that are new.
func (b *builder) rulesOf(change *tfplan.Change, names namer) ([]cloudRule, error) {
	before, err := change.Before(cty.DynamicPseudoType)
	if err != nil {
		return nil, err
	}
	after, err := change.After(cty.DynamicPseudoType)
	if err != nil {
		return nil, err
	}
	resource, configured := b.plan.Configuration.Resource(change)
	if configured {
		after = withoutComputed(after, change.Type, resource)
	}
	old := map[string]bool{}
	if !b.options.unchanged && !before.IsNull() {
		for _, rule := range cloudrules.Read(change.Type, before, func(string) string { return "before" }) {
			old[contentOf(&rule)] = true
		}
	}
	var rules []cloudRule
	for _, rule := range cloudrules.Read(change.Type, after, func(part string) string { return names.name(change, part) }) {
		if old[contentOf(&rule)] {
			continue
		}
		address := change.Address
		if rule.Part != "" {
			address += "." + rule.Part
		}
		rules = append(rules, cloudRule{Rule: rule, change: change, address: address, group: b.groupOf(change, &rule, resource)})
	}
	return rules, nil
}

// withoutComputed clears what is unknown because the provider fills it in, and
// not because the author wrote something unknown.
func withoutComputed(v cty.Value, resourceType string, resource *tfplan.Resource) cty.Value {
	if !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() {
		return v
	}
	attributes := v.AsValueMap()
	for _, name := range cloudrules.Computed(resourceType) {
		_, written := resource.Expressions[name]
		if value, has := attributes[name]; has && !value.IsKnown() && !written {
			attributes[name] = cty.NullVal(cty.DynamicPseudoType)
		}
	}
	return cty.ObjectVal(attributes)
}

// contentOf is equal for rules that open the same.
func contentOf(r *cloudrules.Rule) string {
	parts := []string{r.Rule.Direction.String(), fmt.Sprint(r.Rule.Partial), r.Closes, r.Group}
	for i := range r.Rule.PortRanges {
		for j := range r.Rule.PortRanges[i].Listeners {
			parts = append(parts, r.Rule.PortRanges[i].Listeners[j].Ports.Strings()...)
		}
	}
	for i := range r.Rule.Peers {
		g := &r.Rule.Peers[i]
		parts = append(parts, g.Zone.String())
		parts = append(parts, g.Prefixes.Strings()...)
		for _, reference := range g.References {
			parts = append(parts, risk.ReferenceMark+reference.Name)
		}
	}
	for _, f := range r.Faults {
		parts = append(parts, f.Error())
	}
	return strings.Join(append(parts, r.Unknown...), "\x00")
}

// groupArguments are the arguments that say what a rule is attached to.
var groupArguments = []string{"security_group_id", "network_security_group_name", "network"}

// groupOf names what the rule is attached to: an id or a name, what the
// configuration refers to when those are not known yet, or the resource.
func (b *builder) groupOf(change *tfplan.Change, rule *cloudrules.Rule, resource *tfplan.Resource) string {
	if rule.Group != "" {
		return cmp.Or(b.cloud.owners[rule.Group], rule.Group)
	}
	if resource != nil {
		for _, name := range groupArguments {
			if references := resource.Expressions[name].References; len(references) > 0 {
				reference := references[len(references)-1]
				if change.ModuleAddress != "" {
					return change.ModuleAddress + "." + reference
				}
				return reference
			}
		}
	}
	return change.Address
}
