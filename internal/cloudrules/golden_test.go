package cloudrules_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-cty/cty"
	"golang.org/x/tools/txtar"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/*.txtar")

// TestGolden runs each testdata/<resource type>.txtar. A case has the file
// <case>.json, the planned value of the resource, and may have
// <case>.unknown.json, the mask of what is known only after apply, both as they
// stand in a plan. <case>.rules is what is read of it. To start a new case,
// write its JSON and run the test with -update.
func TestGolden(t *testing.T) {
	for _, resourceType := range cloudrules.Types() {
		t.Run(resourceType, func(t *testing.T) {
			path := filepath.Join("testdata", resourceType+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(archive)
			got := txtar.Format(goldenOutput(t, resourceType, archive))
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; run with -update if the new output is right\n%s", path, got)
			}
		})
	}
}

// TestGolden_HasNoOtherTypes: a file for a type that is not read would be a
// test that does nothing.
func TestGolden_HasNoOtherTypes(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, path := range paths {
		if resourceType := strings.TrimSuffix(filepath.Base(path), ".txtar"); !cloudrules.Understood(resourceType) {
			t.Errorf("%s: %s is not understood", path, resourceType)
		}
	}
}

const (
	valueSuffix   = ".json"
	unknownSuffix = ".unknown.json"
	rulesSuffix   = ".rules"
)

func goldenOutput(t *testing.T, resourceType string, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	files := map[string][]byte{}
	for _, file := range archive.Files {
		files[file.Name] = file.Data
	}
	out := &txtar.Archive{Comment: archive.Comment}
	for _, file := range archive.Files {
		name, isValue := strings.CutSuffix(file.Name, valueSuffix)
		if !isValue || strings.HasSuffix(file.Name, unknownSuffix) {
			continue
		}
		out.Files = append(out.Files, file)
		if unknown, given := files[name+unknownSuffix]; given {
			out.Files = append(out.Files, txtar.File{Name: name + unknownSuffix, Data: unknown})
		}
		v, err := planned(resourceType, file.Data, files[name+unknownSuffix])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rules := read(resourceType, v)
		if err := assessed(rules); err != nil {
			t.Errorf("%s: the rules cannot be judged: %v", name, err)
		}
		out.Files = append(out.Files, txtar.File{Name: name + rulesSuffix, Data: []byte(showRules(rules))})
	}
	if used := len(out.Files); len(archive.Files) > 0 && used == 0 {
		t.Fatal("no case")
	}
	return out
}

// planned decodes a value as it stands in a plan, with package tfplan.
func planned(resourceType string, after, unknown []byte) (cty.Value, error) {
	change := map[string]any{"actions": []string{"create"}, "before": nil, "after": json.RawMessage(after)}
	if unknown != nil {
		change["after_unknown"] = json.RawMessage(unknown)
	}
	plan, err := json.Marshal(map[string]any{
		"format_version": "1.2",
		"resource_changes": []any{map[string]any{
			"address": resourceType + ".this", "mode": "managed", "type": resourceType, "name": "this", "change": change,
		}},
	})
	if err != nil {
		return cty.NilVal, err
	}
	v := cty.NilVal
	_, err = tfplan.Read(bytes.NewReader(plan), func(c *tfplan.Change) error {
		v, err = c.After(cty.DynamicPseudoType)
		return err
	})
	return v, err
}

// read reads the rules and names them r1, r2 and so on.
func read(resourceType string, v cty.Value) []cloudrules.Rule {
	count := 0
	return cloudrules.Read(resourceType, v, func(string) string {
		count++
		return fmt.Sprintf("r%d", count)
	})
}

// assembled is the policy of the rules that open something.
func assembled(rules []cloudrules.Rule) *policy.Policy {
	p := &policy.Policy{Name: "p"}
	for i := range rules {
		if rules[i].Closes == "" {
			p.Rules = append(p.Rules, rules[i].Rule)
			p.Partial = p.Partial || rules[i].Rule.IsPartial()
		}
	}
	slices.SortFunc(p.Rules, func(a, b policy.Rule) int { return strings.Compare(a.Name, b.Name) })
	return p
}

// assessed is what keeps the rules from being judged together.
func assessed(rules []cloudrules.Rule) error {
	if _, faults := risk.Assess(assembled(rules), risk.DefaultSettings()); len(faults) > 0 {
		return faults
	}
	return nil
}

func showRules(rules []cloudrules.Rule) string {
	if len(rules) == 0 {
		return "no rules\n"
	}
	var b strings.Builder
	for i := range rules {
		showRule(&b, &rules[i])
	}
	return b.String()
}

func showRule(b *strings.Builder, r *cloudrules.Rule) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "  %s: %s\n", name, text)
		}
	}
	fmt.Fprintln(b, r.Rule.Name)
	line("part", r.Part)
	line("group", r.Group)
	line("description", r.Rule.Description)
	line("closes", r.Closes)
	if len(r.Rule.PortRanges) > 0 {
		ports := r.Rule.Ports()
		line("opens", r.Rule.Direction.String()+" "+ports.String())
	} else {
		line("opens", r.Rule.Direction.String()+" nothing that is certain")
	}
	for i := range r.Rule.Peers {
		g := &r.Rule.Peers[i]
		text := strings.Join(g.Prefixes.Strings(), ", ")
		for _, ref := range g.References {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%s (%s, %d hosts)", ref.Name, ref.Kind, ref.MaxHosts)
		}
		line("peers", g.Zone.String()+" "+text)
	}
	if r.Rule.IsPartial() {
		line("partial", "yes")
	}
	line("unknown", strings.Join(r.Unknown, ", "))
	for _, text := range r.Assumed {
		line("assumed", text)
	}
	for _, f := range r.Faults {
		line("fault", f.Error())
	}
}
