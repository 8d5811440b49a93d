package review

import (
	"cmp"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// addDiagnostics adds what only the stream knows: the rejections of a plan that
// was not made, other errors, and the places of all of them.
func (b *builder) addDiagnostics() {
	if b.stream != nil {
		// Errors first: warnings add to what they say.
		diagnostics := slices.Clone(b.stream.Diagnostics)
		slices.SortStableFunc(diagnostics, func(a, b tfplan.Diagnostic) int { return cmp.Compare(a.Severity, b.Severity) })
		for i := range diagnostics {
			d := &diagnostics[i]
			switch code, isRejection := strings.CutPrefix(d.Summary, risk.RejectionTitle); {
			case d.Severity == "error" && isRejection:
				b.reject(d, risk.Code(code))
			case d.Severity == "error":
				b.report.Failures = append(b.report.Failures, report.Failure{
					Summary: d.Summary, Detail: d.Detail, Address: d.Address, Location: b.locator.diagnostic(d),
				})
			default:
				b.warn(d)
			}
		}
	}
	// Terraform reports resources in the order in which they were done.
	slices.SortStableFunc(b.report.Failures, func(a, b report.Failure) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), compareLocations(a.Location, b.Location), cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	})
	for i := range b.report.Subjects {
		s := &b.report.Subjects[i]
		for j := range s.Findings {
			if f := &s.Findings[j]; f.Location == nil {
				f.Location = s.Location
			}
		}
	}
}

func compareLocations(a, b *report.Location) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// reject adds a rejection to the subject of its resource, or finds it there.
func (b *builder) reject(d *tfplan.Diagnostic, code risk.Code) {
	s := b.subject(d.Address)
	s.Verdict = risk.Rejected
	location := b.locator.diagnostic(d)
	if s.Location == nil {
		s.Location = location
	}
	mark, marked := risk.ParseMark(d.Detail)
	if marked && s.Score < 0 {
		s.Score, s.Limit, s.Partial, s.Rating = mark.Score, mark.Limit, mark.AtLeast, risk.Rating(mark.Score)
	}
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Code == code && f.Effect == risk.Reject && f.Location == nil {
			f.Location = location
			return
		}
	}
	f := report.Finding{Code: code, Effect: risk.Reject, Message: messageOf(d.Detail, mark), Location: location}
	if marked {
		f.Severity, f.Rules = mark.Severity, rulesOf(d.Detail)
	}
	s.Findings = append(s.Findings, f)
}

// messageOf is the text of a rejection without the mark at its end.
func messageOf(detail string, mark risk.Mark) string {
	return strings.TrimSpace(strings.ReplaceAll(detail, mark.String(), ""))
}

var (
	atRule  = regexp.MustCompile(`\(At (?:[a-z_]+\.)*rules\["([a-z0-9_-]+)"\]`)
	ofRules = regexp.MustCompile(`\(Rules: ([a-z0-9_, -]+)\.\)`)
)

// rulesOf finds the rules that the text of a rejection is about.
func rulesOf(detail string) []string {
	if several := ofRules.FindAllStringSubmatch(detail, -1); len(several) > 0 {
		return strings.Split(several[len(several)-1][1], ", ")
	}
	if one := atRule.FindAllStringSubmatch(detail, -1); len(one) > 0 {
		return []string{one[len(one)-1][1]}
	}
	return nil
}

// subject finds the subject of a resource, and makes one when the plan did not
// get so far.
func (b *builder) subject(address string) *report.Subject {
	for i := range b.report.Subjects {
		if s := &b.report.Subjects[i]; s.Address == address && s.Kind == report.PolicyKind {
			return s
		}
	}
	b.report.Subjects = append(b.report.Subjects, report.Subject{
		Kind: report.PolicyKind, Address: address, Name: cmp.Or(address, "policy"), Score: -1, Limit: -1,
		Notes: []string{"The plan was rejected, so it has no more of this policy than its rejections."},
	})
	return &b.report.Subjects[len(b.report.Subjects)-1]
}

// policyWarning begins the warnings about a policy, and risen is the one about
// a score.
var (
	policyWarning = regexp.MustCompile(`^Policy "([a-z0-9_-]+)": `)
	risen         = regexp.MustCompile(`: score ([0-9]+) → `)
)

// warn takes from a warning what nothing else says: the place of the findings
// that it gathers, and of a rejected policy its name and what it opens.
func (b *builder) warn(d *tfplan.Diagnostic) {
	named := policyWarning.FindStringSubmatch(d.Summary)
	at := slices.IndexFunc(b.report.Subjects, func(s report.Subject) bool { return s.Address == d.Address && d.Address != "" })
	if at < 0 || named == nil {
		return
	}
	s := &b.report.Subjects[at]
	if len(s.Rules) == 0 && s.Action == "" {
		s.Name = named[1]
		if was := risen.FindStringSubmatch(d.Summary); was != nil {
			s.Notes = append(s.Notes, d.Summary+". "+d.Detail)
			if score, err := strconv.Atoi(was[1]); err == nil && b.options.compare {
				s.Change = &report.Change{Score: score}
			}
		}
	}
	location := b.locator.diagnostic(d)
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Location == nil && strings.Contains(d.Detail, string(f.Code)) {
			f.Location = location
		}
	}
}

// diagnostic translates the place of a diagnostic, which is relative to the
// directory of the configuration.
func (l *locator) diagnostic(d *tfplan.Diagnostic) *report.Location {
	if d.Range == nil || d.Range.Filename == "" {
		return nil
	}
	return &report.Location{
		File: path.Join(filepath.ToSlash(l.config), filepath.ToSlash(d.Range.Filename)),
		Line: d.Range.Start.Line, EndLine: d.Range.End.Line,
		Column: d.Range.Start.Column, EndColumn: d.Range.End.Column,
	}
}
