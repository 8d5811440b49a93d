package docs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	anchor  = regexp.MustCompile(`<a id="([^"]+)">`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// TestLinks follows the links between the pages, as they lie in docs/: there
// they hold on GitHub and in the registry alike.
func TestLinks(t *testing.T) {
	tree := os.DirFS(filepath.Join(root, "docs"))
	pages := map[string]string{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(tree, name)
		pages[name] = fence.ReplaceAllString(string(text), "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for name, text := range pages {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			followed++
			file, fragment, _ := strings.Cut(found[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if aimed, exists := pages[target]; !exists {
				t.Errorf("docs/%s links to %s, and there is no such page", name, found[1])
			} else if fragment != "" && !anchors(aimed)[fragment] {
				t.Errorf("docs/%s links to %s, and the page has no such heading", name, found[1])
			}
		}
	}
	if followed == 0 {
		t.Error("no links were found")
	}
	for _, p := range products() {
		if !strings.Contains(pages["guides/products.md"], "]("+pageName(p)+")") {
			t.Errorf("docs/guides/products.md does not link to %s", pageName(p))
		}
	}
}

// anchors are the places of a page that a link can name.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(page, -1) {
		text := link.ReplaceAllString(h[1], "]")
		found[strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(text), ""), " ", "-")] = true
	}
	for _, a := range anchor.FindAllStringSubmatch(page, -1) {
		found[a[1]] = true
	}
	return found
}
