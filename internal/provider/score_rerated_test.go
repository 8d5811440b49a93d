package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const (
	ratedOtherwise = "The provider judges differently than when this was applied: its rating rules changed, and not the configuration. " +
		"Nothing more is open than before. The update only records the new rating; the changelog of the provider tells what is rated differently."
	ratedOtherwiseBefore = "The provider judges differently than when this was applied: its rating rules changed. " +
		"What the configuration changes comes on top of this, and is counted from the new rating; the changelog of the provider tells what is rated differently."
)

// Another version of the provider has written the state, and rated the same
// rules otherwise. The policy scores 2.
func TestPolicyResource_Update_RatedOtherwiseBefore_WarnsThatTheProviderChanged(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	const title = `rules: Policy "primary": `
	movers := with(accepted(), ruleOf(undeclared("29300-29339/tcp"), clients()), "rules", "movers")
	opened := "movers now also opens 29300-29339/tcp to 198.51.100.16/28."
	respelt := with(accepted(), seq{"198.51.100.24/29", "198.51.100.16/29"}, "rules", "backup", "peers", 0, "prefixes")
	points := func(of any) any { return get(t, s.create(t, "policy", accepted()), "points").(float64) + of.(float64) }
	for name, c := range map[string]struct {
		score, points any
		config        obj
		want          []string
	}{
		"lower":                         {1, 0.5, accepted(), []string{title + "score 1 → 2 for the same configuration. " + ratedOtherwise}},
		"higher":                        {30, 29.5, accepted(), []string{title + "score 30 → 2 for the same configuration. " + ratedOtherwise}},
		"other words":                   {30, 29.5, respelt, []string{title + "score 30 → 2 for the same configuration. " + ratedOtherwise}},
		"another description":           {1, 0.5, with(accepted(), "x", "description"), []string{title + "score 1 → 2 for the same configuration. " + ratedOtherwise}},
		"points alone":                  {2, 1.25, accepted(), []string{title + "1.25 → 1.534662 points for the same configuration. " + ratedOtherwise}},
		"no points":                     {2, nil, accepted(), nil},
		"rounding":                      {2, points(4e-7), accepted(), nil},
		"lower, and more is opened":     {1, 0.5, movers, []string{title + "score 1 → 2 for what was applied. " + ratedOtherwiseBefore, title + "score 2 → 7. " + opened}},
		"higher, and more is opened":    {30, 29.5, movers, []string{title + "score 2 → 7. " + opened, title + "score 30 → 2 for what was applied. " + ratedOtherwiseBefore}},
		"higher, and something unknown": {30, 29.5, with(accepted(), unknown, "rules", "later"), []string{title + "score 30 → 2 for what was applied. " + ratedOtherwiseBefore}},
		"as now, and more is opened":    {2, nil, movers, []string{title + "score 2 → 7. " + opened}},
		"lower, and a limit that waits": {1, 0.5, with(accepted(), unknown, "max_score"), []string{title + "score 1 → 2 for the same configuration. " + ratedOtherwise}},
		"lower, and everything is gone": {1, 0.5, policyOf(obj{}), []string{title + "score 1 → 2 for what was applied. " + ratedOtherwiseBefore}},
		"nothing of the rules is known": {1, 0.5, with(accepted(), unknown, "rules"), []string{title + "score 1 → 2 for what was applied. " + ratedOtherwiseBefore}},
		"rated as now":                  {2, points(0.0), accepted(), nil},
	} {
		before := fields(t, s.create(t, "policy", accepted()))
		before["score"] = tftypes.NewValue(tftypes.Number, c.score)
		before["points"] = tftypes.NewValue(tftypes.Number, c.points)
		_, typ := s.resourceType(t, "policy")
		p := s.plan(t, "policy", tftypes.NewValue(typ, before), c.config)
		equalTexts(t, name, rises(p), c.want)
		if len(p.errors()) > 0 {
			t.Errorf("%s: %q", name, p.errors())
		}
	}
}

// An old policy whose waiver has run out, or whose limit is above the
// provider's by now, is rated all the same.
func TestPolicyResource_Update_RatedOtherwiseBefore_OldWaiversAndLimitsDoNotMatter(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	before := fields(t, s.create(t, "policy", with(waived(), 39, "max_score")))
	_, typ := s.resourceType(t, "policy")
	before["score"] = tftypes.NewValue(tftypes.Number, 1)
	late := start(t, at(today.AddDate(3, 0, 0)))
	if problems := late.configure(t, obj{"max_score": 20}); len(problems) > 0 {
		t.Fatal(problems)
	}
	p := late.plan(t, "policy", tftypes.NewValue(typ, before), accepted())
	if got := rises(p); len(got) != 1 || len(p.errors()) > 0 {
		t.Errorf("%q, want one about the rating", p.problems)
	}
}
