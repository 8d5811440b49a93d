package review

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/go-cty/cty/gocty"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// The structs below are computed attributes of backupfw_policy as a plan has
// them: what the provider judged, with the settings of its provider block.

type finding struct {
	Code     string   `cty:"code"`
	Severity string   `cty:"severity"`
	Effect   string   `cty:"effect"`
	Rule     *string  `cty:"rule"`
	Rules    []string `cty:"rules"`
	Ports    []string `cty:"ports"`
	Prefixes []string `cty:"prefixes"`
	Message  string   `cty:"message"`
	Remedy   string   `cty:"remedy"`
	WaivedBy *string  `cty:"waived_by"`
}

type contribution struct {
	Service   string   `cty:"service"`
	Class     string   `cty:"class"`
	Direction string   `cty:"direction"`
	Rules     []string `cty:"rules"`
	Ports     []string `cty:"ports"`
	Hosts     float64  `cty:"hosts"`
	Points    float64  `cty:"points"`
}

type advice struct {
	Action     string `cty:"action"`
	Rule       string `cty:"rule"`
	Argument   string `cty:"argument"`
	Value      string `cty:"value"`
	ScoreAfter int    `cty:"score_after"`
	Message    string `cty:"message"`
}

// subjectOf returns the subject of a policy as the plan has it, and the policy.
// A policy that the provider could not finish is still to be judged.
func subjectOf(v cty.Value) (s report.Subject, p *policy.Policy, unfinished bool, err error) {
	p, faults, err := provider.ReadPolicy(v)
	if err == nil && len(faults) > 0 {
		err = faults
	}
	if err != nil {
		return s, nil, false, err
	}
	if p.IsPartial() || !v.GetAttr("verdict").IsKnown() {
		return s, p, true, nil
	}
	s, err = recorded(v, p)
	return s, p, false, err
}

// recorded reads what the provider has judged.
func recorded(v cty.Value, p *policy.Policy) (report.Subject, error) {
	s := report.Subject{Kind: report.PolicyKind, Name: p.Name, Rules: report.RulesOf(p)}
	var verdict string
	var limit *int // null in a state that an older provider wrote
	var findings []finding
	var contributions []contribution
	var advices []advice
	for _, attribute := range []struct {
		name string
		to   any
	}{
		{"score", &s.Score}, {"score_limit", &limit}, {"points", &s.Points}, {"rating", &s.Rating}, {"verdict", &verdict},
		{"findings", &findings}, {"contributions", &contributions}, {"advice", &advices},
	} {
		if err := gocty.FromCtyValue(v.GetAttr(attribute.name), attribute.to); err != nil {
			return s, fmt.Errorf("%s: %w", attribute.name, err)
		}
	}
	s.Verdict, s.Limit = risk.Verdict(verdict), -1
	// A word of another version of the provider may mean anything.
	if !slices.Contains([]risk.Verdict{risk.Accept, risk.AcceptWithWaivers, risk.Rejected}, s.Verdict) {
		return s, fmt.Errorf("verdict: %s is not known", policy.Quote(verdict))
	}
	if limit != nil {
		s.Limit = *limit
	}
	for _, f := range findings {
		if !slices.Contains([]risk.Effect{risk.Reject, risk.Accepted, risk.Warn, risk.Info}, risk.Effect(f.Effect)) {
			return s, fmt.Errorf("findings: the effect %s is not known", policy.Quote(f.Effect))
		}
		waivedBy := ""
		if f.WaivedBy != nil {
			waivedBy = *f.WaivedBy
		}
		s.Findings = append(s.Findings, report.Finding{
			Code: risk.Code(f.Code), Severity: risk.Severity(f.Severity), Effect: risk.Effect(f.Effect),
			Rules: f.Rules, Ports: f.Ports, Peers: f.Prefixes, Message: f.Message, Remedy: f.Remedy, WaivedBy: waivedBy,
		})
	}
	for _, c := range contributions {
		s.Contributions = append(s.Contributions, report.Contribution(c))
	}
	for _, a := range advices {
		s.Advice = append(s.Advice, report.Advice(a))
	}
	return s, nil
}

// withExpiring adds the findings about waivers that end soon, where the engine
// would have put them. They come with a day, so a plan warns of them and does
// not record them.
func withExpiring(recorded []report.Finding, p *policy.Policy, limit int, today policy.Date) []report.Finding {
	isExpiring := func(f report.Finding) bool { return f.Code == risk.WaiverExpiring }
	if len(p.Waivers) == 0 || slices.ContainsFunc(recorded, isExpiring) {
		return recorded
	}
	settings := risk.Settings{MaxScore: 100, MaxWaiverDays: 1 << 20, Today: today}
	if limit >= 0 {
		settings.MaxScore = limit
	}
	a, faults := risk.Assess(p, settings)
	if len(faults) > 0 {
		return recorded // an older version, with other rules, has judged it
	}
	for i, f := range report.Judged(p, a, today).Findings {
		if isExpiring(f) {
			recorded = slices.Insert(recorded, min(i, len(recorded)), f)
		}
	}
	return recorded
}

// partial judges what is known of a policy that the provider could not finish.
// The provider's settings do not stand in the plan, so this holds the policy to
// no limit of the score and doubts no waiver: it finds what stays true.
func partial(p *policy.Policy, today policy.Date) (report.Subject, error) {
	settings := risk.Settings{MaxScore: 100, MaxWaiverDays: 1 << 20, Today: today}
	p.Partial = true
	a, faults := risk.Assess(p, settings)
	if len(faults) > 0 {
		return report.Subject{}, faults
	}
	s := report.Judged(p, a, today)
	s.Limit = -1
	return s, nil
}
