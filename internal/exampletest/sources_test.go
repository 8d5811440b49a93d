package exampletest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples_GoogleSourcesCannotBeLost: Google reads an ingress rule without
// a source as one for everybody, and the sources of a rule with references
// come from a map in the author's hands. Whatever is wrong with it, the
// example is an error in the plan and never a rule without a source.
func TestExamples_GoogleSourcesCannotBeLost(t *testing.T) {
	const (
		file  = "data-sources/backupfw_google_firewall_rules/data-source_rules.tf"
		open  = "The rule has no source and would be open to everybody."
		noKey = "The given key does not identify an element in this collection value"
	)
	for _, test := range []struct{ name, line, instead, want string }{
		{"a tag that the map does not have", `tags     = { media = "backup-media" }`, `tags     = { other = "backup-media" }`, noKey},
		{"an account that the map does not have", `accounts = { cloud = "media@example-project.iam.gserviceaccount.com" }`, `accounts = { x = "x" }`, noKey},
		{"the line for tags forgotten", `source_tags             = each.value.reference_kind == "google_network_tag" ? [for name in each.value.references : local.tags[name]] : null`, "source_tags = null", open},
		{"an empty list of accounts", `each.value.reference_kind == "google_service_account" ? [for name in each.value.references : local.accounts[name]] : null`, "[]", open},
		{"a filter that finds nothing", `[for name in each.value.references : local.tags[name]]`, `[for name in each.value.references : local.tags[name] if name == "x"]`, open},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, "provider/provider.tf", file)
			path := filepath.Join(w.dir, filepath.Base(file))
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), test.line) != 1 {
				t.Fatalf("the example has no line %q", test.line)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(text), test.line, test.instead, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			diagnostics, exit := w.plan()
			if exit != 1 {
				t.Fatalf("the plan ended with %d, want an error", exit)
			}
			for _, d := range diagnostics {
				if !strings.Contains(d.Detail, test.want) {
					t.Errorf("got %s: %s, want %q", d.Summary, d.Detail, test.want)
				}
			}
			if len(diagnostics) == 0 {
				t.Error("no diagnostic")
			}
		})
	}
}
