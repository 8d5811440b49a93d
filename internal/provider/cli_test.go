package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-cty/cty"
	ctyjson "github.com/hashicorp/go-cty/cty/json"

	"github.com/backupfw/terraform-provider-backupfw/internal/clitest"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// The tests of this file build the provider, as users install it, and read what
// the command line prints. Like the other acceptance tests they need TF_ACC.

// installation is a CLI configuration with which the command line finds the
// provider, built once for all tests, and nothing else.
var installation = sync.OnceValues(func() (string, error) {
	mirror, err := os.MkdirTemp("", "backupfw-test-")
	if err != nil {
		return "", err
	}
	cleanups = append(cleanups, func() { os.RemoveAll(mirror) })
	built := ""
	for _, address := range clitest.Addresses() {
		binary := filepath.Join(mirror, filepath.FromSlash(address), "0.0.1", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-backupfw_v0.0.1")
		if runtime.GOOS == "windows" {
			binary += ".exe"
		}
		if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
			return "", err
		}
		if built != "" {
			if err := os.Link(built, binary); err != nil {
				return "", err
			}
			continue
		}
		built = binary
		if out, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	rc := filepath.Join(mirror, "terraform.rc")
	return rc, os.WriteFile(rc, fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror), 0o644)
})

// workspace is a folder with a configuration, in which the command line finds
// the built provider and nothing else.
type workspace struct {
	t   *testing.T
	dir string
	env []string
}

func newWorkspace(t *testing.T, files map[string]string) *workspace {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	rc, err := installation()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range files {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	w := &workspace{t: t, dir: dir, env: append(os.Environ(), "TF_CLI_CONFIG_FILE="+rc, "TF_IN_AUTOMATION=1", "TF_PLUGIN_CACHE_DIR=", "TF_LOG=")}
	if out, failed := w.run("init", "-no-color", "-input=false"); failed {
		t.Fatalf("init:\n%s", out)
	}
	return w
}

// run runs the command line and returns what it printed.
func (w *workspace) run(arguments ...string) (out string, failed bool) {
	w.t.Helper()
	cli := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if cli == "" {
		cli = "terraform"
	}
	command := exec.Command(cli, arguments...)
	command.Dir, command.Env = w.dir, w.env
	var text bytes.Buffer
	command.Stdout, command.Stderr = &text, &text
	err := command.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return text.String(), err != nil
}

// ok runs a command that must succeed.
func (w *workspace) ok(arguments ...string) string {
	w.t.Helper()
	out, failed := w.run(arguments...)
	if failed {
		w.t.Fatalf("terraform %s:\n%s", strings.Join(arguments, " "), out)
	}
	return out
}

// shownPlan plans and returns the plan as terraform show -json writes it.
func (w *workspace) shownPlan() cty.Value {
	w.t.Helper()
	w.ok("plan", "-no-color", "-input=false", "-out=plan")
	raw := []byte(w.ok("show", "-json", "plan"))
	typ, err := ctyjson.ImpliedType(raw)
	must(w.t, err)
	plan, err := ctyjson.Unmarshal(raw, typ)
	must(w.t, err)
	return plan
}

// plannedResource are the values that a plan knows of a resource, and what is
// left unknown of it.
func plannedResource(t *testing.T, plan cty.Value, address string) (after, unknown cty.Value) {
	t.Helper()
	for _, change := range plan.GetAttr("resource_changes").AsValueSlice() {
		if change.GetAttr("address").AsString() == address {
			return change.GetAttr("change").GetAttr("after"), change.GetAttr("change").GetAttr("after_unknown")
		}
	}
	t.Fatalf("the plan has no %s", address)
	return cty.NilVal, cty.NilVal
}

// assertNothingUnknown holds every mark of what is unknown to false.
func assertNothingUnknown(t *testing.T, address string, marks cty.Value) {
	t.Helper()
	must(t, cty.Walk(marks, func(path cty.Path, v cty.Value) (bool, error) {
		if v.Type() == cty.Bool && v.True() {
			t.Errorf("%s: %v is not known in the plan", address, path)
		}
		return true, nil
	}))
}

type diagnostic struct {
	Severity, Summary, Detail, Address string
	Range                              struct {
		Filename string
		Start    struct{ Line int }
	}
	Snippet struct{ Code string }
}

// diagnostics plans with -json and returns the diagnostics of that severity.
func (w *workspace) diagnostics(severity string) []diagnostic {
	w.t.Helper()
	out, _ := w.run("plan", "-json", "-input=false")
	var found []diagnostic
	for line := range strings.Lines(out) {
		var message struct{ Diagnostic *diagnostic }
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			w.t.Fatalf("%v in %s", err, line)
		}
		if d := message.Diagnostic; d != nil && d.Severity == severity {
			found = append(found, *d)
		}
	}
	return found
}

const widePolicy = requiredProviders + `
resource "backupfw_port_range" "wide" {
  name  = "wide"
  ports = ["100-139/tcp"]
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "primary" {
  name = "primary"
  rules = {
    quiet = {
      direction   = "ingress"
      port_ranges = [{ name = "vault", listeners = [{ name = "vault", kind = "negotiated", ports = ["29168-29207/tcp"] }] }]
      peers       = [backupfw_peer_group.dmz]
    }
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.wide]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}
`

func TestAccCLI_PlanJSON_WidePolicy_PointsAtTheRule(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, map[string]string{"main.tf": widePolicy})
	errors := w.diagnostics("error")
	for _, want := range []struct {
		code     risk.Code
		severity risk.Severity
		snippet  string // the line that is shown
		parts    []string
	}{
		{"well-known-port", "high", "    dmz_clients = {", []string{"100-139/tcp ", "198.51.100.16/28", "Use the ports that the product documents", `(At rules["dmz_clients"].port_ranges[0].)`}},
		{"sensitive-service", "high", "    dmz_clients = {", []string{"111/tcp, 135/tcp ", "198.51.100.16/28", "Leave these ports out of the range", `(At rules["dmz_clients"].port_ranges[0].)`}},
		{"sensitive-service", "critical", "    dmz_clients = {", []string{"137-139/tcp ", "198.51.100.16/28", `(At rules["dmz_clients"].port_ranges[0].)`}},
		{"score-limit", "high", "  rules = {", []string{"The score is 71 (critical), and the limit is 40.", "Narrow the ports or cut the peers"}},
	} {
		at := slices.IndexFunc(errors, func(d diagnostic) bool {
			return d.Summary == risk.RejectionTitle+string(want.code) && strings.HasPrefix(d.Detail, want.parts[0])
		})
		if at < 0 {
			t.Errorf("no rejection by %s of %s in %+v", want.code, want.parts[0], errors)
			continue
		}
		d := errors[at]
		line := 1 + strings.Count(widePolicy[:strings.Index(widePolicy, "\n"+want.snippet)+1], "\n")
		if d.Range.Filename != "main.tf" || d.Range.Start.Line != line {
			t.Errorf("%s: at %s:%d, want main.tf:%d", want.code, d.Range.Filename, d.Range.Start.Line, line)
		}
		if !strings.HasPrefix(d.Snippet.Code, want.snippet) {
			t.Errorf("%s: shows %q, want %q", want.code, d.Snippet.Code, want.snippet)
		}
		if d.Address != "backupfw_policy.primary" {
			t.Errorf("%s: address %q", want.code, d.Address)
		}
		// What reads the diagnostics alone learns the score of the plan.
		mark, marked := risk.ParseMark(d.Detail)
		if want := (risk.Mark{Code: want.code, Severity: want.severity, Score: 71, Limit: 40}); !marked || mark != want || !strings.HasSuffix(d.Detail, want.String()) {
			t.Errorf("%s: no mark %s in %q", want.Code, want, d.Detail)
		}
		for _, part := range want.parts {
			if !strings.Contains(d.Detail, part) {
				t.Errorf("%s: %q is not in %q", want.code, part, d.Detail)
			}
		}
	}
	if len(errors) != 4 {
		t.Errorf("%d errors, want 4: %+v", len(errors), errors)
	}
	if out, _ := w.run("show", "-json"); strings.Contains(out, "backupfw_") {
		t.Errorf("a rejected plan left state: %s", out)
	}
}

func TestAccCLI_ShowJSON_FirstPlan_KnowsScoreFindingsAllowsAndKeys(t *testing.T) {
	t.Parallel()
	rules := accDMZ + accInside + `    movers = {
      direction   = "ingress"
      port_ranges = [{ name = "movers", listeners = [{ name = "data-mover-range", kind = "product_flow", product = "veeam", flow = "data-mover-range", ports = ["2500-2539/tcp"] }] }]
      peers       = [backupfw_peer_group.dmz]
    }
`
	w := newWorkspace(t, map[string]string{"main.tf": accPolicy(`"29168-29207/tcp"`, `"198.51.100.16/28"`, rules)})
	plan := w.shownPlan()
	after, marks := plannedResource(t, plan, "backupfw_policy.primary")
	assertNothingUnknown(t, "backupfw_policy.primary", marks)
	for attribute, want := range map[string]cty.Value{
		"score":      cty.NumberIntVal(6),
		"verdict":    cty.StringVal("accept"),
		"rating":     cty.StringVal("low"),
		"rule_count": cty.NumberIntVal(3),
	} {
		if got := after.GetAttr(attribute); !got.RawEquals(want) {
			t.Errorf("%s is %#v, want %#v", attribute, got, want)
		}
	}
	var codes []string
	for _, finding := range after.GetAttr("findings").AsValueSlice() {
		codes = append(codes, finding.GetAttr("code").AsString())
	}
	if !slices.Equal(codes, []string{"neighbour-services"}) {
		t.Errorf("findings %q", codes)
	}
	var allowed []string
	for _, a := range after.GetAttr("allows").AsValueSlice() {
		from, _ := a.GetAttr("from_port").AsBigFloat().Int64()
		allowed = append(allowed, fmt.Sprintf("%s %d for %d", a.GetAttr("protocol").AsString(), from, a.GetAttr("prefixes").LengthInt()))
	}
	if want := []string{"tcp 2500 for 1", "tcp 29168 for 2"}; !slices.Equal(allowed, want) {
		t.Errorf("allows %q, want %q", allowed, want)
	}
	var keys []string
	for _, change := range plan.GetAttr("resource_changes").AsValueSlice() {
		if change.GetAttr("address").AsString() != "terraform_data.rule["+fmt.Sprintf("%q", indexOf(change))+"]" {
			continue
		}
		keys = append(keys, indexOf(change))
	}
	slices.Sort(keys)
	if want := []string{"tcp-2500-2539-198.51.100.16/28", "tcp-29168-29207-10.20.0.0/24", "tcp-29168-29207-198.51.100.16/28"}; !slices.Equal(keys, want) {
		t.Errorf("for_each keys %q, want %q", keys, want)
	}
	output := plan.GetAttr("planned_values").GetAttr("outputs").GetAttr("ingress").GetAttr("value")
	if !output.IsWhollyKnown() || output.LengthInt() != 3 {
		t.Errorf("the planned rules are %#v", output)
	}
}

func indexOf(change cty.Value) string {
	if !change.Type().HasAttribute("index") {
		return ""
	}
	return change.GetAttr("index").AsString()
}

func TestAccCLI_EverySource_GivesTheSameRules(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	sources := os.DirFS("testdata/sources")
	must(t, fs.WalkDir(sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources, name)
		files[name] = string(text)
		return err
	}))
	w := newWorkspace(t, files)
	plan := w.shownPlan()
	for _, change := range plan.GetAttr("resource_changes").AsValueSlice() {
		assertNothingUnknown(t, change.GetAttr("address").AsString(), change.GetAttr("change").GetAttr("after_unknown"))
	}
	outputs := plan.GetAttr("planned_values").GetAttr("outputs")
	read := func(name string) cty.Value {
		output := outputs.GetAttr(name)
		if !output.Type().HasAttribute("value") {
			t.Fatalf("output %s is not known in the plan", name)
		}
		return output.GetAttr("value")
	}
	if scores := read("scores"); scores.LengthInt() != 1 {
		t.Errorf("the scores differ: %#v", scores)
	}
	if n := read("rules"); !n.RawEquals(cty.NumberIntVal(1)) {
		t.Errorf("what the policies allow differs: %#v", n)
	}
	if agrees := read("function_agrees"); agrees.False() {
		t.Error("the function and the data source differ")
	}
	want := []string{"tcp-29168-29207-198.51.100.16/28", "tcp-29168-29207-2001:db8:40::/64", "tcp-29168-29207-203.0.113.0/28"}
	for name, v := range read("keys").AsValueMap() {
		var keys []string
		for _, key := range v.AsValueSlice() {
			keys = append(keys, key.AsString())
		}
		if !slices.Equal(keys, want) {
			t.Errorf("%s: keys %q, want %q", name, keys, want)
		}
	}
	w.ok("apply", "-no-color", "-input=false", "plan")
	w.ok("plan", "-no-color", "-input=false", "-detailed-exitcode") // 2 would be a change
	w.ok("destroy", "-no-color", "-input=false", "-auto-approve")
}
