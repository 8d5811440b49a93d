package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

var policyFunctions = append([]string{"assess"}, targetNames()...)

func targetNames() []string {
	var names []string
	for _, target := range emit.Targets() {
		names = append(names, target.Name)
	}
	return names
}

func TestFunctions_Known_GiveTheDataSourcesResult(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, policy := range map[string]obj{"accepted": accepted(), "waived": waived(), "rich": richPolicy(), "empty": policyOf(obj{})} {
		compareWithDataSources(t, s, name, policy, policyFunctions)
	}
}

// compareWithDataSources calls the functions and reads their data sources.
func compareWithDataSources(t testing.TB, s *server, name string, policy obj, functions []string) {
	t.Helper()
	for _, function := range functions {
		source := function
		if function == "assess" {
			source = "assessment"
		}
		settings := withNeeded(function, []any{obj{"today": "2026-06-01"}})[0]
		result, failed := s.call(t, function, loose(t, policy), loose(t, settings))
		config := obj{"policy": policy}
		maps.Copy(config, needed[function])
		state, problems := s.read(t, source, config)
		if errors := severity(problems, "ERROR "); (failed != "") != (len(errors) > 0) {
			t.Errorf("%s: %s says %q, the data source %q", name, function, failed, errors)
			continue
		} else if failed != "" {
			continue
		}
		for attribute, got := range fields(t, result) {
			if want := fields(t, state)[attribute]; !got.Equal(want) {
				t.Errorf("%s: %s.%s is %s, in the data source %s", name, function, attribute, got, want)
			}
		}
	}
}

// Random policies: the two ways to a result agree, in what they refuse too.
func TestFunctions_RandomPolicies_AgreeWithTheDataSources(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	rapid.Check(t, func(r *rapid.T) {
		// A few of them each time: all of them take a minute.
		functions := []string{"assess", rapid.SampledFrom(targetNames()).Draw(r, "function")}
		compareWithDataSources(t, s, "random", drawPolicy(r), functions)
		if t.Failed() {
			r.FailNow()
		}
	})
}

func drawPolicy(r *rapid.T) obj {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(r, name) }
	some := func(name string, from ...string) seq {
		list := seq{}
		for range rapid.IntRange(1, 3).Draw(r, name+" count") {
			list = append(list, pick(name, from...))
		}
		return list
	}
	rules := obj{}
	for i := range rapid.IntRange(0, 3).Draw(r, "rules") {
		listener := obj{"name": pick("listener", "vault", "mover"), "kind": pick("kind", "negotiated", "undeclared"),
			"ports": some("port", "29168-29207/tcp", "443/tcp", "3389/tcp", "2500-3300/tcp", "53/udp", "29170/tcp", "1000-1030/udp")}
		if rapid.Bool().Draw(r, "product flow") {
			listener["kind"], listener["product"], listener["flow"] = "product_flow", "veeam", pick("flow", "data-mover", "data-mover-range")
		}
		peers := obj{"name": "clients", "zone": pick("zone", "dmz", "internal", "by_address", "internet"),
			"prefixes": some("prefix", "198.51.100.16/28", "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/48", "0.0.0.0/0", "192.0.2.7")}
		if rapid.Bool().Draw(r, "reference") {
			peers["references"] = obj{"app": obj{"kind": "aws_security_group", "max_hosts": 10}}
		}
		rule := ruleOf(obj{"name": "range", "listeners": seq{listener}}, peers)
		rule["direction"] = pick("direction", "ingress", "egress")
		rules[fmt.Sprintf("rule-%d", i)] = rule
	}
	p := policyOf(rules)
	if rapid.Bool().Draw(r, "waiver") {
		p["waiver"] = seq{obj{"finding": pick("finding", "sensitive-service", "well-known-port", "any-peer"), "ports": some("waived", "3389/tcp", "443/tcp", "29168-29207/tcp"),
			"peers": some("waived peer", "198.51.100.16/28", "0.0.0.0/0"), "reason": "r", "owner": "o", "expires": pick("expires", "2026-06-20", "2026-12-31", "2026-05-31")}}
	}
	return p
}

func TestFunctions_RejectedPolicy_AnErrorForRulesAValueForAssess(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	policy := loose(t, policyOf(obj{"desk": ruleOf(rdp(), clients())}))
	_, failed := s.call(t, "aws_security_group_rules", policy)
	assertRejected(t, failed, `argument 0: rules["desk"].port_ranges[0]: Policy rejected: sensitive-service: 3389/tcp `, "(sensitive-service, severity critical; score 7, limit 40)", "198.51.100.16/28")
	result, failed := s.call(t, "assess", policy)
	if failed != "" {
		t.Fatal(failed)
	}
	if got := get(t, result, "verdict"); got != "reject" {
		t.Errorf("verdict %v", got)
	}
}

func TestFunctions_Null_IsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, name := range policyFunctions {
		for what, c := range map[string]struct {
			arguments []tftypes.Value
			want      string
		}{
			"policy":            {[]tftypes.Value{loose(t, nil)}, "argument 0: Null value: The value is null. Without a policy there is nothing to judge. Pass a backupfw_policy through a local, or an object like it."},
			"text for a policy": {[]tftypes.Value{loose(t, "primary")}, "argument 0: Wrong type: The value is not an object. The value cannot be read. Write an object."},
			"list for a policy": {[]tftypes.Value{loose(t, seq{})}, "argument 0: Wrong type: The value is not an object. The value cannot be read. Write an object."},
			"name":              {[]tftypes.Value{loose(t, with(accepted(), nil, "name"))}, `argument 0: name: Missing name: name is missing. The name stands in keys and descriptions of cloud rules. Write name = "primary-server", say.`},
			"rules":             {[]tftypes.Value{loose(t, with(accepted(), nil, "rules"))}, `argument 0: rules: Missing rules: rules is missing. Without rules the policy says nothing. Write rules = { clients = { ... } }, or rules = {} to open nothing.`},
			"number for a name": {[]tftypes.Value{loose(t, with(accepted(), 7, "name"))}, `argument 0: name: Wrong type: name is not a string. The value cannot be read. Write a string.`},
			"text for a list":   {[]tftypes.Value{loose(t, with(accepted(), "198.51.100.16/28", in(thePeers, "prefixes")...))}, `argument 0: rules["backup"].peers[0].prefixes: Wrong type: prefixes is not a list. The value cannot be read. Write a list.`},
			"text for a number": {[]tftypes.Value{loose(t, with(accepted(), "forty", "max_score"))}, `argument 0: max_score: Wrong type: max_score is not a whole number. The value cannot be read. Write a whole number.`},
			"fraction":          {[]tftypes.Value{loose(t, with(accepted(), 1.5, "max_score"))}, `argument 0: max_score: Wrong type: max_score is not a whole number. The value cannot be read. Write a whole number.`},
			"list for rules":    {[]tftypes.Value{loose(t, with(accepted(), seq{}, "rules"))}, `argument 0: rules: Wrong type: rules is not a map. The value cannot be read. Write a map.`},
			"text for a rule":   {[]tftypes.Value{loose(t, with(accepted(), "all", "rules", "backup"))}, `argument 0: rules["backup"]: Wrong type: The element is not an object. The value cannot be read. Write an object.`},
		} {
			_, got := s.call(t, name, c.arguments...)
			if first, _, _ := strings.Cut(got, "\n"); first != c.want {
				t.Errorf("%s, %s: got\n%s\nwant\n%s", name, what, got, c.want)
			}
		}
	}
}

// Terraform does not call a function before everything is known.
func TestFunctions_Unknown_GiveUnknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, name := range policyFunctions {
		for what, arguments := range map[string][]tftypes.Value{
			"policy":           {loose(t, unknown)},
			"a rule":           {loose(t, with(accepted(), unknown, "rules", "later"))},
			"a waiver":         {loose(t, with(waived(), unknown, "waiver", 0, "expires"))},
			"settings":         {loose(t, accepted()), loose(t, unknown)},
			"today":            {loose(t, accepted()), loose(t, obj{"today": unknown})},
			"max_score":        {loose(t, accepted()), loose(t, obj{"max_score": unknown})},
			"a rejected one":   {loose(t, with(policyOf(obj{"desk": ruleOf(rdp(), clients())}), unknown, "description"))},
			"unknown and null": {loose(t, with(with(accepted(), unknown, "description"), nil, "name"))},
		} {
			result, failed := s.call(t, name, arguments...)
			if failed != "" || result.IsKnown() {
				t.Errorf("%s, %s: %s %q", name, what, result, failed)
			}
		}
	}
}

// needed are arguments that a target does not do without.
var needed = map[string]obj{
	"kubernetes_network_policy": {"pod_selector": obj{"app": "backup"}},
	// By default the answers alone would be over the limit.
	"aws_network_acl_rules": {"peer_ephemeral_ports": "32768-60999"},
}

// withNeeded adds them to the first settings object.
func withNeeded(function string, settings []any) []any {
	arguments, needs := needed[function]
	if !needs {
		return settings
	}
	if len(settings) == 0 {
		return []any{arguments}
	}
	first, isObject := settings[0].(obj)
	if !isObject {
		return settings
	}
	merged := maps.Clone(first)
	maps.Copy(merged, arguments)
	return append([]any{merged}, settings[1:]...)
}

func TestFunctions_Settings(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	low := with(accepted(), 1, "max_score")
	for _, c := range []struct {
		name      string
		policy    obj
		settings  []any
		want      string // of both functions
		wantRules string // of aws_security_group_rules alone
	}{
		{name: "none", policy: accepted()},
		{name: "empty", policy: accepted(), settings: []any{obj{}}},
		{name: "all", policy: accepted(), settings: []any{obj{"max_score": 100, "enforcement": "enforce", "unwaivable": seq{"any-peer"}, "max_waiver_days": 1, "today": "2026-06-01"}}},
		{name: "nulls", policy: accepted(), settings: []any{obj{"max_score": nil, "enforcement": nil, "unwaivable": nil, "max_waiver_days": nil, "today": nil}}},
		{name: "two", policy: accepted(), settings: []any{obj{}, obj{}},
			want: "argument 2: 2 settings objects are given. It would not be clear which one counts. Merge them into one."},
		{name: "a text", policy: accepted(), settings: []any{"strict"},
			want: "argument 1: Wrong type: The value is not an object. The value cannot be read. Write an object."},
		{name: "misspelt", policy: accepted(), settings: []any{obj{"max_scor": 10}},
			want: `argument 1: max_scor: Unknown attribute: "max_scor" is not an attribute of this object. A misspelt restriction would be lost. Use one of max_score, enforcement, unwaivable, max_waiver_days, today`},
		{name: "bad values", policy: accepted(), settings: []any{obj{"max_score": 101, "today": "1.6.2026"}},
			want: `argument 1: max_score: Score limit out of range: max_score = 101 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.` + "\n" +
				`today: Invalid date: today = "1.6.2026" is not a date. Waivers are judged by it. Write formatdate("YYYY-MM-DD", plantimestamp()).`},
		{name: "waivers without today", policy: waived(),
			want: `argument 0: waiver[0].expires: Waiver without today's date: The waiver ends on 2026-12-31, and nothing says which day it is. A function must give the same answer in plan and apply, so it cannot read the clock. Pass the day in the settings: { today = formatdate("YYYY-MM-DD", plantimestamp()) }.`},
		{name: "waivers with today", policy: waived(), settings: []any{obj{"today": "2026-06-01"}}},
		{name: "expired", policy: waived(), settings: []any{obj{"today": "2027-01-01"}},
			wantRules: `argument 0: rules["desk"].port_ranges[0]: Policy rejected: sensitive-service: 3389/tcp `},
		{name: "strict limit", policy: accepted(), settings: []any{obj{"max_score": 1}},
			wantRules: `argument 0: rules: Policy rejected: score-limit: The score is 2 (low), and the limit is 1.`},
		{name: "the policy's own limit", policy: low,
			wantRules: `argument 0: rules: Policy rejected: score-limit: The score is 2 (low), and the limit is 1.`},
		{name: "warn", policy: low, settings: []any{obj{"enforcement": "warn"}}},
	} {
		for _, function := range policyFunctions {
			arguments := []tftypes.Value{loose(t, c.policy)}
			for _, settings := range withNeeded(function, c.settings) {
				arguments = append(arguments, loose(t, settings))
			}
			want := c.want
			if want == "" && function != "assess" {
				want = c.wantRules
			}
			result, got := s.call(t, function, arguments...)
			if want == "" && got != "" || !strings.HasPrefix(got, want) {
				t.Errorf("%s, %s: got %q, want %q", c.name, function, got, want)
			}
			if got == "" && !result.IsFullyKnown() {
				t.Errorf("%s, %s: %s", c.name, function, result)
			}
		}
	}
}

// Expressions give lists, tuples, sets, maps and objects; all of them are read
// alike, and a misspelt name is seen in a map too.
func TestFunctions_Collections_AreReadAlike(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	texts := func(typ tftypes.Type) tftypes.Value {
		return tftypes.NewValue(typ, []tftypes.Value{tftypes.NewValue(tftypes.String, "198.51.100.16/28")})
	}
	want, failed := s.call(t, "assess", loose(t, accepted()))
	if failed != "" {
		t.Fatal(failed)
	}
	rule := loose(t, accepted()["rules"].(obj)["backup"])
	for name, policy := range map[string]obj{
		"list":  with(accepted(), texts(tftypes.List{ElementType: tftypes.String}), in(thePeers, "prefixes")...),
		"set":   with(accepted(), texts(tftypes.Set{ElementType: tftypes.String}), in(thePeers, "prefixes")...),
		"map":   with(accepted(), tftypes.NewValue(tftypes.Map{ElementType: rule.Type()}, map[string]tftypes.Value{"backup": rule}), "rules"),
		"whole": {"name": "primary", "rules": accepted()["rules"], "id": "primary", "score": 99, "findings": seq{}, "description": nil, "waiver": seq{}},
	} {
		if got, failed := s.call(t, "assess", loose(t, policy)); failed != "" || !got.Equal(want) {
			t.Errorf("%s: %s %s", name, got, failed)
		}
	}
	numbers := tftypes.NewValue(tftypes.Map{ElementType: tftypes.Number}, map[string]tftypes.Value{"max_scor": tftypes.NewValue(tftypes.Number, 1)})
	if _, got := s.call(t, "assess", loose(t, accepted()), numbers); !strings.HasPrefix(got, `argument 1: max_scor: Unknown attribute: `) {
		t.Errorf("a misspelt name in a map: %q", got)
	}
	whole := s.create(t, "policy", richPolicy())
	if _, failed := s.call(t, "aws_security_group_rules", whole, loose(t, obj{"today": "2026-06-01"})); failed != "" {
		t.Errorf("a whole resource: %s", failed)
	}
	ranges, peers := s.create(t, "port_range", portRange()), s.create(t, "peer_group", peerGroup())
	byHand := policyOf(obj{"backup": ruleOf(ranges, peers)})
	if _, failed := s.call(t, "aws_security_group_rules", loose(t, byHand)); failed != "" {
		t.Errorf("a policy by hand of whole resources: %s", failed)
	}
}
