//go:build integration

package acceptance

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Workspace is a root module in a scratch folder, with the CLI to run on it.
type Workspace struct {
	t   *testing.T
	dir string // the module
	out string // what the last run of the CLI wrote
	cli string
	env []string
}

// Result is what one run of the CLI left.
type Result struct {
	Stdout, Stderr string
	ExitCode       int
}

// NewWorkspace returns an empty workspace. With withOurs, this repository's
// provider is built and offered to it.
func NewWorkspace(t *testing.T, withOurs bool) *Workspace {
	t.Helper()
	cli, err := cliPath()
	if err != nil {
		t.Fatal(err)
	}
	config, err := cliConfig(withOurs)
	if err != nil {
		t.Fatal(err)
	}
	return &Workspace{t: t, dir: t.TempDir(), out: t.TempDir(), cli: cli, env: cliEnvironment(config)}
}

// Write writes a file of the module, anew or in place of what stood there.
func (w *Workspace) Write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// Run runs the CLI and returns how it ended, whatever that was.
func (w *Workspace) Run(args ...string) Result {
	w.t.Helper()
	// Not the test's own context: a cleanup destroys after that has ended.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.cli, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	// A graceful end, so that the CLI takes its plugins with it. It must be
	// able to write meanwhile: into files, since a pipe would break with us.
	bindToUs(cmd, syscall.SIGTERM)
	stdout, stderr := w.openOutput("stdout"), w.openOutput("stderr")
	defer stdout.Close()
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Cancel = func() error { return stopGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	start := time.Now()
	err := cmd.Run()
	w.t.Logf("%s %s: %.1fs", filepath.Base(w.cli), strings.Join(args, " "), time.Since(start).Seconds())
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("%s: %v\n%s", args[0], err, w.readOutput("stderr"))
	}
	return Result{Stdout: w.readOutput("stdout"), Stderr: w.readOutput("stderr"), ExitCode: cmd.ProcessState.ExitCode()}
}

func (w *Workspace) openOutput(name string) *os.File {
	w.t.Helper()
	file, err := os.Create(filepath.Join(w.out, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}

func (w *Workspace) readOutput(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.out, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// MustRun is Run for a command that has to succeed.
func (w *Workspace) MustRun(args ...string) Result {
	w.t.Helper()
	result := w.Run(args...)
	if result.ExitCode != 0 {
		w.t.Fatalf("%s ended with %d:\n%s%s", strings.Join(args, " "), result.ExitCode, result.Stdout, result.Stderr)
	}
	return result
}

// Init installs the providers.
func (w *Workspace) Init() { w.t.Helper(); w.MustRun("init", "-no-color") }

// PlanChanges plans, and returns what the plan means to do to the resources as
// "address: action", sorted, without those that stay as they are.
func (w *Workspace) PlanChanges() []string {
	w.t.Helper()
	var changes []string
	for _, m := range w.messages(w.MustRun("plan", "-json", "-out=tfplan")) {
		if m.Type == "planned_change" && m.Change.Resource.Mode != "data" {
			changes = append(changes, m.Change.Resource.Address+": "+m.Change.Action)
		}
	}
	slices.Sort(changes)
	return changes
}

// Plan plans, and returns the plan with its values. It costs one start of
// every provider more than PlanChanges.
func (w *Workspace) Plan() Plan {
	w.t.Helper()
	w.MustRun("plan", "-no-color", "-out=tfplan")
	var plan Plan
	w.decode(w.MustRun("show", "-json", "tfplan").Stdout, &plan)
	return plan
}

// PlanFails plans a module that has to be rejected, and returns the errors.
func (w *Workspace) PlanFails() []Diagnostic {
	w.t.Helper()
	result := w.Run("plan", "-json")
	if result.ExitCode != 1 {
		w.t.Fatalf("plan ended with %d, want an error:\n%s", result.ExitCode, result.Stdout)
	}
	return w.errors(result)
}

// Apply applies the module as it stands.
func (w *Workspace) Apply() {
	w.t.Helper()
	w.MustRun("apply", "-no-color", "-auto-approve")
}

// ApplyPlanned applies what the last plan means to do.
func (w *Workspace) ApplyPlanned() {
	w.t.Helper()
	w.MustRun("apply", "-no-color", "tfplan")
}

// ApplyFails applies a module that has to be rejected, and returns the errors.
func (w *Workspace) ApplyFails() []Diagnostic {
	w.t.Helper()
	result := w.Run("apply", "-json", "-auto-approve")
	if result.ExitCode == 0 {
		w.t.Fatalf("apply succeeded, want an error:\n%s", result.Stdout)
	}
	return w.errors(result)
}

// Destroy destroys what the state holds.
func (w *Workspace) Destroy() { w.t.Helper(); w.MustRun("destroy", "-no-color", "-auto-approve") }

// Output returns the value of an output as JSON, from the state.
func (w *Workspace) Output(name string, into any) {
	w.t.Helper()
	w.decode(w.MustRun("output", "-json", name).Stdout, into)
}

func (w *Workspace) decode(text string, into any) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		w.t.Fatalf("%v in: %.500s", err, text)
	}
}

// Diagnostic is one error or warning of a run with -json.
type Diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    *struct {
		Filename string `json:"filename"`
		Start    struct {
			Line int `json:"line"`
		} `json:"start"`
	} `json:"range"`
	Snippet *struct {
		Code string `json:"code"`
	} `json:"snippet"`
}

// message is one line of a run with -json.
type message struct {
	Type       string     `json:"type"`
	Diagnostic Diagnostic `json:"diagnostic"`
	Change     struct {
		Action   string `json:"action"`
		Resource struct {
			Address string `json:"addr"`
			Mode    string `json:"mode"`
		} `json:"resource"`
	} `json:"change"`
}

func (w *Workspace) messages(result Result) []message {
	w.t.Helper()
	var messages []message
	for line := range strings.Lines(result.Stdout) {
		var m message
		w.decode(line, &m)
		messages = append(messages, m)
	}
	return messages
}

// errors returns the errors among the lines of a run with -json.
func (w *Workspace) errors(result Result) []Diagnostic {
	w.t.Helper()
	var found []Diagnostic
	for _, m := range w.messages(result) {
		if m.Type == "diagnostic" && m.Diagnostic.Severity == "error" {
			found = append(found, m.Diagnostic)
		}
	}
	return found
}

// Plan is the part of a plan's JSON that the tests look at.
type Plan struct {
	ResourceChanges []ResourceChange `json:"resource_changes"`
	OutputChanges   map[string]struct {
		Actions      []string        `json:"actions"`
		After        json.RawMessage `json:"after"`
		AfterUnknown json.RawMessage `json:"after_unknown"`
	} `json:"output_changes"`
}

// ResourceChange is what a plan means to do to one instance.
type ResourceChange struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Index   any    `json:"index"`
	Change  struct {
		Actions      []string       `json:"actions"`
		Before       map[string]any `json:"before"`
		After        map[string]any `json:"after"`
		AfterUnknown map[string]any `json:"after_unknown"`
	} `json:"change"`
}
