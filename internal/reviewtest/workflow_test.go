package reviewtest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const workflowFile = "github-actions/.github/workflows/backupfw-review.yml"

// workflow is a workflow of GitHub Actions, as far as it is used here.
type workflow struct {
	// On is what starts it. The key is "on", which YAML 1.1 reads as true.
	On          map[string]any                       `json:"true"`
	Permissions map[string]string                    `json:"permissions"`
	Concurrency map[string]any                       `json:"concurrency"`
	Defaults    struct{ Run struct{ Shell string } } `json:"defaults"`
	Jobs        map[string]workflowJob               `json:"jobs"`
}

type workflowJob struct {
	TimeoutMinutes int               `json:"timeout-minutes"`
	Permissions    map[string]string `json:"permissions"`
	Env            map[string]string `json:"env"`
	Steps          []workflowStep    `json:"steps"`
}

type workflowStep struct {
	Name, ID, If, Uses, Run string
	ContinueOnError         bool              `json:"continue-on-error"`
	Env                     map[string]string `json:"env"`
	With                    map[string]any    `json:"with"`
}

func readWorkflow(t *testing.T) workflow {
	t.Helper()
	var w workflow
	decodeYAML(t, readRecipe(t, workflowFile), &w)
	if len(w.Jobs) != 1 || len(w.Jobs["review"].Steps) == 0 {
		t.Fatalf("%s has the jobs %v, want one job \"review\" with steps", workflowFile, slices.Collect(maps.Keys(w.Jobs)))
	}
	return w
}

// TestWorkflow_Actions: other people's code that runs with the job's token is
// listed here, and named by the hash of a commit, which nobody can move.
func TestWorkflow_Actions(t *testing.T) {
	var used []string
	for _, s := range readWorkflow(t).Jobs["review"].Steps {
		if s.Uses != "" {
			used = append(used, s.Uses)
		}
		if (s.Uses == "") == (s.Run == "") {
			t.Errorf("step %q has to have either uses or run", s.Name)
		}
	}
	want := []string{
		"actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",                  // v7.0.1
		"hashicorp/setup-terraform@dfe3c3f87815947d99a8997f908cb6525fc44e9e",         // v4.0.1
		"github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e", // v4.36.2
	}
	if !slices.Equal(used, want) {
		t.Errorf("the workflow uses\n%s\nwant\n%s", strings.Join(used, "\n"), strings.Join(want, "\n"))
	}
	pinned := regexp.MustCompile(`^uses: [a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for line := range strings.Lines(readRecipe(t, workflowFile)) {
		if line = strings.TrimLeft(strings.TrimSpace(line), "- "); strings.HasPrefix(line, "uses:") && !pinned.MatchString(line) {
			t.Errorf("%q is not pinned by the hash of a commit with its version in a comment", line)
		}
	}
}

// TestWorkflow_Permissions: the token can do what the recipe needs, in one job,
// and reaches one step.
func TestWorkflow_Permissions(t *testing.T) {
	w := readWorkflow(t)
	job := w.Jobs["review"]
	want := map[string]string{"contents": "read", "pull-requests": "write", "security-events": "write"}
	if w.Permissions == nil || len(w.Permissions) > 0 || !maps.Equal(job.Permissions, want) {
		t.Errorf("the workflow may %v and the job %v, want nothing and %v", w.Permissions, job.Permissions, want)
	}
	for _, s := range job.Steps {
		for name, value := range s.Env {
			if isToken := strings.Contains(value, "token") || strings.Contains(value, "secrets"); isToken != (s.Name == "Comment" && name == "GITHUB_TOKEN") {
				t.Errorf("step %q has %s = %s: the token belongs to the step \"Comment\"", s.Name, name, value)
			}
		}
		if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
			t.Errorf("step %q leaves the token in the checkout, where terraform could read it", s.Name)
		}
		if strings.HasPrefix(s.Uses, "hashicorp/setup-terraform@") && s.With["terraform_wrapper"] != false {
			t.Errorf("step %q wraps terraform, which writes into the plan's JSON", s.Name)
		}
	}
	if keys := slices.Collect(maps.Keys(w.On)); len(keys) != 1 || keys[0] != "pull_request" {
		t.Errorf("the workflow starts on %v, want pull_request alone: pull_request_target gives secrets to forks", keys)
	}
	if group, _ := w.Concurrency["group"].(string); !strings.Contains(group, "${{ github.event.pull_request.number }}") {
		t.Errorf("the group of the workflow is %q: without the pull request's number, two runs write two comments", group)
	}
}

// TestWorkflow_ScriptsHoldNoExpression: what GitHub puts into a script before
// the shell reads it is code, whoever wrote it.
func TestWorkflow_ScriptsHoldNoExpression(t *testing.T) {
	w := readWorkflow(t)
	if w.Defaults.Run.Shell != "bash" {
		t.Errorf("the shell is %q; only when bash is named does GitHub stop at a failing pipe", w.Defaults.Run.Shell)
	}
	for _, s := range w.Jobs["review"].Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q has an expression in its script: pass it through env", s.Name)
		}
	}
}

// TestWorkflow_TheLastStepDecides: showing the review may fail, making it may
// not, and nothing comes after the verdict.
func TestWorkflow_TheLastStepDecides(t *testing.T) {
	steps := readWorkflow(t).Jobs["review"].Steps
	for i, s := range steps {
		shows := s.Name == "Comment" || s.Name == "Upload to code scanning"
		if s.ContinueOnError != shows || (s.If != "") != shows {
			t.Errorf("step %q: continue-on-error is %t and if is %q", s.Name, s.ContinueOnError, s.If)
		}
		if (s.Name == "Verdict") != (i == len(steps)-1) {
			t.Errorf("step %q is number %d of %d", s.Name, i+1, len(steps))
		}
	}
}
