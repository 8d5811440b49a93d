package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// assertRDPRejected holds the only error to be the rejection of rdp() for
// clients() by the rule named desk, with that score. Its sentences are package
// risk's.
func assertRDPRejected(t testing.TB, errors []string, score string) {
	t.Helper()
	if len(errors) != 1 {
		t.Fatalf("%d errors, want 1: %q", len(errors), errors)
	}
	assertRejected(t, errors[0], `rules["desk"]: Policy rejected: sensitive-service. `,
		`(At rules["desk"].port_ranges[0].) (sensitive-service, severity critical; score `+score+`, limit 40)`, "3389/tcp", "Remote Desktop (RDP)", "198.51.100.16/28")
}

func assertRejected(t testing.TB, text, first, last string, between ...string) {
	t.Helper()
	if !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		t.Errorf("got\n  %s\nwant\n  %s … %s", text, first, last)
	}
	for _, part := range between {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n  %s", part, text)
		}
	}
}

func TestPolicyResource_Plan_KnownPartOverLimit_IsRejectedAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, config := range map[string]obj{
		"another rule unknown":    policyOf(obj{"desk": ruleOf(rdp(), clients()), "later": unknown}),
		"another peer unknown":    policyOf(obj{"desk": obj{"direction": "ingress", "port_ranges": seq{rdp()}, "peers": seq{clients(), unknown}}}),
		"another prefix unknown":  with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), seq{"198.51.100.16/28", unknown}, "rules", "desk", "peers", 0, "prefixes"),
		"another port unknown":    with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), seq{"3389/tcp", unknown}, "rules", "desk", "port_ranges", 0, "listeners", 0, "ports"),
		"the name unknown":        with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), unknown, "name"),
		"the policy's own limit":  with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), unknown, "max_score"),
		"references unknown":      with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), unknown, "rules", "desk", "peers", 0, "references"),
		"another range unknown":   policyOf(obj{"desk": obj{"direction": "ingress", "port_ranges": seq{rdp(), unknown}, "peers": seq{clients()}}}),
		"another rule in part":    policyOf(obj{"desk": ruleOf(rdp(), clients()), "later": ruleOf(vault(), unknown)}),
		"another rule, direction": policyOf(obj{"desk": ruleOf(rdp(), clients()), "later": with(ruleOf(rdp(), clients()), unknown, "direction")}),
	} {
		t.Run(name, func(t *testing.T) {
			assertRDPRejected(t, s.plan(t, "policy", tftypes.Value{}, config).errors(), "at least 7")
		})
	}
}

func TestPolicyResource_Plan_LowerBoundOverScoreLimit_SaysAtLeast(t *testing.T) {
	t.Parallel()
	config := policyOf(obj{"backup": ruleOf(vault(), clients()), "later": unknown})
	config["max_score"] = 1
	got := serve(t, nil).plan(t, "policy", tftypes.Value{}, config).errors()
	const want = `rules: Policy rejected: score-limit. The score is at least 2 (low), and the limit is 1. `
	if len(got) != 1 {
		t.Fatalf("got %q, want one error", got)
	}
	assertRejected(t, got[0], want, "(score-limit, severity high; score at least 2, limit 1)")
}

func TestPolicyResource_Plan_UnknownPeer_WarnsWithLowerBound(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	config := policyOf(obj{"backup": ruleOf(vault(), clients()), "later": ruleOf(vault(), unknown)})
	p := s.plan(t, "policy", tftypes.Value{}, config)
	equalTexts(t, "plan", p.problems, []string{
		`WARN rules: Policy "primary": score not known yet. Some values are known only after apply. What is known already scores at least 2; the limit is 40. ` +
			`The full check runs in apply, before anything is written.`})
	if left := unknownOf(t, p.state); !slices.Equal(left, []string{"advice", "allows", "contributions", "findings", "id", "left_out", "points", "rating", "rule_count", "rules", "score", "score_limit", "verdict"}) {
		t.Errorf("unknown: %q", left)
	}
}

// A zone, a direction or an exclusion that is not known yet may make the rest
// harmless: nothing is rejected for it.
func TestPolicyResource_Plan_WhatMayTurnOutHarmless_IsNotRejected(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	desk := policyOf(obj{"desk": ruleOf(rdp(), clients())})
	open := policyOf(obj{"backup": ruleOf(vault(), obj{"name": "all", "prefixes": seq{"0.0.0.0/0"}, "zone": "internet"})})
	wide := obj{"name": "office", "prefixes": seq{"198.51.100.0/24"}, "zone": "internal", "zone_reason": "our own"}
	tight := with(policyOf(obj{"backup": ruleOf(vault(), wide)}), 2, "max_score") // 3 from the internet, 1 from inside
	for name, config := range map[string]obj{
		"zone":                with(tight, unknown, "rules", "backup", "peers", 0, "zone"),
		"reason of the zone":  with(tight, unknown, "rules", "backup", "peers", 0, "zone_reason"),
		"listener's product":  with(desk, unknown, "rules", "desk", "port_ranges", 0, "listeners", 0, "product"),
		"listener's kind":     with(desk, unknown, "rules", "desk", "port_ranges", 0, "listeners", 0, "kind"),
		"direction":           with(open, unknown, "rules", "backup", "direction"),
		"exclusion":           with(open, unknown, "rules", "backup", "peers", 0, "except"),
		"exclusion's element": with(open, seq{unknown}, "rules", "backup", "peers", 0, "except"),
		"waiver":              with(desk, unknown, "waiver"),
		"waiver's ports":      with(with(desk, seq{waiver()}, "waiver"), unknown, "waiver", 0, "ports"),
		"waiver's peers":      with(with(desk, seq{waiver()}, "waiver"), seq{unknown}, "waiver", 0, "peers"),
		"waiver's end":        with(with(desk, seq{waiver()}, "waiver"), unknown, "waiver", 0, "expires"),
		"waiver's finding":    with(with(desk, seq{waiver()}, "waiver"), unknown, "waiver", 0, "finding"),
	} {
		t.Run(name, func(t *testing.T) {
			p := s.plan(t, "policy", tftypes.Value{}, config)
			if errors := p.errors(); len(errors) > 0 {
				t.Fatalf("rejected: %q", errors)
			}
			if verdict := get(t, p.state, "verdict"); verdict != unknown {
				t.Errorf("verdict = %v, want unknown", verdict)
			}
			if score := get(t, p.state, "score"); score != unknown {
				t.Errorf("score = %v, want unknown", score)
			}
		})
	}
}

// The other half of the test before: with the zone known, the same are rejected.
func TestPolicyResource_Plan_ZoneDecides(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	wide := obj{"name": "office", "prefixes": seq{"198.51.100.0/24"}, "zone": "internet"}
	tight := with(policyOf(obj{"backup": ruleOf(vault(), wide)}), 2, "max_score")
	if errors := s.plan(t, "policy", tftypes.Value{}, tight).errors(); len(errors) != 1 || !strings.HasPrefix(errors[0], "rules: Policy rejected: score-limit. ") {
		t.Errorf("from the internet: %q", errors)
	}
	inside := with(tight, "internal", "rules", "backup", "peers", 0, "zone")
	if errors := s.plan(t, "policy", tftypes.Value{}, inside).errors(); len(errors) != 1 || !strings.HasPrefix(errors[0], `rules["backup"]: Policy rejected: public-peer-private-claim. `) {
		t.Errorf("from inside without a reason: %q", errors)
	}
}

func TestPolicyResource_Plan_UnknownWaiver_NamesTheFindingsSoFar(t *testing.T) {
	t.Parallel()
	config := with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), unknown, "waiver")
	p := serve(t, nil).plan(t, "policy", tftypes.Value{}, config)
	found := p.warnings()
	for _, want := range []string{
		`rules: Policy "primary": 1 finding. - sensitive-service (rejects): 3389/tcp `,
		`rules: Policy "primary": score not known yet. Some values are known only after apply. What is known already scores at least 7; the limit is 40. Findings so far: sensitive-service.`,
	} {
		if !slices.ContainsFunc(found, func(text string) bool { return strings.HasPrefix(text, want) }) {
			t.Errorf("no warning starts with\n%s\nin %q", want, found)
		}
	}
	if len(found) != 2 {
		t.Errorf("%d warnings, want 2", len(found))
	}
}

// The values arrive in apply: the plan that Terraform makes there refuses what
// the first plan could not see, and nothing is written.
func TestPolicyResource_Apply_DangerousValueArrives_WritesNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, c := range map[string]struct{ early, late obj }{
		"peer":   {policyOf(obj{"desk": ruleOf(rdp(), unknown)}), policyOf(obj{"desk": ruleOf(rdp(), clients())})},
		"ports":  {with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), unknown, "rules", "desk", "port_ranges", 0, "listeners"), policyOf(obj{"desk": ruleOf(rdp(), clients())})},
		"rules":  {policyOf(nil), policyOf(obj{"desk": ruleOf(rdp(), clients())})},
		"waiver": {with(waived(), unknown, "waiver"), with(waived(), seq{}, "waiver")},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "rules" {
				c.early["rules"] = unknown
			}
			p := s.plan(t, "policy", tftypes.Value{}, c.early)
			if errors := p.errors(); len(errors) > 0 {
				t.Fatalf("plan: %q", errors)
			}
			state, problems := s.apply(t, "policy", tftypes.Value{}, p, c.late)
			assertRDPRejected(t, severity(problems, "ERROR "), "7")
			if !state.IsNull() {
				t.Errorf("written: %s", state)
			}

			// The same when nobody plans again: the apply itself looks.
			_, typ := s.resourceType(t, "policy")
			arguments := fields(t, value(t, typ, c.late))
			for _, name := range assessed {
				arguments[name] = tftypes.NewValue(typ.AttributeTypes[name], tftypes.UnknownValue)
			}
			state, problems = s.write(t, "policy", tftypes.NewValue(typ, nil), tftypes.NewValue(typ, arguments), value(t, typ, c.late))
			assertRDPRejected(t, severity(problems, "ERROR "), "7")
			if !state.IsNull() {
				t.Errorf("written: %s", state)
			}
		})
	}
}

func TestPolicyResource_Update_DangerousValueArrives_KeepsTheOldState(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	before := s.create(t, "policy", accepted())
	late := policyOf(obj{"desk": ruleOf(rdp(), clients())})
	_, typ := s.resourceType(t, "policy")
	arguments := fields(t, value(t, typ, late))
	for _, name := range assessed {
		arguments[name] = tftypes.NewValue(typ.AttributeTypes[name], tftypes.UnknownValue)
	}
	state, problems := s.write(t, "policy", before, tftypes.NewValue(typ, arguments), value(t, typ, late))
	assertRDPRejected(t, severity(problems, "ERROR "), "7")
	if !state.Equal(before) {
		t.Errorf("state after a refused update: %s", state)
	}
}
