package exampletest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// scenarios are whole root modules, and for each the codes with which its
// folder "rejected" is turned down.
var scenarios = map[string][]string{
	"dmz-backup": {"score-limit", "sensitive-service", "well-known-port"},
}

func TestScenarios(t *testing.T) {
	for name, codes := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkLife(t, newWorkspace(t, "scenarios/"+name+"/main.tf"))
		})
		t.Run(name+"/rejected", func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, "scenarios/"+name+"/rejected/main.tf")
			w.mustRun(0, "validate", "-no-color")
			diagnostics, exit := w.plan()
			raised := fromDiagnostics(diagnostics)
			if got := slices.Sorted(maps.Keys(raised)); exit != 1 || !slices.Equal(got, codes) {
				t.Errorf("the plan ended with %d and raised %v, want a rejection by %v", exit, got, codes)
			}
		})
	}
}

func TestScenarios_AllAreRun(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(examples, "scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if scenarios[e.Name()] == nil {
			t.Errorf("scenario %s is run by no test: add it to the table", e.Name())
		}
		if _, err := os.Stat(filepath.Join(examples, "scenarios", e.Name(), "README.md")); err != nil {
			t.Error(err)
		}
	}
}
