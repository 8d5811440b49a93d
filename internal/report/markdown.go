package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// CommentLimit is how many characters a comment on GitHub may have.
const CommentLimit = 65536

// MinLimit is the smallest limit that leaves room for the verdict and the note
// about what was left out.
const MinLimit = 2000

// Marker begins the first line of every comment, so that a pipeline finds the
// one that it wrote before. The title follows: reviews with different titles
// are different comments.
const Marker = "<!-- backupfw-review"

// How many items are shown before a list is folded, and before it ends.
const (
	openItems   = 10
	foldedItems = 100
	listed      = 8 // ports or peers in one line
)

// signs go with the words, never in their place.
var signs = map[risk.Verdict]string{risk.Accept: "✅", risk.AcceptWithWaivers: "🟡", risk.Unknown: "❔", risk.Rejected: "🛑"}

var effectSigns = map[risk.Effect]string{risk.Reject: "🛑", risk.Accepted: "🟡", risk.Warn: "⚠️", risk.Info: "ℹ️"}

// Word is a verdict in words.
func Word(v risk.Verdict) string {
	switch v {
	case risk.Accept:
		return "accepted"
	case risk.AcceptWithWaivers:
		return "accepted with waivers"
	case risk.Rejected:
		return "rejected"
	}
	return "not known yet"
}

// Markdown writes the report as a comment for GitHub or GitLab of at most
// limit characters, which is at least MinLimit. What does not fit is counted
// at the end.
func Markdown(r *Report, limit int) string { return compose(r, max(limit, MinLimit)).fit() }

// compose gathers the blocks of the comment.
func compose(r *Report, limit int) *comment {
	c := &comment{limit: limit}
	c.add(always, "headline", func() string {
		return fmt.Sprintf("%s: %s -->\n## %s %s: %s\n\n%s\n\n", Marker, markerText(r.Title), signs[r.Verdict], text(shorten(r.Title, 100)), Word(r.Verdict), summary(r))
	})
	failures(c, r)
	table(c, r)
	for i := range r.Subjects {
		if s := &r.Subjects[i]; detailed(s) {
			subject(c, s, len(r.Subjects) == 1)
		}
	}
	for _, note := range r.Notes {
		c.add(rankRejection, "note", func() string { return "\n" + quote(shorten(note, 300)) })
	}
	return c
}

var notMarker = regexp.MustCompile(`[^A-Za-z0-9._ /]+`)

// markerText keeps what cannot end an HTML comment.
func markerText(title string) string {
	return strings.TrimSpace(notMarker.ReplaceAllString(shorten(title, 80), " "))
}

// summary is the sentence below the headline.
func summary(r *Report) string {
	kinds := map[Kind]int{}
	verdicts := map[risk.Verdict]int{}
	for i := range r.Subjects {
		kinds[r.Subjects[i].Kind]++
		verdicts[r.Subjects[i].Verdict]++
	}
	if len(r.Subjects) == 0 {
		if len(r.Failures) > 0 {
			return "**The plan failed**, so there is nothing to judge."
		}
		return "The plan has no policy and no firewall rule to judge."
	}
	var parts, judged []string
	for _, k := range []struct {
		kind Kind
		word string
	}{{PolicyKind, "policy"}, {CloudRulesKind, "group of hand-written rules"}} {
		if n := kinds[k.kind]; n > 0 {
			parts = append(parts, count(n, k.word))
		}
	}
	for _, v := range []risk.Verdict{risk.Rejected, risk.Unknown, risk.AcceptWithWaivers, risk.Accept} {
		if n := verdicts[v]; n > 0 {
			judged = append(judged, fmt.Sprintf("%s %s", number(n), Word(v)))
		}
	}
	sentence := fmt.Sprintf("%s: **%s**.", strings.Join(parts, " and "), strings.Join(judged, ", "))
	if r.Score >= 0 {
		sentence += fmt.Sprintf(" Highest score %d of 100.", r.Score)
	}
	return sentence
}

func failures(c *comment, r *Report) {
	for i := range r.Failures {
		c.add(rankRejection, "error of the plan", func() string {
			f := &r.Failures[i]
			line := fmt.Sprintf("- 🛑 %s%s %s\n", strong(shorten(f.Summary, 200)), at(f.Address, f.Location), text(shorten(f.Detail, 600)))
			if i == 0 {
				line = "**The plan failed with errors that are no judgement of a policy:**\n\n" + line
			}
			if i == len(r.Failures)-1 {
				line += "\n"
			}
			return line
		})
	}
}

// at says in parentheses where something stands.
func at(address string, l *Location) string {
	if where := stands(address, l); where != "" {
		return " (" + where + ")"
	}
	return ""
}

func stands(address string, l *Location) string {
	var parts []string
	if address != "" {
		parts = append(parts, code(shorten(address, 200)))
	}
	if l != nil {
		parts = append(parts, code(fmt.Sprintf("%s:%d", l.File, l.Line)))
	}
	return strings.Join(parts, ", ")
}

// table lists the subjects.
func table(c *comment, r *Report) {
	if len(r.Subjects) == 0 {
		return
	}
	c.add(always, "head of the table", func() string {
		return "| | Judged | Score | | Rating | Verdict |\n|:-:|:--|--:|:--|:--|:--|\n"
	})
	for i := range r.Subjects {
		c.add(rankSubject, "row of the table", func() string { return row(&r.Subjects[i]) })
	}
	c.add(always, "end of the table", func() string { return "\n" })
}

func row(s *Subject) string {
	name := code(shorten(s.Name, 80))
	if s.Address != "" && s.Kind == PolicyKind {
		name += "<br><sub>" + text(shorten(s.Address, 120)) + "</sub>"
	}
	if s.Kind == CloudRulesKind {
		name += "<br><sub>" + count(len(s.Rules), "hand-written rule") + "</sub>"
	}
	verdict := Word(s.Verdict)
	if s.Action == "delete" {
		verdict = "removed"
	}
	if s.Verdict == risk.Rejected {
		verdict = "**" + verdict + "**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", signs[s.Verdict], name, score(s), bar(s.Score), text(rating(s)), verdict)
}

func rating(s *Subject) string {
	switch {
	case s.Partial && s.Score <= 0:
		return "" // the lowest rating is no bound
	case s.Partial:
		return "at least " + s.Rating
	}
	return s.Rating
}

// score writes the score with what it was and what it may be.
func score(s *Subject) string {
	if s.Score < 0 {
		return "–"
	}
	words := fmt.Sprint(s.Score)
	if s.Partial {
		words = "≥ " + words
	}
	if s.Change != nil && s.Change.Score >= 0 && s.Change.Score != s.Score {
		words = fmt.Sprintf("%d → %s", s.Change.Score, words)
	}
	if s.Limit >= 0 {
		words += fmt.Sprintf(" (limit %d)", s.Limit)
	}
	return words
}

// bar draws a score from 0 to 100 in ten cells; a score above 0 fills one.
func bar(score int) string {
	if score < 0 {
		return ""
	}
	const cells = 10
	filled := min(cells, (score+cells-1)/cells)
	return strings.Repeat("█", filled) + strings.Repeat("░", cells-filled)
}

// detailed reports whether there is more to say of the subject than its row:
// what the plan leaves alone is not shown again if nothing is wrong with it.
func detailed(s *Subject) bool {
	return s.Action != "delete" && (s.Action != "no-op" || s.Verdict != risk.Accept)
}
