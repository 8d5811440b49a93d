package exampletest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/clitest"
)

// movingOutput is where the tour of the guide is recorded: a file for each
// output that the page shows.
var movingOutput = filepath.Join("testdata", "moving")

// pageFile is a file that a page tells to write: its name in the last line
// before the block.
var pageFile = regexp.MustCompile("(?m)`([a-z_]+\\.(?:tf|csv))`[^`\n]*:\n\n```(?:terraform|csv)\n((?s:.*?))^```$")

// TestMovingGuide follows the tour of the guide from an empty folder.
func TestMovingGuide(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "moving.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := pageFile.FindAllStringSubmatch(string(page), -1)
	files := map[string]string{}
	for _, f := range found {
		files[f[1]] = f[2]
	}
	if blocks := strings.Count(string(page), "\n```terraform\n") + strings.Count(string(page), "\n```csv\n"); len(found) != blocks || len(files) != blocks {
		t.Fatalf("the page has %d blocks, and %d of them are files: %v", blocks, len(found), files)
	}
	w := newWorkspace(t)
	enforced := strings.Replace(files["provider.tf"], `enforcement = "warn"`, `enforcement = "enforce"`, 1)
	write := func(names ...string) {
		for _, name := range names {
			w.write(name, files[name])
		}
	}

	// Before, and phase 1.
	write("provider.tf", "by_hand.tf")
	w.mustRun(0, "apply", "-no-color", "-auto-approve")
	write("rules.csv", "assessment.tf")
	record(t, "score.txt", w.outputs("score", "findings"))

	// Phase 2: the suggestion is rejected, and planned with warnings.
	w.mustRun(0, "apply", "-no-color", "-auto-approve")
	w.write("policy.tf", string(w.mustRun(0, "output", "-raw", "suggested")))
	write("rules.tf")
	w.write("provider.tf", enforced)
	if rejected := string(w.mustRun(1, "plan", "-no-color")); !strings.Contains(rejected, "Error: ") {
		t.Errorf("the suggested policy is not rejected:\n%s", rejected)
	}
	write("provider.tf")
	w.mustRun(0, "fmt", "-check")
	warned := string(w.mustRun(0, "plan", "-no-color", "-out=tfplan"))
	if !strings.Contains(warned, "Warning: ") {
		t.Errorf("nothing warns:\n%s", warned)
	}
	if verdict := w.planned("backupfw_policy.existing")["verdict"]; verdict != "reject" {
		t.Errorf("the verdict is %v, the page says reject", verdict)
	}
	record(t, "keys.txt", w.outputs("keys"))

	// Phase 3: no rule is created or destroyed.
	w.remove("by_hand.tf")
	write("take_over.tf")
	if w.lacksLifecycleInRemoved() {
		w.write("take_over.tf", strings.Replace(files["take_over.tf"], "\n  lifecycle {\n    destroy = false\n  }\n", "", 1))
	}
	w.mustRun(0, "plan", "-no-color", "-out=tfplan")
	changes := w.ruleChanges()
	record(t, "takeover.txt", strings.Join(changes, "\n"))
	for _, change := range changes {
		if strings.Contains(change, "create") || strings.Contains(change, "delete") {
			t.Errorf("a rule is not taken over: %s", change)
		}
	}
	w.mustRun(0, "apply", "-no-color", "tfplan")
	w.remove("take_over.tf")
	w.mustRun(0, "plan", "-no-color", "-detailed-exitcode")

	// Phase 4: it is accepted with enforcement.
	w.remove("assessment.tf")
	w.remove("rules.csv")
	w.write("provider.tf", enforced)
	write("policy.tf")
	w.mustRun(0, "plan", "-no-color", "-out=tfplan")
	p := w.planned("backupfw_policy.existing")
	score, err := json.Marshal(p["score"])
	if err != nil {
		t.Fatal(err)
	}
	record(t, "end.txt", "score   = "+string(score)+"\nverdict = "+strconv.Quote(p["verdict"].(string)))
	w.mustRun(0, "apply", "-no-color", "tfplan")
	w.mustRun(0, "plan", "-no-color", "-detailed-exitcode")
}

func (w *workspace) remove(name string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

// outputs writes planned outputs as JSON, one after the other: how a plan
// prints them differs between versions.
func (w *workspace) outputs(names ...string) string {
	w.t.Helper()
	w.mustRun(0, "plan", "-no-color", "-out=tfplan")
	var texts []string
	for _, name := range names {
		var value any
		w.decodeOutput(name, &value)
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(value); err != nil {
			w.t.Fatal(err)
		}
		texts = append(texts, name+" = "+strings.TrimSpace(b.String()))
	}
	return strings.Join(texts, "\n")
}

// ruleChanges lists what the saved plan does to the rules, as in "moved from".
func (w *workspace) ruleChanges() []string {
	w.t.Helper()
	var plan struct {
		ResourceChanges []struct {
			Address, Type   string
			PreviousAddress string `json:"previous_address"`
			Change          struct {
				Actions   []string
				Importing *struct{ ID string }
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(w.mustRun(0, "show", "-json", "tfplan"), &plan); err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, r := range plan.ResourceChanges {
		if r.Type != "terraform_data" {
			continue
		}
		line := r.Address + ": " + strings.Join(r.Change.Actions, ", ")
		if r.PreviousAddress != "" {
			line += ", moved from " + r.PreviousAddress
		}
		if r.Change.Importing != nil {
			line += ", imported from " + r.Change.Importing.ID
		}
		lines = append(lines, line)
	}
	return lines
}

// lacksLifecycleInRemoved reports whether this is OpenTofu before 1.10.
func (w *workspace) lacksLifecycleInRemoved() bool {
	w.t.Helper()
	tofu, err := clitest.IsOpenTofu(w.cli)
	if err != nil {
		w.t.Fatal(err)
	}
	var version struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(w.mustRun(0, "version", "-json"), &version); err != nil {
		w.t.Fatal(err)
	}
	return tofu && (strings.HasPrefix(version.Version, "1.8.") || strings.HasPrefix(version.Version, "1.9."))
}

// record compares what the guide shows with what happened.
func record(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join(movingOutput, name)
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run make golden", err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s differs from what happens: run make golden and make generate, and read the page again\n%s", file, got)
	}
}
