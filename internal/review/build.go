package review

import (
	"errors"
	"fmt"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// build reads the input and makes the report of it.
func build(o options, p Process) (*report.Report, error) {
	b := &builder{options: o, report: &report.Report{Title: o.title}}
	if o.diagnostics != "" {
		stream, err := readStream(o.diagnostics, p)
		if err != nil {
			return nil, err
		}
		if o.plan == "" && !stream.HasErrors() {
			return nil, errors.New(`the plan was made without errors, so its values stand in the plan file. Give the output of "terraform show -json PLANFILE" as well`)
		}
		b.stream = stream
	}
	if o.plan != "" {
		if err := b.readPlan(p); err != nil {
			return nil, err
		}
	}
	b.locator = newLocator(o.config, b.plan)
	if err := b.addPolicies(); err != nil {
		return nil, err
	}
	if b.plan != nil {
		if err := b.addCloudRules(); err != nil {
			return nil, err
		}
	}
	b.addDeferred()
	b.addDiagnostics()
	b.holdToMaxScore()
	if o.format == "sarif" {
		b.placeEverything()
	}
	b.report.Finish()
	return b.report, nil
}

// builder gathers the report.
type builder struct {
	options options
	report  *report.Report
	plan    *tfplan.Plan   // nil when there is none
	stream  *tfplan.Stream // nil when there is none
	locator *locator
	today   policy.Date

	policies []plannedPolicy
	cloud    cloudRules
	// targets are the names of targets whose rules the plan has.
	targets map[string]bool
}

// plannedPolicy is a backupfw_policy of the plan.
type plannedPolicy struct {
	change  tfplan.Change
	subject report.Subject
	// partial is set when the subject is still to be judged: waivers count from
	// the day of the plan, which stands at its end.
	partial bool
	// after is nil when the policy is removed, before when it is new or when
	// the state's value cannot be read.
	after, before *policy.Policy
	was           *report.Subject
}

func readStream(name string, p Process) (*tfplan.Stream, error) {
	file, err := p.open(name)
	if err != nil {
		return nil, fmt.Errorf("the diagnostics cannot be read: %w", err)
	}
	defer file.Close()
	return tfplan.ReadStream(file)
}

func (b *builder) readPlan(p Process) error {
	file, err := p.open(b.options.plan)
	if err != nil {
		return fmt.Errorf("the plan cannot be read: %w", err)
	}
	defer file.Close()
	b.targets = map[string]bool{}
	b.today = policy.DateOf(p.Now())
	b.plan, err = tfplan.Read(file, b.visit)
	if err != nil {
		return err
	}
	// Waivers are counted from the day of the plan, so that a review of the same
	// plan says the same on every day.
	if made, err := time.Parse(time.RFC3339, b.plan.Timestamp); err == nil {
		b.today = policy.DateOf(made)
	}
	return nil
}

// visit keeps what the report needs of a change; the change itself is gone
// afterwards.
func (b *builder) visit(c *tfplan.Change) error {
	if c.Deposed || c.Action == "read" {
		return nil
	}
	if c.Type == provider.PolicyResource {
		return b.visitPolicy(c)
	}
	return b.cloud.visit(c, b.options.unchanged)
}

func (b *builder) visitPolicy(c *tfplan.Change) error {
	t := provider.PolicyType()
	before, err := c.Before(t)
	if err != nil {
		return err
	}
	after, err := c.After(t)
	if err != nil {
		return err
	}
	if before.IsNull() && after.IsNull() {
		return fmt.Errorf("the plan cannot be read: %s has no value before nor after the plan", c.Address)
	}
	planned := plannedPolicy{change: c.Header()}
	if !after.IsNull() {
		planned.subject, planned.after, planned.partial, err = subjectOf(after)
		if err != nil {
			return unreadable(c.Address, err)
		}
	}
	if !before.IsNull() && (after.IsNull() || b.options.compare) {
		was, p, partial, err := subjectOf(before)
		if err == nil && partial {
			err = errors.New("the state has values that are not known")
		}
		if err != nil {
			return unreadable(c.Address, err)
		}
		planned.was, planned.before = &was, p
	}
	b.policies = append(b.policies, planned)
	return nil
}

func unreadable(address string, err error) error {
	return fmt.Errorf("%s cannot be read: %w. Review a plan with the version of the provider that made it", address, err)
}

func (b *builder) addPolicies() error {
	targets := b.usedTargets()
	for i := range b.policies {
		planned := &b.policies[i]
		if planned.partial {
			var err error
			if planned.subject, err = partial(planned.after, b.today); err != nil {
				return unreadable(planned.change.Address, err)
			}
		}
		s := planned.subject
		if planned.after == nil {
			s = report.Subject{Kind: report.PolicyKind, Name: planned.was.Name, Score: -1, Limit: -1, Verdict: risk.Accept}
		} else {
			s.Waivers = report.WaiversOf(planned.after, b.today)
			if !planned.partial {
				s.Findings = withExpiring(s.Findings, planned.after, s.Limit, b.today)
			}
		}
		s.Address, s.Action = planned.change.Address, planned.change.Action
		s.Location = b.locator.resource(&planned.change)
		if b.options.compare && planned.was != nil {
			s.Change = changeOf(planned, targets)
		}
		b.report.Subjects = append(b.report.Subjects, s)
	}
	return nil
}

// addDeferred adds what the plan leaves for a later one: nobody has judged it.
func (b *builder) addDeferred() {
	if b.plan == nil {
		return
	}
	switch {
	case b.plan.Errored && b.stream != nil && b.stream.HasErrors():
		// The errors themselves are reported, each as what it is.
		b.report.Notes = append(b.report.Notes, "Planning failed, so something that would be created may be missing from the plan and from this review.")
	case b.plan.Errored:
		b.report.Failures = append(b.report.Failures, report.Failure{
			Summary: "The plan is not whole",
			Detail:  "It was written although planning failed, so something that would be created may be missing from it. Repair the errors and plan again.",
		})
	}
	if !b.plan.Complete && !b.plan.Errored {
		b.report.Notes = append(b.report.Notes, "The plan is not complete: it was made for some resources only, with -target for example, or it leaves changes for a later plan. What it leaves out is not judged.")
	}
	for _, address := range b.plan.Deferred {
		if !isJudged(address) {
			continue
		}
		b.report.Subjects = append(b.report.Subjects, report.Subject{
			Kind: report.PolicyKind, Address: address, Name: address, Score: -1, Limit: -1, Verdict: risk.Unknown, Partial: true,
			Notes: []string{"The plan leaves this resource for a later plan, so nothing of it is known yet."},
		})
	}
}

// placeEverything gives a place to what has none: code scanning refuses a whole
// report when one finding in it has no file.
func (b *builder) placeEverything() {
	place := b.locator.somewhere()
	if place == nil {
		return
	}
	missing := false
	fill := func(l **report.Location) {
		if *l == nil {
			*l, missing = place, true
		}
	}
	for i := range b.report.Failures {
		fill(&b.report.Failures[i].Location)
	}
	for i := range b.report.Subjects {
		s := &b.report.Subjects[i]
		if s.Verdict == risk.Unknown || len(s.Findings) > 0 {
			fill(&s.Location)
		}
		for j := range s.Findings {
			fill(&s.Findings[j].Location)
		}
	}
	if missing {
		b.report.Notes = append(b.report.Notes, fmt.Sprintf("What has no known place in the configuration is shown at the top of %s.", place.File))
	}
}

// holdToMaxScore applies -max-score. A waiver that accepts the score holds
// here too: whoever gave it accepted that number.
func (b *builder) holdToMaxScore() {
	if b.options.maxScore < 0 {
		return
	}
	for i := range b.report.Subjects {
		s := &b.report.Subjects[i]
		if s.Limit < 0 || s.Limit > b.options.maxScore {
			s.Limit = b.options.maxScore
		}
		if s.Score <= b.options.maxScore || acceptsScore(s) {
			continue
		}
		s.Verdict = risk.Rejected
		if hasRejection(s, risk.ScoreLimit) {
			continue
		}
		bound := ""
		if s.Partial {
			bound = "at least "
		}
		s.Findings = append([]report.Finding{{
			Code: risk.ScoreLimit, Severity: risk.High, Effect: risk.Reject, Location: s.Location,
			Message: fmt.Sprintf("The score is %s%d (%s), and this review accepts at most %d.", bound, s.Score, s.Rating, b.options.maxScore),
			Remedy:  "Narrow the ports or cut the peers of the services that cost most, or accept the score with a waiver for score-limit.",
		}}, s.Findings...)
	}
}

func acceptsScore(s *report.Subject) bool {
	accepted := false
	for i := range s.Findings {
		accepted = accepted || s.Findings[i].Code == risk.ScoreLimit && s.Findings[i].Effect == risk.Accepted
	}
	for i := range s.Waivers {
		w := &s.Waivers[i]
		inTime := w.DaysLeft != nil && *w.DaysLeft >= 0
		accepted = accepted || w.Finding == string(risk.ScoreLimit) && w.MaxScore != nil && *w.MaxScore >= s.Score && inTime
	}
	return accepted
}

func hasRejection(s *report.Subject, code risk.Code) bool {
	for i := range s.Findings {
		if s.Findings[i].Code == code && s.Findings[i].Effect == risk.Reject {
			return true
		}
	}
	return false
}
