// Command record-plans writes down what command lines of different versions say
// about the plans that internal/review is tested with:
//
//	record-plans [-aws-mirror DIR] CLI...
//
// For each command line it plans the scenario of examples/pull-request-review
// and the configurations in internal/review/testdata, and leaves the JSON in
// internal/review/testdata/plans/NAME-VERSION. Plans with the AWS provider are
// recorded only with a mirror that holds it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
)

func main() {
	mirror := flag.String("aws-mirror", "", "filesystem mirror that holds the AWS provider")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *mirror, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "record-plans:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, awsMirror string, clis []string) error {
	if len(clis) == 0 {
		return errors.New("name at least one command line")
	}
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "record-plans")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	mirror, err := localprovider.Build(ctx, root, filepath.Join(scratch, "mirror"))
	if err != nil {
		return err
	}
	if awsMirror != "" {
		if err := addMirror(mirror.CLIConfig, awsMirror); err != nil {
			return err
		}
	}
	for i, cli := range clis {
		r := &recorder{ctx: ctx, cli: cli, env: mirror.Environment(), root: root, work: filepath.Join(scratch, fmt.Sprint(i))}
		if err := r.record(awsMirror != ""); err != nil {
			return fmt.Errorf("%s: %w", cli, err)
		}
	}
	return nil
}

// addMirror lets the command line take the AWS provider from the mirror.
func addMirror(config, mirror string) error {
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	const aws = "registry.terraform.io/hashicorp/aws"
	block := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path    = %q\n    include = [%q]\n  }\n", mirror, aws)
	changed := strings.Replace(string(text), "provider_installation {\n", block, 1)
	changed = strings.Replace(changed, "exclude = [", fmt.Sprintf("exclude = [%q, ", aws), 1)
	return os.WriteFile(config, []byte(changed), 0o644)
}

type recorder struct {
	ctx       context.Context
	cli       string
	env       []string
	root      string
	work, out string
}

func (r *recorder) record(withAWS bool) error {
	name, err := r.version()
	if err != nil {
		return err
	}
	r.out = filepath.Join(r.root, "internal", "review", "testdata", "plans", name)
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	scenario := filepath.Join(r.root, "examples", "pull-request-review", "scenario")
	configurations := filepath.Join(r.root, "internal", "review", "testdata", "configurations")
	// One folder for the scenario: what was applied is what the next plan
	// compares with.
	for _, step := range []struct {
		dir, file, name string
		rejected, apply bool
	}{
		{"scenario", filepath.Join(scenario, "good.tf"), "good", false, true},
		{"scenario", filepath.Join(scenario, "widened.tf"), "widened", true, false},
		{"scenario", filepath.Join(scenario, "waived.tf"), "waived", false, false},
		{"unknown", filepath.Join(configurations, "unknown.tf"), "unknown", false, false},
		{"mixed", filepath.Join(configurations, "mixed.tf"), "mixed", false, false},
	} {
		if step.name == "mixed" && !withAWS {
			continue
		}
		if err := r.plan(step.dir, step.file, step.name, step.rejected); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if step.apply {
			if _, err := r.command(filepath.Join(r.work, step.dir), "apply", "-auto-approve", "tfplan"); err != nil {
				return err
			}
		}
	}
	fmt.Println("recorded", r.out)
	return nil
}

// version is NAME-VERSION.
func (r *recorder) version() (string, error) {
	out, err := r.command("", "version", "-json")
	if err != nil {
		return "", err
	}
	var v struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &v); err != nil {
		return "", err
	}
	human, err := r.command("", "version")
	if err != nil {
		return "", err
	}
	name := "terraform"
	if strings.HasPrefix(string(human), "OpenTofu") {
		name = "tofu"
	}
	return name + "-" + v.Version, nil
}

func (r *recorder) plan(dir, file, name string, rejected bool) error {
	dir = filepath.Join(r.work, dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o644); err != nil {
		return err
	}
	if _, err := r.command(dir, "init", "-input=false"); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, "tfplan")); err != nil {
		return err
	}
	stream, err := r.command(dir, "plan", "-input=false", "-json", "-out=tfplan")
	if (err != nil) != rejected {
		return fmt.Errorf("the plan was rejected: %t, want %t: %w", err != nil, rejected, err)
	}
	if err := os.WriteFile(filepath.Join(r.out, name+".jsonl"), stream, 0o644); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "tfplan")); rejected && errors.Is(err, os.ErrNotExist) {
		return nil // a rejected plan may leave a plan file that is not whole
	}
	plan, err := r.command(dir, "show", "-json", "tfplan")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, name+".json"), plan, 0o644)
}

func (r *recorder) command(dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(r.ctx, r.cli, args...)
	cmd.Dir, cmd.Env = dir, r.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return stdout.Bytes(), err
}
