package exampletest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/review"
)

var update = flag.Bool("update", false, "rewrite the expected reviews and what guides show")

// reviewFolder holds the configurations of the one scenario that the guide
// tells, and what the reviewer sees of them.
const reviewFolder = "pull-request-review/scenario"

// branch puts a configuration of the scenario in the place of the other.
func (w *workspace) branch(name string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, filepath.FromSlash(reviewFolder), name+".tf"))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "main.tf"), text, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// change edits the configuration that the workspace has.
func (w *workspace) change(from, to string) {
	w.t.Helper()
	file := filepath.Join(w.dir, "main.tf")
	text, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Count(string(text), from) != 1 {
		w.t.Fatalf("the configuration does not hold %q once", from)
	}
	w.keep("main.tf", []byte(strings.Replace(string(text), from, to, 1)))
}

// planText is what people read of the policy in the text of a plan: its block,
// if the plan has one, and the warnings and errors. The rest of the text depends
// on the version of the command line, and its order on what was done first.
func (w *workspace) planText(want int) string {
	w.t.Helper()
	text := string(w.mustRun(want, "plan", "-no-color"))
	var shown string
	const block = "  # backupfw_policy.primary "
	if _, rest, found := strings.Cut(text, "\n"+block); found {
		body, _, _ := strings.Cut(rest, "\n    }\n")
		shown = block + body + "\n    }\n"
	}
	at := slices.Min([]int{len(text), index(text, "\nWarning: "), index(text, "\nError: ")})
	return shown + strings.TrimRight(text[at:], "\n") + "\n"
}

// index is the place of a part in the text, or the text's end.
func index(text, part string) int {
	before, _, _ := strings.Cut(text, part)
	return len(before)
}

// planForReview plans as a pipeline does and keeps what the review reads: the
// stream, and the plan's JSON. A rejected plan may leave a plan file that is not
// whole.
func (w *workspace) planForReview() (exit int) {
	w.t.Helper()
	for _, name := range []string{"plan.json", "tfplan"} {
		if err := os.RemoveAll(filepath.Join(w.dir, name)); err != nil {
			w.t.Fatal(err)
		}
	}
	stream, exit := w.run("plan", "-json", "-out=tfplan")
	w.keep("plan.jsonl", stream)
	if _, err := os.Stat(filepath.Join(w.dir, "tfplan")); err == nil {
		w.keep("plan.json", w.mustRun(0, "show", "-json", "tfplan"))
	}
	return exit
}

func (w *workspace) keep(name string, content []byte) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// review runs the command in the folder of the configuration.
func (w *workspace) review(want int, args ...string) string {
	w.t.Helper()
	if _, err := os.Stat(filepath.Join(w.dir, "plan.json")); err == nil {
		args = append(args, filepath.Join(w.dir, "plan.json"))
	}
	args = append(args, "-diagnostics", filepath.Join(w.dir, "plan.jsonl"), "-config", w.dir)
	var out, problems bytes.Buffer
	exit := review.Run(args, review.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems,
		Now: func() time.Time { return today }, Version: "1.2.3"})
	if exit != want {
		w.t.Fatalf("review %s ended with %d, want %d:\n%s%s", strings.Join(args, " "), exit, want, problems.Bytes(), out.Bytes())
	}
	// The tests' own folder is where a repository has the configuration.
	return strings.ReplaceAll(out.String(), strings.TrimPrefix(filepath.ToSlash(w.dir), "/"), "infra")
}

// The plan says on which day it was made, which is the day of the test.
var daysLeft = regexp.MustCompile(`[0-9]+ days left`)

// replacedElement is an element of a list in the place of another, as Terraform
// shows it; versions of OpenTofu show what goes and what comes.
var replacedElement = regexp.MustCompile(`(?m)^( *)~ ("[^"]*") -> ("[^"]*",)$`)

// oneWording writes what command lines word differently in one way.
func oneWording(planText string) string {
	return replacedElement.ReplaceAllString(planText, "$1- $2,\n$1+ $3")
}

func (w *workspace) goldenReview(name, got string) {
	w.t.Helper()
	got = strings.ReplaceAll(got, "/infra", "infra")
	got = daysLeft.ReplaceAllString(got, "128 days left")
	file := filepath.Join(examples, filepath.FromSlash(reviewFolder), name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if oneWording(got) != oneWording(string(want)) {
		w.t.Errorf("%s differs; run with -update if the new text is right:\n%s", file, got)
	}
}

// Main has a good policy. A branch widens it: the plan is rejected, and the
// rejection becomes annotations, a comment and a failed job. A waiver with an
// owner and a day turns it into "accepted with waivers" everywhere.
func TestReview_OneScenario(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t)
	w.branch("good")
	if exit := w.planForReview(); exit != 0 {
		t.Fatalf("the good policy's plan ended with %d", exit)
	}
	w.goldenReview("good.md", w.review(0))
	w.mustRun(0, "apply", "-auto-approve", "tfplan")

	w.branch("widened")
	if exit := w.planForReview(); exit != 1 {
		t.Fatalf("the widened policy's plan ended with %d, want a rejection", exit)
	}
	for _, f := range []struct{ format, file string }{{"markdown", "rejected.md"}, {"github", "rejected.annotations"}, {"junit", "rejected.xml"}} {
		w.goldenReview(f.file, w.review(1, "-format", f.format, "-compare"))
	}
	w.goldenReview("rejected.txt", strings.TrimLeft(w.planText(1), "\n"))
	sarif := w.review(1, "-format", "sarif")
	w.goldenReview("rejected.sarif", sarif)
	assertSARIF(t, sarif, "widened", "well-known-port", "error", false)

	// A provider that only warns leaves a plan, and the review has all of it.
	w.change("max_score = 30", "max_score   = 30\n  enforcement = \"warn\"")
	if exit := w.planForReview(); exit != 0 {
		t.Fatalf("the plan of a provider that warns ended with %d", exit)
	}
	w.goldenReview("warned.md", w.review(1, "-compare"))

	w.branch("waived")
	if exit := w.planForReview(); exit != 0 {
		t.Fatalf("the waived policy's plan ended with %d", exit)
	}
	for _, f := range []struct{ format, file string }{{"markdown", "waived.md"}, {"github", "waived.annotations"}, {"junit", "waived.xml"}} {
		got := w.review(0, "-format", f.format, "-compare")
		if !strings.Contains(got, "accepted with waivers") {
			t.Errorf("%s does not say that a waiver accepts:\n%s", f.format, got)
		}
		w.goldenReview(f.file, got)
	}
	w.goldenReview("waived.txt", w.planText(0))
	sarif = w.review(0, "-format", "sarif")
	w.goldenReview("waived.sarif", sarif)
	assertSARIF(t, sarif, "waived", "well-known-port", "note", true)
	var report struct{ Verdict string }
	if err := json.Unmarshal([]byte(w.review(0, "-format", "json")), &report); err != nil || report.Verdict != "accept_with_waivers" {
		t.Errorf("the JSON says %q: %v", report.Verdict, err)
	}
	w.review(1, "-fail-on", "warn", "-max-score", "0")
}

// assertSARIF looks for one result at the line where the configuration has its
// cause.
func assertSARIF(t *testing.T, text, branch, code, level string, suppressed bool) {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID       string `json:"ruleId"`
				Level        string
				Suppressions []any
				Locations    []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	// A rejection is shown at the rule; an accepted finding at the resource.
	marker := "dmz_clients = {"
	if suppressed {
		marker = `resource "backupfw_policy" "primary"`
	}
	config, err := os.ReadFile(filepath.Join(examples, filepath.FromSlash(reviewFolder), branch+".tf"))
	if err != nil {
		t.Fatal(err)
	}
	line := 1 + slices.IndexFunc(strings.Split(string(config), "\n"), func(l string) bool { return strings.Contains(l, marker) })
	found := 0
	for _, result := range log.Runs[0].Results {
		if result.RuleID != code {
			continue
		}
		found++
		if len(result.Locations) != 1 {
			t.Fatalf("%d locations:\n%s", len(result.Locations), text)
		}
		place := result.Locations[0].PhysicalLocation
		if result.Level != level || (len(result.Suppressions) > 0) != suppressed || !strings.HasSuffix(place.ArtifactLocation.URI, "infra/main.tf") || place.Region.StartLine != line {
			t.Errorf("%s: %+v, want %s at infra/main.tf:%d", code, result, level, line)
		}
	}
	if found != 1 {
		t.Errorf("%d results of %s:\n%s", found, code, text)
	}
}
