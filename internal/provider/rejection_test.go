package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// A rejected plan has no attributes: every rejection ends in the score, also
// when the place, or the advice, stands before it.
func TestPolicyResource_Rejections_EndInTheMark(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		ports          string
		score, limit   int
		codes, between []string
	}{
		{"100-139/tcp", 70, 40, []string{"score-limit", "sensitive-service", "sensitive-service", "well-known-port"}, []string{"", "(At rules", "(At rules", "(At rules"}},
		{"20000-20999/tcp", 11, 10, []string{"score-limit", "sensitive-service"}, []string{"\nWhat would help most:\n- Score ", "(At rules"}},
	} {
		wide := obj{"name": "wide", "listeners": seq{obj{"name": "wide", "kind": "undeclared", "ports": seq{c.ports}}}}
		rejections := s.plan(t, "policy", tftypes.Value{}, with(policyOf(obj{"desk": ruleOf(wide, clients())}), c.limit, "max_score")).errors()
		if len(rejections) != len(c.codes) {
			t.Fatalf("%s: %d rejections, want %q: %q", c.ports, len(rejections), c.codes, rejections)
		}
		for i, text := range rejections {
			mark, marked := risk.ParseMark(text)
			if !marked || string(mark.Code) != c.codes[i] || mark.Score != c.score || mark.Limit != c.limit || mark.AtLeast {
				t.Errorf("the mark reads as %v in %q", mark, text)
			}
			before, ends := strings.CutSuffix(text, mark.String())
			if !ends || strings.HasSuffix(before, "\n") != strings.Contains(before, "\n- Score ") {
				t.Errorf("%q does not end in %s", text, mark)
			}
			if !strings.Contains(text, ": "+risk.RejectionTitle+string(mark.Code)+". ") || !strings.Contains(before, c.between[i]) {
				t.Errorf("%q has not %q, or another headline", text, c.between[i])
			}
		}
	}
}
