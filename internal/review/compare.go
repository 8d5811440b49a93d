package review

import (
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// usedTargets lists the targets whose rules the plan writes: those of its data
// sources, and those whose cloud resources it has.
func (b *builder) usedTargets() []emit.Target {
	if b.plan == nil {
		return nil
	}
	used := map[string]bool{}
	eachResource(&b.plan.Configuration.Root, func(r *tfplan.Resource) {
		name, ours := strings.CutPrefix(r.Type, "backupfw_")
		used[name] = used[name] || ours && r.Mode == "data"
	})
	var targets []emit.Target
	for _, t := range emit.Targets() {
		if used[t.Name] || slices.ContainsFunc(t.Resources, func(name string) bool { return b.cloud.seen[name] }) {
			targets = append(targets, t)
		}
	}
	return targets
}

// eachResource calls visit with every resource block of a module and of those
// that it calls.
func eachResource(m *tfplan.Module, visit func(*tfplan.Resource)) {
	for i := range m.Resources {
		visit(&m.Resources[i])
	}
	for _, call := range m.Calls {
		eachResource(&call.Module, visit)
	}
}

// changeOf compares a policy with what it was.
func changeOf(planned *plannedPolicy, targets []emit.Target) *report.Change {
	was, after := planned.was, &planned.subject
	change := &report.Change{
		Score: was.Score, Verdict: was.Verdict,
		Gained: report.Without(after.Findings, was.Findings),
		Lost:   report.Without(was.Findings, after.Findings),
	}
	before, opened := planned.before.Policy, &policy.Policy{Name: planned.before.Name}
	if planned.after != nil {
		opened = planned.after.Policy
	}
	change.Opened = openings(compile.Difference(opened, before))
	if opened.IsPartial() {
		// What is not known may be open as before.
		return change
	}
	change.Closed = openings(compile.Difference(before, opened))
	for _, t := range targets {
		change.Targets = append(change.Targets, targetChange(t, opened, before))
	}
	return change
}

func openings(difference []compile.Opened) []report.Opening {
	opened := make([]report.Opening, len(difference))
	for i := range difference {
		d := &difference[i]
		peers := d.Prefixes.Strings()
		for _, name := range d.References {
			peers = append(peers, risk.ReferenceMark+name)
		}
		opened[i] = report.Opening{Rule: d.Rule, Direction: d.Direction.String(), Ports: d.Ports.Strings(), Peers: peers}
	}
	return opened
}

// targetChange compares the keys of the rules that two policies compile to. The
// author's own options are not known here; keys do not depend on them.
func targetChange(t emit.Target, after, before *policy.Policy) report.TargetChange {
	change := report.TargetChange{Target: t.Name}
	now, fault := keys(t, after)
	then, faultBefore := keys(t, before)
	if fault != "" || faultBefore != "" {
		change.Fault = fault
		if fault == "" {
			change.Fault = "Before the plan: " + faultBefore
		}
		return change
	}
	for key := range now {
		if then[key] {
			change.Kept++
		} else {
			change.Gained = append(change.Gained, key)
		}
	}
	for key := range then {
		if !now[key] {
			change.Lost = append(change.Lost, key)
		}
	}
	slices.Sort(change.Gained)
	slices.Sort(change.Lost)
	return change
}

func keys(t emit.Target, p *policy.Policy) (set map[string]bool, fault string) {
	result, faults := compiled(t, p, cover.Stable)
	if len(faults) > 0 {
		return nil, faults.Error()
	}
	set = map[string]bool{}
	for _, row := range result.Ingress {
		set["ingress "+row.Key] = true
	}
	for _, row := range result.Egress {
		set["egress "+row.Key] = true
	}
	return set, ""
}
