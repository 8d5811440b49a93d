package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// subject writes the section of one subject. alone is set when there is no
// other: its picture is then not folded away.
func subject(c *comment, s *Subject, alone bool) {
	rank := rankSubject
	if s.Verdict == risk.Rejected {
		rank = rankRejection // which would be of nobody without its head
	}
	c.add(rank, "section", func() string { return head(s) })
	changes(c, s)
	findings(c, s, "Rejected because", rankRejection, true, risk.Reject)
	findings(c, s, "Accepted by a waiver", rankFindings, true, risk.Accepted)
	waivers(c, s)
	findings(c, s, "Warnings", rankFindings, true, risk.Warn)
	findings(c, s, "For information", rankFindings, false, risk.Info)
	findings(c, s, "Of an effect that is not known", rankFindings, true, unknownEffect)
	advice(c, s)
	contributions(c, s)
	picture(c, s, alone)
}

func head(s *Subject) string {
	head := fmt.Sprintf("### %s %s: %s\n\n", signs[s.Verdict], code(shorten(s.Name, 80)), Word(s.Verdict))
	if where := stands(s.Address, s.Location); where != "" {
		head += where + "\n\n"
	}
	if s.Partial {
		head += "Some values are known only after apply. The score is a lower bound, and **nothing here counts as accepted** until they are known.\n\n"
	}
	for i, note := range s.Notes {
		if i == openItems {
			head += fmt.Sprintf("> and %s more\n>\n", number(len(s.Notes)-i))
			break
		}
		head += quote(shorten(note, 300)) + ">\n"
	}
	if len(s.Notes) > 0 {
		head += "\n"
	}
	return head
}

// fold hides a text behind a line. The blank lines make Markdown of what is
// inside.
func fold(title, inside string) string {
	return "<details><summary>" + title + "</summary>\n\n" + strings.TrimRight(inside, "\n") + "\n\n</details>\n\n"
}

// list writes n items, at most open of them in the open and others in a fold,
// which is a block of its own.
func list(c *comment, title string, n, open, rank int, kind string, item func(i int) string) {
	shown := min(open, n)
	items := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			b.WriteString(item(i))
		}
		return b.String()
	}
	if shown > 0 {
		c.add(rank, kind, func() string { return "**" + title + "**\n\n" + items(0, shown) + "\n" })
	}
	if shown == n {
		return
	}
	c.add(rank, kind, func() string {
		heading := title + fmt.Sprintf(" (%s)", number(n))
		if shown > 0 {
			heading = title + fmt.Sprintf(": %s more", number(n-shown))
		}
		folded, more := min(n, shown+foldedItems), ""
		if left := n - folded; left > 0 {
			more = fmt.Sprintf("\nand %s more.\n", number(left))
		}
		return fold(heading, items(shown, folded)+more)
	})
}

// unknownEffect stands for the effects that have no name here.
const unknownEffect risk.Effect = ""

// findings lists the findings of one effect, the most severe first, and among
// these the codes that are raised least often: "all ports" says more than the
// fifty services that follow from it.
func findings(c *comment, s *Subject, title string, rank int, open bool, effect risk.Effect) {
	var of []*Finding
	raised := map[risk.Code]int{}
	for i := range s.Findings {
		f := &s.Findings[i]
		if _, known := effectSigns[f.Effect]; f.Effect == effect || !known && effect == unknownEffect {
			of = append(of, f)
			raised[f.Code]++
		}
	}
	slices.SortStableFunc(of, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(severityOrder(a.Severity), severityOrder(b.Severity)), cmp.Compare(raised[a.Code], raised[b.Code]))
	})
	most := 0
	if open {
		most = openItems
	}
	list(c, title, len(of), most, rank, "list of findings", func(i int) string { return item(of[i]) })
}

// item is the line of a finding.
func item(f *Finding) string {
	line := fmt.Sprintf("- %s %s (%s)", cmp.Or(effectSigns[f.Effect], signs[risk.Unknown]), strong(string(f.Code)), text(string(f.Severity)))
	if len(f.Rules) > 0 {
		line += " in " + codes(f.Rules, listed)
	}
	line += at("", f.Location) + ": " + text(shorten(f.Message, 800))
	if f.Effect != risk.Accepted && f.Remedy != "" {
		line += " " + emphasis(shorten(f.Remedy, 600))
	}
	if f.WaivedBy != "" {
		line += " Accepted by " + text(shorten(f.WaivedBy, 200)) + "."
	}
	return line + "\n"
}

// waivers is the table of what was accepted.
func waivers(c *comment, s *Subject) {
	if len(s.Waivers) > 0 {
		c.add(rankWaivers, "table of waivers", func() string { return waiverTable(s) })
	}
}

func waiverTable(s *Subject) string {
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
			switch {
			case *w.DaysLeft < 0:
				sign = "🛑"
			case *w.DaysLeft <= risk.ExpiringDays:
				sign = "⚠️"
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", sign, text(w.Finding), accepts,
			text(shorten(w.Reason, 300)), text(shorten(w.Owner, 120)), until)
	}
	b.WriteString("\n")
	return b.String()
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

func advice(c *comment, s *Subject) {
	if len(s.Advice) > 0 {
		c.add(rankAdvice, "list of advice", func() string { return adviceFold(s) })
	}
}

func adviceFold(s *Subject) string {
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
	return fold(title, strings.Join(items, ""))
}

func contributions(c *comment, s *Subject) {
	if len(s.Contributions) > 0 {
		c.add(rankServices, "list of services", func() string { return contributionFold(s) })
	}
}

func contributionFold(s *Subject) string {
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
	return fold(fmt.Sprintf("What the score is made of: %.1f points", s.Points), b.String())
}

// hosts writes a number of hosts: exactly up to a billion, then rounded.
func hosts(n float64) string {
	const billion = 1e9
	if n < billion {
		return number(int(n))
	}
	return fmt.Sprintf("%.3g", n)
}

func picture(c *comment, s *Subject, alone bool) {
	if !hasPicture(s) {
		return
	}
	c.add(rankPicture, "picture", func() string {
		diagram, leftOut := Mermaid(s)
		inside := "```mermaid\n" + diagram + "```\n"
		if leftOut > 0 {
			inside += fmt.Sprintf("\n%s not drawn.\n", count(leftOut, "more pair of ports and peers"))
		}
		if alone {
			return inside + "\n"
		}
		return fold("Who reaches what", inside)
	})
}

// hasPicture reports whether Mermaid has anything to draw.
func hasPicture(s *Subject) bool {
	return slices.ContainsFunc(s.Rules, func(r Rule) bool {
		return slices.ContainsFunc(r.PortRanges, func(p PortRange) bool { return len(p.Ports) > 0 }) &&
			slices.ContainsFunc(r.Peers, func(g PeerGroup) bool { return len(g.Peers) > 0 })
	})
}
