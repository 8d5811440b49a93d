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

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// examples is the folder under test.
var examples = filepath.Join("..", "..", "examples")

// today is the day on which the examples are read: their waivers have dates.
var today = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// addresses are the provider's full names in Terraform and in OpenTofu.
var addresses = []string{
	"registry.terraform.io/backupfw/backupfw",
	"registry.opentofu.org/backupfw/backupfw",
}

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
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform; set TF_ACC=1, or use make test")
	}
	name := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if name == "" {
		name = "terraform"
	}
	cli, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; make test finds or fetches a command line", err)
	}
	w := &workspace{t: t, dir: t.TempDir(), cli: cli}
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
	w.env = environment(t, serve(t))
	return w
}

// serve starts the provider for one workspace and returns how to reach it, in
// the form of TF_REATTACH_PROVIDERS.
func serve(t testing.TB) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	listening := make(chan *plugin.ReattachConfig, 1)
	stopped := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(addresses[0],
			func() tfprotov6.ProviderServer {
				return providerserver.NewProtocol6(provider.NewWithClock("test", func() time.Time { return today })())()
			},
			tf6server.WithDebug(ctx, listening, stopped),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()),
			tf6server.WithoutLogStderrOverride(),
			tf6server.WithLoggingSink(sink{t}), // follows TF_LOG, silent by default
		)
	}()
	var at *plugin.ReattachConfig
	select {
	case at = <-listening:
	case err := <-failed:
		stop()
		t.Fatalf("the provider did not start: %v", err)
	}
	t.Cleanup(func() { stop(); <-stopped })

	type address struct{ Network, String string }
	type reattach struct {
		Protocol        string
		ProtocolVersion int
		Pid             int
		Test            bool
		Addr            address
	}
	table := map[string]reattach{}
	for _, name := range addresses {
		table[name] = reattach{
			Protocol: string(at.Protocol), ProtocolVersion: 6, Pid: at.Pid, Test: true,
			Addr: address{at.Addr.Network(), at.Addr.String()},
		}
	}
	text, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sink is a test or a benchmark as the log wants it.
type sink struct{ testing.TB }

func (sink) Parallel() {}

// environment holds nothing of the user's own Terraform settings.
func environment(t testing.TB, reattach string) []string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	if err := os.WriteFile(config, []byte("disable_checkpoint = true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TF_") {
			env = append(env, pair)
		}
	}
	return append(env, "TF_REATTACH_PROVIDERS="+reattach, "TF_CLI_CONFIG_FILE="+config,
		"TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
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
