//go:build integration

package acceptance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

const (
	ourProvider = "registry.terraform.io/backupfw/backupfw"
	ourVersion  = "0.0.1"
)

// scratch is a folder that lives as long as the test process: what is built
// once for all tests lies there.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "backupfw-integration-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}())
}

// cliPath returns the Terraform or OpenTofu to drive.
var cliPath = sync.OnceValues(func() (string, error) {
	name := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if name == "" {
		name = "terraform"
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w; run the tests with \"make integration\", which finds or fetches a CLI", err)
	}
	return filepath.Abs(found)
})

// ourMirror builds this repository's provider and returns a filesystem mirror
// that offers it.
var ourMirror = sync.OnceValues(func() (string, error) {
	mirror := filepath.Join(scratch, "mirror")
	name := "terraform-provider-backupfw_v" + ourVersion
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	file := filepath.Join(mirror, filepath.FromSlash(ourProvider), ourVersion, runtime.GOOS+"_"+runtime.GOARCH, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", file, "-ldflags", "-X main.version="+ourVersion, ".")
	cmd.Dir = filepath.Join("..", "..")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, output)
	}
	return mirror, nil
})

// cliConfig writes the CLI configuration that sends each provider to where it
// lies. Our provider is built only for a workspace that uses it.
func cliConfig(withOurs bool) (string, error) {
	aws, err := findAWSMirror()
	if err != nil {
		return "", err
	}
	var sources strings.Builder
	addresses := []string{}
	add := func(path, address string) {
		fmt.Fprintf(&sources, "  filesystem_mirror {\n    path    = %q\n    include = [%q]\n  }\n", filepath.ToSlash(path), address)
		addresses = append(addresses, fmt.Sprintf("%q", address))
	}
	if withOurs {
		ours, err := ourMirror()
		if err != nil {
			return "", err
		}
		add(ours, ourProvider)
	}
	if aws != "" {
		add(aws, awsProvider)
	}
	fmt.Fprintf(&sources, "  direct {\n    exclude = [%s]\n  }\n", strings.Join(addresses, ", "))
	text := "disable_checkpoint = true\n\nprovider_installation {\n" + sources.String() + "}\n"
	file := filepath.Join(scratch, fmt.Sprintf("cli-%t.tfrc", withOurs))
	return file, os.WriteFile(file, []byte(text), 0o644)
}

// cliEnvironment returns the environment of the CLI: nothing of the user's own
// Terraform settings and no credentials of a cloud account, so that whatever
// goes wrong stays on this machine.
func cliEnvironment(config string) []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(pair), "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "TF_") && !strings.HasPrefix(name, "TF_LOG") {
			continue
		}
		env = append(env, pair)
	}
	nowhere := filepath.Join(scratch, "no-such-file")
	return append(env,
		"TF_CLI_CONFIG_FILE="+config,
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+nowhere,
		"AWS_SHARED_CREDENTIALS_FILE="+nowhere,
	)
}
