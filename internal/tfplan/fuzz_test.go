package tfplan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-cty/cty"
)

// smallest cuts a recorded plan to what the reader looks at, so that the fuzzer
// does not spend its time on the rest.
func smallest(f *testing.F, content []byte) []byte {
	f.Helper()
	var plan map[string]any
	if err := json.Unmarshal(content, &plan); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"planned_values", "prior_state", "output_changes", "relevant_attributes"} {
		delete(plan, name)
	}
	text, err := json.Marshal(plan)
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// FuzzRead holds whatever can be read to what callers rely on.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"good.json", "unknown.json", "waived.json"} {
		f.Add(smallest(f, recorded(f, "terraform-1.11.4", name)))
	}
	f.Add([]byte(onePlan(`"errored": true, "deferred_changes": [{"resource_change": {"address": "t.b"}}],`,
		`{"address": "t.a", "mode": "managed", "index": "k", "change": {"actions": ["update"], "before": {"a": [1]}, "after": {"a": [null, {"b": {}}], "c": "x"}, "after_unknown": {"a": [true, {"b": {"d": true}}], "e": true}}}`)))
	f.Add([]byte(`{"format_version": "1.0", "configuration": ` + nested + `, "planned_values": {}}`))
	actions := []string{"create", "update", "delete", "replace", "read", "no-op", "forget"}
	f.Fuzz(func(t *testing.T, content []byte) {
		plan, changes, err := read(content)
		if err != nil {
			if plan != nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("%+v, %v", plan, err)
			}
			return
		}
		if !json.Valid(content) || !strings.HasPrefix(plan.FormatVersion, "1.") {
			t.Fatalf("%q is read as %+v", content, plan)
		}
		for i := range changes {
			c := &changes[i]
			if !slices.Contains(actions, c.Action) || c.Mode != "managed" {
				t.Errorf("read %+v", c)
			}
			after, err := c.After(cty.DynamicPseudoType)
			if err == nil && bytes.Contains(c.unknown, []byte("true")) && after.IsWhollyKnown() && !bytes.Contains(c.unknown, []byte(`"`)) {
				t.Errorf("after is %#v with %s unknown", after, c.unknown)
			}
			if before, err := c.Before(cty.DynamicPseudoType); err == nil && !before.IsWhollyKnown() {
				t.Errorf("before is %#v", before)
			}
			plan.Configuration.Resource(c)
			plan.Configuration.LocalDir(c.ModuleAddress)
		}
	})
}

// FuzzReadStream likewise.
func FuzzReadStream(f *testing.F) {
	f.Add([]byte(versionLine + warningLine + errorLine))
	f.Add([]byte(versionLine + planned))
	for _, name := range []string{"good.jsonl", "widened.jsonl"} {
		f.Add(recorded(f, "tofu-1.12.6", name))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := ReadStream(bytes.NewReader(content))
		if err != nil {
			if s != nil || !strings.Contains(err.Error(), wantStream) {
				t.Fatalf("%+v, %v", s, err)
			}
			return
		}
		if !s.Planned && !s.HasErrors() {
			t.Errorf("a stream that decided nothing is read: %+v", s)
		}
		for _, line := range bytes.Split(content, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 && !json.Valid(line) {
				t.Errorf("%q is read", line)
			}
		}
		for i := range s.Diagnostics {
			if d := &s.Diagnostics[i]; d.Severity != "error" && d.Severity != "warning" {
				t.Errorf("read %+v", d)
			}
		}
	})
}
