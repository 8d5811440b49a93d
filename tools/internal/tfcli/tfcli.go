// Package tfcli finds the Terraform or OpenTofu command line that the
// developer commands drive, and fetches Terraform where there is none.
package tfcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-version"
	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
	"github.com/hashicorp/hc-install/src"
)

// PathVariable names the environment variable that overrides the search. It is
// the one that terraform-plugin-testing reads.
const PathVariable = "TF_ACC_TERRAFORM_PATH"

// oldest is the first release with provider-defined functions, in both tools.
var oldest = version.Must(version.NewVersion("1.8.0"))

// fetched is the release that is installed when there is none: pinned, so that
// two machines without Terraform see the same behaviour.
var fetched = version.Must(version.NewVersion("1.11.4"))

// Find returns the absolute path of a command line of at least version 1.8:
// what the environment names, else terraform or tofu on PATH, else Terraform
// installed into installDir. A path named in the environment is taken or
// refused, never replaced by another.
func Find(ctx context.Context, installDir string) (string, error) {
	if named := os.Getenv(PathVariable); named != "" {
		found, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("%s = %q is not a program: %w", PathVariable, named, err)
		}
		if err := checkVersion(ctx, found); err != nil {
			return "", fmt.Errorf("%s = %q: %w", PathVariable, named, err)
		}
		return filepath.Abs(found)
	}

	var refused []error
	for _, name := range []string{"terraform", "tofu"} {
		found, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if err := checkVersion(ctx, found); err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", found, err))
			continue
		}
		return filepath.Abs(found)
	}

	installed, err := ensure(ctx, installDir)
	if err != nil {
		return "", errors.Join(append(refused, fmt.Errorf(
			"no Terraform or OpenTofu from %s on PATH, and Terraform %s could not be fetched: %w; install one, or name it in %s",
			oldest, fetched, err, PathVariable))...)
	}
	return installed, nil
}

// checkVersion fails for a program that is too old or that does not answer
// like Terraform.
func checkVersion(ctx context.Context, program string) error {
	cmd := exec.CommandContext(ctx, program, "version", "-json")
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("version -json failed: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return checkVersionJSON(stdout.Bytes())
}

// checkVersionJSON judges the answer of "version -json". OpenTofu answers with
// the same field name as Terraform.
func checkVersionJSON(answer []byte) error {
	var fields struct {
		Version string `json:"terraform_version"`
	}
	// A warning about the CLI configuration may stand before the object.
	if start := bytes.IndexByte(answer, '{'); start > 0 {
		answer = answer[start:]
	}
	if err := json.Unmarshal(answer, &fields); err != nil {
		return fmt.Errorf("version -json did not print a JSON object: %w", err)
	}
	have, err := version.NewVersion(fields.Version)
	if err != nil {
		return fmt.Errorf("version %q is not a version: %w", fields.Version, err)
	}
	// A pre-release of 1.8 sorts before 1.8.0 but has what is needed.
	if have.Core().LessThan(oldest) {
		return fmt.Errorf("version %s is older than %s, which brought provider-defined functions", have, oldest)
	}
	return nil
}

// ensure returns the Terraform in dir, fetched and checked against its signed
// checksums when it is not there yet.
func ensure(ctx context.Context, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	found, err := install.NewInstaller().Ensure(ctx, []src.Source{
		&fs.ExactVersion{Product: product.Terraform, Version: fetched, ExtraPaths: []string{dir}},
		&releases.ExactVersion{Product: product.Terraform, Version: fetched, InstallDir: dir},
	})
	if err != nil {
		return "", err
	}
	return filepath.Abs(found)
}
