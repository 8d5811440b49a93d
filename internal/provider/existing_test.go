package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// old is an existing rule in AWS's words; more replaces attributes.
func old(more obj) obj {
	rule := obj{"direction": "ingress", "protocol": "tcp", "from_port": "29168", "to_port": "29168", "cidrs": seq{"10.0.0.7/32"}}
	maps.Copy(rule, more)
	return rule
}

// assessExisting reads the data source and calls the function, and demands
// that the two agree.
func assessExisting(t testing.TB, s *server, rules ...any) tftypes.Value {
	t.Helper()
	state, problems := s.read(t, "assessment", obj{"existing_rules": seq(rules)})
	if len(problems) > 0 {
		t.Fatalf("data source: %q", problems)
	}
	result, failed := s.call(t, "assess", loose(t, obj{"existing_rules": seq(rules)}))
	if failed != "" {
		t.Fatalf("function: %s", failed)
	}
	for name, got := range fields(t, result) {
		if want := fields(t, state)[name]; !got.Equal(want) {
			t.Errorf("%s: the function has %s, the data source %s", name, got, want)
		}
	}
	return state
}

// codes are the findings that reject, with rules and ports.
func codes(t testing.TB, assessment tftypes.Value) []string {
	t.Helper()
	var found []string
	for _, f := range get(t, assessment, "findings").(seq) {
		if f := f.(obj); f["effect"] == "reject" {
			found = append(found, f["code"].(string)+" "+joined(f["rules"])+" "+joined(f["ports"])+" "+joined(f["prefixes"]))
		}
	}
	return found
}

func joined(list any) string {
	var texts []string
	for _, item := range list.(seq) {
		texts = append(texts, item.(string))
	}
	return strings.Join(texts, ",")
}

// What other checks of rules do not see: each case is rejected, with the
// finding, and scores at least as much as given.
func TestExistingRules_WhatHidesFromOtherChecks_IsFound(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	reference := obj{"self": obj{"kind": "aws_security_group", "max_hosts": 5}}
	for _, c := range []struct {
		name  string
		rules []any
		find  string
		least float64
	}{
		{"SSH inside a range", []any{old(obj{"from_port": "20", "to_port": "25", "cidrs": seq{"0.0.0.0/0"}})},
			"sensitive-service existing-0 22/tcp 0.0.0.0/0", 100},
		{"everybody in two halves", []any{old(obj{"from_port": "22", "to_port": "22", "cidrs": seq{"0.0.0.0/1", "128.0.0.0/1"}})},
			"any-peer existing-0 22/tcp 0.0.0.0/0", 50},
		{"everybody in two rules", []any{old(obj{"cidrs": seq{"0.0.0.0/1"}}), old(obj{"cidrs": seq{"128.0.0.0/1"}})},
			"any-peer existing-0,existing-1 29168/tcp 0.0.0.0/0", 30},
		{"everybody after a rule for the group itself", []any{
			old(obj{"protocol": "-1", "from_port": nil, "to_port": nil, "cidrs": nil, "references": reference}),
			old(obj{"from_port": "3389", "to_port": "3389", "cidrs": seq{"0.0.0.0/0"}})},
			"any-peer existing-1 3389/tcp 0.0.0.0/0", 100},
		{"all of IPv6 beside a narrow IPv4", []any{old(obj{"from_port": "3389", "to_port": "3389", "cidrs": seq{"10.0.0.7/32", "::/0"}})},
			"any-peer existing-0 3389/tcp 10.0.0.7/32,::/0", 100},
		{"protocol as a number", []any{old(obj{"protocol": "6", "from_port": "3389", "to_port": "3389", "cidrs": seq{"0.0.0.0/0"}})},
			"sensitive-service existing-0 3389/tcp 0.0.0.0/0", 100},
		{"every protocol", []any{old(obj{"protocol": "-1", "from_port": "-1", "to_port": "-1", "cidrs": seq{"10.0.0.0/24"}})},
			"all-ports existing-0 any 10.0.0.0/24", 100},
		{"a database from all of 10.0.0.0/8", []any{old(obj{"from_port": "5432", "to_port": "5432", "cidrs": seq{"10.0.0.0/8"}})},
			"sensitive-service existing-0 5432/tcp 10.0.0.0/8", 20},
		{"IPv4 as IPv6", []any{old(obj{"from_port": "22", "to_port": "22", "cidrs": seq{"::ffff:0:0/96"}})},
			"any-peer existing-0 22/tcp 0.0.0.0/0", 50},
	} {
		assessment := assessExisting(t, s, c.rules...)
		if got := get(t, assessment, "verdict"); got != "reject" {
			t.Errorf("%s: verdict %v", c.name, got)
		}
		if got := get(t, assessment, "score").(float64); got < c.least {
			t.Errorf("%s: score %v, want at least %v", c.name, got, c.least)
		}
		if got := codes(t, assessment); !slices.Contains(got, c.find) {
			t.Errorf("%s: no %q in %q", c.name, c.find, got)
		}
	}
}

func hasPrefix(t testing.TB, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A table has texts, other sources have numbers.
func TestExistingRules_NumbersAndTexts_AreReadAlike(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	want := assessExisting(t, s, old(obj{"protocol": "6"}))
	for name, rule := range map[string]obj{
		"numbers":         old(obj{"protocol": 6, "from_port": 29168, "to_port": 29168}),
		"a list of texts": old(obj{"from_port": nil, "to_port": nil, "ports": seq{"29168"}}),
		"a list":          old(obj{"from_port": nil, "to_port": nil, "ports": seq{29168}}),
		"blank cells":     old(obj{"ports": seq{""}, "access": "", "product": "", "zone": "", "zone_reason": "", "description": ""}),
		"nulls":           old(obj{"ports": nil, "access": nil, "product": nil, "zone": nil, "references": nil}),
	} {
		got, failed := s.call(t, "assess", loose(t, obj{"existing_rules": seq{rule}}))
		if failed != "" {
			t.Errorf("%s: %s", name, failed)
		} else if !fields(t, got)["contributions"].Equal(fields(t, want)["contributions"]) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestExistingRules_Faults_StandAtTheirAttribute(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	group := func(hosts int) obj { return obj{"app": obj{"kind": "aws_security_group", "max_hosts": hosts}} }
	for _, c := range []struct {
		name  string
		rules seq
		want  []string // of the function; the data source has the same places
	}{
		{"many", seq{old(obj{"protocol": "gre"}), old(nil), old(obj{"cidrs": seq{"10.0.0.5/24"}, "zone": "lan"})}, []string{
			`existing_rules[0].protocol: Protocol without a name here: protocol = "gre" cannot be named`,
			`existing_rules[2].zone: Unknown zone: zone = "lan" is not a zone.`,
			`existing_rules[2].cidrs[0]: Host bits set: "10.0.0.5/24" `}},
		{"null", seq{old(nil), nil}, []string{
			`existing_rules[1]: Null value: The element is null. A rule that is null neither opens nor closes anything. Remove the element, or write the rule.`}},
		{"a null address", seq{old(obj{"cidrs": seq{nil}, "direction": ""})}, []string{
			`existing_rules[0].cidrs[0]: Null value: The element is null. It is not clear whether it should stand for nothing or for everything. Remove the element, for example with compact().`,
			`existing_rules[0].direction: Missing direction: `}},
		{"ICMP without IPv4", seq{old(nil), old(obj{"protocol": "icmp", "cidrs": seq{"2001:db8::/64"}})}, []string{
			`existing_rules[1].protocol: Protocol without peers: Rule "existing-1" opens "icmp", which exists in IPv4 only`}},
		{"a reference with two meanings", seq{old(obj{"references": group(2)}), old(obj{"references": group(3)})}, []string{
			`existing_rules[1].references["app"]: Reference with two meanings: Reference "app" is aws_security_group with max_hosts = 3`}},
		{"a reference without a size", seq{old(obj{"cidrs": nil, "references": obj{"app": obj{"kind": "aws_security_group"}}})}, []string{
			`existing_rules[0].references["app"].max_hosts: Missing max_hosts: max_hosts is missing. `}},
	} {
		_, failed := s.call(t, "assess", loose(t, obj{"existing_rules": c.rules}))
		lines := strings.Split(strings.TrimPrefix(failed, "argument 0: "), "\n")
		startsWith(t, c.name+", function", lines, c.want)
		_, problems := s.read(t, "assessment", obj{"existing_rules": c.rules})
		if len(problems) != len(c.want) {
			t.Errorf("%s: data source %q", c.name, problems)
		}
		for _, want := range c.want {
			place, rest, _ := strings.Cut(want, ": ")
			title, _, _ := strings.Cut(rest, ": ")
			if !slices.ContainsFunc(problems, func(text string) bool {
				return strings.HasPrefix(text, "ERROR existing_rules[") && strings.Contains(text, title) &&
					(strings.HasSuffix(text, "(At "+place+".)") || strings.HasPrefix(text, "ERROR "+place+": "))
			}) {
				t.Errorf("%s: data source has no %s at %s in %q", c.name, title, place, problems)
			}
		}
	}
}

// Only a function sees names that nobody asked for.
func TestExistingRules_MisspeltAttribute_IsRefusedByTheFunction(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	_, failed := s.call(t, "assess", loose(t, obj{"existing_rules": seq{old(obj{"acces": "Deny"})}}))
	hasPrefix(t, failed, `argument 0: existing_rules[0].acces: Unknown attribute: "acces" is not an attribute of this object. `)
	_, failed = s.call(t, "aws_security_group_rules", loose(t, with(accepted(), seq{old(nil)}, "existing_rules")))
	hasPrefix(t, failed, `argument 0: existing_rules: Unknown attribute: "existing_rules" is not an attribute of this object. `)
	for name, list := range map[string]any{"text": "all", "object": obj{}} {
		_, failed = s.call(t, "assess", loose(t, obj{"existing_rules": list}))
		hasPrefix(t, failed, `argument 0: existing_rules: Wrong type: existing_rules is not a list. `)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestExistingRules_BesideAPolicy_AreOnePolicy(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	rdpRule := old(obj{"from_port": "3389", "to_port": "3389"})
	waivedPolicy := with(accepted(), seq{with(with(waiver(), seq{"10.0.0.7/32"}, "peers"), seq{"existing-0"}, "rules")}, "waiver")
	state, problems := s.read(t, "assessment", obj{"policy": waivedPolicy, "existing_rules": seq{rdpRule}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := get(t, state, "verdict"); got != "accept_with_waivers" {
		t.Errorf("verdict %v", got)
	}
	var rules []string
	for _, a := range get(t, state, "allows").(seq) {
		rules = append(rules, joined(a.(obj)["rules"]))
	}
	if slices.Sort(rules); strings.Join(rules, " ") != "backup existing-0" {
		t.Errorf("allows %v", rules)
	}
	result, failed := s.call(t, "assess", loose(t, with(waivedPolicy, seq{rdpRule}, "existing_rules")), loose(t, obj{"today": "2026-06-01"}))
	if failed != "" {
		t.Fatal(failed)
	}
	for name, got := range fields(t, result) {
		if !got.Equal(fields(t, state)[name]) {
			t.Errorf("%s differs: %s", name, got)
		}
	}
	// A policy without rules may carry waivers and a limit.
	state, problems = s.read(t, "assessment", obj{"policy": obj{"name": "web", "rules": obj{}, "max_score": 0}, "existing_rules": seq{old(nil)}})
	if got := codes(t, state); len(problems) > 0 || len(got) != 1 || !strings.HasPrefix(got[0], "score-limit") {
		t.Errorf("%q %v", problems, got)
	}
}

func TestExistingRules_RuleOfThePolicyWithTheirName_IsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	taken := policyOf(obj{"existing-0": ruleOf(vault(), clients())})
	const want = `Name of an existing rule. The rule's key "existing-0" is also the name of an element of existing_rules. Findings could not say which of the two they are about. Give the rule another key.`
	_, problems := s.read(t, "assessment", obj{"policy": taken, "existing_rules": seq{old(nil)}})
	startsWith(t, "both", problems, []string{`ERROR policy: ` + want + ` (At policy.rules["existing-0"].)`})
	// Without existing rules the name is as good as another, and so is its place.
	bad := with(taken, "lan", "rules", "existing-0", "peers", 0, "zone")
	_, problems = s.read(t, "assessment", obj{"policy": bad})
	startsWith(t, "alone", problems, []string{`ERROR policy: Unknown zone. `})
	icmp := with(taken, seq{obj{"name": "x", "kind": "undeclared", "ports": seq{"icmpv6"}}}, "rules", "existing-0", "port_ranges", 0, "listeners")
	_, failed := s.call(t, "assess", loose(t, icmp))
	hasPrefix(t, failed, `argument 0: rules["existing-0"].port_ranges: Protocol without peers: `)
}

func TestExistingRules_Product_IsHeldToItsDocumentation(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	plain := old(obj{"from_port": "2500", "to_port": "3301"})
	with := maps.Clone(plain)
	with["product"] = "veeam"
	after := assessExisting(t, s, with)
	undeclared := map[string]string{}
	for name, a := range map[string]tftypes.Value{"without": assessExisting(t, s, plain), "with": after} {
		for _, c := range get(t, a, "contributions").(seq) {
			if c := c.(obj); c["class"] == "undeclared" {
				undeclared[name] += joined(c["ports"])
			}
		}
	}
	if undeclared["with"] != "3301/tcp" || !strings.Contains(undeclared["without"], "2500-") {
		t.Errorf("undeclared: %v", undeclared)
	}
	var found []string
	for _, f := range get(t, after, "findings").(seq) {
		if f := f.(obj); f["code"] == "undocumented-port" {
			found = append(found, joined(f["ports"]))
		}
	}
	if strings.Join(found, " ") != "3301/tcp" {
		t.Errorf("undocumented: %v", found)
	}
}

func TestExistingRules_EmptyList_OpensNothing(t *testing.T) {
	t.Parallel()
	state := assessExisting(t, serve(t, nil))
	if score, verdict := get(t, state, "score"), get(t, state, "verdict"); score != 0.0 || verdict != "accept" {
		t.Errorf("score %v, verdict %v", score, verdict)
	}
}

func TestExistingRules_Unknown_IsNeverJudged(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, rules := range map[string]any{"list": unknown, "rule": seq{old(nil), unknown}, "address": seq{old(obj{"cidrs": seq{unknown}})}, "port": seq{old(obj{"to_port": unknown})}} {
		_, problems := s.read(t, "assessment", obj{"existing_rules": rules})
		startsWith(t, name, problems, []string{"ERROR Values not known yet. "})
		result, failed := s.call(t, "assess", loose(t, obj{"existing_rules": rules}))
		if failed != "" || result.IsKnown() {
			t.Errorf("%s: %s %q", name, result, failed)
		}
	}
}

func TestExistingRules_Null_IsNone(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	want, _ := s.call(t, "assess", loose(t, accepted()))
	got, failed := s.call(t, "assess", loose(t, with(accepted(), nil, "existing_rules")))
	if failed != "" || !got.Equal(want) {
		t.Errorf("%s %s", got, failed)
	}
	_, failed = s.call(t, "assess", loose(t, obj{"existing_rules": nil}))
	hasPrefix(t, failed, "argument 0: name: Missing name: ")
}

func TestExistingRules_Description_StandsInTheMessage(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	desk := func(cidr string, description any) obj {
		return old(obj{"from_port": "3389", "to_port": "3389", "cidrs": seq{cidr}, "description": description})
	}
	message := func(assessment tftypes.Value, code string) string {
		for _, f := range get(t, assessment, "findings").(seq) {
			if f := f.(obj); f["code"] == code {
				return f["message"].(string)
			}
		}
		return ""
	}
	const plain = "3389/tcp belongs to Remote Desktop (RDP), one of the most attacked services there are, and is open from "
	for name, c := range map[string]struct {
		rules []any
		want  string
	}{
		"none": {[]any{desk("10.0.0.7", nil)}, plain + "10.0.0.7/32."},
		"one":  {[]any{desk("10.0.0.7", "help desk")}, plain + `10.0.0.7/32. (existing-0 is "help desk".)`},
		"five": {[]any{desk("10.0.0.1", "a"), desk("10.0.0.3", "b"), desk("10.0.0.5", "c"), desk("10.0.0.7", nil), desk("10.0.0.9", "d"), desk("10.0.0.11", "e")},
			plain + `10.0.0.1/32, 10.0.0.3/32, 10.0.0.5/32, 10.0.0.7/32, 10.0.0.9/32 and 1 more. (existing-0 is "a", existing-1 is "b", existing-2 is "c", 2 more have a description.)`},
	} {
		if got := message(assessExisting(t, s, c.rules...), "sensitive-service"); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}
