package review

import (
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// compared reviews the change of a policy.
func compared(t *testing.T, p planned, more ...planned) (*report.Subject, *report.Change) {
	t.Helper()
	p.resourceType, p.name = "backupfw_policy", "primary"
	r, o := reviewed(t, planOf(t, nil, append([]planned{p}, more...)...), "-compare")
	s := subjectNamed(r, "backupfw_policy.primary")
	if s == nil {
		t.Fatalf("status %d: %s%s", o.status, o.stdout, o.stderr)
	}
	return s, s.Change
}

func openingsOf(all []report.Opening) string {
	var texts []string
	for _, o := range all {
		texts = append(texts, o.Rule+" "+o.Direction+" "+strings.Join(o.Ports, ",")+" "+strings.Join(o.Peers, ","))
	}
	return strings.Join(texts, "; ")
}

func codesIn(findings []report.Finding) []risk.Code {
	var codes []risk.Code
	for i := range findings {
		codes = append(codes, findings[i].Code)
	}
	return codes
}

const (
	rsync = "dmz_clients ingress 873/tcp 198.51.100.16/28"
	both  = "dmz_clients ingress 873/tcp,26490-26529/tcp 198.51.100.16/28"
)

func TestCompare_UpdateAndBack(t *testing.T) {
	narrow, wide := recordedPolicy(t, "good.json"), recordedPolicy(t, "waived.json")
	s, c := compared(t, planned{action: "update", before: narrow, after: wide})
	if c == nil || c.Score != 2 || s.Score != 4 || c.Verdict != risk.Accept || s.Verdict != risk.AcceptWithWaivers {
		t.Fatalf("%+v", c)
	}
	if openingsOf(c.Opened) != rsync || len(c.Closed) != 0 || !slices.Equal(codesIn(c.Gained), []risk.Code{risk.WellKnownPort}) || len(c.Lost) != 0 || len(c.Targets) != 0 {
		t.Errorf("widened: %+v", c)
	}
	s, c = compared(t, planned{action: "update", before: wide, after: narrow})
	if c == nil || c.Score != 4 || s.Score != 2 || c.Verdict != risk.AcceptWithWaivers {
		t.Fatalf("%+v", c)
	}
	if openingsOf(c.Closed) != rsync || len(c.Opened) != 0 || !slices.Equal(codesIn(c.Lost), []risk.Code{risk.WellKnownPort}) || len(c.Gained) != 0 {
		t.Errorf("narrowed: %+v", c)
	}
	if _, c = compared(t, planned{action: "no-op", before: wide, after: wide}); c == nil || len(c.Opened)+len(c.Closed)+len(c.Gained)+len(c.Lost) != 0 {
		t.Errorf("left alone: %+v", c)
	}
	if _, c = compared(t, planned{after: wide}); c != nil {
		t.Errorf("created: %+v", c)
	}
}

// The rules of a target come and go when the plan has such rules, or reads them.
func TestCompare_Targets(t *testing.T) {
	narrow, wide := recordedPolicy(t, "good.json"), recordedPolicy(t, "waived.json")
	aws := byHand("a", nil)
	_, c := compared(t, planned{action: "update", before: narrow, after: wide}, aws)
	want := report.TargetChange{Target: "aws_security_group_rules", Gained: []string{"ingress tcp-873-198.51.100.16/28"}, Lost: []string{}, Kept: 1}
	if len(c.Targets) != 1 || !sameTarget(c.Targets[0], want) {
		t.Errorf("widened: %+v", c.Targets)
	}
	_, c = compared(t, planned{action: "update", before: wide, after: narrow}, aws)
	want.Gained, want.Lost = want.Lost, want.Gained
	if len(c.Targets) != 1 || !sameTarget(c.Targets[0], want) {
		t.Errorf("narrowed: %+v", c.Targets)
	}
	members := object{"configuration": object{"root_module": object{"module_calls": object{"m": object{"module": object{"resources": []any{
		object{"mode": "data", "type": "backupfw_nftables_ruleset", "name": "n"}, object{"mode": "managed", "type": "backupfw_google_firewall_rules", "name": "n"}}}}}}}}
	r, _ := reviewed(t, planOf(t, members, planned{resourceType: "backupfw_policy", name: "primary", action: "update", before: narrow, after: wide}), "-compare")
	if c := r.Subjects[0].Change; len(c.Targets) != 1 || c.Targets[0].Target != "nftables_ruleset" {
		t.Errorf("of a data source in a module: %+v", c.Targets)
	}
	// What a target cannot express is said, for whichever side it is.
	reference := recordedPolicy(t, "mixed.json")
	azure := planned{resourceType: "azurerm_network_security_rule", name: "x", after: object{"access": "Deny"}}
	_, c = compared(t, planned{action: "update", before: narrow, after: reference}, azure)
	if len(c.Targets) != 1 || c.Targets[0].Fault == "" || strings.HasPrefix(c.Targets[0].Fault, "Before the plan: ") {
		t.Errorf("%+v", c.Targets)
	}
	_, c = compared(t, planned{action: "update", before: reference, after: narrow}, azure)
	if len(c.Targets) != 1 || !strings.HasPrefix(c.Targets[0].Fault, "Before the plan: ") || c.Targets[0].Kept != 0 {
		t.Errorf("%+v", c.Targets)
	}
}

func sameTarget(a, b report.TargetChange) bool {
	return a.Target == b.Target && slices.Equal(a.Gained, b.Gained) && slices.Equal(a.Lost, b.Lost) && a.Kept == b.Kept && a.Fault == b.Fault
}

func TestCompare_Deletion(t *testing.T) {
	s, c := compared(t, planned{action: "delete", before: recordedPolicy(t, "waived.json")}, byHand("a", nil))
	if s.Name != "primary-server" || s.Score != -1 || s.Action != "delete" || s.Verdict != risk.Accept || len(s.Rules) != 0 {
		t.Errorf("%+v", s)
	}
	if c == nil || c.Score != 4 || openingsOf(c.Closed) != both || len(c.Opened) != 0 {
		t.Fatalf("%+v", c)
	}
	if !slices.Equal(codesIn(c.Lost), []risk.Code{risk.WellKnownPort}) || len(c.Targets) != 1 || c.Targets[0].Kept != 0 || len(c.Targets[0].Lost) != 2 || len(c.Targets[0].Gained) != 0 {
		t.Errorf("%+v", c)
	}
}

// What is not known may be open as before: nothing counts as closed.
func TestCompare_PartialAfter_ClosesNothing(t *testing.T) {
	change := recordedChange(t, "unknown.json")
	s, c := compared(t, planned{action: "update", before: recordedPolicy(t, "waived.json"), after: change["after"], unknown: change["after_unknown"]}, byHand("a", nil))
	if c == nil || !s.Partial || s.Verdict != risk.Unknown || c.Score != 4 || len(c.Closed) != 0 || len(c.Opened) != 0 || len(c.Targets) != 0 {
		t.Errorf("%s: %+v", s.Verdict, c)
	}
}
