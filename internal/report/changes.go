package report

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// changes compares the subject with what it was.
func changes(s *Subject) []block {
	c := s.Change
	if c == nil {
		return nil
	}
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
	blocks := []block{{rank: rankChange, kind: "comparison", text: lead + ".\n\n"}}
	blocks = append(blocks, list("Opens", openingItems(c.Opened), openItems, rankChange, "list of openings")...)
	blocks = append(blocks, list("Closes", openingItems(c.Closed), openItems, rankChange, "list of openings")...)
	blocks = append(blocks, list("Findings that are gone", lostItems(c.Lost), 0, rankFindings, "list of findings")...)
	return append(blocks, targets(c.Targets)...)
}

func openingItems(openings []Opening) []string {
	items := make([]string, len(openings))
	for i := range openings {
		o := &openings[i]
		word := "from"
		if o.Direction == "egress" {
			word = "to"
		}
		items[i] = fmt.Sprintf("- %s: %s %s %s\n", code(o.Rule), codes(o.Ports, listed), word, codes(o.Peers, listed))
	}
	return items
}

func lostItems(lost []Finding) []string {
	items := make([]string, len(lost))
	for i := range lost {
		f := &lost[i]
		items[i] = fmt.Sprintf("- **%s** (%s): %s\n", text(string(f.Code)), text(string(f.Severity)), text(shorten(f.Message, 300)))
	}
	return items
}

// targets counts the rules of each target that come and go.
func targets(all []TargetChange) []block {
	if len(all) == 0 {
		return nil
	}
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
	return []block{{rank: rankServices, kind: "list of compiled rules", text: fold(title, b.String())}}
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
