package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// sarifResult is a result with what the log as a whole is built from.
type sarifResult struct {
	rule     string
	severity int // in tenths, of 10.0
	// homeless is set when no file is known.
	homeless bool
	result   *sarif.Result
}

// fingerprints numbers the results that would have the same fingerprint.
type fingerprints map[string]int

// of identifies a finding over the life of a configuration: by what it is and
// which rules of which subject cause it, not by its text or line, which change
// with every edit. Equal ones are told apart by their order.
func (seen fingerprints) of(code, subject string, rules []string) string {
	rules = slices.Sorted(slices.Values(rules))
	// JSON keeps the parts apart, whatever is in them.
	key, _ := json.Marshal([]any{code, subject, rules})
	sum := sha256.Sum256(key)
	text := hex.EncodeToString(sum[:])
	seen[text]++
	return fmt.Sprintf("%s:%d", text, seen[text])
}

// sarifResultsOf lists what is wrong, in the order of the report.
func sarifResultsOf(r *Report) []sarifResult {
	var results []sarifResult
	seen := fingerprints{}
	add := func(code risk.Code, severity int, level, message, subject string, rules []string, location *sarif.Location, homeless bool) *sarif.Result {
		id := ruleID(code)
		result := sarif.NewRuleResult(id).WithLevel(level).WithMessage(sarif.NewTextMessage(sarifText(message))).AddLocation(location)
		fingerprint := seen.of(string(code), subject, rules)
		// GitHub follows an alert by primaryLocationLineHash alone. Without it
		// the upload action puts a hash of the line there, and two findings of
		// one rule on one line would be one alert.
		result.WithPartialFingerprints(map[string]string{"backupfwFinding/v1": fingerprint, "primaryLocationLineHash": fingerprint})
		results = append(results, sarifResult{rule: id, severity: severity, homeless: homeless, result: result})
		return result
	}
	for i := range r.Failures {
		f := &r.Failures[i]
		location, homeless := sarifLocation(f.Location, f.Address, f.Summary)
		add(planFailed, 0, sarif.LevelError, failureText(f), f.Address, []string{f.Summary}, location, homeless)
	}
	for i := range r.Subjects {
		s := &r.Subjects[i]
		key := s.Address
		if key == "" {
			key = s.Name
		}
		for j := range s.Findings {
			f := &s.Findings[j]
			location, homeless := sarifLocation(located(s, f), s.Address, s.Name)
			result := add(f.Code, securitySeverity(s, f), sarifLevel(f.Effect), sarifMessage(s, f), key, f.Rules, location, homeless)
			result.WithProperties(sarifProperties(s, f))
			if f.Effect == risk.Accepted {
				result.WithSuppressions(suppressions(s, f))
			}
		}
		switch s.Verdict {
		case risk.Accept, risk.AcceptWithWaivers, risk.Rejected:
		default:
			location, homeless := sarifLocation(s.Location, s.Address, s.Name)
			add(knownAfterApply, 0, sarif.LevelWarning, unknownText(s), key, nil, location, homeless).
				WithProperties(sarifProperties(s, nil))
		}
	}
	return results
}

// ruleID is the code; GitHub wants none to be empty.
func ruleID(code risk.Code) string {
	id := clip(inline(string(code)), sarifShortBytes)
	if strings.TrimSpace(id) == "" {
		return "unnamed"
	}
	return id
}

// sarifLevel treats an effect that it does not know as the worst.
func sarifLevel(e risk.Effect) string {
	switch e {
	case risk.Warn:
		return sarif.LevelWarning
	case risk.Accepted, risk.Info:
		return sarif.LevelNote
	default:
		return sarif.LevelError
	}
}

func sarifMessage(s *Subject, f *Finding) string {
	if f.Effect == risk.Accepted {
		return sentence(f.Message, f.Remedy, place(s, f), waivedText(s, f))
	}
	return sentence(f.Message, f.Remedy, place(s, f))
}

func sarifProperties(s *Subject, f *Finding) *sarif.PropertyBag {
	bag := sarif.NewPropertyBag()
	bag.Add("verdict", inline(string(s.Verdict)))
	bag.Add("partial", s.Partial)
	if s.Score >= 0 {
		bag.Add("score", s.Score)
	}
	if f != nil {
		bag.Add("effect", inline(string(f.Effect)))
		bag.Add("severity", inline(string(f.Severity)))
	}
	return bag
}

// suppressions are the waivers that accept a finding. They stand in the
// configuration itself.
func suppressions(s *Subject, f *Finding) []*sarif.Suppression {
	suppression := func(justification string) *sarif.Suppression {
		return sarif.NewSuppression().WithKind("inSource").WithStatus("accepted").WithJustification(justification)
	}
	found, known := accepting(s, f)
	if !known {
		return []*sarif.Suppression{suppression(waivedText(s, f))}
	}
	list := make([]*sarif.Suppression, len(found))
	for i, w := range found {
		bag := sarif.NewPropertyBag()
		bag.Add("owner", inline(w.Owner))
		bag.Add("expires", inline(w.Expires))
		list[i] = suppression(printable(w.Reason)).WithProperties(bag)
	}
	return list
}

// sarifLocation is where something is written, as far as that is known, and
// the address of the resource. It reports whether the file is not known.
func sarifLocation(l *Location, address, name string) (location *sarif.Location, homeless bool) {
	if address == "" {
		address = name
	}
	logical := sarif.NewLogicalLocation().WithFullyQualifiedName(inline(address)).WithKind("resource")
	if name != "" {
		logical.WithName(inline(name))
	}
	location = sarif.NewLocation().AddLogicalLocation(logical)
	if l == nil || l.File == "" {
		return location, true
	}
	// One spelling of a path, or GitHub takes it for another file; and a colon
	// in it must not end a scheme, nor two slashes begin a host.
	uri := (&url.URL{Path: path.Clean(strings.ToValidUTF8(l.File, "\ufffd"))}).String()
	physical := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(uri).WithURIBaseID("%SRCROOT%"))
	if l.Line > 0 {
		physical.WithRegion(sarifRegion(l))
	}
	return location.WithPhysicalLocation(physical), false
}

// sarifRegion needs a line. GitHub wants a column too; the first is what its
// absence means.
func sarifRegion(l *Location) *sarif.Region {
	region := sarif.NewRegion().WithStartLine(l.Line).WithEndLine(max(l.EndLine, l.Line)).WithStartColumn(max(l.Column, 1))
	if l.EndColumn > 0 && (l.EndLine > l.Line || l.EndLine == l.Line && l.EndColumn >= l.Column) {
		region.WithEndColumn(l.EndColumn)
	}
	return region
}

// sarifText is a plain text message. Braces are doubled, because {0} stands for
// an argument, and a bracket before a parenthesis is kept off it: together they
// would make a link, and only we write links.
func sarifText(text string) string {
	text = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(clip(printable(text), sarifTextBytes))
	if text == "" {
		return "(no text)"
	}
	return text
}
