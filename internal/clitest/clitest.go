// Package clitest lets the tests of several packages drive the command line of
// Terraform or OpenTofu against the provider in their own process: nothing has
// to be built or installed, the clock stands still, and the race detector sees
// the provider. The environment says which command line.
package clitest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// The provider's full names: "backupfw/backupfw" means the first to Terraform
// and the second to OpenTofu.
const (
	TerraformAddress = "registry.terraform.io/backupfw/backupfw"
	OpenTofuAddress  = "registry.opentofu.org/backupfw/backupfw"
)

// Addresses lists both names.
func Addresses() []string { return []string{TerraformAddress, OpenTofuAddress} }

// Path is the command line to test with, an absolute path: what
// TF_ACC_TERRAFORM_PATH names, or else terraform. The error says how to get one.
func Path() (string, error) {
	name := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if name == "" {
		name = "terraform"
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(found)
}

// IsOpenTofu reports whether the command line at the path is OpenTofu. Its
// answer is its own: the file may have any name.
func IsOpenTofu(path string) (bool, error) {
	cmd := exec.CommandContext(context.Background(), path, "version")
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
	out, err := cmd.Output()
	return strings.HasPrefix(string(out), "OpenTofu"), err
}

// Find skips a test that must not start a command line, without TF_ACC, and
// returns the path of the command line otherwise.
func Find(t testing.TB) string {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform; set TF_ACC=1, or use make test")
	}
	path, err := Path()
	if err != nil {
		t.Fatalf("%v; make test finds or fetches a command line", err)
	}
	return path
}

// Serve starts the provider for one workspace and returns how to reach it, in
// the form of TF_REATTACH_PROVIDERS. It stops with the test.
func Serve(t testing.TB, clock func() time.Time) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	listening := make(chan *plugin.ReattachConfig, 1)
	stopped := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(TerraformAddress,
			provider.NewServerWithClock("test", clock),
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
	for _, name := range Addresses() {
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

// Environment is the environment of a command line that reaches the provider
// by what Serve has returned. It holds nothing of the user's own Terraform
// settings.
func Environment(t testing.TB, reattach string) []string {
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
