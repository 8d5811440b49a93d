package report

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	gmtext "github.com/yuin/goldmark/text"
	nethtml "golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// gfm reads Markdown as GitHub does, apart from what GitHub does to the text
// afterwards: mentions, emoji, formulas.
var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))

// ownHTML is what the writer itself writes as HTML.
var ownHTML = regexp.MustCompile(`</?(?:details|summary|sub|code)>|<br>|<!-- backupfw-review: [A-Za-z0-9._ /]* -->`)

// page is what a comment is shown as.
type page struct {
	tables  [][][]string // cells of rows, the head first
	codes   []string     // fenced blocks of code
	items   []string     // of lists
	heads   []string     // h2 and h3
	quotes  []string
	folds   int
	strange []string
}

// shownPage reads a comment.
func shownPage(t interface {
	Fatalf(string, ...any)
}, comment string) *page {
	p := &page{}
	source := []byte(comment)
	document := gfm.Parser().Parse(gmtext.NewReader(source))
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.ThematicBreak, *ast.CodeBlock:
			p.strange = append(p.strange, fmt.Sprint(n.Kind()))
		case *ast.HTMLBlock, *ast.RawHTML:
			raw := rawHTML(n, source)
			if left := ownHTML.ReplaceAllString(raw, ""); strings.ContainsAny(left, "<>") {
				p.strange = append(p.strange, raw)
			}
		case *ast.FencedCodeBlock:
			p.codes = append(p.codes, string(n.Language(source)))
		}
		switch n.Kind().String() {
		case "TaskCheckBox", "Strikethrough", "FootnoteLink":
			p.strange = append(p.strange, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	var rendered bytes.Buffer
	if err := gfm.Renderer().Render(&rendered, source, document); err != nil {
		t.Fatalf("%v", err)
	}
	p.readHTML(rendered.Bytes())
	return p
}

func rawHTML(n ast.Node, source []byte) string {
	var lines *gmtext.Segments
	switch n := n.(type) {
	case *ast.RawHTML:
		lines = n.Segments
	case *ast.HTMLBlock:
		lines = n.Lines()
	}
	var b strings.Builder
	for i := range lines.Len() {
		segment := lines.At(i)
		b.Write(segment.Value(source))
	}
	return b.String()
}

// void are elements without an end.
var void = []string{"br", "hr", "img", "input"}

// known are the elements that a comment may have.
var known = []string{"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong", "em", "code", "pre", "blockquote", "details", "summary", "sub", "br"}

// readHTML reads what was rendered, element by element, so that nothing is
// repaired that does not fit together.
func (p *page) readHTML(rendered []byte) {
	z := nethtml.NewTokenizer(bytes.NewReader(rendered))
	var open []string
	texts := map[string]*strings.Builder{}
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case nethtml.ErrorToken:
			if len(open) > 0 {
				p.strange = append(p.strange, fmt.Sprintf("%q are not closed", open))
			}
			return
		case nethtml.TextToken:
			for _, b := range texts {
				b.WriteString(token.Data)
			}
		case nethtml.CommentToken:
			if !strings.HasPrefix(token.Data, " backupfw-review: ") {
				p.strange = append(p.strange, token.Data)
			}
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			p.begin(&token, texts)
			if !slices.Contains(void, token.Data) {
				open = append(open, token.Data)
			}
		case nethtml.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				p.strange = append(p.strange, fmt.Sprintf("</%s> in %q", token.Data, open))
				return
			}
			open = open[:len(open)-1]
			p.end(token.Data, texts)
		}
	}
}

func (p *page) begin(token *nethtml.Token, texts map[string]*strings.Builder) {
	if !slices.Contains(known, token.Data) {
		p.strange = append(p.strange, token.String())
	}
	switch token.Data {
	case "table":
		p.tables = append(p.tables, nil)
	case "tr":
		p.tables[len(p.tables)-1] = append(p.tables[len(p.tables)-1], nil)
	case "details":
		p.folds++
	case "th", "td", "li", "h2", "h3", "blockquote":
		texts[token.Data] = &strings.Builder{}
	}
}

func (p *page) end(name string, texts map[string]*strings.Builder) {
	b := texts[name]
	if b == nil {
		return
	}
	delete(texts, name)
	said := strings.TrimSpace(b.String())
	switch name {
	case "th", "td":
		table := p.tables[len(p.tables)-1]
		table[len(table)-1] = append(table[len(table)-1], said)
	case "li":
		p.items = append(p.items, said)
	case "blockquote":
		p.quotes = append(p.quotes, said)
	default:
		p.heads = append(p.heads, said)
	}
}

// said is how a text is shown that keeps its meaning: as it stands.
func said(s string, most int) string { return strings.TrimSpace(visible(shorten(s, most))) }

// nameText is how a name is shown.
func nameText(s string, most int) string {
	if s = shorten(s, most); strings.TrimSpace(s) == "" {
		return "(blank)"
	}
	return visible(s)
}

// whole is for texts that are not shortened.
const whole = 1 << 20

// listedNames is how a list of names is shown.
func listedNames(names []string, most int) string {
	var shown []string
	for i, name := range names {
		if i == most {
			return strings.Join(shown, ", ") + fmt.Sprintf(" and %s more", number(len(names)-most))
		}
		shown = append(shown, nameText(name, whole))
	}
	return strings.Join(shown, ", ")
}

// expectedTables are the tables of a report in the order of the comment: the
// number of columns, of rows, and what some of the cells say.
type expectedTable struct {
	columns, rows int
	cells         map[[2]int]string // by row, from 1, and column
}

func expectedTables(r *Report) []expectedTable {
	var all []expectedTable
	if n := len(r.Subjects); n > 0 {
		main := expectedTable{6, n, map[[2]int]string{}}
		for i := range r.Subjects {
			s := &r.Subjects[i]
			below := count(len(s.Rules), "hand-written rule")
			if s.Kind == PolicyKind {
				below = visible(shorten(s.Address, 120))
			}
			main.cells[[2]int{i + 1, 1}] = nameText(s.Name, 80) + below
		}
		all = append(all, main)
	}
	for i := range r.Subjects {
		s := &r.Subjects[i]
		if !detailed(s) {
			continue
		}
		if s.Change != nil && len(s.Change.Targets) > 0 {
			all = append(all, targetTable(s.Change.Targets))
		}
		if len(s.Waivers) > 0 {
			all = append(all, waiverCells(s.Waivers))
		}
		if len(s.Contributions) > 0 {
			all = append(all, contributionCells(s.Contributions))
		}
	}
	return all
}

func targetTable(targets []TargetChange) expectedTable {
	t := expectedTable{4, len(targets), map[[2]int]string{}}
	for i := range targets {
		t.cells[[2]int{i + 1, 0}] = nameText(targets[i].Target, whole)
		if targets[i].Fault != "" {
			t.cells[[2]int{i + 1, 1}] = said(targets[i].Fault, 300)
			continue
		}
		gained := "0"
		if n := len(targets[i].Gained); n > 0 {
			gained = number(n) + ": " + listedNames(targets[i].Gained, 8)
		}
		t.cells[[2]int{i + 1, 1}] = gained
	}
	return t
}

func waiverCells(waivers []Waiver) expectedTable {
	t := expectedTable{6, min(len(waivers), 101), map[[2]int]string{}}
	for i := range min(len(waivers), 100) {
		w := &waivers[i]
		t.cells[[2]int{i + 1, 1}] = said(w.Finding, whole)
		t.cells[[2]int{i + 1, 3}] = said(w.Reason, 300)
		t.cells[[2]int{i + 1, 4}] = said(w.Owner, 120)
		if w.MaxScore == nil && len(w.Rules) == 0 {
			t.cells[[2]int{i + 1, 2}] = listedNames(w.Ports, 8) + " for " + listedNames(w.Peers, 8)
		}
		if w.DaysLeft == nil {
			t.cells[[2]int{i + 1, 5}] = nameText(w.Expires, whole)
		}
	}
	if n := len(waivers); n > 100 {
		t.cells[[2]int{101, 1}] = fmt.Sprintf("and %d more", n-100)
	}
	return t
}

func contributionCells(contributions []Contribution) expectedTable {
	t := expectedTable{7, min(len(contributions), 101), map[[2]int]string{}}
	for i := range min(len(contributions), 100) {
		c := &contributions[i]
		t.cells[[2]int{i + 1, 0}] = said(c.Service, 120)
		t.cells[[2]int{i + 1, 1}] = said(strings.ReplaceAll(c.Class, "_", " "), whole)
		t.cells[[2]int{i + 1, 2}] = said(c.Direction, whole)
		t.cells[[2]int{i + 1, 3}] = listedNames(c.Rules, 4)
		t.cells[[2]int{i + 1, 6}] = fmt.Sprintf("%.1f", c.Points)
	}
	if n := len(contributions); n > 100 {
		t.cells[[2]int{101, 0}] = fmt.Sprintf("and %d more", n-100)
	}
	return t
}

// assertPage holds a comment to what it must look like.
func assertPage(t interface {
	Fatalf(string, ...any)
}, r *Report, comment string) {
	p := shownPage(t, comment)
	if len(p.strange) > 0 {
		t.Fatalf("the comment has %q:\n%s", p.strange, comment)
	}
	want := expectedTables(r)
	if len(p.tables) != len(want) {
		t.Fatalf("%d tables, want %d:\n%s", len(p.tables), len(want), comment)
	}
	for i, table := range p.tables {
		if len(table) != want[i].rows+1 {
			t.Fatalf("table %d has %d rows, want %d:\n%s", i, len(table)-1, want[i].rows, comment)
		}
		for j, row := range table {
			if len(row) != want[i].columns {
				t.Fatalf("row %d of table %d is %q:\n%s", j, i, row, comment)
			}
			for k, cell := range row {
				if text, known := want[i].cells[[2]int{j, k}]; known && cell != strings.TrimSpace(text) {
					t.Fatalf("cell %d of row %d of table %d is %q, want %q:\n%s", k, j, i, cell, text, comment)
				}
			}
		}
	}
	sections, pictures, notes := 0, 0, len(r.Notes)
	for i := range r.Subjects {
		s := &r.Subjects[i]
		if !detailed(s) {
			continue
		}
		sections++
		if len(s.Notes) > 0 {
			notes++ // in one quotation
		}
		if hasPicture(s) {
			pictures++
		}
	}
	if len(p.heads) != 1+sections {
		t.Fatalf("%d sections, want %d: %q\n%s", len(p.heads)-1, sections, p.heads, comment)
	}
	if len(p.codes) != pictures || slices.ContainsFunc(p.codes, func(language string) bool { return language != "mermaid" }) {
		t.Fatalf("blocks of code are %q, want %d pictures:\n%s", p.codes, pictures, comment)
	}
	if len(p.quotes) != notes {
		t.Fatalf("%d quotations, want %d: %q\n%s", len(p.quotes), notes, p.quotes, comment)
	}
	for i, note := range r.Notes {
		if got := p.quotes[len(p.quotes)-len(r.Notes)+i]; got != said(note, 300) {
			t.Fatalf("note %d is %q, want %q:\n%s", i, got, said(note, 300), comment)
		}
	}
	assertItems(t, r, p, comment)
}

// assertItems holds the items of the lists to the findings that are shown.
func assertItems(t interface {
	Fatalf(string, ...any)
}, r *Report, p *page, comment string) {
	for i := range r.Failures {
		if got := p.items[i]; !strings.HasPrefix(got, "🛑 "+blank(said(r.Failures[i].Summary, 200))) {
			t.Fatalf("failure %d is %q:\n%s", i, got, comment)
		}
	}
	for i := range r.Subjects {
		s := &r.Subjects[i]
		if !detailed(s) || len(s.Findings) > 100 {
			continue
		}
		for j := range s.Findings {
			f := &s.Findings[j]
			want := fmt.Sprintf("%s %s (%s)", cmp.Or(effectSigns[f.Effect], "❔"), blank(said(string(f.Code), whole)), visible(string(f.Severity)))
			if len(f.Rules) > 0 {
				want += " in " + listedNames(f.Rules, 8)
			}
			if f.Location != nil {
				want += " (" + nameText(fmt.Sprintf("%s:%d", f.Location.File, f.Location.Line), whole) + ")"
			}
			want += ": " + visible(shorten(f.Message, 800))
			if f.Effect != risk.Accepted && f.Remedy != "" {
				want += " " + blank(said(f.Remedy, 600))
			}
			if f.WaivedBy != "" {
				want += " Accepted by " + visible(shorten(f.WaivedBy, 200)) + "."
			}
			if !slices.Contains(p.items, strings.TrimSpace(want)) {
				t.Fatalf("no item says %q:\n%q\n%s", want, p.items, comment)
			}
		}
	}
}

func blank(s string) string {
	if s == "" {
		return "(blank)"
	}
	return s
}

func TestMarkdown_HostileTexts_StayTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawReport(t)
		assertPage(t, r, Markdown(r, 1<<40))
	})
}

func TestMarkdown_Samples_LookAsExpected(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) { assertPage(t, s.report, Markdown(s.report, 1<<40)) })
	}
}

// What is cut stays whole in itself.
func TestMarkdown_HostileTexts_StayTextsWhenCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawReport(t)
		got := Markdown(r, rapid.IntRange(MinLimit, 12000).Draw(t, "limit"))
		if p := shownPage(t, got); len(p.strange) > 0 {
			t.Fatalf("the comment has %q:\n%s", p.strange, got)
		}
	})
}
