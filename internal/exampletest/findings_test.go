package exampletest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// besides names what the examples of a code raise besides it, because one
// thing cannot be had without the other.
var besides = map[risk.Code][]risk.Code{
	// Nearly all ports hold every service there is.
	risk.AllPorts: {risk.BroadRange, risk.NeighbourServices, risk.ScoreLimit, risk.SensitiveService},
	// There is no broad range without neighbours.
	risk.BroadRange: {risk.NeighbourServices},
	// Other programs are registered inside the range that Veeam documents.
	risk.OversizedRange:   {risk.NeighbourServices},
	risk.UndersizedRange:  {risk.NeighbourServices},
	risk.UndocumentedPort: {risk.NeighbourServices},
	// What an expired waiver accepted is a finding again, and what a waiver
	// accepts stays one.
	risk.WaiverExpired:  {risk.WellKnownPort},
	risk.WaiverExpiring: {risk.WellKnownPort},
}

// effectOf is what the rejected example of a code does to the plan: the first
// effect that its default names.
func effectOf(info risk.CodeInfo) risk.Effect {
	if info.Code == risk.ExploitedListenerFound {
		return risk.Reject // the example faces the internet
	}
	for _, effect := range []risk.Effect{risk.Reject, risk.Warn, risk.Info} {
		if strings.HasPrefix(info.Default, string(effect)) {
			return effect
		}
	}
	return ""
}

func TestFindings(t *testing.T) {
	for _, info := range risk.Codes() {
		t.Run(string(info.Code), func(t *testing.T) {
			t.Parallel()
			t.Run("rejected", func(t *testing.T) {
				t.Parallel()
				checkRejected(t, info.Code, effectOf(info))
			})
			t.Run("accepted", func(t *testing.T) {
				t.Parallel()
				checkAccepted(t, info.Code)
			})
		})
	}
}

// checkRejected expects the code with its effect, at a place in the file, and
// nothing that the example is not about.
func checkRejected(t *testing.T, code risk.Code, effect risk.Effect) {
	w := newWorkspace(t, "provider/provider.tf", "findings/"+string(code)+"/rejected.tf")
	diagnostics, exit := w.plan()
	raised := fromDiagnostics(diagnostics)
	if effect == risk.Reject {
		if exit != 1 {
			t.Errorf("the plan ended with %d, want a rejection", exit)
		}
	} else {
		if exit != 0 {
			t.Fatalf("the plan ended with %d, want a plan: %v", exit, diagnostics)
		}
		recorded := fromFindings(t, w.planned("backupfw_policy.server"))
		if code == risk.WaiverExpiring { // comes with a day: warned of, and not recorded
			recorded[string(code)] = raised[string(code)]
		}
		raised = recorded
	}
	if raised[string(code)] != string(effect) {
		t.Errorf("%s has effect %q, want %q; raised: %v\n%v", code, raised[string(code)], effect, raised, diagnostics)
	}
	want := []string{string(code)}
	for _, other := range besides[code] {
		want = append(want, string(other))
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(raised)); !slices.Equal(got, want) {
		t.Errorf("raises %v, want %v; an example is about one thing", got, want)
	}
	for _, d := range diagnostics {
		if d.Range == nil || d.Range.Filename != "rejected.tf" {
			t.Errorf("not shown at a line of the file: %v", d)
		}
	}
}

// checkAccepted expects a plan without the code.
func checkAccepted(t *testing.T, code risk.Code) {
	w := newWorkspace(t, "provider/provider.tf", "findings/"+string(code)+"/accepted.tf")
	diagnostics, exit := w.plan()
	if exit != 0 {
		t.Fatalf("the plan ended with %d, want a plan: %v", exit, diagnostics)
	}
	values := w.planned("backupfw_policy.server")
	if verdict := values["verdict"]; verdict != "accept" && verdict != "accept_with_waivers" {
		t.Errorf("verdict %v, want an accepted policy", verdict)
	}
	for other, effect := range fromFindings(t, values) {
		if other == string(code) {
			t.Errorf("%s is raised here too, with effect %s", code, effect)
		} else if effect == "warn" && !slices.Contains(besides[code], risk.Code(other)) {
			t.Errorf("warns of %s; the accepted example is one to copy", other)
		}
	}
}

var (
	rejectedLine = regexp.MustCompile(`^Policy rejected: ([a-z-]+)$`)
	warningLine  = regexp.MustCompile(`(?m)^- ([a-z-]+):`)
)

// fromDiagnostics reads codes and effects out of what Terraform prints.
func fromDiagnostics(diagnostics []diagnostic) map[string]string {
	raised := map[string]string{}
	for _, d := range diagnostics {
		if m := rejectedLine.FindStringSubmatch(d.Summary); m != nil && d.Severity == "error" {
			raised[m[1]] = "reject"
			continue
		}
		for _, m := range warningLine.FindAllStringSubmatch(d.Detail, -1) {
			raised[m[1]] = "warn"
		}
	}
	return raised
}

// fromFindings reads them out of a policy's computed attribute.
func fromFindings(t *testing.T, values map[string]any) map[string]string {
	t.Helper()
	raised := map[string]string{}
	list, isList := values["findings"].([]any)
	if !isList {
		t.Fatalf("findings is %v, want a list that is known in the plan", values["findings"])
	}
	for _, element := range list {
		finding := element.(map[string]any)
		raised[finding["code"].(string)] = finding["effect"].(string)
	}
	return raised
}

// TestFindings_AllHaveExamples holds the folder to the list of codes, both
// ways, also where no command line is at hand.
func TestFindings_AllHaveExamples(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(examples, "findings"))
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	var want []string
	for _, info := range risk.Codes() {
		want = append(want, string(info.Code))
		if effectOf(info) == "" {
			t.Errorf("%s: the default effect %q names no effect", info.Code, info.Default)
		}
		for name, comment := range map[string]string{"rejected.tf": "# Wrong: ", "accepted.tf": "# Right: "} {
			text, err := os.ReadFile(filepath.Join(examples, "findings", string(info.Code), name))
			if err != nil {
				t.Errorf("finding %s has no example: %v", info.Code, err)
				continue
			}
			if n := strings.Count(string(text), comment); n != 1 {
				t.Errorf("findings/%s/%s has %d comments %q, want one that says what it shows", info.Code, name, n, comment)
			}
		}
	}
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("examples/findings has\n%v\nwant the finding codes\n%v", have, want)
	}
}
