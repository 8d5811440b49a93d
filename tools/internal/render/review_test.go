//go:build render

package render_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/render"
)

// comments are the comments that the project's own tests hold the writer to.
func comments(t *testing.T) map[string]string {
	t.Helper()
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, pattern := range []string{
		filepath.Join(root, "internal", "report", "testdata", "markdown", "*.golden"),
		filepath.Join(root, "examples", "pull-request-review", "scenario", "*.md"),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 3 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(text), "<!-- backupfw-review") { // and no README
				texts[strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))] = string(text)
			}
		}
	}
	return texts
}

// allowedTag is the HTML that the comments are written with.
var allowedTag = regexp.MustCompile(`^(</?(details|summary|sub|code)>|<br>|<!-- backupfw-review: [A-Za-z0-9._ /]* -->)$`)

// Every comment comes out as it was meant: folds closed in the order in which
// they were opened, tables whole, pictures drawn, and nothing of a hostile name
// but its text.
func TestReviewComments(t *testing.T) {
	r, err := render.New(context.Background(), render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for name, text := range comments(t) {
		t.Run(name, func(t *testing.T) {
			page, err := r.Render([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			f := page.Facts
			for what, found := range map[string][]string{"images": f.Images, "active": f.Active, "requests": f.Requests, "dialogs": f.Dialogs, "errors": f.Errors, "rewrites": f.Rewrites} {
				if len(found) > 0 {
					t.Errorf("%s: %q", what, found)
				}
			}
			if len(f.Links) > 0 {
				t.Errorf("links: %q", f.Links)
			}
			for _, tag := range f.RawTags {
				if !allowedTag.MatchString(tag) {
					t.Errorf("an unexpected tag: %q", tag)
				}
			}
			if want := strings.Count(text, "\n```mermaid\n"); len(f.Diagrams) != want {
				t.Errorf("%d pictures, want %d", len(f.Diagrams), want)
			}
			for _, d := range f.Diagrams {
				if !d.SVG || d.Error != "" || len(d.Subgraphs) > 0 || strings.Count(d.Source, "-->") != d.Edges {
					t.Errorf("a picture with %d edges, %q:\n%s", d.Edges, d.Error, d.Source)
				}
			}
			if want := strings.Count(text, "<details>"); len(f.Details) != want || slices.ContainsFunc(f.Details, func(d render.Details) bool { return d.Depth > 0 || d.Open }) {
				t.Errorf("folds %+v, want %d closed ones, none in another", f.Details, want)
			}
			for _, table := range f.Tables {
				for _, row := range table.Rows {
					if len(row) != len(table.Header) {
						t.Errorf("a row with %d cells below %q: %q", len(row), table.Header, row)
					}
				}
			}
			if want := strings.Count(text, "|:--"); want > 0 && len(f.Tables) == 0 {
				t.Error("no table")
			}
			if name == "hostile_picture" {
				labels := strings.ReplaceAll(strings.Join(f.Diagrams[0].Nodes, "\n"), "\u2060", "")
				for _, label := range []string{"$$x^2$$", `a"] --> b["c`, "%%{init: {", "&lt;b&gt;", "#quot;", "1. one", "- two", "subgraph x"} {
					if !strings.Contains(labels, label) {
						t.Errorf("no node says %q", label)
					}
				}
			}
			if dir := os.Getenv("BACKUPFW_RENDER_DIR"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, name+".png"), page.PNG, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
