package review

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
)

// object is a JSON object of a plan.
type object = map[string]any

// recordedPlan reads a plan that a command line wrote.
func recordedPlan(t testing.TB, cli, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "plans", cli, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// recordedPolicy is the planned value of the policy in a recorded plan.
func recordedPolicy(t testing.TB, name string) object {
	t.Helper()
	return recordedChange(t, name)["after"].(object)
}

func recordedChange(t testing.TB, name string) object {
	t.Helper()
	var plan struct {
		Changes []object `json:"resource_changes"`
	}
	if err := json.Unmarshal(recordedPlan(t, "terraform-1.11.4", name), &plan); err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Changes {
		if c["type"] == "backupfw_policy" {
			return c["change"].(object)
		}
	}
	t.Fatalf("%s has no policy", name)
	return nil
}

// planned is one change of a plan.
type planned struct {
	module, resourceType, name string
	key                        string // of for_each
	action                     string // "create" when empty; "replace" is delete and create
	before, after              any
	unknown                    any // after_unknown
	deposed                    string
}

func (p *planned) address() string {
	address := p.resourceType + "." + p.name
	if p.module != "" {
		address = p.module + "." + address
	}
	if p.key != "" {
		address += `["` + p.key + `"]`
	}
	return address
}

// planOf writes a plan of the changes. members, such as a configuration, are
// added to it.
func planOf(t testing.TB, members object, changes ...planned) []byte {
	t.Helper()
	var all []any
	for i := range changes {
		p := &changes[i]
		actions := []string{p.action}
		switch p.action {
		case "":
			actions = []string{"create"}
		case "replace":
			actions = []string{"delete", "create"}
		}
		unknown := p.unknown
		if unknown == nil {
			unknown = object{}
		}
		change := object{"address": p.address(), "mode": "managed", "type": p.resourceType, "name": p.name,
			"change": object{"actions": actions, "before": p.before, "after": p.after, "after_unknown": unknown}}
		if p.module != "" {
			change["module_address"] = p.module
		}
		if p.key != "" {
			change["index"] = p.key
		}
		if p.deposed != "" {
			change["deposed"] = p.deposed
		}
		all = append(all, change)
	}
	plan := object{"format_version": "1.2", "terraform_version": "1.11.4", "timestamp": "2026-11-23T12:00:00Z", "resource_changes": all}
	maps.Copy(plan, members)
	text, err := json.Marshal(plan, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// outcome is what a run of the command left.
type outcome struct {
	status         int
	stdout, stderr string
}

// run runs the command with the plan on standard input.
func run(plan []byte, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	status := Run(append(args, "-"), Process{Stdin: bytes.NewReader(plan), Stdout: &stdout, Stderr: &stderr,
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }, Version: "1.2.3"})
	return outcome{status, stdout.String(), stderr.String()}
}

// reviewed runs the command and reads its report.
func reviewed(t testing.TB, plan []byte, args ...string) (*report.Report, outcome) {
	t.Helper()
	o := run(plan, append([]string{"-format", "json"}, args...)...)
	r := &report.Report{}
	if err := json.Unmarshal([]byte(o.stdout), r); err != nil {
		t.Fatalf("status %d: %v\n%s", o.status, err, o.stderr)
	}
	return r, o
}

// subjectNamed finds a subject; nil when there is none.
func subjectNamed(r *report.Report, name string) *report.Subject {
	for i := range r.Subjects {
		if s := &r.Subjects[i]; s.Name == name || s.Address == name {
			return s
		}
	}
	return nil
}

// scratchFile writes a file for one test.
func scratchFile(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
