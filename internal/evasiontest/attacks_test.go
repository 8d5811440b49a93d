// Package evasiontest opens the world without saying so. Each attack is a way
// of writing that hides what it reaches, beside the honest spelling, and must
// get the verdict of that: what counts is what is open.
package evasiontest

import (
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// attack is one way to hide what a policy opens.
type attack struct {
	name string
	// hidden is what the attacker writes, honest what it reaches.
	hidden, honest *policy.Policy
	// same is set when both open the same set, so that score and findings must
	// be equal. Otherwise hidden opens a little less or declares more, and must
	// be judged at least as strictly, with a score of at most slack less.
	same  bool
	slack int
	// verdict is that of the honest spelling.
	verdict risk.Verdict
	// stays are the codes that must reject; none means all of the honest ones.
	stays []risk.Code
}

func run(t *testing.T, attacks []attack) {
	t.Helper()
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			hidden, honest := judged(t, a.hidden), judged(t, a.honest)
			if honest.Verdict != a.verdict {
				t.Fatalf("the honest spelling is judged %s (%v, score %d), not %s: the attack has nothing to hide",
					honest.Verdict, rejections(honest), honest.Score, a.verdict)
			}
			if strictness[hidden.Verdict] < strictness[honest.Verdict] {
				t.Errorf("verdict %s, and %s of the honest spelling", hidden.Verdict, honest.Verdict)
			}
			if hidden.Score < honest.Score-a.slack {
				t.Errorf("score %d, and %d of the honest spelling", hidden.Score, honest.Score)
			}
			found, want := rejections(hidden), rejections(honest)
			if a.same && (hidden.Points != honest.Points || !slices.Equal(found, want)) {
				t.Errorf("%f points, rejected by %v; the same set honestly written has %f points and is rejected by %v",
					hidden.Points, found, honest.Points, want)
			}
			if a.stays != nil {
				want = nil
				for _, code := range a.stays {
					want = append(want, string(code))
				}
			}
			for _, code := range want {
				if !slices.Contains(found, code) {
					t.Errorf("%s does not reject; %v do", code, found)
				}
			}
		})
	}
}
