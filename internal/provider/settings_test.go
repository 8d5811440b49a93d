package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func TestProvider_Configure_BadSettings_AllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		settings obj
		want     []string
	}{
		{"all bad", obj{"max_score": 101, "enforcement": "strict", "max_waiver_days": 0, "unwaivable": seq{"any-peer", "rdp", "waiver-expired"}}, []string{
			`ERROR max_score: Score limit out of range. max_score = 101 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`,
			`ERROR enforcement: Unknown enforcement. enforcement = "strict" is not a mode. It decides whether a dangerous policy is stopped. Write "enforce" or "warn".`,
			`ERROR max_waiver_days: Waiver length out of range. max_waiver_days = 0 is not a number of days. A waiver that lasts for ever is a policy. Write a whole number from 1 to 3660.`,
			`ERROR unwaivable[1]: Unknown finding code. "rdp" is not a finding code that a waiver could name. A misspelt code would leave the finding waivable. Use one of ` + waivableCodes + `.`,
			`ERROR unwaivable[2]: Unknown finding code. "waiver-expired" is not a finding code that a waiver could name. A misspelt code would leave the finding waivable. Use one of ` + waivableCodes + `.`,
		}},
		{"below and above", obj{"max_score": -1, "max_waiver_days": 3661, "enforcement": ""}, []string{
			`ERROR max_score: Score limit out of range. max_score = -1 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`,
			`ERROR max_waiver_days: Waiver length out of range. max_waiver_days = 3661 is not a number of days. A waiver that lasts for ever is a policy. Write a whole number from 1 to 3660.`,
			`ERROR enforcement: Unknown enforcement. enforcement = "" is not a mode. It decides whether a dangerous policy is stopped. Write "enforce" or "warn".`,
		}},
		{"unknown", obj{"max_score": unknown, "enforcement": unknown, "max_waiver_days": unknown, "unwaivable": unknown}, []string{
			notKnown("max_score"), notKnown("enforcement"), notKnown("max_waiver_days"), notKnown("unwaivable"),
		}},
		{"unknown in part", obj{"unwaivable": seq{"any-peer", unknown}}, []string{notKnown("unwaivable")}},
		{"null in a list", obj{"unwaivable": seq{nil}}, []string{
			`ERROR unwaivable[0]: Null value. The element is null. It is not clear whether it should stand for nothing or for everything. Remove the element, for example with compact().`}},
		{"none", obj{}, nil},
		{"all good", obj{"max_score": 0, "enforcement": "warn", "max_waiver_days": 3660, "unwaivable": seq{"any-peer"}}, nil},
	} {
		equalTexts(t, c.name, start(t, at(today)).configure(t, c.settings), c.want)
	}
}

var waivableCodes = strings.Join(risk.WaivableCodes(), ", ")

func notKnown(name string) string {
	return "ERROR " + name + ": Setting not known. " + name + " is known only after apply. Policies are judged in the plan, and an unknown limit would let anything pass. Use a value that is known in the plan."
}

func TestProvider_MaxScore_RejectsAndBoundsThePolicysOwn(t *testing.T) {
	t.Parallel()
	strict := serve(t, obj{"max_score": 1})
	errors := strict.plan(t, "policy", tftypes.Value{}, accepted()).errors()
	if len(errors) != 1 {
		t.Fatalf("errors %q, want one", errors)
	}
	assertRejected(t, errors[0], "rules: Policy rejected: score-limit. The score is 2 (low), and the limit is 1. ",
		" (score-limit, severity high; score 2, limit 1)", "negotiated range vault")

	own := with(accepted(), 2, "max_score")
	equalTexts(t, "a looser limit of the policy", strict.plan(t, "policy", tftypes.Value{}, own).errors(), []string{
		`max_score: Score limit too high. max_score = 2 is above the provider's limit of 1. A policy may be stricter than the provider, never looser. Write 1 or less, leave it out, or accept the score with a waiver for score-limit.`})
	for _, c := range []struct {
		provider, policy any
		limit            int
	}{{nil, nil, 40}, {50, nil, 50}, {50, 30, 30}, {30, 30, 30}, {2, 2, 2}} {
		settings := obj{}
		if c.provider != nil {
			settings["max_score"] = c.provider
		}
		state := serve(t, settings).create(t, "policy", with(accepted(), c.policy, "max_score"))
		if got := numberOf(t, state, "score_limit"); got != float64(c.limit) {
			t.Errorf("max_score of the provider %v, of the policy %v: score_limit is %v", c.provider, c.policy, got)
		}
	}
	errors = serve(t, nil).plan(t, "policy", tftypes.Value{}, with(accepted(), 1, "max_score")).errors()
	if len(errors) != 1 || !strings.HasPrefix(errors[0], "rules: Policy rejected: score-limit. The score is 2 (low), and the limit is 1. ") {
		t.Errorf("a stricter limit of the policy: %q", errors)
	}
}

func TestProvider_EnforcementWarn_KeepsTheVerdictAndEmitsWithAWarning(t *testing.T) {
	t.Parallel()
	s := serve(t, obj{"enforcement": "warn"})
	config := policyOf(obj{"desk": ruleOf(rdp(), clients())})
	p := s.plan(t, "policy", tftypes.Value{}, config)
	const warning = `Policy "primary": 1 finding. - sensitive-service (rejects): 3389/tcp `
	if len(p.problems) != 1 || !strings.HasPrefix(p.problems[0], "WARN rules: "+warning) {
		t.Fatalf("plan says %q", p.problems)
	}
	state := s.create(t, "policy", config)
	if got := get(t, state, "verdict"); got != "reject" {
		t.Errorf("verdict = %v", got)
	}
	rules, problems := s.read(t, "aws_security_group_rules", obj{"policy": state})
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "WARN policy: "+warning) {
		t.Errorf("data source says %q", problems)
	}
	if got := keysOf(t, rules, "ingress"); len(got) != 1 || got[0] != "tcp-3389-198.51.100.16/28" {
		t.Errorf("ingress keys %q", got)
	}
	result, err := s.call(t, "aws_security_group_rules", loose(t, config), loose(t, obj{"enforcement": "warn"}))
	if err != "" {
		t.Fatal(err)
	}
	if got := keysOf(t, result, "ingress"); len(got) != 1 || got[0] != "tcp-3389-198.51.100.16/28" {
		t.Errorf("the function's ingress keys %q", got)
	}
}

func TestProvider_Unwaivable_RefusesTheWaiver(t *testing.T) {
	t.Parallel()
	serve(t, obj{"unwaivable": seq{"any-peer"}}).create(t, "policy", waived())
	got := serve(t, obj{"unwaivable": seq{"any-peer", "sensitive-service"}}).plan(t, "policy", tftypes.Value{}, waived()).errors()
	equalTexts(t, "forbidden", got, []string{
		`waiver[0].finding: Waiver forbidden. finding = "sensitive-service" is in the provider's unwaivable list. The organisation decided that nobody accepts this risk alone. Remove the waiver and change the rule.`})
}

func TestProvider_MaxWaiverDays_BoundsTheEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		days    any
		expires string
		want    string
	}{
		{nil, "2027-06-02", ""},
		{nil, "2027-06-03", `waiver[0].expires: Waiver lasts too long. expires = "2027-06-03" is 367 days ahead, and at most 366 are allowed. A risk that nobody looks at again is not accepted but forgotten. Write "2027-06-02" or an earlier day.`},
		{30, "2026-07-01", ""},
		{30, "2026-07-02", `waiver[0].expires: Waiver lasts too long. expires = "2026-07-02" is 31 days ahead, and at most 30 are allowed. A risk that nobody looks at again is not accepted but forgotten. Write "2026-07-01" or an earlier day.`},
		{1000, "2029-02-25", ""},
	} {
		s := serve(t, obj{"max_waiver_days": c.days})
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		equalTexts(t, c.expires, s.plan(t, "policy", tftypes.Value{}, with(waived(), c.expires, "waiver", 0, "expires")).errors(), want)
	}
}
