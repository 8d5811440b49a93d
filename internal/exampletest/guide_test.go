package exampletest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFirstScoreGuide_ShowsWhatThePlanShows follows the guide from an empty
// folder: what it tells to write gives what it says the plan shows.
func TestFirstScoreGuide_ShowsWhatThePlanShows(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "first-score.md"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t)
	for name, language := range map[string]string{"rules.csv": "csv", "main.tf": "terraform"} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(firstBlock(t, string(guide), language)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	plan := string(w.mustRun(0, "plan", "-no-color"))
	if want := firstBlock(t, string(guide), "text"); !strings.Contains(plan, want) {
		t.Errorf("the guide shows\n%s\nthe plan is\n%s", want, plan)
	}
	w.mustRun(0, "fmt", "-check")
}

// firstBlock is the first fenced block of the language.
func firstBlock(t *testing.T, page, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n```"+language+"\n")
	block, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("no block of %s", language)
	}
	return block
}

// TestOtherTargetsGuide_PartsFitTogether puts the part of the target that needs
// no cloud behind the policy of the page, as the page says.
func TestOtherTargetsGuide_PartsFitTogether(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "other-targets.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, nftables, found := strings.Cut(string(guide), "\n## nftables\n")
	if !found {
		t.Fatal("the page has no part for nftables")
	}
	w := newWorkspace(t, "provider/provider.tf")
	w.write("main.tf", firstBlock(t, string(guide), "terraform")+"\n"+firstBlock(t, nftables, "terraform"))
	w.mustRun(0, "fmt", "-check")
	checkLife(t, w)
}
