package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestScalePlots_UpToDate(t *testing.T) {
	plots, err := scalePlots(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(plots) != 3 {
		t.Errorf("%d plots, want 3", len(plots))
	}
	for name, want := range plots {
		if got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Errorf("%v: run make generate", err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run make generate", name)
		}
	}
}

// Pictures are addressed as the registry needs it, so no link checker would
// notice that one is gone. Each has a text for those who do not see it.
func TestScaleGuide_ShowsEveryPlot(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join(root, "templates", "guides", "scale.md"))
	if err != nil {
		t.Fatal(err)
	}
	plots, err := scalePlots(root)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`!\[([^\]]*)\]\(([^)]*)\)`).FindAllStringSubmatch(string(guide), -1)
	for _, picture := range shown {
		name, ours := strings.CutPrefix(picture[2], rawAddress)
		if !ours || plots[name] == nil {
			t.Errorf("%s is no plot of this repository", picture[2])
		}
		if len(picture[1]) < 20 {
			t.Errorf("%s has the text %q, which tells nothing", picture[2], picture[1])
		}
	}
	if len(shown) != len(plots) {
		t.Errorf("the guide shows %d pictures, and there are %d plots", len(shown), len(plots))
	}
}
