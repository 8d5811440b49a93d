package report

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// changes compares the subject with what it was.
func changes(to *comment, s *Subject) {
	c := s.Change
	if c == nil {
		return
	}
	to.add(rankChange, "comparison", func() string { return compared(s, c) })
	list(to, "Opens", len(c.Opened), openItems, rankChange, "list of openings", func(i int) string { return openingItem(&c.Opened[i]) })
	list(to, "Closes", len(c.Closed), openItems, rankChange, "list of openings", func(i int) string { return openingItem(&c.Closed[i]) })
	list(to, "Findings that are gone", len(c.Lost), 0, rankFindings, "list of findings", func(i int) string { return lostItem(&c.Lost[i]) })
	if len(c.Targets) > 0 {
		to.add(rankServices, "list of compiled rules", func() string { return targets(c.Targets) })
	}
}

// compared is the sentence that compares the scores and the verdicts.
func compared(s *Subject, c *Change) string {
	lead := "**Compared with the state before the plan**: "
	switch {
	case c.Score < 0:
		lead += "the score before is not known"
	case s.Score < 0:
		lead += fmt.Sprintf("the score was %d", c.Score)
	case c.Score == s.Score:
		lead += fmt.Sprintf("score %d as before", c.Score)
	case s.Partial:
		lead += fmt.Sprintf("score %d → at least %d", c.Score, s.Score)
	default:
		lead += fmt.Sprintf("score %d → %d", c.Score, s.Score)
	}
	if c.Verdict != "" && c.Verdict != s.Verdict {
		lead += fmt.Sprintf(", %s → %s", Word(c.Verdict), Word(s.Verdict))
	}
	return lead + ".\n\n"
}

func openingItem(o *Opening) string {
	word := "from"
	if o.Direction == "egress" {
		word = "to"
	}
	return fmt.Sprintf("- %s: %s %s %s\n", code(o.Rule), codes(o.Ports, listed), word, codes(o.Peers, listed))
}

func lostItem(f *Finding) string {
	return fmt.Sprintf("- %s (%s): %s\n", strong(string(f.Code)), text(string(f.Severity)), text(shorten(f.Message, 300)))
}

// targets counts the rules of each target that come and go.
func targets(all []TargetChange) string {
	var b strings.Builder
	b.WriteString("| Target | Rules added | Rules removed | Rules kept |\n|:--|:--|:--|--:|\n")
	gained, lost := 0, 0
	for i := range all {
		t := &all[i]
		if t.Fault != "" {
			fmt.Fprintf(&b, "| %s | %s | | |\n", code(t.Target), text(shorten(t.Fault, 300)))
			continue
		}
		gained, lost = gained+len(t.Gained), lost+len(t.Lost)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(t.Target), counted(t.Gained), counted(t.Lost), number(t.Kept))
	}
	title := fmt.Sprintf("Compiled rules: %s added, %s removed", number(gained), number(lost))
	return fold(title, b.String())
}

func counted(keys []string) string {
	if len(keys) == 0 {
		return "0"
	}
	return number(len(keys)) + ": " + codes(keys, listed)
}

// sameFinding reports whether a finding was there before: texts carry numbers
// that change with every edit, so what it is about decides.
func sameFinding(a, b *Finding) bool {
	return a.Code == b.Code && a.Effect == b.Effect && strings.Join(a.Rules, "\x00") == strings.Join(b.Rules, "\x00") &&
		strings.Join(a.Ports, " ") == strings.Join(b.Ports, " ") && strings.Join(a.Peers, " ") == strings.Join(b.Peers, " ")
}

// Without returns the findings of a that are not among b. Those that only
// inform are left out.
func Without(a, b []Finding) []Finding {
	var left []Finding
	for i := range a {
		found := a[i].Effect == risk.Info
		for j := range b {
			found = found || sameFinding(&a[i], &b[j])
		}
		if !found {
			left = append(left, a[i])
		}
	}
	return left
}
