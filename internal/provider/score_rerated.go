package provider

import (
	"fmt"
	"math"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// rating is what a policy scores: 0 to 100, and the points behind that.
type rating struct {
	score  int
	points float64
}

func ratingOf(a *risk.Assessment) rating { return rating{score: a.Score, points: a.Points} }

// storedRating reads what a state says that its policy scores; false where
// there is no state, or no score in it.
func storedRating(prior node) (rating, bool) {
	if !prior.isKnown() {
		return rating{}, false
	}
	score, known := prior.attribute("score").integer()
	if !known {
		return rating{}, false
	}
	r := rating{score: int(score), points: math.NaN()}
	if points, ok := prior.attribute("points").value.(float64); ok {
		r.points = points
	}
	return r, true
}

// sameRules reports whether both values have the same rules, written the same
// way. The score depends on nothing else.
func sameRules(planned, prior node) bool {
	rules, before := planned.attribute("rules"), prior.attribute("rules")
	return rules.isKnown() && !rules.hasUnknown() && equalPlain(rules.value, before.value)
}

// rateAgain rates the policy of a state as this version does. Waivers and
// limits make no difference to that, and old ones must not keep it from being
// rated.
func rateAgain(was *policy.Policy) (rating, bool) {
	a, faults := risk.Assess(&policy.Policy{Name: was.Name, Rules: was.Rules}, risk.DefaultSettings())
	if len(faults) > 0 {
		return rating{}, false
	}
	return ratingOf(a), true
}

// pointsApart is half of what points are rounded to.
const pointsApart = 5e-7

// addRerated warns when a policy does not score what the state says that it
// scores: then another version of the provider has written the state. unchanged
// says that the plan leaves the policy as it is.
func addRerated(diags *diag.Diagnostics, name string, stored, now rating, unchanged bool) {
	var change string
	switch {
	case now.score != stored.score:
		change = fmt.Sprintf("score %d → %d", stored.score, now.score)
	case math.Abs(now.points-stored.points) > pointsApart:
		change = fmt.Sprintf("%s → %s points", pointsText(stored.points), pointsText(now.points))
	default:
		return
	}
	where, detail := "for what was applied", reratedBefore
	if unchanged {
		where, detail = "for the same configuration", reratedAlone
	}
	diags.AddAttributeWarning(path.Root("rules"), fmt.Sprintf("Policy %q: %s %s", name, change, where), detail)
}

const (
	reratedAlone = "The provider judges differently than when this was applied: its rating rules changed, and not the configuration. " +
		"Nothing more is open than before. The update only records the new rating; the changelog of the provider tells what is rated differently."
	reratedBefore = "The provider judges differently than when this was applied: its rating rules changed. " +
		"What the configuration changes comes on top of this, and is counted from the new rating; the changelog of the provider tells what is rated differently."
)

// pointsText writes points, which are rounded to a millionth, without zeros at the
// end.
func pointsText(points float64) string {
	return strconv.FormatFloat(math.Round(points*1e6)/1e6, 'f', -1, 64)
}
