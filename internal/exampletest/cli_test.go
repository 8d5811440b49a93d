// Package exampletest runs everything in examples/ with the real command line,
// so that what the documentation shows is what happens.
package exampletest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/clitest"
)

// examples is the folder under test.
var examples = filepath.Join("..", "..", "examples")

// today is the day on which the examples are read: their waivers have dates.
var today = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// workspace is a root module in a scratch folder. The command line reaches the
// provider in this process, with the clock stopped at today; nothing has to be
// built or installed.
type workspace struct {
	t   testing.TB
	dir string
	cli string
	env []string
}

// newWorkspace copies the files, named by their paths below examples/, into a
// new root module.
func newWorkspace(t testing.TB, files ...string) *workspace {
	t.Helper()
	w := &workspace{t: t, cli: clitest.Find(t), dir: t.TempDir()}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(examples, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(w.dir, filepath.Base(file))
		if err := os.WriteFile(target, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.env = clitest.Environment(t, clitest.Serve(t, func() time.Time { return today }))
	return w
}

// run runs the command line and returns what it printed and how it ended.
func (w *workspace) run(args ...string) (output []byte, exit int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.cli, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if wrong := (*exec.ExitError)(nil); err != nil && !errors.As(err, &wrong) || ctx.Err() != nil {
		w.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return append(stdout.Bytes(), stderr.Bytes()...), cmd.ProcessState.ExitCode()
}

// mustRun is run for a command that has to end with the given code.
func (w *workspace) mustRun(want int, args ...string) []byte {
	w.t.Helper()
	output, exit := w.run(args...)
	if exit != want {
		w.t.Fatalf("%s ended with %d, want %d:\n%s", strings.Join(args, " "), exit, want, output)
	}
	return output
}

// diagnostic is one error or warning, as plan -json prints it.
type diagnostic struct {
	Severity, Summary, Detail, Address string
	Range                              *struct{ Filename string }
}

// plan plans into the file tfplan and returns the diagnostics.
func (w *workspace) plan() (diagnostics []diagnostic, exit int) {
	w.t.Helper()
	output, exit := w.run("plan", "-json", "-out=tfplan")
	for line := range bytes.Lines(output) {
		var event struct {
			Type       string
			Diagnostic diagnostic
		}
		if err := json.Unmarshal(line, &event); err != nil {
			w.t.Fatalf("plan -json printed a line that is not JSON: %s", line)
		}
		if event.Type == "diagnostic" {
			diagnostics = append(diagnostics, event.Diagnostic)
		}
	}
	return diagnostics, exit
}

// plannedState is a saved plan, as far as the tests look at it.
type plannedState struct {
	PlannedValues struct {
		RootModule struct {
			Resources []struct {
				Address string
				Values  map[string]any
			}
		} `json:"root_module"`
	} `json:"planned_values"`
	ResourceChanges []struct {
		Address, Mode, Type string
		Change              struct {
			AfterUnknown any `json:"after_unknown"`
		}
	} `json:"resource_changes"`
}

func (w *workspace) show() plannedState {
	w.t.Helper()
	var plan plannedState
	if err := json.Unmarshal(w.mustRun(0, "show", "-json", "tfplan"), &plan); err != nil {
		w.t.Fatal(err)
	}
	return plan
}

// planned returns the planned values of a resource.
func (w *workspace) planned(address string) map[string]any {
	w.t.Helper()
	for _, r := range w.show().PlannedValues.RootModule.Resources {
		if r.Address == address {
			return r.Values
		}
	}
	w.t.Fatalf("the plan has no %s", address)
	return nil
}

// unknowns names what of our provider the saved plan leaves to apply: data
// sources that were not read, and resources with unknown attributes.
func (w *workspace) unknowns() []string {
	w.t.Helper()
	var left []string
	for _, r := range w.show().ResourceChanges {
		if strings.HasPrefix(r.Type, "backupfw_") && (r.Mode == "data" || holdsTrue(r.Change.AfterUnknown)) {
			left = append(left, r.Address)
		}
	}
	return left
}

func holdsTrue(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case []any:
		return slices.ContainsFunc(v, holdsTrue)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), holdsTrue)
	}
	return false
}

func (d diagnostic) String() string {
	return fmt.Sprintf("%s: %s\n%s", d.Severity, d.Summary, d.Detail)
}
