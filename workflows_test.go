package main_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var (
	usesLine     = regexp.MustCompile(`^\s*(?:- )?uses: (\S+)(?: # (v\d+\.\d+\.\d+))?$`)
	pinnedAction = regexp.MustCompile(`^([a-z0-9/-]+)@([0-9a-f]{40})$`)
)

// workflowFiles are the workflows of this repository, and the recipe that it
// offers to others.
func workflowFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{".github/workflows/*.yml", "examples/pull-request-review/github-actions/.github/workflows/*.yml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no workflow (%v)", pattern, err)
		}
		files = append(files, found...)
	}
	return files
}

// Nobody can move a commit as one can move a tag. One action has one version
// everywhere, so that an update does not forget a place.
func TestWorkflows_Actions_ArePinnedAlike(t *testing.T) {
	seen := map[string]string{} // action to commit and version
	for _, file := range workflowFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, "uses:") {
				continue
			}
			m := usesLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
			if m == nil {
				t.Errorf("%s: cannot read %q", file, line)
				continue
			}
			if strings.HasPrefix(m[1], "./") {
				continue // of this repository
			}
			action := pinnedAction.FindStringSubmatch(m[1])
			if action == nil || m[2] == "" {
				t.Errorf("%s: %q is not pinned by the hash of a commit with its version in a comment", file, m[1])
				continue
			}
			version := action[2] + " " + m[2]
			if before, known := seen[action[1]]; known && before != version {
				t.Errorf("%s: %s is %s, elsewhere %s", file, action[1], version, before)
			}
			seen[action[1]] = version
		}
	}
}

// A workflow may do nothing unless a job asks for it.
func TestWorkflows_Permissions_AreAskedForByJobs(t *testing.T) {
	for _, file := range workflowFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w struct{ Permissions map[string]string }
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: permissions %v, want {}", file, w.Permissions)
		}
	}
}

// From the first minor version with functions of providers on, none is left out
// of the matrix.
func TestWorkflows_CommandLines_EveryMinor(t *testing.T) {
	text, err := os.ReadFile(".github/workflows/command-lines.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w struct {
		Jobs map[string]struct {
			Strategy struct {
				Matrix struct {
					Include []struct{ CLI, Version string }
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, entry := range w.Jobs["test"].Strategy.Matrix.Include {
		got[entry.CLI] = append(got[entry.CLI], entry.Version)
	}
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"terraform", "tofu"}) {
		t.Fatalf("the matrix has %q, want terraform and tofu", names)
	}
	for name, newest := range map[string]int{"terraform": 14, "tofu": 12} {
		var want []string
		for minor := 8; minor <= newest; minor++ {
			want = append(want, "1."+strconv.Itoa(minor))
		}
		if !slices.Equal(got[name], want) {
			t.Errorf("the matrix has %s %v, want %v", name, got[name], want)
		}
	}
	for _, caller := range []string{"test.yml", "release.yml"} {
		text, err := os.ReadFile(filepath.Join(".github/workflows", caller))
		if err != nil {
			t.Fatal(err)
		}
		if call := fmt.Sprintf("uses: ./.github/workflows/%s\n", "command-lines.yml"); !strings.Contains(string(text), call) {
			t.Errorf("%s does not run the command lines", caller)
		}
	}
}
