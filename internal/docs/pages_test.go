package docs

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// TestProductPages_UpToDate also finds pages of products that are gone.
func TestProductPages_UpToDate(t *testing.T) {
	pages := productPages()
	if len(pages) != len(catalog.IDs()) {
		t.Errorf("%d pages for %d products", len(pages), len(catalog.IDs()))
	}
	for _, folder := range []string{pageFolder, "docs/guides/"} {
		for name, want := range pages {
			name = folder + path.Base(name)
			if got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				t.Errorf("%v: run make generate", err)
			} else if string(got) != want {
				t.Errorf("%s is out of date: run make generate", name)
			}
		}
		written, err := fs.Glob(os.DirFS(root), folder+pagePrefix+"*"+pageSuffix)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range written {
			if _, wanted := pages[pageFolder+path.Base(name)]; !wanted {
				t.Errorf("%s is the page of no product: run make generate", name)
			}
		}
	}
}

func TestUpdatePages(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, filepath.FromSlash(pageFolder))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"product-gone.md": "gone", "product-same.md": "same", "product-old.md": "old", "products.md": "index"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pages := map[string]string{pageFolder + "product-same.md": "same", pageFolder + "product-old.md": "older", pageFolder + "product-new.md": "new"}
	for _, want := range [][]string{
		{pageFolder + "product-new.md", pageFolder + "product-old.md", pageFolder + "product-gone.md"},
		nil, // once is enough
	} {
		if changed, err := updatePages(dir, pages); err != nil || !slices.Equal(changed, want) {
			t.Errorf("changed %v, %v, want %v", changed, err, want)
		}
	}
	got := map[string]string{}
	for _, name := range []string{"product-gone.md", "product-same.md", "product-old.md", "product-new.md", "products.md"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			got[name] = string(text)
		}
	}
	want := map[string]string{"product-same.md": "same", "product-old.md": "older", "product-new.md": "new", "products.md": "index"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestProductPages_ShowEverything looks for what the catalogue has in the rows
// of the page, and for the mark of what is hardly supported.
func TestProductPages_ShowEverything(t *testing.T) {
	for _, p := range products() {
		page := productPage(p)
		row := func(first string) string {
			_, rest, _ := strings.Cut(page, "\n| "+first+" | ")
			line, _, _ := strings.Cut(rest, "\n")
			return line
		}
		expect := func(first string, confidence catalog.Confidence, words ...string) {
			t.Helper()
			line := row(first)
			for _, word := range words {
				if !strings.Contains(line, word) {
					t.Errorf("%s: the row of %s lacks %q: %s", p.ID, first, word, line)
				}
			}
			if marked := strings.Contains(line, "| **low** |"); marked != (confidence == catalog.Low) {
				t.Errorf("%s: %s has confidence %s, and the page says %s", p.ID, first, confidence, line)
			}
		}
		_, flows, _ := strings.Cut(page, "\n## Flows\n")
		_, rules, _ := strings.Cut(page, "\n## Sizing\n")
		for _, r := range p.Roles {
			expect(code(r.ID), "", strings.ReplaceAll(prose(r.Description), "|", `\|`))
		}
		whole := page
		for i := range p.Flows {
			f := &p.Flows[i]
			page = flows
			expect(code(f.ID), f.Confidence, code(f.From)+" → "+code(f.To), f.Ports.String(), sourceNumber(p, f.Source))
			if f.Negotiated != strings.Contains(row(code(f.ID)), "(negotiated") || f.OpenEnded != strings.Contains(row(code(f.ID)), "is an example") {
				t.Errorf("%s: %s does not say how its port is chosen: %s", p.ID, f.ID, row(code(f.ID)))
			}
		}
		for i := range p.Sizing {
			r := &p.Sizing[i]
			page = rules
			expect(code(r.ID), r.Confidence, codes(r.AppliesTo), "| "+arithmetic(r)+" |", prose(r.Formula))
		}
		page = whole
		for _, v := range p.History {
			expect(v.CVE, v.Confidence, fmt.Sprint(v.Year), v.Ports.String(), v.KEVDateAdded)
		}
		if low := slices.ContainsFunc(p.Flows, func(f catalog.Flow) bool { return f.Confidence == catalog.Low }); low != strings.Contains(page, "\n**Low confidence** in ") {
			t.Errorf("%s: the warning on top is wrong", p.ID)
		}
		if strings.Contains(page, "[0](#sources)") {
			t.Errorf("%s: a source is not in the list", p.ID)
		}
	}
}

// cells is the number of columns in a line of a table.
func cells(line string) int {
	return strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") - 1
}

func TestProductPages_TablesAreWhole(t *testing.T) {
	pages := productPages()
	pages["products"] = productIndex()
	for name, page := range pages {
		columns := 0
		for _, line := range strings.Split(page, "\n") {
			switch {
			case !strings.HasPrefix(line, "|"):
				columns = 0
			case columns == 0:
				columns = cells(line)
			case cells(line) != columns || !strings.HasSuffix(line, "|"):
				t.Errorf("%s: not %d columns: %s", name, columns, line)
			}
		}
	}
}

func TestProse(t *testing.T) {
	const text = "a*b* <->\n[c] `d` e|f\\g ~h~ i_j_k"
	if got, want := table([]string{"x"}, [][]string{{prose(text)}}), "| x |\n|---|\n| a\\*b\\* \\<-> \\[c\\] \\`d\\` e\\|f\\\\g \\~h\\~ i_j_k |"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPicture(t *testing.T) {
	one, other := ports("1024-2048/tcp"), ports("53/tcp").Union(ports("53/udp"))
	p := &catalog.Product{
		Roles: []catalog.Role{{ID: "end"}, {ID: "graph"}},
		Flows: []catalog.Flow{
			{From: "graph", To: "end", Ports: one, Confidence: catalog.Low},
			{From: "end", To: "end", Ports: one, Confidence: catalog.Low},
			{From: "graph", To: "end", Ports: other, Required: true, Confidence: catalog.High},
			{From: "graph", To: "end", Ports: one, Confidence: catalog.Medium},
		},
	}
	want := strings.Join([]string{
		"```mermaid",
		"flowchart LR",
		`  r1["end"]`,
		`  r2["graph"]`,
		`  r2 -->|"1024-2048/tcp<br/>53/tcp, 53/udp"| r1`,
		`  r1 -.->|"1024-2048/tcp (low confidence)"| r1`,
		"```",
	}, "\n")
	if got := picture(p); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	line := regexp.MustCompile("^(```mermaid|flowchart LR|  r[0-9]+\\[\"[a-z0-9_]+\"\\]|  r[0-9]+ -(\\.-|-)>\\|\"[a-z0-9 ,()/<>-]+\"\\| r[0-9]+|```)$")
	for _, p := range products() {
		for _, text := range strings.Split(picture(p), "\n") {
			if !line.MatchString(text) {
				t.Errorf("%s: the picture has a line %q", p.ID, text)
			}
		}
	}
}

var argument = regexp.MustCompile(`(?m)^  (\w+) += (.*)$`)

// TestExamples_Resolve reads the examples as they stand on the pages.
func TestExamples_Resolve(t *testing.T) {
	for _, p := range products() {
		_, text, _ := strings.Cut(productPage(p), "```terraform\n")
		text, _, _ = strings.Cut(text, "```")
		var spec resolve.PortRangeSpec
		fields := map[string]any{"name": &spec.Name, "product": &spec.Product, "from_role": &spec.FromRole, "to_role": &spec.ToRole,
			"flows": &spec.Flows, "ports": &spec.Ports, "load": &spec.Load}
		for _, found := range argument.FindAllStringSubmatch(text, -1) {
			value := found[2]
			if found[1] == "load" {
				value = regexp.MustCompile(`(\w+) = `).ReplaceAllString(value, `"$1": `)
			}
			field, known := fields[found[1]]
			if !known {
				t.Errorf("%s: argument %s", p.ID, found[1])
			} else if err := json.Unmarshal([]byte(value), field); err != nil {
				t.Errorf("%s: %s: %v", p.ID, found[0], err)
			}
		}
		if spec.Product != p.ID {
			t.Errorf("%s: product is %q", p.ID, spec.Product)
		}
		resolved, faults := spec.Resolve()
		if len(faults) > 0 {
			t.Errorf("%s: %v", p.ID, faults)
			continue
		}
		if warnings := resolve.SizingWarnings(resolved); spec.Ports != nil && len(warnings) > 0 {
			t.Errorf("%s: %v", p.ID, warnings)
		}
	}
}
