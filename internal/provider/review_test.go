package provider_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// reviewed calls the function and reads the data source, and compares them.
func reviewed(t *testing.T, s *server, policies seq, settings obj) obj {
	t.Helper()
	given := obj{"today": "2026-06-01"}
	config := obj{"policies": policies}
	for name, v := range settings {
		given[name], config[name] = v, v
	}
	result, failed := s.call(t, "review", loose(t, policies), loose(t, given))
	if failed != "" {
		t.Fatal(failed)
	}
	state, problems := s.read(t, "review", config)
	if len(problems) > 0 {
		t.Fatalf("%q", problems)
	}
	values := obj{}
	for name, v := range fields(t, result) {
		values[name] = plain(t, v)
		equalPlain(t, name, get(t, state, name), values[name])
	}
	return values
}

func TestReview_DataSourceAndFunction_SayTheSame(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	rejected := policyOf(obj{"desk": ruleOf(rdp(), clients())})
	for name, c := range map[string]struct {
		policies seq
		verdict  string
		score    any
		words    []string
	}{
		"nothing":  {seq{}, "accept", nil, []string{"no policy"}},
		"accepted": {seq{accepted()}, "accept", 2.0, []string{"✅", "accepted", "```mermaid"}},
		"waived":   {seq{waived()}, "accept_with_waivers", 7.0, []string{"accepted with waivers", "**Waivers**", "days left"}},
		"worst":    {seq{accepted(), rejected, waived()}, "reject", 7.0, []string{"3 policies", "sensitive-service", "**rejected**"}},
		"resource": {seq{s.create(t, "policy", accepted())}, "accept", 2.0, []string{"✅"}},
	} {
		values := reviewed(t, s, c.policies, obj{"title": "Backup of site B"})
		if values["verdict"] != c.verdict || values["score"] != c.score {
			t.Errorf("%s: verdict %v, score %v; want %s, %v", name, values["verdict"], values["score"], c.verdict, c.score)
		}
		markdown := values["markdown"].(string)
		for _, word := range append(c.words, "Backup of site B") {
			if !strings.Contains(markdown, word) {
				t.Errorf("%s: the comment does not say %q:\n%s", name, word, markdown)
			}
		}
		var report struct {
			Format   string `json:"format"`
			Verdict  string `json:"verdict"`
			Subjects []any  `json:"subjects"`
		}
		if err := json.Unmarshal([]byte(values["json"].(string)), &report); err != nil {
			t.Fatal(err)
		}
		if report.Format != "backupfw-review/1" || report.Verdict != c.verdict || len(report.Subjects) != len(c.policies) {
			t.Errorf("%s: the JSON says %+v", name, report)
		}
	}
}

func TestReview_Settings_DecideTheVerdict(t *testing.T) {
	t.Parallel()
	state, problems := serve(t, obj{"max_score": 1}).read(t, "review", obj{"policies": seq{accepted()}})
	if len(problems) > 0 || get(t, state, "verdict") != "reject" {
		t.Errorf("the data source says %v with the provider's max_score = 1: %q", get(t, state, "verdict"), problems)
	}
	s := serve(t, nil)
	for settings, verdict := range map[int]string{1: "reject", 40: "accept"} {
		result, failed := s.ask(t, "review", seq{accepted()}, obj{"max_score": settings})
		if failed != "" || result.(obj)["verdict"] != verdict {
			t.Errorf("the function says %v with max_score = %d: %s", result, settings, failed)
		}
	}
}

func TestReview_Faults_AreAllReportedAtTheirPlaces(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	broken := policyOf(obj{"desk": with(ruleOf(rdp(), clients()), "sideways", "direction")})
	unnamed := without(accepted(), "name")
	_, failed := s.call(t, "review", loose(t, seq{accepted(), broken, unnamed}))
	for _, want := range []string{`[1].rules["desk"].direction`, "sideways", "[2].name"} {
		if !strings.Contains(failed, want) {
			t.Errorf("the function does not say %q: %s", want, failed)
		}
	}
	_, problems := s.read(t, "review", obj{"policies": seq{accepted(), broken, unnamed}})
	if len(problems) != 2 {
		t.Errorf("the data source has %d problems: %q", len(problems), problems)
	}
	for name, c := range map[string]struct {
		arguments []any
		want      string
	}{
		"null":     {[]any{nil}, "policies"},
		"no list":  {[]any{"primary"}, "not a list"},
		"length":   {[]any{seq{}, obj{"max_length": 1999}}, "max_length = 1999"},
		"misspelt": {[]any{seq{}, obj{"titel": "x"}}, "titel"},
		"no day":   {[]any{seq{waived()}}, "today"},
	} {
		if _, failed := s.ask(t, "review", c.arguments...); !strings.Contains(failed, c.want) {
			t.Errorf("%s: %q does not speak of %q", name, failed, c.want)
		}
	}
	if _, problems := s.read(t, "review", obj{"policies": seq{}, "max_length": 10}); len(problems) != 1 || !strings.Contains(problems[0], "max_length = 10") {
		t.Errorf("the data source says %q", problems)
	}
}
