//go:build integration

package reviewtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// githubRun is one run of the workflow for a pull request.
type githubRun struct {
	repository *repository
	apiURL     string
	config     string // BACKUPFW_CONFIG, when it is not the workflow's own
	fork       bool
	// before is called before the step of the name.
	before map[string]func(checkout, temp string)
}

// githubResult is how a run ended.
type githubResult struct {
	// failed names the step that failed the job; empty when it passed.
	failed string
	// steps are the scripts that ran, by the names of their steps.
	steps   map[string]outcome
	skipped []string
	summary string
	work    string
}

var expression = regexp.MustCompile(`\$\{\{ ([^}]*) \}\}`)

// run executes the scripts of the job as a runner does, in order, each in a
// bash of its own. Actions are left out.
func (g githubRun) run(t *testing.T) githubResult {
	t.Helper()
	job := readWorkflow(t).Jobs["review"]
	checkout, temp := g.repository.checkout(), t.TempDir()
	result := githubResult{steps: map[string]outcome{}, work: filepath.Join(temp, "backupfw")}
	summary := filepath.Join(temp, "summary")
	values := map[string]string{"runner.temp": temp, "github.token": githubToken, "github.event.pull_request.number": "17"}
	expand := func(text string) string {
		return expression.ReplaceAllStringFunc(text, func(e string) string {
			name := expression.FindStringSubmatch(e)[1]
			value, known := values[name]
			if !known && !strings.HasPrefix(name, "steps.") {
				t.Fatalf("the workflow has the expression %s, which this test does not know", e)
			}
			return value
		})
	}
	conditions := map[string]bool{
		"": true,
		"github.event.pull_request.head.repo.full_name == github.repository": !g.fork,
	}
	for i, s := range job.Steps {
		runs, known := conditions[s.If]
		if !known {
			t.Fatalf("step %q has the condition %q, which this test does not know", s.Name, s.If)
		}
		if !runs {
			result.skipped = append(result.skipped, s.Name)
			continue
		}
		if before := g.before[s.Name]; before != nil {
			before(checkout, temp)
		}
		if s.Uses != "" {
			continue
		}
		env := map[string]string{
			"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_API_URL": g.apiURL, "GITHUB_REPOSITORY": "acme/firewall",
			"GITHUB_STEP_SUMMARY": summary, "GITHUB_OUTPUT": filepath.Join(temp, fmt.Sprintf("output-%d", i)),
		}
		for name, value := range job.Env {
			env[name] = expand(value)
		}
		if g.config != "" {
			env["BACKUPFW_CONFIG"] = g.config
		}
		for name, value := range s.Env {
			env[name] = expand(value)
		}
		script := filepath.Join(temp, fmt.Sprintf("script-%d.sh", i))
		write(t, script, s.Run)
		write(t, env["GITHUB_OUTPUT"], "")
		o := run(t, checkout, environment(t, env), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
		result.steps[s.Name] = o
		if strings.Contains(o.output, githubToken) {
			t.Errorf("step %q shows the token:\n%s", s.Name, o.output)
		}
		for line := range strings.Lines(read(t, env["GITHUB_OUTPUT"])) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			values["steps."+s.ID+".outputs."+name] = value
		}
		if o.exit != 0 && !s.ContinueOnError {
			result.failed = s.Name
			break
		}
	}
	if text, err := os.ReadFile(summary); err == nil {
		result.summary = string(text)
	}
	return result
}

func (r githubResult) log() string {
	var b strings.Builder
	for name, o := range r.steps {
		fmt.Fprintf(&b, "--- %s ended with %d\n%s\n", name, o.exit, o.output)
	}
	return b.String()
}

// ends checks which step failed the job; "" is none.
func (r githubResult) ends(t *testing.T, want string) {
	t.Helper()
	if r.failed != want {
		t.Fatalf("the job failed in %q, want %q\n%s", r.failed, want, r.log())
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const markerLine = "<!-- backupfw-review: Firewall review -->"

// crowd fills a board with so many posts that the own one is on a later page,
// among them what must be left alone: a review that somebody else wrote, and
// other comments of our own account.
func crowd(b *board, other, own string) {
	b.add(other, markerLine+"\n## ✅ Firewall review: accepted\n")
	for i := range 130 {
		b.add(other, fmt.Sprintf("Looks good, %d.\n", i))
	}
	b.add(own, "Deployed to staging.")
	b.add(own, "<!-- backupfw-review: Firewall review of the other site -->\n## ✅\n")
	b.add(own, "> "+markerLine+"\n\na quotation of it")
	b.add(own, "")
}

// TestGitHub_OneComment follows a pull request from a plan that is accepted to
// one that is rejected and back.
func TestGitHub_OneComment(t *testing.T) {
	t.Parallel()
	apiURL, b := startGitHub(t)
	crowd(b, "mallory", githubBot)
	others := b.all()
	r := newRepository(t, "github-actions")
	g := githubRun{repository: r, apiURL: apiURL, config: "infrastructure"}

	r.commit("infrastructure", "accepted.tf")
	g.run(t).ends(t, "")
	if calls := b.written(); !slices.Equal(calls, []string{"POST /repos/acme/firewall/issues/17/comments"}) {
		t.Fatalf("the first run wrote %v", calls)
	}
	first := b.all()[len(others)]
	if !strings.HasPrefix(first.Body, markerLine+"\n") || !strings.Contains(first.Body, "Firewall review: accepted\n") || !strings.Contains(first.Body, "`backup-server`") {
		t.Errorf("the comment is\n%s", first.Body)
	}

	for _, next := range []struct{ fixture, failed, headline string }{
		{"rejected.tf", "Verdict", "Firewall review: rejected\n"},
		{"waived.tf", "", "Firewall review: accepted with waivers\n"},
		{"unknown.tf", "Verdict", "Firewall review: not known yet\n"},
		{"let_pass.tf", "Verdict", "Firewall review: rejected\n"},
		{"accepted.tf", "", "Firewall review: accepted\n"},
	} {
		r.commit("infrastructure", next.fixture)
		result := g.run(t)
		result.ends(t, next.failed)
		want := fmt.Sprintf("PATCH /repos/acme/firewall/issues/comments/%d", first.ID)
		if calls := b.written(); !slices.Equal(calls, []string{want}) {
			t.Fatalf("%s: the run wrote %v, want %s", next.fixture, calls, want)
		}
		all := b.all()
		if comment := all[len(others)]; len(all) != len(others)+1 || !strings.HasPrefix(comment.Body, markerLine+"\n") || !strings.Contains(comment.Body, next.headline) {
			t.Errorf("%s: there are %d comments, want %d; ours is\n%s", next.fixture, len(all), len(others)+1, comment.Body)
		}
		if comment := read(t, filepath.Join(result.work, "comment.md")); comment != all[len(others)].Body {
			t.Errorf("%s: the comment is not the review, byte for byte", next.fixture)
		}
		if !strings.Contains(result.summary, next.headline) {
			t.Errorf("%s: the summary of the run is\n%s", next.fixture, result.summary)
		}
		if !slices.Equal(all[:len(others)], others) {
			t.Fatalf("%s: a comment of somebody else has changed", next.fixture)
		}
	}
}

// TestGitHub_RejectedPlan: everything is shown before the job fails, whether
// the command line leaves a plan file that says that it failed, or none.
func TestGitHub_RejectedPlan(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "github-actions")
	r.commit(".", "rejected.tf")
	for name, before := range map[string]func(checkout, temp string){
		"as planned": nil,
		"no plan file": func(_, temp string) {
			if err := os.RemoveAll(filepath.Join(temp, "backupfw", "tfplan")); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			apiURL, b := startGitHub(t)
			result := githubRun{repository: r, apiURL: apiURL, before: map[string]func(string, string){"Review": before}}.run(t)
			result.ends(t, "Verdict")
			if exit := result.steps["Verdict"].exit; exit != 1 {
				t.Errorf("the verdict is %d, want 1", exit)
			}
			if o := result.steps["Plan"]; !strings.Contains(o.output, "terraform plan ended with 1") {
				t.Errorf("the plan was not rejected:\n%s", o.output)
			}
			comments := b.by(githubBot)
			if len(comments) != 1 || !strings.Contains(comments[0].Body, "sensitive-service") || strings.Contains(comments[0].Body, "no judgement of a policy") {
				t.Errorf("the comments are %v", comments)
			}
			if annotation := "::error file=main.tf,line="; !strings.Contains(result.steps["Review"].output, annotation) {
				t.Errorf("no line of the step begins with %s:\n%s", annotation, result.steps["Review"].output)
			}
			for name, want := range map[string]string{
				"review.json":      `"format": "backupfw-review/1"`,
				"review.sarif":     `"version": "2.1.0"`,
				"review.junit.xml": "<testsuite",
			} {
				if text := read(t, filepath.Join(result.work, name)); !strings.Contains(text, want) || !strings.Contains(text, "sensitive-service") {
					t.Errorf("%s does not hold %s and the finding:\n%.500s", name, want, text)
				}
			}
		})
	}
}

// TestGitHub_Fork: the token can write nothing, so the summary has the review
// and the verdict stands.
func TestGitHub_Fork(t *testing.T) {
	t.Parallel()
	apiURL, b := startGitHub(t)
	for fixture, failed := range map[string]string{"accepted.tf": "", "rejected.tf": "Verdict"} {
		r := newRepository(t, "github-actions")
		r.commit(".", fixture)
		result := githubRun{repository: r, apiURL: apiURL, fork: true}.run(t)
		result.ends(t, failed)
		if want := []string{"Comment", "Upload to code scanning"}; !slices.Equal(result.skipped, want) {
			t.Errorf("%s: the steps %v were left out, want %v", fixture, result.skipped, want)
		}
		if !strings.HasPrefix(result.summary, markerLine) || len(b.all()) != 0 {
			t.Errorf("%s: there are %d comments, and the summary is\n%s", fixture, len(b.all()), result.summary)
		}
	}
}

// TestGitHub_CommentFails: a comment that cannot be written is seen to fail,
// and changes no verdict.
func TestGitHub_CommentFails(t *testing.T) {
	t.Parallel()
	apiURL, b := startGitHub(t)
	b.broken = true
	for fixture, failed := range map[string]string{"accepted.tf": "", "rejected.tf": "Verdict"} {
		r := newRepository(t, "github-actions")
		r.commit(".", fixture)
		result := githubRun{repository: r, apiURL: apiURL}.run(t)
		result.ends(t, failed)
		o := result.steps["Comment"]
		if o.exit == 0 || !strings.Contains(o.output, "403") || !strings.Contains(o.output, `"message":"Forbidden"`) {
			t.Errorf("%s: the comment ended with %d:\n%s", fixture, o.exit, o.output)
		}
		if calls := b.written(); len(calls) != 1 {
			t.Errorf("%s: the comment was written %d times", fixture, len(calls))
		}
	}
}

// TestGitHub_UnreadablePlan: the comment of the last review does not stay when
// there is no new one.
func TestGitHub_UnreadablePlan(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(work string){
		"a stream that was cut off": func(work string) {
			write(t, filepath.Join(work, "plan.jsonl"), `{"@level":"info","type":"version"}`+"\n")
			if err := os.Remove(filepath.Join(work, "tfplan")); err != nil {
				t.Error(err)
			}
		},
		"something else": func(work string) { write(t, filepath.Join(work, "plan.jsonl"), "Killed\n") },
		"an empty file":  func(work string) { write(t, filepath.Join(work, "plan.jsonl"), "") },
	} {
		apiURL, b := startGitHub(t)
		b.add(githubBot, markerLine+"\n## ✅ Firewall review: accepted\n")
		r := newRepository(t, "github-actions")
		r.commit(".", "accepted.tf")
		g := githubRun{repository: r, apiURL: apiURL, before: map[string]func(string, string){
			"Review": func(_, temp string) { spoil(filepath.Join(temp, "backupfw")) },
		}}
		result := g.run(t)
		result.ends(t, "Verdict")
		if exit := result.steps["Verdict"].exit; exit != 2 {
			t.Errorf("%s: the verdict is %d, want 2", name, exit)
		}
		comments := b.by(githubBot)
		if len(comments) != 1 || !strings.HasPrefix(comments[0].Body, markerLine+"\n") ||
			!strings.Contains(comments[0].Body, "The plan could not be reviewed") || strings.Contains(comments[0].Body, "accepted") {
			t.Errorf("%s: the comments are %v", name, comments)
		}
		if !strings.Contains(result.steps["Review"].output, "::error") {
			t.Errorf("%s: no annotation in\n%s", name, result.steps["Review"].output)
		}
	}
}

// TestGitHub_NoReviewerNoPass: without exactly one provider there is no review,
// and the job fails.
func TestGitHub_NoReviewerNoPass(t *testing.T) {
	t.Parallel()
	apiURL, b := startGitHub(t)
	r := newRepository(t, "github-actions")
	r.commit(".", "accepted.tf")
	g := githubRun{repository: r, apiURL: apiURL, before: map[string]func(string, string){
		"Review": func(checkout, _ string) {
			foreign := filepath.Join(checkout, ".terraform", "providers", "registry.example", "backupfw", "backupfw", "9.9.9", "any_any")
			if err := os.MkdirAll(foreign, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(foreign, "terraform-provider-backupfw_v9.9.9"), "#!/bin/sh\nexit 0\n")
		},
	}}
	result := g.run(t)
	result.ends(t, "Review")
	if want := "There are 2 backupfw providers below ./.terraform/providers"; !strings.Contains(result.steps["Review"].output, want) || len(b.all()) != 0 {
		t.Errorf("there are %d comments, and the step does not say %q:\n%s", len(b.all()), want, result.steps["Review"].output)
	}
}
