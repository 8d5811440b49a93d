package emit_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func TestTargets_AreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, target := range emit.Targets() {
		if seen[target.Name] {
			t.Errorf("%s is listed twice", target.Name)
		}
		seen[target.Name] = true
		if !identifier.MatchString(target.Name) || target.Title == "" || target.Description == "" || target.Emit == nil || len(target.Columns) == 0 {
			t.Errorf("%s is not complete", target.Name)
		}
		for _, resource := range target.Resources {
			if !identifier.MatchString(resource) {
				t.Errorf("%s: resource %q", target.Name, resource)
			}
		}
		if found, known := emit.TargetNamed(target.Name); !known || found.Name != target.Name {
			t.Errorf("TargetNamed does not find %s", target.Name)
		}
		checkColumns(t, target)
		checkLimits(t, target)
	}
	if _, known := emit.TargetNamed("no_such_rules"); known {
		t.Error("TargetNamed finds a target that does not exist")
	}
}

func checkColumns(t *testing.T, target emit.Target) {
	t.Helper()
	// The data source has these itself.
	checkNames(t, target, target.Columns, "reference", "references", "reference_kind", "rules")
	// Both are attributes of one data source.
	checkNames(t, target, slices.Concat(target.Arguments, target.Outputs))
	checkNames(t, target, target.Arguments, "policy", "limits", "rules_elsewhere", "optimize")
	checkNames(t, target, target.Outputs, "ingress", "egress", "rule_count", "limit", "headroom", "limits_applied", "score", "points", "added_points")
}

func checkNames(t *testing.T, target emit.Target, columns []emit.Column, taken ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, name := range taken {
		seen[name] = true
	}
	for _, c := range columns {
		if seen[c.Name] || !identifier.MatchString(c.Name) || c.Description == "" || c.Kind > emit.ObjectList {
			t.Errorf("%s: column %q is taken, misnamed or not described", target.Name, c.Name)
		}
		seen[c.Name] = true
		if nested := c.Kind == emit.Object || c.Kind == emit.ObjectList; nested != (len(c.Columns) > 0) {
			t.Errorf("%s: column %q has %d columns of its own", target.Name, c.Name, len(c.Columns))
		}
		checkNames(t, target, c.Columns)
	}
}

func checkLimits(t *testing.T, target emit.Target) {
	t.Helper()
	seen := map[string]bool{}
	for _, l := range target.Limits {
		if seen[l.Name] || !identifier.MatchString(l.Name) || l.Unit == "" || l.Source == "" || l.Description == "" || l.Overridden {
			t.Errorf("%s: limit %q is listed twice, misnamed or not described", target.Name, l.Name)
		}
		seen[l.Name] = true
		if _, err := time.Parse(time.DateOnly, l.Date); err != nil {
			t.Errorf("%s: limit %q: %v", target.Name, l.Name, err)
		}
		if l.Value < max(l.Min, 1) || l.Max > 0 && l.Value > l.Max {
			t.Errorf("%s: limit %q = %d is not between %d and %d", target.Name, l.Name, l.Value, l.Min, l.Max)
		}
		if !l.Raisable && l.Max != l.Value {
			t.Errorf("%s: limit %q cannot be raised, so its Max is its Value", target.Name, l.Name)
		}
	}
	if !seen["rules"] {
		t.Errorf(`%s has no limit "rules"`, target.Name)
	}
}

// ownRules are the rules that a target has of its own and counts.
var ownRules = map[string]int{"aws_network_acl_rules": 1}

func TestTargets_EmptyPolicy_GivesEmptyMaps(t *testing.T) {
	for _, target := range emit.Targets() {
		result, faults := target.Emit(&policy.Policy{Name: "nothing"}, emit.Options{})
		if len(faults) > 0 {
			t.Fatalf("%s: %v", target.Name, faults)
		}
		if result.Ingress == nil || result.Egress == nil || len(result.Ingress)+len(result.Egress) != 0 || result.Headroom != result.Limit-ownRules[target.Name] {
			t.Errorf("%s: %+v", target.Name, result)
		}
	}
}

func TestTargets_CallersCannotChangeThem(t *testing.T) {
	for _, target := range emit.Targets() {
		result, _ := target.Emit(&policy.Policy{Name: "nothing"}, emit.Options{Limits: map[string]int{"rules": 7}})
		again, _ := target.Emit(&policy.Policy{Name: "nothing"}, emit.Options{})
		if result.Limit != 7 || again.Limit == 7 || slices.ContainsFunc(again.LimitsApplied, func(l emit.Limit) bool { return l.Overridden }) {
			t.Errorf("%s: an override stays: %+v", target.Name, again.LimitsApplied)
		}
	}
}
