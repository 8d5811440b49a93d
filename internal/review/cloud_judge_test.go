package review

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// What remedies say of policies is put into other words for rules that are
// written by hand; a phrase that no remedy has any more is of no use.
func TestAdviceOnPolicies_IsInRemedies(t *testing.T) {
	var rules []policy.Rule
	for name, row := range map[string]existing.Rule{
		"everything": {Direction: "ingress", Protocol: "any", CIDRs: []string{"10.0.0.0/8"}},
		"desktop":    {Direction: "ingress", Protocol: "tcp", Ports: []string{"3389", "80"}, CIDRs: []string{"0.0.0.0/0"}},
	} {
		rule, faults := row.Normalize(name)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		rules = append(rules, rule)
	}
	a, faults := risk.Assess(&policy.Policy{Name: "hand-written", Rules: rules}, risk.DefaultSettings())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var remedies strings.Builder
	for i := range a.Findings {
		remedies.WriteString(a.Findings[i].Remedy + "\n")
	}
	for i := 0; i < len(adviceOnPolicies); i += 2 {
		if !strings.Contains(remedies.String(), adviceOnPolicies[i]) {
			t.Errorf("no remedy says %q", adviceOnPolicies[i])
		}
	}
}
