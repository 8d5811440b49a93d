package exampletest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// openedRule is an element of allows.
type openedRule struct {
	Direction  string
	Protocol   string
	From       *int `json:"from_port"`
	To         *int `json:"to_port"`
	Prefixes   []string
	References []string
}

// TestSuggestions_FedBackToTerraform_OpenNoMore takes what the worked examples
// of existing rules are told to write instead, plans it, and compares packet by
// packet what both of them allow.
func TestSuggestions_FedBackToTerraform_OpenNoMore(t *testing.T) {
	for file, source := range map[string]string{
		"data-sources/backupfw_assessment/data-source_csv.tf":    "table",
		"data-sources/backupfw_assessment/data-source_azure.tf":  "azure",
		"data-sources/backupfw_assessment/data-source_google.tf": "google",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, "provider/provider.tf", file)
			w.write("told.tf", fmt.Sprintf(`
output "told" {
  value = {
    allows = data.backupfw_assessment.%[1]s.allows
    hcl    = data.backupfw_assessment.%[1]s.suggested_policy.hcl
  }
}
`, source))
			w.mustRun(0, "plan", "-no-color", "-out=tfplan")
			var told struct {
				Allows []openedRule
				HCL    string
			}
			w.decodeOutput("told", &told)
			if !strings.Contains(told.HCL, `resource "backupfw_policy"`) {
				t.Fatalf("no policy in\n%s", told.HCL)
			}

			again := newWorkspace(t)
			// The existing rules are as bad as they are; what counts is what they open.
			again.write("provider.tf", strings.Replace(readExample(t, "provider/provider.tf"), `"enforce"`, `"warn"`, 1))
			again.write("suggested.tf", told.HCL)
			again.write("new.tf", "output \"new\" {\n  value = backupfw_policy."+policyName(t, told.HCL)+".allows\n}\n")
			again.mustRun(0, "fmt", "-check", "suggested.tf")
			again.mustRun(0, "plan", "-no-color", "-out=tfplan")
			var allows []openedRule
			again.decodeOutput("new", &allows)
			if len(allows) == 0 {
				t.Fatal("the suggested policy opens nothing")
			}
			before, after := policyOf(t, told.Allows), policyOf(t, allows)
			for _, packets := range [][]compiletest.Packet{compiletest.Packets(before, compiletest.Extra{}), compiletest.Packets(after, compiletest.Extra{})} {
				for _, packet := range packets {
					if len(compiletest.AllowedBy(after, packet)) > 0 && len(compiletest.AllowedBy(before, packet)) == 0 {
						t.Fatalf("%s: the suggestion opens it and the existing rules do not\n%s", packet, told.HCL)
					}
				}
			}
		})
	}
}

func policyName(t *testing.T, hcl string) string {
	t.Helper()
	_, rest, _ := strings.Cut(hcl, `resource "backupfw_policy" "`)
	name, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no policy in\n%s", hcl)
	}
	return name
}

func readExample(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write writes a file of the root module.
func (w *workspace) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// decodeOutput reads an output of the saved plan.
func (w *workspace) decodeOutput(name string, into any) {
	w.t.Helper()
	var plan struct {
		PlannedValues struct {
			Outputs map[string]struct{ Value json.RawMessage }
		} `json:"planned_values"`
	}
	if err := json.Unmarshal(w.mustRun(0, "show", "-json", "tfplan"), &plan); err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(plan.PlannedValues.Outputs[name].Value, into); err != nil {
		w.t.Fatalf("output %s: %v", name, err)
	}
}

// policyOf is a policy that allows just this.
func policyOf(t *testing.T, allows []openedRule) *policy.Policy {
	t.Helper()
	p := &policy.Policy{Name: "read-back"}
	for i, a := range allows {
		text := a.Protocol
		if a.From != nil {
			text = fmt.Sprintf("%d-%d/%s", *a.From, *a.To, a.Protocol)
		}
		ports, faults := portset.ParseList([]string{text})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		peers, faults := prefixset.ParseList(a.Prefixes)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		direction, known := policy.ParseDirection(a.Direction)
		if !known {
			t.Fatalf("direction %q", a.Direction)
		}
		group := policy.PeerGroup{Name: "peers", Prefixes: peers}
		for _, name := range a.References {
			group.References = append(group.References, policy.Reference{Name: name, Kind: policy.AWSSecurityGroup, MaxHosts: 1})
		}
		p.Rules = append(p.Rules, policy.Rule{Name: fmt.Sprintf("rule-%03d", i), Direction: direction,
			PortRanges: []policy.PortRange{{Name: "ports", Listeners: []policy.Listener{{Name: "listener", Kind: policy.Undeclared, Ports: ports}}}},
			Peers:      []policy.PeerGroup{group}})
	}
	slices.SortFunc(p.Rules, func(a, b policy.Rule) int { return cmp.Compare(a.Name, b.Name) })
	return p
}
