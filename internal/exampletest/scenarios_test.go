package exampletest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
)

// scenarios are whole root modules, and for each the codes with which its
// folder "rejected" is turned down, warnings included.
var scenarios = map[string][]string{
	"brownfield":       {"broad-peer", "score-limit", "sensitive-service", "well-known-port"},
	"dmz-backup":       {"score-limit", "sensitive-service", "well-known-port"},
	"multi-cloud":      {"any-peer", "score-limit"},
	"netbackup-tunnel": {"broad-range", "cleartext", "score-limit", "sensitive-service"},
	"veeam-three-tier": {"broad-range", "neighbour-services", "oversized-range", "score-limit", "sensitive-service", "undocumented-port"},
}

// newScenario copies the whole folder of a scenario into a new root module, and
// initialises it: not even validate reads a module whose tests name another one
// before that. The provider is reached all the same, so nothing is downloaded.
func newScenario(t *testing.T, name string) *workspace {
	t.Helper()
	w := newWorkspace(t)
	if err := os.CopyFS(w.dir, os.DirFS(filepath.Join(examples, "scenarios", name))); err != nil {
		t.Fatal(err)
	}
	w.mustRun(0, "init", "-no-color")
	return w
}

func TestScenarios(t *testing.T) {
	for name, codes := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScenario(t, name)
			w.mustRun(0, "fmt", "-check", "-recursive")
			checkLife(t, w)
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
	index := readExample(t, "README.md")
	for _, e := range entries {
		name := e.Name()
		if scenarios[name] == nil {
			t.Errorf("scenario %s is run by no test: add it to the table", name)
		}
		if !strings.Contains(index, "](scenarios/"+name+"/README.md)") {
			t.Errorf("examples/README.md has no link to scenario %s", name)
		}
		for _, file := range []string{"README.md", "main.tf", "rejected/main.tf", "accepted.tftest.hcl", "rejected.tftest.hcl"} {
			if _, err := os.Stat(filepath.Join(examples, "scenarios", name, filepath.FromSlash(file))); err != nil {
				t.Error(err)
			}
		}
		for _, link := range relativeLink.FindAllStringSubmatch(readExample(t, "scenarios/"+name+"/README.md"), -1) {
			if _, err := os.Stat(filepath.Join(examples, "scenarios", name, filepath.FromSlash(link[1]))); err != nil {
				t.Errorf("the README of %s links to nothing: %v", name, err)
			}
		}
	}
}

var relativeLink = regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`)

var runBlock = regexp.MustCompile(`(?m)^run "`)

// TestScenarios_OwnTests runs the tests that a scenario brings along.
//
// What is rejected stands in a file of its own: one process serves every
// configuration of the provider here, and a file has only one.
func TestScenarios_OwnTests(t *testing.T) {
	for name := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newScenario(t, name)
			runs := 0
			for _, file := range []string{"accepted.tftest.hcl", "rejected.tftest.hcl"} {
				text := readExample(t, "scenarios/"+name+"/"+file)
				found := len(runBlock.FindAllString(text, -1))
				if found == 0 || !strings.Contains(text, "  assert {") {
					t.Errorf("%s runs nothing, or asserts nothing", file)
				}
				if strings.Contains(text, "mock_provider") {
					t.Errorf("%s has a mock in place of the provider", file)
				}
				runs += found
			}
			output := string(w.mustRun(0, "test", "-no-color"))
			if want := fmt.Sprintf("Success! %d passed, 0 failed.", runs); !strings.Contains(output, want) {
				t.Errorf("the tests have %d runs, and terraform test says\n%s", runs, output)
			}
		})
	}
}

// TestScenarios_OwnTestsCanFail spoils a scenario; its tests must notice.
func TestScenarios_OwnTestsCanFail(t *testing.T) {
	w := newScenario(t, "netbackup-tunnel")
	text := readExample(t, "scenarios/netbackup-tunnel/main.tf")
	spoiled := strings.Replace(text, `flows   = ["client-to-media-tunnel"]`, `flows   = ["client-to-storage-spad"]`, 1)
	if spoiled == text {
		t.Fatal("the scenario has no tunnel")
	}
	w.write("main.tf", spoiled)
	if output := string(w.mustRun(1, "test", "-no-color")); !strings.Contains(output, "Across the firewall goes ingress 10102/tcp, egress 1556/tcp") {
		t.Errorf("the test fails for another reason:\n%s", output)
	}
}

// TestScenarios_ReadmesShowThePlan holds the outputs that a README shows to what
// the plan prints.
func TestScenarios_ReadmesShowThePlan(t *testing.T) {
	for name := range scenarios {
		page := readExample(t, "scenarios/"+name+"/README.md")
		if !strings.Contains(page, "\n```mermaid\n") {
			t.Errorf("the README of %s has no picture", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := firstBlock(t, page, "text")
			got := plannedOutputs(t, string(newScenario(t, name).mustRun(0, "plan", "-no-color")), outputNames(want))
			if got == want {
				return
			}
			if *update {
				page = strings.Replace(page, want, got, 1)
				if err := os.WriteFile(filepath.Join(examples, "scenarios", name, "README.md"), []byte(page), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("the README shows\n%s\nthe plan is\n%s\nmake golden writes it", want, got)
		})
	}
}

var outputLine = regexp.MustCompile(`(?m)^\+ (\w+)`)

// outputNames are the outputs in a text of the form of plannedOutputs.
func outputNames(text string) []string {
	var names []string
	for _, found := range outputLine.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names
}

// plannedOutputs is what a plan says of these outputs, which all have to be
// there.
func plannedOutputs(t *testing.T, plan string, names []string) string {
	t.Helper()
	_, rest, _ := strings.Cut(plan, "Changes to Outputs:\n")
	rest, _, _ = strings.Cut(rest, "\n\n")
	var shown strings.Builder
	taken := false
	for line := range strings.Lines(strings.TrimRight(rest, "\n") + "\n") {
		line = strings.TrimPrefix(line, "  ")
		if found := outputLine.FindStringSubmatch(line); found != nil {
			taken = slices.Contains(names, found[1])
		}
		if taken {
			shown.WriteString(line)
		}
	}
	if got := outputNames(shown.String()); len(names) == 0 || len(got) != len(names) {
		t.Fatalf("the plan has the outputs %v of %v:\n%s", got, names, plan)
	}
	return shown.String()
}

// TestScenarios_BrownfieldNarrows: the suggestion that the scenario shows as
// rejected is the one that the provider makes, and the policy in its place
// opens nothing that was not open before.
func TestScenarios_BrownfieldNarrows(t *testing.T) {
	w := newScenario(t, "brownfield")
	w.write("told.tf", `
output "told" {
  value = {
    before = data.backupfw_assessment.before.allows
    after  = backupfw_policy.server.allows
    hcl    = data.backupfw_assessment.before.suggested_policy.hcl
  }
}
`)
	w.mustRun(0, "plan", "-no-color", "-out=tfplan")
	var told struct {
		Before, After []openedRule
		HCL           string
	}
	w.decodeOutput("told", &told)
	if rejected := readExample(t, "scenarios/brownfield/rejected/main.tf"); !strings.HasSuffix(rejected, "}\n\n"+told.HCL) {
		t.Errorf("rejected/main.tf does not end with the suggestion:\n%s", told.HCL)
	}
	before, after := policyOf(t, told.Before), policyOf(t, told.After)
	opened := 0
	for _, packet := range compiletest.Packets(after, compiletest.Extra{}) {
		if len(compiletest.AllowedBy(after, packet)) == 0 {
			continue
		}
		opened++
		if len(compiletest.AllowedBy(before, packet)) == 0 {
			t.Errorf("%s: the policy opens it and the old rules do not", packet)
		}
	}
	if opened == 0 {
		t.Error("the policy opens nothing")
	}
}
