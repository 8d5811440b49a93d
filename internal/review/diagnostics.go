package review

import (
	"cmp"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// addDiagnostics adds what only the stream knows: the rejections of a plan that
// was not made, other errors, and the places of all of them.
func (b *builder) addDiagnostics() {
	if b.stream != nil {
		for i := range b.stream.Diagnostics {
			d := &b.stream.Diagnostics[i]
			switch code, isRejection := strings.CutPrefix(d.Summary, risk.RejectionTitle); {
			case d.Severity == "error" && isRejection:
				b.reject(d, risk.Code(code))
			case d.Severity == "error":
				b.report.Failures = append(b.report.Failures, report.Failure{
					Summary: d.Summary, Detail: d.Detail, Address: d.Address, Location: b.locator.diagnostic(d),
				})
			default:
				b.locateWarnings(d)
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
	if a == nil || b == nil {
		switch {
		case a == b:
			return 0
		case a == nil:
			return -1
		}
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

// locateWarnings finds the place of the findings that a warning gathers.
func (b *builder) locateWarnings(d *tfplan.Diagnostic) {
	location := b.locator.diagnostic(d)
	for i := range b.report.Subjects {
		s := &b.report.Subjects[i]
		if location == nil || d.Address == "" || s.Address != d.Address {
			continue
		}
		for j := range s.Findings {
			f := &s.Findings[j]
			if f.Location == nil && strings.Contains(d.Detail, string(f.Code)) {
				f.Location = location
			}
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
