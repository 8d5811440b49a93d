//go:build integration

package reviewtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	ourProvider = "registry.terraform.io/backupfw/backupfw"
	ourVersion  = "0.0.1"
)

// addresses are the provider's full names in Terraform and in OpenTofu.
var addresses = []string{ourProvider, "registry.opentofu.org/backupfw/backupfw"}

// scratch is a folder that lives as long as the test process: what is built
// once for all tests lies there.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "backupfw-review-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}())
}

// machine is what the pipelines find on the machine that runs them: a folder
// with the command line under the name terraform, and its configuration, which
// knows our provider and no other place to get one from.
type machine struct{ bin, cliConfig string }

var theMachine = sync.OnceValues(func() (machine, error) {
	for _, name := range []string{"git", "bash", "curl", "jq"} {
		if _, err := exec.LookPath(name); err != nil {
			return machine{}, fmt.Errorf("%w; the recipes need it", err)
		}
	}
	name := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if name == "" {
		name = "terraform"
	}
	cli, err := exec.LookPath(name)
	if err != nil {
		return machine{}, fmt.Errorf("%w; run the tests with \"make integration\", which finds or fetches a command line", err)
	}
	if cli, err = filepath.Abs(cli); err != nil {
		return machine{}, err
	}
	m := machine{bin: filepath.Join(scratch, "bin"), cliConfig: filepath.Join(scratch, "cli.tfrc")}
	if err := os.Mkdir(m.bin, 0o755); err != nil {
		return machine{}, err
	}
	if err := os.Symlink(cli, filepath.Join(m.bin, "terraform")); err != nil {
		return machine{}, err
	}
	mirror := filepath.Join(scratch, "mirror")
	if err := buildProvider(mirror); err != nil {
		return machine{}, err
	}
	text := fmt.Sprintf("disable_checkpoint = true\n\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	return m, os.WriteFile(m.cliConfig, []byte(text), 0o644)
})

// buildProvider compiles this repository's provider into a filesystem mirror.
func buildProvider(mirror string) error {
	built := ""
	for _, address := range addresses {
		file := filepath.Join(mirror, filepath.FromSlash(address), ourVersion, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-backupfw_v"+ourVersion)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if built != "" {
			if err := os.Link(built, file); err != nil {
				return err
			}
			continue
		}
		built = file
		cmd := exec.CommandContext(context.Background(), "go", "build", "-o", file, "-ldflags", "-X main.version="+ourVersion, ".")
		cmd.Dir = filepath.Join("..", "..")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, output)
		}
	}
	return nil
}

// environment is that of a runner: nothing of the developer's own settings, no
// proxy between us and the stand-ins, and no credentials.
func environment(t *testing.T, more map[string]string) []string {
	t.Helper()
	m, err := theMachine()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{
		"PATH=" + m.bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "LANG=C.UTF-8", "NO_PROXY=*", "no_proxy=*",
		"TF_CLI_CONFIG_FILE=" + m.cliConfig, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=author", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_COMMITTER_NAME=author", "GIT_COMMITTER_EMAIL=author@example.org",
	}
	for name, value := range more {
		env = append(env, name+"="+value)
	}
	return env
}

// outcome is how a process ended, and what it wrote to both outputs.
type outcome struct {
	exit   int
	output string
}

// run runs a program to its end.
func run(t *testing.T, dir string, env []string, name string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, env, 5*time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output.Bytes())
	}
	return outcome{exit: cmd.ProcessState.ExitCode(), output: output.String()}
}

// mustRun is run for a program that has to succeed.
func mustRun(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	o := run(t, dir, env, name, args...)
	if o.exit != 0 {
		t.Fatalf("%s %s ended with %d:\n%s", name, strings.Join(args, " "), o.exit, o.output)
	}
	return o.output
}
