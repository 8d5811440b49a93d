package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// keysOf are the keys of a map attribute, sorted.
func keysOf(t testing.TB, of tftypes.Value, name string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(get(t, of, name).(obj)))
}

func TestRulesDataSource_AcceptedPolicy_ShowsEveryColumn(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	config := accepted()
	config["rules"].(obj)["app"] = with(ruleOf(vault(), obj{"name": "app", "zone": "internal", "references": obj{"app": obj{"kind": "aws_security_group", "max_hosts": 4}}}), "egress", "direction")
	for name, policy := range map[string]any{"by hand": config, "whole resource": s.create(t, "policy", config)} {
		state, problems := s.read(t, "aws_security_group_rules", obj{"policy": policy})
		if len(problems) > 0 {
			t.Fatalf("%s: %q", name, problems)
		}
		want := obj{"tcp-29168-29207-198.51.100.16/28": obj{"ip_protocol": "tcp", "from_port": 29168.0, "to_port": 29207.0, "cidr_ipv4": "198.51.100.16/28",
			"cidr_ipv6": nil, "description": "primary: backup", "reference": nil, "reference_kind": nil, "rules": seq{"backup"}}}
		equalPlain(t, name, get(t, state, "ingress"), want)
		want = obj{"tcp-29168-29207-ref:app": obj{"ip_protocol": "tcp", "from_port": 29168.0, "to_port": 29207.0, "cidr_ipv4": nil, "cidr_ipv6": nil,
			"description": "primary: app", "reference": "app", "reference_kind": "aws_security_group", "rules": seq{"app"}}}
		equalPlain(t, name, get(t, state, "egress"), want)
		for attribute, want := range map[string]any{"rule_count": 2.0, "limit": 60.0, "headroom": 59.0} {
			equalPlain(t, name+" "+attribute, get(t, state, attribute), want)
		}
	}
}

func equalPlain(t testing.TB, what string, got, want any) {
	t.Helper()
	if !loose(t, got).Equal(loose(t, want)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestRulesDataSource_RejectedPolicy_CompilesToNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, policy := range map[string]any{
		"by hand": policyOf(obj{"desk": ruleOf(rdp(), clients())}),
		"a resource that another provider let pass": serve(t, obj{"enforcement": "warn"}).create(t, "policy", policyOf(obj{"desk": ruleOf(rdp(), clients())})),
	} {
		state, problems := s.read(t, "aws_security_group_rules", obj{"policy": policy})
		if len(problems) != 1 {
			t.Fatalf("%s: %q", name, problems)
		}
		assertRejected(t, problems[0], "ERROR policy: Policy rejected: sensitive-service. ", `(At policy.rules["desk"].port_ranges[0].) (sensitive-service, severity critical; score 7, limit 40)`, "3389/tcp")
		if rules := get(t, state, "ingress"); rules != nil {
			t.Errorf("%s: compiled to %v", name, rules)
		}
		assessment, problems := s.read(t, "assessment", obj{"policy": policy})
		if len(problems) > 0 {
			t.Errorf("%s: the assessment says %q", name, problems)
		}
		if got := get(t, assessment, "verdict"); got != "reject" {
			t.Errorf("%s: verdict %v", name, got)
		}
	}
}

func TestRulesDataSource_Options(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	many := with(accepted(), seq{"198.51.100.16/32", "198.51.100.18/32", "198.51.100.20/32"}, in(thePeers, "prefixes")...)
	for _, c := range []struct {
		name     string
		options  obj
		headroom any
		want     []string
	}{
		{"none", obj{}, 57.0, nil},
		{"null", obj{"limits": nil, "rules_elsewhere": nil}, 57.0, nil},
		{"raised", obj{"limits": obj{"rules": 200}, "rules_elsewhere": 10}, 187.0, nil},
		{"just enough", obj{"limits": obj{"rules": 3}}, 0.0, nil},
		{"too many with those elsewhere", obj{"limits": obj{"rules": 3}, "rules_elsewhere": 1}, nil, []string{
			"ERROR policy: Too many rules. The policy needs 3 IPv4 rules in one AWS security group for ingress, and rules_elsewhere adds 1; the limit is 3."}},
		{"unknown name", obj{"limits": obj{"rule": 200}}, nil, []string{
			`ERROR limits["rule"]: Unknown limit. "rule" is not a limit of aws_security_group_rules. A limit that is not known would be ignored. Use one of rules, description_length.`}},
		{"null limit", obj{"limits": obj{"rules": nil}}, nil, []string{
			`ERROR limits["rules"]: Null value. The element is null. A limit that is null limits nothing. Remove the key, or write a number.`}},
		{"all at once", obj{"limits": obj{"rules": 0, "description_length": 300}, "rules_elsewhere": -1}, nil, []string{
			`ERROR limits["rules"]: Limit too low. `, `ERROR limits["description_length"]: Limit too high. `, `ERROR rules_elsewhere: Negative rule count. rules_elsewhere = -1 is not a number of rules.`}},
		{"minimal", obj{"optimize": "minimal"}, 57.0, nil},
		{"stable", obj{"optimize": "stable"}, 57.0, nil},
		{"no optimization", obj{"optimize": nil}, 57.0, nil},
		{"unknown optimization", obj{"optimize": "fastest"}, nil, []string{
			`ERROR optimize: Unknown optimization. optimize = "fastest" is not one of stable and minimal. It decides which rules are emitted, and so which ones an edit replaces. Write "stable", or "minimal" for rules that do not depend on how the policy is written.`}},
		{"huge", obj{"limits": obj{"rules": 1 << 40}}, nil, []string{`ERROR limits["rules"]: Limit too high. `}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := maps.Clone(c.options)
			config["policy"] = many
			state, problems := s.read(t, "aws_security_group_rules", config)
			startsWith(t, "data source", problems, c.want)
			if c.want == nil {
				equalPlain(t, "headroom", get(t, state, "headroom"), c.headroom)
			}
			// The function takes the options in its settings.
			result, err := s.call(t, "aws_security_group_rules", loose(t, many), loose(t, c.options))
			if c.want == nil {
				if err != "" {
					t.Fatal(err)
				}
				equalPlain(t, "the function's headroom", get(t, result, "headroom"), c.headroom)
				return
			}
			argument := "argument 1: "
			if strings.HasPrefix(c.want[0], "ERROR policy") {
				argument = "argument 0: "
			}
			if !strings.HasPrefix(err, argument) {
				t.Errorf("function: %s\nwant %s", err, argument)
			}
			for _, want := range c.want {
				place, rest, _ := strings.Cut(strings.TrimPrefix(want, "ERROR "), ": ")
				title, detail, _ := strings.Cut(rest, ". ")
				if !strings.Contains(err, place+": "+title+": "+detail) {
					t.Errorf("function: %s\nhas no %s", err, want)
				}
			}
		})
	}
}

// startsWith pairs each text with the one beginning that fits it.
func startsWith(t testing.TB, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d messages, want %d: %q", what, len(got), len(want), got)
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(text string) bool { return strings.HasPrefix(text, w) }) {
			t.Errorf("%s: nothing starts with\n  %s\nin %q", what, w, got)
		}
	}
}

// Terraform reads a data source only when everything is known; a part must not
// pass for the whole in any case.
func TestDataSources_UnknownValue_IsNeverRead(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, name := range []string{"assessment", "aws_security_group_rules"} {
		for what, policy := range map[string]any{"whole": unknown, "a rule": with(accepted(), unknown, "rules", "later"), "a waiver": with(accepted(), unknown, "waiver")} {
			_, problems := s.read(t, name, obj{"policy": policy})
			startsWith(t, name+" "+what, problems, []string{"ERROR Values not known yet. "})
		}
	}
}

func TestDataSources_PolicyNull_SaysWhatToPass(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	_, problems := s.read(t, "aws_security_group_rules", obj{})
	startsWith(t, "rules", problems, []string{"ERROR policy: Missing Configuration for Required Attribute."})
	_, problems = s.read(t, "assessment", obj{})
	startsWith(t, "assessment", problems, []string{"ERROR Nothing to judge. Neither policy nor existing_rules is given. Without rules there is nothing to judge. " +
		"Pass a backupfw_policy through a local in policy, or rules that exist already in existing_rules."})
}

func TestAssessmentDataSource_EqualsTheResource(t *testing.T) {
	t.Parallel()
	s := serve(t, obj{"enforcement": "warn"})
	for name, config := range map[string]obj{"accepted": accepted(), "waived": waived(), "rich": richPolicy(), "rejected": policyOf(obj{"desk": ruleOf(rdp(), clients())}), "empty": policyOf(obj{})} {
		resource := s.create(t, "policy", config)
		assessment, problems := s.read(t, "assessment", obj{"policy": resource})
		if len(problems) > 0 {
			t.Errorf("%s: %q", name, problems)
		}
		for _, attribute := range assessed {
			if attribute != "id" && !fields(t, assessment)[attribute].Equal(fields(t, resource)[attribute]) {
				t.Errorf("%s: %s differs", name, attribute)
			}
		}
	}
}
