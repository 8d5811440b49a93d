//go:build render

package render_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/render"
)

// hostile are names that break out of what is around them if nobody escapes
// them, and a fault that is then found.
var hostile = []struct{ name, fault string }{
	{`a|b`, `cells are ["a" "b"]`},
	{`a\|b`, `cells are ["a|b" "tcp"]`},
	{"`a`", `cells are ["a" "tcp"]`},
	{`*a* _b_`, `cells are ["a b" "tcp"]`},
	{`</summary>`, `cells are ["" "tcp"]`},
	{`</details>`, `is within []`},
	{`<!--`, `0 tables`},
	{`<script>alert(1)</script>`, `unexpected tags`},
	{`<iframe src="https://evil.example">`, `unexpected tags`},
	{`<img src="https://evil.example/x.png" onerror="alert(1)">`, `requests ["https://evil.example/x.png"]`},
	{`[a](https://evil.example)`, `links [{"https://evil.example" "a"}`},
	{`[a](javascript:alert(1))`, `cells are ["a" "tcp"]`},
	{`https://evil.example`, `links [{"https://evil.example" "https://evil.example"}`},
	{`a"]; click A "javascript:alert(1)"; B["b`, `links [{"" "host"}`},
	{`a"]; click A "https://evil.example"; B["b`, `{"https://evil.example/" "host"}`},
	{`a"] --> B["b`, `2 edges, nodes ["host" "a" "b"]`},
	{`#quot;#35;`, `nodes`},
	{"```", `is not drawn`},
	{`@octocat`, `rewrites ["@octocat"`},
	{`#1 of org/repo#12`, `rewrites ["#1" "org/repo#12"`},
	{`2001:db8:100:abcd::`, `rewrites [":100:" ":abcd:"`},
	{`$a$`, `rewrites ["$a$"`},
	{"\u202egpj.exe", `writes from right to left`},
}

// comment puts names where the project puts them: the text of a cell, of a
// summary and of a node. Escaping is the caller's.
func comment(cells, summaries, labels []string) string {
	var b strings.Builder
	for i := range cells {
		fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n| Name | Protocol |\n|---|---|\n| %s | tcp |\n\n</details>\n\n", summaries[i], cells[i])
	}
	b.WriteString("```mermaid\nflowchart LR\n  A[\"host\"]\n")
	for i, label := range labels {
		fmt.Fprintf(&b, "  A --> N%d[\"%s\"]\n", i, label)
	}
	b.WriteString("```\n")
	return b.String()
}

// entities writes every character that could mean something as its number.
func entities(text, format string) string {
	var b strings.Builder
	for _, r := range text {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, format, r)
		}
	}
	return b.String()
}

// visible is the name as a reader is to see it.
func visible(name string) string { return strings.ReplaceAll(name, "\u202e", `\u202e`) }

// faults says in what the facts differ from those of a comment in which the
// names are nothing but text.
func faults(f render.Facts, names []string) []string {
	var faults []string
	fault := func(format string, values ...any) { faults = append(faults, fmt.Sprintf(format, values...)) }
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = visible(name)
	}
	if len(f.Tables) != len(shown) || len(f.Details) != len(shown) {
		fault("%d tables and %d folds", len(f.Tables), len(f.Details))
	} else {
		for i, name := range shown {
			table, fold := f.Tables[i], f.Details[i]
			if !reflect.DeepEqual(table.Header, []string{"Name", "Protocol"}) || !reflect.DeepEqual(table.Rows, [][]string{{name, "tcp"}}) {
				fault("cells are %q", slices.Concat(table.Rows...))
			}
			if !slices.Equal(table.Within, []string{name}) {
				fault("table is within %q", table.Within)
			}
			if fold.Summary != name || fold.Depth != 0 || fold.Open {
				fault("fold is %+v", fold)
			}
		}
	}
	if len(f.Diagrams) != 1 || !f.Diagrams[0].SVG {
		fault("is not drawn: %+v", f.Diagrams)
	} else if d := f.Diagrams[0]; d.Edges != len(shown) || !slices.Equal(d.Nodes, append([]string{"host"}, shown...)) {
		fault("%d edges, nodes %q", d.Edges, d.Nodes)
	}
	ours := regexp.MustCompile(`^</?(details|summary|code)>$`)
	if foreign := slices.DeleteFunc(slices.Clone(f.RawTags), ours.MatchString); len(foreign) > 0 {
		fault("unexpected tags %q", foreign)
	}
	for list, values := range map[string][]string{
		"images": f.Images, "active": f.Active, "requests": f.Requests, "dialogs": f.Dialogs, "errors": f.Errors, "rewrites": f.Rewrites,
	} {
		if len(values) > 0 {
			fault("%s %q", list, values)
		}
	}
	if len(f.Links) > 0 {
		fault("links %q", f.Links)
	}
	if strings.Contains(f.Text, "\u202e") {
		fault("writes from right to left")
	}
	return faults
}

func start(t *testing.T, options render.Options) *render.Renderer {
	t.Helper()
	renderer, err := render.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(renderer.Close)
	return renderer
}

func draw(t *testing.T, renderer *render.Renderer, markdown string) *render.Page {
	t.Helper()
	page, err := renderer.Render([]byte(markdown))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestRender_EscapedNamesAreText(t *testing.T) {
	var names, cells, labels []string
	for _, h := range hostile {
		names = append(names, h.name)
		cells = append(cells, "<code>"+entities(visible(h.name), "&#%d;")+"</code>")
		labels = append(labels, entities(visible(h.name), "#%d;"))
	}
	page := draw(t, start(t, render.Options{Unfold: true}), comment(cells, cells, labels))
	for _, fault := range faults(page.Facts, names) {
		t.Error(fault)
	}
	picture, err := png.DecodeConfig(bytes.NewReader(page.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if picture.Width != 1000 || picture.Height < 80*len(names) {
		t.Errorf("the picture is %d × %d pixels: want 1000, and room for %d folds with their tables", picture.Width, picture.Height, len(names))
	}
}

// TestRender_RawNamesAreFound shows that the facts tell a comment which is
// broken out of.
func TestRender_RawNamesAreFound(t *testing.T) {
	renderer := start(t, render.Options{})
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			raw := []string{h.name}
			facts := draw(t, renderer, comment(raw, raw, raw)).Facts
			if found := strings.Join(faults(facts, raw), "\n"); !strings.Contains(found, h.fault) {
				t.Errorf("want a fault with %s, got:\n%s", h.fault, found)
			}
		})
	}
}

// TestRender_DoingsAreFound has something in place of Mermaid that does what
// neither the sanitiser nor Mermaid lets through.
func TestRender_DoingsAreFound(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "mermaid.min.js")
	if err := os.WriteFile(bundle, []byte(`
		alert("hello");
		console.error("broken", 1);
		setTimeout(() => { throw new Error("thrown"); });
		window.mermaid = { initialize() {}, async render() {
			await new Promise(resolve => setTimeout(resolve, 10));
			return { svg: '<svg onclick="f()"><image href="https://evil.example/i.png"/></svg><iframe></iframe>' };
		} };`), 0o600); err != nil {
		t.Fatal(err)
	}
	got := draw(t, start(t, render.Options{Mermaid: bundle}), "```mermaid\nflowchart LR\n```\n").Facts
	for _, check := range []struct {
		what      string
		got, want []string
	}{
		{"active", got.Active, []string{"svg.onclick", "iframe"}},
		{"dialogs", got.Dialogs, []string{"hello"}},
		{"images", got.Images, []string{"https://evil.example/i.png"}},
		{"requests", got.Requests, []string{"https://evil.example/i.png"}},
	} {
		if !slices.Equal(check.got, check.want) {
			t.Errorf("%s = %q, want %q", check.what, check.got, check.want)
		}
	}
	if all := strings.Join(got.Errors, "\n"); len(got.Errors) != 2 || !strings.Contains(all, "broken") || !strings.Contains(all, "Error: thrown") {
		t.Errorf("errors = %q, want those of the console and of the timer", got.Errors)
	}
}
