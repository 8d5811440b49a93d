package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/clitest"
)

// states holds state files that earlier commits of the provider have written,
// named by the commit, and the configuration of all of them.
var states = filepath.Join("testdata", "states")

// recorded is the day on which they were written: a waiver of theirs has a date.
var recorded = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

// stateFile is a state, as far as the tests look at it.
type stateFile struct {
	Resources []struct {
		Mode, Type, Name string
		Instances        []struct {
			SchemaVersion int64           `json:"schema_version"`
			Attributes    json.RawMessage `json:"attributes"`
		}
	}
}

// readState reads a state file. The values of its instances have exactly one
// instance each.
func readState(t *testing.T, file string) stateFile {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	var state stateFile
	must(t, json.Unmarshal(text, &state))
	for _, r := range state.Resources {
		if len(r.Instances) != 1 {
			t.Fatalf("%s: %s.%s has %d instances, want 1", file, r.Type, r.Name, len(r.Instances))
		}
	}
	return state
}

// recordedStates lists the files, sorted.
func recordedStates(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(states, "*.json"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no state is recorded")
	}
	return files
}

// upgrade calls UpgradeResourceState, as Terraform does before anything else
// with a resource of a state.
func (s *server) upgrade(t *testing.T, typeName string, version int64, attributes []byte) (tftypes.Value, []string) {
	t.Helper()
	resp, err := s.UpgradeResourceState(context.Background(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: typeName, Version: version, RawState: &tfprotov6.RawState{JSON: attributes}})
	must(t, err)
	_, typ := s.resourceType(t, strings.TrimPrefix(typeName, "backupfw_"))
	return open(t, typ, resp.UpgradedState), texts(resp.Diagnostics)
}

// Every version of a schema that was ever written is read, with the values that
// it had. What it lacks is null.
func TestStates_Upgrade_KeepsEveryValue(t *testing.T) {
	t.Parallel()
	s := serveOn(t, at(recorded))
	read := map[string]bool{}
	for _, file := range recordedStates(t) {
		for _, r := range readState(t, file).Resources {
			instance := r.Instances[0]
			read[fmt.Sprintf("%s %d", r.Type, instance.SchemaVersion)] = true
			upgraded, problems := s.upgrade(t, r.Type, instance.SchemaVersion, instance.Attributes)
			if len(problems) > 0 {
				t.Errorf("%s: %s.%s: %q", file, r.Type, r.Name, problems)
				continue
			}
			var before any
			must(t, json.Unmarshal(instance.Attributes, &before))
			for _, difference := range lost("", before, asJSON(plain(t, upgraded))) {
				t.Errorf("%s: %s.%s: %s", file, r.Type, r.Name, difference)
			}
		}
	}
	for name, schema := range s.schema.ResourceSchemas {
		for version := range max(schema.Version, 1) {
			if !read[fmt.Sprintf("%s %d", name, version)] {
				t.Errorf("no recorded state has %s in version %d of its schema", name, version)
			}
		}
	}
}

// asJSON writes a plain value with the types of a decoded JSON document.
func asJSON(v any) any {
	switch v := v.(type) {
	case obj:
		values := map[string]any{}
		for name, e := range v {
			values[name] = asJSON(e)
		}
		return values
	case seq:
		values := []any{}
		for _, e := range v {
			values = append(values, asJSON(e))
		}
		return values
	}
	return v
}

// lost lists what of before is not in after, and what after has beyond it other
// than null.
func lost(path string, before, after any) []string {
	var all []string
	switch before := before.(type) {
	case map[string]any:
		after, ok := after.(map[string]any)
		if !ok {
			break
		}
		names := maps.Clone(before)
		maps.Copy(names, after)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			all = append(all, lost(path+"."+name, before[name], after[name])...)
		}
		return all
	case []any:
		after, ok := after.([]any)
		if !ok || len(before) != len(after) {
			break
		}
		for i := range before {
			all = append(all, lost(fmt.Sprintf("%s[%d]", path, i), before[i], after[i])...)
		}
		return all
	}
	if !reflect.DeepEqual(before, after) {
		all = append(all, fmt.Sprintf("%s was %v and is %v", path, before, after))
	}
	return all
}

// A state of a later version with the same version of the schema has attributes
// that this version does not know: going back to this version drops them.
func TestStates_Upgrade_OfALaterVersion_DropsWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	s := serveOn(t, at(recorded))
	for _, r := range readState(t, recordedStates(t)[0]).Resources {
		text := bytes.Replace(r.Instances[0].Attributes, []byte("{"), []byte(`{"of_a_later_version": {"a": [1, "b"]},`), 1)
		want, _ := s.upgrade(t, r.Type, 0, r.Instances[0].Attributes)
		if got, problems := s.upgrade(t, r.Type, 0, text); len(problems) > 0 || !got.Equal(want) {
			t.Errorf("%s.%s: %q, %s, want %s", r.Type, r.Name, problems, got, want)
		}
	}
}

// inProcess is a folder with a configuration. The command line reaches the
// provider in this process, on the day recorded.
type inProcess struct {
	t   *testing.T
	dir string
	cli string
	env []string
}

func newInProcess(t *testing.T, config string) *inProcess {
	t.Helper()
	w := &inProcess{t: t, cli: clitest.Find(t), dir: t.TempDir()}
	w.env = clitest.Environment(t, clitest.Serve(t, at(recorded)))
	w.write("main.tf", []byte(config))
	w.run(0, "init", "-no-color")
	return w
}

func (w *inProcess) write(name string, text []byte) {
	w.t.Helper()
	must(w.t, os.WriteFile(filepath.Join(w.dir, name), text, 0o644))
}

// run runs the command line, which has to end with want, and returns what it
// wrote to standard output.
func (w *inProcess) run(want int, arguments ...string) []byte {
	w.t.Helper()
	cmd := exec.Command(w.cli, arguments...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		w.t.Fatalf("%s ended with %v, want %d:\n%s%s", strings.Join(arguments, " "), err, want, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes()
}

// change is what a plan means to do to one resource of ours.
type change struct {
	Address, Type string
	Change        struct {
		Actions       []string
		Before, After map[string]any
	}
}

// plan plans into the file tfplan. It returns the changes by address and the
// warnings as "address: summary. detail", sorted.
func (w *inProcess) plan() (changes map[string]change, warnings []string) {
	w.t.Helper()
	for line := range bytes.Lines(w.run(0, "plan", "-json", "-out=tfplan")) {
		var message struct{ Diagnostic *diagnostic }
		must(w.t, json.Unmarshal(line, &message))
		if d := message.Diagnostic; d != nil {
			warnings = append(warnings, d.Address+": "+d.Summary+". "+d.Detail)
		}
	}
	slices.Sort(warnings)
	var plan struct {
		ResourceChanges []change `json:"resource_changes"`
	}
	must(w.t, json.Unmarshal(w.run(0, "show", "-json", "tfplan"), &plan))
	changes = map[string]change{}
	for _, c := range plan.ResourceChanges {
		changes[c.Address] = c
	}
	return changes, warnings
}

// attributes are the values that the state holds, by address.
func (w *inProcess) attributes() map[string]any {
	w.t.Helper()
	values := map[string]any{}
	for _, r := range readState(w.t, filepath.Join(w.dir, "terraform.tfstate")).Resources {
		var attributes any
		must(w.t, json.Unmarshal(r.Instances[0].Attributes, &attributes))
		values[r.Type+"."+r.Name] = attributes
	}
	return values
}

// The whole way of an upgrade: the first plan is an update of what is computed,
// the apply makes of it what a new apply would, and the next plan is empty.
func TestAccStates_OfEarlierVersions_AreUpdatedInPlace(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join(states, "main.tf"))
	must(t, err)
	fresh := newInProcess(t, string(config))
	fresh.run(0, "apply", "-no-color", "-auto-approve")
	want := fresh.attributes()
	for _, file := range recordedStates(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			must(t, err)
			w := newInProcess(t, string(config))
			w.write("terraform.tfstate", text)
			changes, warnings := w.plan()
			equalTexts(t, "warnings", warnings, []string{})
			if len(changes) != len(want) {
				t.Errorf("the plan has %d resources, want %d", len(changes), len(want))
			}
			for address, c := range changes {
				action := "no-op"
				if c.Type == "backupfw_policy" {
					action = "update" // these versions had no score_limit
					if c.Change.Before["score_limit"] != nil || c.Change.After["score_limit"] != 40.0 {
						t.Errorf("%s: score_limit %v → %v, want null → 40", address, c.Change.Before["score_limit"], c.Change.After["score_limit"])
					}
				}
				if !slices.Equal(c.Change.Actions, []string{action}) {
					t.Errorf("the plan does %q to %s, want %s", c.Change.Actions, address, action)
				}
				for _, name := range []string{"id", "name", "rules", "waiver", "ports", "cidrs"} {
					if !reflect.DeepEqual(c.Change.Before[name], c.Change.After[name]) {
						t.Errorf("%s: the plan changes %s", address, name)
					}
				}
			}
			w.run(0, "apply", "-no-color", "tfplan")
			if got := w.attributes(); !reflect.DeepEqual(got, want) {
				t.Errorf("after the update the state holds\n%v\nand a new one\n%v", got, want)
			}
			w.run(0, "plan", "-no-color", "-detailed-exitcode")
		})
	}
}

// A version that rates otherwise says so once, in the plan of the update.
func TestAccStates_OfAVersionThatRatedOtherwise_TheUpdateSaysSo(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join(states, "main.tf"))
	must(t, err)
	text, err := os.ReadFile(filepath.Join(states, "3647c8f.json"))
	must(t, err)
	w := newInProcess(t, string(config))
	w.write("terraform.tfstate", substitute(t, text, `"points": 9.086909`, `"points": 11.5`, `"score": 10`, `"score": 12`))
	changes, warnings := w.plan()
	equalTexts(t, "warnings", warnings, []string{`backupfw_policy.primary: Policy "primary": score 12 → 10 for the same configuration. ` + ratedOtherwise})
	if c := changes["backupfw_policy.primary"]; !slices.Equal(c.Change.Actions, []string{"update"}) {
		t.Errorf("the plan does %q, want update", c.Change.Actions)
	}
	w.run(0, "apply", "-no-color", "tfplan")
	if _, warnings := w.plan(); len(warnings) > 0 {
		t.Errorf("after the update: %q", warnings)
	}
	w.run(0, "plan", "-no-color", "-detailed-exitcode")
}

// substitute replaces parts of a text, each of which it holds once.
func substitute(t *testing.T, text []byte, pairs ...string) []byte {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if bytes.Count(text, []byte(pairs[i])) != 1 {
			t.Fatalf("the text does not hold %s once", pairs[i])
		}
		text = bytes.Replace(text, []byte(pairs[i]), []byte(pairs[i+1]), 1)
	}
	return text
}
