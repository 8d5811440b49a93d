package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// The words that the forms without markup share: code scanning, annotations
// and test reports.

// Pseudo codes of what is wrong and is no finding of a policy.
const (
	// knownAfterApply is raised for a subject that cannot be judged whole.
	knownAfterApply risk.Code = "known-after-apply"
	// planFailed is raised for an error of the plan itself.
	planFailed risk.Code = "plan-failed"
)

// printable writes what cannot be seen as its number, such as (U+202E):
// control characters, which a terminal obeys and XML forbids, and format
// characters, which reorder or hide text. Every line break becomes \n.
func printable(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	var b strings.Builder
	for _, r := range s {
		// The last two code points of each plane are no characters.
		isNone := r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
		if r != '\n' && r != '\t' && (isNone || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)) {
			fmt.Fprintf(&b, "(U+%04X)", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Plain makes a text fit for a terminal or a log: what cannot be seen is written
// as its number, such as (U+202E), and line breaks stay.
func Plain(s string) string { return printable(s) }

// Line is Plain on one line: a pipeline may obey what stands at the beginning
// of one.
func Line(s string) string { return inline(s) }

// inline is printable on one line.
func inline(s string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(printable(s))
}

// clip keeps a text to most bytes, cut between characters, and says so.
func clip(s string, most int) string {
	const note = " (shortened)"
	if len(s) <= most {
		return s
	}
	at := max(most-len(note), 0)
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at] + note
}

// sentence joins texts with spaces and leaves out the empty ones.
func sentence(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), " ")
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// named says what a subject is: policy "storage" (backupfw_policy.storage).
func named(s *Subject) string {
	noun := "policy"
	if s.Kind == CloudRulesKind {
		noun = "the rules of"
	}
	name := fmt.Sprintf("%s \"%s\"", noun, inline(s.Name))
	if s.Address != "" && s.Address != s.Name {
		name += fmt.Sprintf(" (%s)", inline(s.Address))
	}
	return name
}

// place says where a finding is: Policy "storage" (...), rules "a", "b".
func place(s *Subject, f *Finding) string {
	name := named(s)
	name = strings.ToUpper(name[:1]) + name[1:]
	if len(f.Rules) == 0 {
		return name + "."
	}
	rules := make([]string, len(f.Rules))
	for i, rule := range f.Rules {
		rules[i] = `"` + inline(rule) + `"`
	}
	noun := ", rule "
	if len(rules) > 1 {
		noun = ", rules "
	}
	return name + noun + strings.Join(rules, ", ") + "."
}

// scored says what is known of a subject's score.
func scored(s *Subject) string {
	switch {
	case s.Score < 0:
		return "The score is not known."
	case s.Partial:
		return fmt.Sprintf("The score is at least %d, and the limit is %s.", s.Score, limited(s))
	default:
		return fmt.Sprintf("The score is %d, and the limit is %s.", s.Score, limited(s))
	}
}

func limited(s *Subject) string {
	if s.Limit < 0 {
		return "not known"
	}
	return fmt.Sprint(s.Limit)
}

// unknownText says why a subject has no verdict.
func unknownText(s *Subject) string {
	return fmt.Sprintf("What %s opens is known only after apply, so it is not accepted yet. %s %s", named(s), scored(s), later(s))
}

// failureText is all of a failure.
func failureText(f *Failure) string {
	address := ""
	if f.Address != "" {
		address = fmt.Sprintf("Resource \"%s\".", inline(f.Address))
	}
	return sentence(strings.TrimSuffix(inline(f.Summary), ".")+".", printable(f.Detail), address)
}

// accepting returns the waivers of the subject that accept the finding, and
// false when WaivedBy does not lead to them. It reads "waiver[0] (OWNER, until
// DAY), waiver[2] (...)" from the left against the waivers themselves: an owner
// may hold any text, brackets and commas too.
func accepting(s *Subject, f *Finding) ([]*Waiver, bool) {
	var found []*Waiver
	rest := f.WaivedBy
	for rest != "" {
		var at int
		if _, err := fmt.Sscanf(rest, "waiver[%d]", &at); err != nil || at < 0 || at >= len(s.Waivers) {
			return nil, false
		}
		w := &s.Waivers[at]
		after, matches := strings.CutPrefix(rest, fmt.Sprintf("waiver[%d] (%s, until %s)", at, w.Owner, w.Expires))
		if !matches {
			return nil, false
		}
		found = append(found, w)
		rest = strings.TrimPrefix(after, ", ")
	}
	return found, len(found) > 0
}

// waivedText says who accepts a finding, why and until when.
func waivedText(s *Subject, f *Finding) string {
	found, known := accepting(s, f)
	if !known {
		return sentence("Accepted by", inline(f.WaivedBy)) + "."
	}
	texts := make([]string, len(found))
	for i, w := range found {
		texts[i] = fmt.Sprintf("Accepted until %s by %s: %s", inline(w.Expires), inline(w.Owner), inline(w.Reason))
	}
	return strings.Join(texts, "; ") + "."
}

// located is where a finding is written, or its subject, or nil.
func located(s *Subject, f *Finding) *Location {
	if f.Location != nil {
		return f.Location
	}
	return s.Location
}

// severities, worst first. A severity that is none of them counts as the
// worst: nobody has said that it is harmless.
var severities = []risk.Severity{risk.Critical, risk.High, risk.Medium, risk.Low, risk.Informational}

func severityOrder(s risk.Severity) int { return slices.Index(severities, s) }

// pointsOf sums the points of the contributions that share a rule with the
// finding, 0 to 100. A finding without rules is about all of them.
func pointsOf(s *Subject, f *Finding) float64 {
	sum := 0.0
	for i := range s.Contributions {
		c := &s.Contributions[i]
		shares := len(f.Rules) == 0
		for _, rule := range f.Rules {
			shares = shares || slices.Contains(c.Rules, rule)
		}
		if shares && c.Points > 0 {
			sum += c.Points
		}
	}
	return min(sum, 100)
}

// later says who looks again when everything is known.
func later(s *Subject) string {
	if s.Kind == CloudRulesKind {
		return "Nobody judges these rules again in apply."
	}
	return "The full check runs in apply, before anything is stored."
}
