package exampletest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkBlock is the recipe with a check and conditions.
const checkBlock = "pull-request-review/check-block/main.tf"

func TestCheckBlock(t *testing.T) {
	t.Parallel()
	checkLife(t, newWorkspace(t, checkBlock))
}

// TestCheckBlock_WarnsOrStops: a check says something and the plan goes on, a
// condition ends it.
func TestCheckBlock_WarnsOrStops(t *testing.T) {
	const (
		check    = "warning: Check block assertion failed\n"
		failed   = "error: Module output value precondition failed\n"
		post     = "error: Resource postcondition failed\n"
		findings = "warning: Policy \"backup-server\": 2 findings\n"
	)
	for _, test := range []struct {
		name      string
		variables string // of terraform.tfvars
		from, to  string // what is changed in the example; "" is nothing
		exit      int
		want      []string // beginnings of the diagnostics
	}{
		{name: "as it is"},
		{
			name: "a score to look at", variables: "warn_above = 1",
			want: []string{check + "The policy scores 2 (low). Above 1 it should be looked at: negotiated range vault costs 1.3 points."},
		},
		{
			name: "a score that stops", variables: "stop_above = 1", exit: 1,
			want: []string{post + "The policy scores 2, and this module accepts at most 1."},
		},
		{
			name: "a rejection that the provider lets pass", from: `"29168-29171/tcp"`, to: `"445/tcp"`, exit: 1,
			want: []string{
				failed + "The policy has the verdict reject.",
				check + "The policy is not accepted as it stands, but: reject.",
				findings,
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, checkBlock)
			file := filepath.Join(w.dir, "main.tf")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			changed := string(text) + "\nprovider \"backupfw\" {\n  enforcement = \"warn\"\n}\n"
			if test.from != "" {
				if strings.Count(changed, test.from) != 1 {
					t.Fatalf("the example does not hold %s once", test.from)
				}
				changed = strings.Replace(changed, test.from, test.to, 1)
			}
			for file, text := range map[string]string{file: changed, filepath.Join(w.dir, "terraform.tfvars"): test.variables + "\n"} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			diagnostics, exit := w.plan()
			if exit != test.exit {
				t.Errorf("the plan ended with %d, want %d", exit, test.exit)
			}
			if len(diagnostics) != len(test.want) {
				t.Errorf("there are %d diagnostics, want %d", len(diagnostics), len(test.want))
			}
			for _, want := range test.want {
				if !slices.ContainsFunc(diagnostics, func(d diagnostic) bool { return strings.HasPrefix(d.String(), want) }) {
					t.Errorf("no diagnostic begins with %q among %v", want, diagnostics)
				}
			}
		})
	}
}
