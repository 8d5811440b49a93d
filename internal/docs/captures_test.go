package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/terminal"
)

func TestCapturePictures_UpToDate(t *testing.T) {
	pictures, err := capturePictures(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pictures {
		if got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Errorf("%v: run make generate", err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run make generate", name)
		}
	}
	// Whatever lies there is recorded, drawn or says how.
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(captureFolder)))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".svg"), ".txt")
		if name != "README.md" && !slices.ContainsFunc(captures, func(c capture) bool { return c.name == name }) {
			t.Errorf("%s%s belongs to no capture", captureFolder, e.Name())
		}
	}
}

// telling are the words of a sentence that a change of the scores or of the
// findings would make wrong: numbers, ranges, codes of findings.
var telling = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?(?:-[0-9]+)?|\b(?:score-limit|well-known-port|sensitive-service)\b|\b(?:low|accept)\b`)

// What is said of a capture stands in it.
func TestCaptures_SayWhatIsSeen(t *testing.T) {
	for _, c := range captures {
		text, err := c.text(root)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := terminal.ReadText(text)
		if err != nil {
			t.Fatal(err)
		}
		var seen strings.Builder
		for _, line := range lines {
			for _, run := range line {
				seen.WriteString(run.Text)
			}
			seen.WriteString("\n")
		}
		words := telling.FindAllString(c.description+" "+c.lead, -1)
		if len(words) < 5 {
			t.Errorf("%s: the words %q tell too little", c.name, words)
		}
		for _, word := range words {
			if !regexp.MustCompile(`(^|[^0-9.])` + regexp.QuoteMeta(word) + `($|[^0-9])`).MatchString(seen.String()) {
				t.Errorf("%s: %q is said, and does not stand in\n%s", c.name, word, seen.String())
			}
		}
		// A title is short, and the end of a Markdown image is not in its text.
		if len(c.title) > 30 || strings.ContainsAny(c.description, "[]\n`") {
			t.Errorf("%s: title %q, description %q", c.name, c.title, c.description)
		}
	}
}

func TestCaptures_HeadTheReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n## ")
	for _, c := range captures {
		if !strings.Contains(head, "]("+c.picturePath()+")") {
			t.Errorf("the README does not show %s before its first heading", c.picturePath())
		}
	}
}
