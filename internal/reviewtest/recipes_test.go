package reviewtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// recipes is the folder under test.
var recipes = filepath.Join("..", "..", "examples", "pull-request-review")

// scripts are the shell scripts of the recipes.
var scripts = []string{
	"github-actions/.github/scripts/backupfw-comment.sh",
	"github-actions/.github/scripts/backupfw-review.sh",
	"gitlab/.gitlab/scripts/backupfw-note.sh",
	"gitlab/.gitlab/scripts/backupfw-review.sh",
}

func readRecipe(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(recipes, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodeYAML(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestRecipes_AreExplained: each folder is in the table and has a README.
func TestRecipes_AreExplained(t *testing.T) {
	entries, err := os.ReadDir(recipes)
	if err != nil {
		t.Fatal(err)
	}
	table := readRecipe(t, "README.md")
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if row := "| [`" + e.Name() + "/`](" + e.Name() + "/) |"; !strings.Contains(table, row) {
			t.Errorf("README.md has no row that begins with %s", row)
		}
		if e.Name() != "scenario" { // nothing of it is to be copied
			readRecipe(t, e.Name()+"/README.md")
		}
	}
}

// TestScripts_StopAtTheFirstError: a script that goes on after an error could
// report success.
func TestScripts_StopAtTheFirstError(t *testing.T) {
	for _, name := range scripts {
		text := readRecipe(t, name)
		if !strings.HasPrefix(text, "#!/usr/bin/env bash\n# ") || !strings.Contains(text, "\nset -euo pipefail\n") {
			t.Errorf("%s does not begin with the line for bash and a comment, or has no set -euo pipefail", name)
		}
	}
	found, err := filepath.Glob(filepath.Join(recipes, "*", ".git*", "scripts", "*"))
	if err != nil || len(found) != len(scripts) {
		t.Errorf("there are %d scripts (%v), and the tests know %d", len(found), err, len(scripts))
	}
}

// TestScripts_ReviewIsTheSame: both pipelines review with the same script, so
// that both say the same.
func TestScripts_ReviewIsTheSame(t *testing.T) {
	if readRecipe(t, scripts[1]) != readRecipe(t, scripts[3]) {
		t.Errorf("%s and %s differ: copy one over the other", scripts[1], scripts[3])
	}
}
