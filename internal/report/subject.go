package report

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// subject writes the section of one subject. alone is set when there is no
// other: its picture is then not folded away.
func subject(s *Subject, alone bool) []block {
	head := fmt.Sprintf("### %s %s: %s\n\n", signs[s.Verdict], code(shorten(s.Name, 80)), Word(s.Verdict))
	if where := at(s.Address, s.Location); where != "" {
		head += strings.Trim(where, " ()") + "\n\n"
	}
	if s.Partial {
		head += "Some values are known only after apply. The score is a lower bound, and **nothing here counts as accepted** until they are known.\n\n"
	}
	for _, note := range s.Notes {
		head += "> " + text(shorten(note, 300)) + "\n>\n"
	}
	if len(s.Notes) > 0 {
		head += "\n"
	}
	blocks := []block{{rank: rankSubject, kind: "section", text: head}}
	blocks = append(blocks, changes(s)...)
	blocks = append(blocks, findings(s, "Rejected because", rankRejection, true, risk.Reject)...)
	blocks = append(blocks, findings(s, "Accepted by a waiver", rankFindings, true, risk.Accepted)...)
	blocks = append(blocks, waivers(s)...)
	blocks = append(blocks, findings(s, "Warnings", rankFindings, true, risk.Warn)...)
	blocks = append(blocks, findings(s, "For information", rankFindings, false, risk.Info)...)
	blocks = append(blocks, advice(s)...)
	blocks = append(blocks, contributions(s)...)
	return append(blocks, picture(s, alone)...)
}

// fold hides a text behind a line. The blank lines make Markdown of what is
// inside.
func fold(title, inside string) string {
	return "<details><summary>" + title + "</summary>\n\n" + strings.TrimRight(inside, "\n") + "\n\n</details>\n\n"
}

// list writes items, at most open of them in the open and the others in folds.
// A fold is a block of its own.
func list(title string, items []string, open, rank int, kind string) []block {
	if len(items) == 0 {
		return nil
	}
	var blocks []block
	shown := items[:min(open, len(items))]
	if len(shown) > 0 {
		blocks = append(blocks, block{rank: rank, kind: kind, text: "**" + title + "**\n\n" + strings.Join(shown, "") + "\n"})
	}
	rest := items[len(shown):]
	if len(rest) == 0 {
		return blocks
	}
	folded, more := rest[:min(foldedItems, len(rest))], ""
	if left := len(rest) - len(folded); left > 0 {
		more = fmt.Sprintf("\nand %s more.\n", number(left))
	}
	heading := title
	if len(shown) > 0 {
		heading += fmt.Sprintf(": %s more", number(len(rest)))
	} else {
		heading += fmt.Sprintf(" (%s)", number(len(rest)))
	}
	return append(blocks, block{rank: rank, kind: kind, text: fold(heading, strings.Join(folded, "")+more)})
}

// findings lists the findings of one effect.
func findings(s *Subject, title string, rank int, open bool, effect risk.Effect) []block {
	var items []string
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Effect == effect {
			items = append(items, item(f))
		}
	}
	most := 0
	if open {
		most = openItems
	}
	return list(title, items, most, rank, "list of findings")
}

// item is the line of a finding.
func item(f *Finding) string {
	line := fmt.Sprintf("- %s **%s** (%s)", effectSigns[f.Effect], text(string(f.Code)), text(string(f.Severity)))
	if len(f.Rules) > 0 {
		line += " in " + codes(f.Rules, listed)
	}
	line += at("", f.Location) + ": " + text(shorten(f.Message, 800))
	if f.Effect != risk.Accepted && f.Remedy != "" {
		line += " *" + text(shorten(f.Remedy, 600)) + "*"
	}
	if f.WaivedBy != "" {
		line += " Accepted by " + text(shorten(f.WaivedBy, 200)) + "."
	}
	return line + "\n"
}

// waivers is the table of what was accepted.
func waivers(s *Subject) []block {
	if len(s.Waivers) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("**Waivers**\n\n| | Finding | Accepts | Reason | Owner | Last day |\n|:-:|:--|:--|:--|:--|:--|\n")
	for i := range s.Waivers {
		w := &s.Waivers[i]
		if i == foldedItems {
			fmt.Fprintf(&b, "| | and %s more | | | | |\n", number(len(s.Waivers)-i))
			break
		}
		accepts := codes(w.Ports, listed) + " for " + codes(w.Peers, listed)
		if w.MaxScore != nil {
			accepts = fmt.Sprintf("a score of %d", *w.MaxScore)
		}
		if len(w.Rules) > 0 {
			accepts += " in " + codes(w.Rules, listed)
		}
		sign, until := "🟡", code(w.Expires)
		if w.DaysLeft != nil {
			until += " (" + daysLeft(*w.DaysLeft) + ")"
			if *w.DaysLeft < 0 {
				sign = "🛑"
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", sign, text(w.Finding), accepts,
			text(shorten(w.Reason, 300)), text(shorten(w.Owner, 120)), until)
	}
	b.WriteString("\n")
	return []block{{rank: rankWaivers, kind: "table of waivers", text: b.String()}}
}

func daysLeft(days int) string {
	switch {
	case days < 0:
		return "ended " + count(-days, "day") + " ago"
	case days == 0:
		return "ends today"
	}
	return count(days, "day") + " left"
}

func advice(s *Subject) []block {
	if len(s.Advice) == 0 {
		return nil
	}
	items := make([]string, len(s.Advice))
	for i, a := range s.Advice {
		items[i] = fmt.Sprintf("- **Score %d**: %s\n", a.ScoreAfter, text(shorten(a.Message, 600)))
	}
	title := fmt.Sprintf("What would help: score %d after the first of %s", s.Advice[0].ScoreAfter, count(len(items), "change"))
	if len(items) == 1 {
		title = fmt.Sprintf("What would help: score %d after one change", s.Advice[0].ScoreAfter)
	}
	if len(items) > foldedItems {
		items = append(items[:foldedItems], fmt.Sprintf("\nand %s more.\n", number(len(items)-foldedItems)))
	}
	return []block{{rank: rankAdvice, kind: "list of advice", text: fold(title, strings.Join(items, ""))}}
}

func contributions(s *Subject) []block {
	if len(s.Contributions) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("| Service | Class | Direction | Rules | Ports | Hosts | Points |\n|:--|:--|:--|:--|:--|--:|--:|\n")
	for i := range s.Contributions {
		c := &s.Contributions[i]
		if i == foldedItems {
			rest := 0.0
			for _, left := range s.Contributions[i:] {
				rest += left.Points
			}
			fmt.Fprintf(&b, "| and %s more | | | | | | %.1f |\n", number(len(s.Contributions)-i), rest)
			break
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %.1f |\n", text(shorten(c.Service, 120)), text(strings.ReplaceAll(c.Class, "_", " ")),
			text(c.Direction), codes(c.Rules, 4), codes(c.Ports, 4), hosts(c.Hosts), c.Points)
	}
	title := fmt.Sprintf("What the score is made of: %s, %.1f points", count(len(s.Contributions), "service"), s.Points)
	return []block{{rank: rankServices, kind: "list of services", text: fold(title, b.String())}}
}

// hosts writes a number of hosts: exactly up to a billion, then rounded.
func hosts(n float64) string {
	const billion = 1e9
	if n < billion {
		return number(int(n))
	}
	return fmt.Sprintf("%.3g", n)
}

func picture(s *Subject, alone bool) []block {
	diagram, leftOut := Mermaid(s)
	if diagram == "" {
		return nil
	}
	inside := "```mermaid\n" + diagram + "```\n"
	if leftOut > 0 {
		inside += fmt.Sprintf("\n%s not drawn.\n", count(leftOut, "more arrow"))
	}
	if alone {
		return []block{{rank: rankPicture, kind: "picture", text: inside + "\n"}}
	}
	return []block{{rank: rankPicture, kind: "picture", text: fold("Who reaches what", inside)}}
}
