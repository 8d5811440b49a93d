//go:build integration

package acceptance

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// review runs the review command of the very provider that the workspace was
// initialised with, as a pipeline finds it.
func (w *Workspace) review(args ...string) Result {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.dir, ".terraform", "providers", "*", "backupfw", "backupfw", "*", "*", "terraform-provider-backupfw_v*"))
	if err != nil || len(found) != 1 {
		w.t.Fatalf("init left the provider's binaries %q: %v", found, err)
	}
	cmd := exec.Command(found[0], append([]string{"review"}, args...)...)
	cmd.Dir = filepath.Dir(w.dir) // the root of the repository
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		w.t.Fatal(err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), ExitCode: cmd.ProcessState.ExitCode()}
}

// planJSON plans and leaves the plan's JSON in plan.json.
func (w *Workspace) planJSON() string {
	w.t.Helper()
	w.MustRun("plan", "-no-color", "-out=tfplan")
	file := filepath.Join(w.dir, "plan.json")
	if err := os.WriteFile(file, []byte(w.MustRun("show", "-json", "tfplan").Stdout), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return file
}

const besideTheProvider = `
resource "aws_vpc_security_group_ingress_rule" "desktop" {
  security_group_id = module.example.ids.media
  ip_protocol       = "tcp"
  from_port         = 3389
  to_port           = 3389
  cidr_ipv4         = "0.0.0.0/0"
}
`

// Main has a policy and its compiled rules. A branch adds a rule of the cloud
// beside the provider: neither Terraform nor AWS object, the review does, at
// the rule's own line.
func TestReview_HandWrittenRuleBesideTheProvider(t *testing.T) {
	emulator := StartEmulator(t)
	w := applyExample(t, emulator, "backupfw_aws_security_group_rules",
		"{ primary = aws_security_group.primary.id, media = aws_security_group.media.id }")
	config := filepath.Base(w.dir)

	result := w.review("-config", config, w.planJSON())
	if result.ExitCode != 0 || !strings.Contains(result.Stdout, "accepted") {
		t.Fatalf("main is not accepted (%d): %s%s", result.ExitCode, result.Stderr, result.Stdout)
	}

	main, err := os.ReadFile(filepath.Join(w.dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	w.Write("main.tf", string(main)+besideTheProvider)
	lines := strings.Split(string(main)+besideTheProvider, "\n")
	line := 1 + slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, `"desktop"`) })
	plan := w.planJSON()

	result = w.review("-config", config, "-format", "sarif", plan)
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string `json:"ruleId"`
				Level     string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(result.Stdout), &log); err != nil || result.ExitCode != 1 {
		t.Fatalf("status %d, %v: %s%s", result.ExitCode, err, result.Stderr, result.Stdout)
	}
	var codes []string
	for _, r := range log.Runs[0].Results {
		if r.Level != "error" {
			continue
		}
		codes = append(codes, r.RuleID)
		if place := r.Locations[0].PhysicalLocation; place.ArtifactLocation.URI != config+"/main.tf" || place.Region.StartLine != line {
			t.Errorf("%s is at %+v, want %s/main.tf:%d", r.RuleID, place, config, line)
		}
	}
	slices.Sort(codes)
	if want := []string{"any-peer", "score-limit", "sensitive-service"}; !slices.Equal(codes, want) {
		t.Errorf("the rule is rejected by %v, want %v", codes, want)
	}

	result = w.review("-config", config, plan)
	for _, want := range []string{"rejected", "3389/tcp", "Remote Desktop", "1 hand-written rule", "aws_vpc_security_group_ingress_rule.desktop"} {
		if !strings.Contains(result.Stdout, want) {
			t.Errorf("the comment does not say %q:\n%s", want, result.Stdout)
		}
	}
	if result.ExitCode != 1 || !strings.Contains(result.Stderr, "is rejected (any-peer, sensitive-service, score-limit)") {
		t.Errorf("status %d: %s", result.ExitCode, result.Stderr)
	}

	// Applied, the rule is part of what is there: the next plan does not change
	// it, and the review says that it did not judge it, unless it is asked to.
	w.Apply()
	plan = w.planJSON()
	if result = w.review("-config", config, plan); result.ExitCode != 0 || !strings.Contains(result.Stdout, "leaves as they are, not judged") {
		t.Errorf("unchanged rules: status %d\n%s", result.ExitCode, result.Stdout)
	}
	if result = w.review("-config", config, "-unchanged", plan); result.ExitCode != 1 {
		t.Errorf("unchanged rules, asked for: status %d\n%s", result.ExitCode, result.Stdout)
	}
}
