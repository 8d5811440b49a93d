//go:build integration

package reviewtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// conftestVariable names the program; without it, it is looked for on PATH.
const conftestVariable = "BACKUPFW_CONFTEST"

func conftestPath(t *testing.T) string {
	t.Helper()
	name := os.Getenv(conftestVariable)
	if name == "" {
		name = "conftest"
	}
	found, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; make integration builds it, or name it in %s", err, conftestVariable)
	}
	if found, err = filepath.Abs(found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestConftest_Verify runs the tests that the policies have themselves, and
// holds them to the form that conftest fmt writes.
func TestConftest_Verify(t *testing.T) {
	conftest := conftestPath(t)
	for _, test := range []struct{ folder, policies, data string }{
		{"conftest", "policy", "parameters.yaml"},
		{"hcp-terraform", "opa", ""},
	} {
		dir := filepath.Join(recipes, test.folder)
		args := []string{"verify", "--no-color", "--policy", test.policies}
		if test.data != "" {
			args = append(args, "--data", test.data)
		}
		output := mustRun(t, dir, os.Environ(), conftest, args...)
		var all, passed int
		if _, err := fmt.Sscanf(strings.TrimSpace(output), "%d tests, %d passed", &all, &passed); err != nil {
			t.Fatalf("%v in %s", err, output)
		}
		if want := countTests(t, filepath.Join(dir, test.policies)); all != want || passed != want {
			t.Errorf("%s has %d tests, and conftest says:\n%s", test.folder, want, output)
		}
		mustRun(t, dir, os.Environ(), conftest, "fmt", "--check", test.policies)
	}
}

func countTests(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.rego"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		n += strings.Count("\n"+read(t, file), "\ntest_")
	}
	return n
}

// judged is what the policies are shown of one configuration.
type judged struct{ plan, review, hcp string }

// judge plans a fixture and reviews the plan. Command lines differ in whether
// they write a plan that was rejected.
func judge(t *testing.T, fixture string) judged {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.tf"), read(t, filepath.Join("testdata", fixture)))
	env := environment(t, nil)
	mustRun(t, dir, env, "bash", "-c", `terraform init -no-color
terraform plan -json -out=tfplan >plan.jsonl || echo "ended with $?"
if [ -e tfplan ]; then
  terraform show -json tfplan >plan.json
  jq '{ plan: . }' plan.json >hcp.json
fi
.terraform/providers/*/backupfw/backupfw/*/*/terraform-provider-backupfw_v* review -format json -fail-on never -diagnostics plan.jsonl -o review.json $(ls plan.json)`)
	return judged{filepath.Join(dir, "plan.json"), filepath.Join(dir, "review.json"), filepath.Join(dir, "hcp.json")}
}

// conftestSays returns what conftest says of a file: its failures, and its warnings.
func conftestSays(t *testing.T, file, namespace string, args ...string) (failures, warnings []string) {
	t.Helper()
	args = append([]string{"test", "--output", "json", "--namespace", namespace, file}, args...)
	o := run(t, recipes, os.Environ(), conftestPath(t), args...)
	var results []struct {
		Successes          int
		Failures, Warnings []struct{ Msg string }
	}
	if err := json.Unmarshal([]byte(o.output), &results); err != nil || len(results) != 1 {
		t.Fatalf("%s: %v in %s", namespace, err, o.output)
	}
	for _, f := range results[0].Failures {
		failures = append(failures, f.Msg)
	}
	for _, w := range results[0].Warnings {
		warnings = append(warnings, w.Msg)
	}
	if (o.exit != 0) != (len(failures) > 0) {
		t.Errorf("%s: conftest ended with %d and %d failures", namespace, o.exit, len(failures))
	}
	slices.Sort(failures)
	slices.Sort(warnings)
	return failures, warnings
}

// TestConftest_Plans shows each policy what Terraform and the reviewer write.
func TestConftest_Plans(t *testing.T) {
	const (
		address  = "backupfw_policy.server"
		score    = address + " has the score 70, and at most 40 is accepted."
		unknown  = address + " cannot be judged yet:"
		rejected = address + " is rejected (score-limit, sensitive-service, well-known-port)"
		waived   = address + " is accepted because of its waivers."
		refused  = address + " has the verdict "
	)
	for fixture, want := range map[string]struct {
		plan, review, hcp []string // beginnings of the failures
		warned            []string // by the first two
	}{
		"accepted.tf": {},
		"waived.tf":   {warned: []string{waived}},
		"let_pass.tf": {plan: []string{score, rejected}, review: []string{score, rejected}, hcp: []string{refused + "reject and the score 70"}},
		"unknown.tf":  {plan: []string{unknown}, review: []string{unknown}, hcp: []string{refused + "(known after apply)"}},
	} {
		t.Run(fixture, func(t *testing.T) {
			t.Parallel()
			files := judge(t, fixture)
			withData := []string{"--policy", "conftest/policy", "--data", "conftest/parameters.yaml"}
			failures, warnings := conftestSays(t, files.plan, "backupfw.plan", withData...)
			begin(t, "failures of the plan", failures, want.plan)
			begin(t, "warnings of the plan", warnings, want.warned)
			failures, warnings = conftestSays(t, files.review, "backupfw.review", withData...)
			begin(t, "failures of the review", failures, want.review)
			begin(t, "warnings of the review", warnings, want.warned)
			failures, _ = conftestSays(t, files.hcp, "terraform.policies.backupfw", "--policy", "hcp-terraform/opa")
			begin(t, "failures in HCP Terraform", failures, want.hcp)

			// A limit below the score denies what was accepted, and no limit everything.
			strict := filepath.Join(t.TempDir(), "strict.yaml")
			write(t, strict, "parameters:\n  max_score: 1\n")
			for namespace, file := range map[string]string{"backupfw.plan": files.plan, "backupfw.review": files.review} {
				failures, _ = conftestSays(t, file, namespace, "--policy", "conftest/policy", "--data", strict)
				if len(failures) == 0 {
					t.Errorf("%s: a limit of 1 denies nothing", namespace)
				}
				failures, _ = conftestSays(t, file, namespace, "--policy", "conftest/policy")
				if !slices.ContainsFunc(failures, func(f string) bool { return strings.HasPrefix(f, "parameters.max_score is no number") }) {
					t.Errorf("%s: without a limit the failures are %q", namespace, failures)
				}
			}
		})
	}
}

// TestConftest_RejectedPlan: Terraform may write a plan file although it
// rejected the plan. The policy that is missing from it does not make it good.
func TestConftest_RejectedPlan(t *testing.T) {
	files := judge(t, "rejected.tf")
	withData := []string{"--policy", "conftest/policy", "--data", "conftest/parameters.yaml"}
	if _, err := os.Stat(files.plan); err == nil {
		failures, _ := conftestSays(t, files.plan, "backupfw.plan", withData...)
		begin(t, "failures of the plan", failures, []string{"Planning failed"})
	}
	failures, _ := conftestSays(t, files.review, "backupfw.review", withData...)
	if !slices.ContainsFunc(failures, func(f string) bool { return strings.HasPrefix(f, "backupfw_policy.server is rejected") }) {
		t.Errorf("the failures of the review are %q", failures)
	}
}

// begin checks that the texts begin with those that are wanted, in any order.
func begin(t *testing.T, what string, texts, wanted []string) {
	t.Helper()
	left := maps.Collect(slices.All(texts))
	for _, want := range wanted {
		found := false
		for i, text := range texts {
			if _, there := left[i]; there && strings.HasPrefix(text, want) {
				delete(left, i)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("%s: none begins with %q", what, want)
		}
	}
	if len(left) > 0 {
		t.Errorf("%s: not expected among %q, want %q", what, texts, wanted)
	}
}
