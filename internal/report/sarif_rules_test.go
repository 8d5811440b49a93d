package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func TestSARIF_RulesFollowTheCatalogue(t *testing.T) {
	s := Subject{Kind: PolicyKind, Name: "storage", Verdict: "no-such-verdict"}
	codes := risk.Codes()
	for i := range codes {
		s.Findings = append([]Finding{{Code: codes[i].Code, Severity: risk.Low, Effect: risk.Warn, Message: "x"}}, s.Findings...)
	}
	s.Findings = append(s.Findings, Finding{Code: "zz-other", Message: "x"}, Finding{Code: "aa-other", Message: "x"})
	run := sarifOf(t, finished(&Report{Subjects: []Subject{s}, Failures: []Failure{{Summary: "x"}}}))
	var got, want []string
	for i, rule := range run.Tool.Driver.Rules {
		got = append(got, rule.ID)
		if i >= len(codes) {
			continue
		}
		if rule.FullDescription.Text != codes[i].Raised || rule.HelpURI != registryURI+"/docs/guides/findings#"+rule.ID {
			t.Errorf("%s is described as %q at %s", rule.ID, rule.FullDescription.Text, rule.HelpURI)
		}
		level := map[string]string{"reject": "error", "warn": "warning", "info": "note"}
		if effect := strings.FieldsFunc(codes[i].Default, func(r rune) bool { return r < 'a' || r > 'z' })[0]; rule.DefaultConfiguration.Level != level[effect] {
			t.Errorf("%s has level %s, want %s", rule.ID, rule.DefaultConfiguration.Level, level[effect])
		}
	}
	for i := range codes {
		want = append(want, string(codes[i].Code))
	}
	want = append(want, "aa-other", "zz-other", "known-after-apply", "plan-failed")
	if !slices.Equal(got, want) {
		t.Errorf("rules %v, want %v", got, want)
	}
	if name := run.Tool.Driver.Rules[8].Name; name != "PublicPeerPrivateClaim" {
		t.Errorf("name %s", name)
	}
}

// TestSecuritySeverity_StaysInItsBand compares with the bands as GitHub
// documents them.
func TestSecuritySeverity_StaysInItsBand(t *testing.T) {
	band := func(n float64) risk.Severity {
		switch {
		case n > 9:
			return risk.Critical
		case n >= 7:
			return risk.High
		case n >= 4:
			return risk.Medium
		case n > 0:
			return risk.Low
		default:
			return risk.Informational
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.OneOf(rapid.Float64Range(0, 120), rapid.Just(math.NaN()), rapid.Just(math.Inf(1)), rapid.Just(-1.0))
		severity := rapid.SampledFrom(severities).Draw(t, "severity")
		s := &Subject{Contributions: []Contribution{{Rules: []string{"a"}, Points: points.Draw(t, "a")}, {Rules: []string{"a", "b"}, Points: points.Draw(t, "b")}, {Rules: []string{"c"}, Points: 100}}}
		f := &Finding{Severity: severity, Rules: []string{"b"}}
		n := securitySeverity(s, f)
		if got := band(float64(n) / 10); got != severity {
			t.Fatalf("%s became %d.%d, which is %s", severity, n/10, n%10, got)
		}
		if more := securitySeverity(s, &Finding{Severity: severity, Rules: []string{"a", "b"}}); more < n {
			t.Fatalf("opening more lowered %d to %d", n, more)
		}
	})
}

func TestSecuritySeverity_Values(t *testing.T) {
	s := &Subject{Contributions: []Contribution{{Rules: []string{"a"}, Points: 50}, {Rules: []string{"b"}, Points: 80}}}
	for _, c := range []struct {
		severity risk.Severity
		rules    []string
		want     int
	}{
		{risk.Critical, []string{"a"}, 96}, {risk.Critical, []string{"none"}, 91}, {risk.Critical, nil, 100},
		{risk.High, []string{"b"}, 85}, {risk.Medium, []string{"a"}, 55}, {risk.Low, []string{"a", "b"}, 39},
		{risk.Informational, nil, 0}, {"no-such-severity", []string{"none"}, 91},
	} {
		if got := securitySeverity(s, &Finding{Severity: c.severity, Rules: c.rules}); got != c.want {
			t.Errorf("%s of %v is %d, want %d", c.severity, c.rules, got, c.want)
		}
	}
}
