// Package risk grades what a policy opens. A score measures the services that
// can be reached times the range of hosts that can reach them; findings name
// what should not be open at all; waivers accept findings by value and for a
// time; advice shows what would lower the score. It is a pure function of the
// policy, the settings and the day.
package risk

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// Settings are the organisation's limits.
type Settings struct {
	// MaxScore is the score above which a policy is rejected, 0 to 100.
	MaxScore int
	// Unwaivable lists the finding codes that no waiver may accept.
	Unwaivable []Code
	// MaxWaiverDays is how many days ahead a waiver may end.
	MaxWaiverDays int
	// Today is the day in UTC by which waivers are judged; no date means that
	// policies with waivers cannot be judged.
	Today policy.Date
}

// Defaults of the settings, the strict values.
const (
	DefaultMaxScore      = 40
	DefaultMaxWaiverDays = 366
)

// DefaultSettings are the strict values, without a date.
func DefaultSettings() Settings {
	return Settings{MaxScore: DefaultMaxScore, MaxWaiverDays: DefaultMaxWaiverDays}
}

func (s Settings) unwaivable(code Code) bool {
	for _, c := range s.Unwaivable {
		if c == code {
			return true
		}
	}
	return false
}

// Verdict is what becomes of a policy.
type Verdict string

// The verdicts. Unknown exists only in a plan.
const (
	Accept            Verdict = "accept"
	AcceptWithWaivers Verdict = "accept_with_waivers"
	Rejected          Verdict = "reject"
	Unknown           Verdict = "unknown"
)

// Rating puts a score into words.
func Rating(score int) string {
	switch {
	case score < 20:
		return "low"
	case score < 40:
		return "moderate"
	case score < 70:
		return "high"
	default:
		return "critical"
	}
}

// Assessment is the whole judgement of a policy.
type Assessment struct {
	// Score is 0 to 100, rounded up; Points is the sum before the cap.
	Score  int
	Points float64
	Rating string
	// Limit is the score that the policy may have.
	Limit   int
	Verdict Verdict
	// Findings are sorted, what rejects first.
	Findings      []Finding
	Contributions []Contribution
	// Partial is set when the policy was partial: score and points are then
	// lower bounds, and findings those that stay true whatever arrives.
	Partial bool

	// model is what was judged, against which Advise scores changes.
	model *model
}

// Assess judges a policy. Faults mean that it could not be judged; they stand
// beside a nil assessment. A partial policy gets a lower bound: its verdict is
// reject when what is known is too much already, and unknown otherwise.
func Assess(p *policy.Policy, s Settings) (*Assessment, fault.List) {
	faults := policy.Validate(p)
	if !p.WaiversPartial {
		faults.AddAll(validateWaivers(p, s))
	}
	faults.Add(checkLimit(p, s))
	if len(faults) > 0 {
		return nil, faults
	}
	return assess(p, s), nil
}

func checkLimit(p *policy.Policy, s Settings) *fault.Fault {
	if p.MaxScore == nil || *p.MaxScore <= s.MaxScore {
		return nil
	}
	return fault.New("Score limit too high",
		fmt.Sprintf("max_score = %d is above the provider's limit of %d.", *p.MaxScore, s.MaxScore),
		"A policy may be stricter than the provider, never looser.",
		fmt.Sprintf("Write %d or less, leave it out, or accept the score with a waiver for score-limit.", s.MaxScore)).
		At(fault.Attribute("max_score"))
}

func assess(p *policy.Policy, s Settings) *Assessment {
	m := newModel(p)
	a := &Assessment{Contributions: m.contributions(), Limit: s.MaxScore, Partial: p.IsPartial(), model: m}
	a.Points = total(a.Contributions)
	a.Score = scoreOf(a.Points)
	a.Rating = Rating(a.Score)
	if p.MaxScore != nil && *p.MaxScore < a.Limit {
		a.Limit = *p.MaxScore
	}
	for _, info := range catalogue {
		if info.check != nil && (info.certain || !a.Partial) {
			a.Findings = append(a.Findings, info.check(m)...)
		}
	}
	if a.Score > a.Limit {
		a.Findings = append(a.Findings, scoreLimitFinding(a))
	}
	if !p.WaiversPartial {
		a.Findings = applyWaivers(p, s, a.Score, a.Findings)
		if a.Partial {
			a.Findings = withoutCode(a.Findings, WaiverUnused)
		}
	}
	sortFindings(a.Findings)
	a.Verdict = verdict(a, p)
	return a
}

func withoutCode(findings []Finding, code Code) []Finding {
	var kept []Finding
	for _, f := range findings {
		if f.Code != code {
			kept = append(kept, f)
		}
	}
	return kept
}

func scoreLimitFinding(a *Assessment) Finding {
	var lines []string
	for i := range a.Contributions {
		c := &a.Contributions[i]
		lines = append(lines, fmt.Sprintf("%s %.1f", c.Service, c.Points))
	}
	bound := ""
	if a.Partial {
		bound = "at least "
	}
	return Finding{Code: ScoreLimit, Severity: High, Effect: Reject, rejects: true,
		Message: fmt.Sprintf("The score is %s%d (%s), and the limit is %d. The most expensive services, in points: %s.", bound, a.Score, a.Rating, a.Limit, some(lines)),
		Remedy:  "Narrow the ports or cut the peers of the services listed first.",
		Place:   fault.Path{fault.Attribute("rules")},
	}
}

// verdict never says accept of a policy that is not known whole.
func verdict(a *Assessment, p *policy.Policy) Verdict {
	waived := false
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Effect == Reject && !p.WaiversPartial {
			return Rejected
		}
		waived = waived || f.Effect == Accepted && f.rejects
	}
	switch {
	case a.Partial:
		return Unknown
	case waived:
		return AcceptWithWaivers
	default:
		return Accept
	}
}
