package tfplan

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/hashicorp/go-cty/cty"
)

// recorded reads a plan or a stream that a command line wrote.
func recorded(t testing.TB, cli, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "review", "testdata", "plans", cli, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// read reads a plan and keeps its changes.
func read(content []byte) (*Plan, []Change, error) {
	var changes []Change
	plan, err := Read(bytes.NewReader(content), func(c *Change) error {
		changes = append(changes, c.Keep())
		return nil
	})
	return plan, changes, err
}

func TestRead_EveryPartOfAPlan_IsRefused(t *testing.T) {
	for _, name := range []string{"terraform-1.11.4/good.json", "tofu-1.12.6/unknown.json", "terraform-1.8.5/mixed.json"} {
		whole := bytes.TrimSpace(recorded(t, filepath.Dir(name), filepath.Base(name)))
		if _, _, err := read(whole); err != nil {
			t.Fatal(err)
		}
		step := max(1, len(whole)/8000)
		for i := 0; i < len(whole); i += step {
			plan, _, err := read(whole[:i])
			if err == nil || plan != nil {
				t.Fatalf("%s: the first %d bytes of %d are read", name, i, len(whole))
			}
			if !strings.Contains(err.Error(), want) {
				t.Fatalf("%s: the first %d bytes: %v", name, i, err)
			}
			if i > 0 && !strings.Contains(err.Error(), "ends in the middle") {
				t.Fatalf("%s: the first %d bytes: %v", name, i, err)
			}
		}
		for _, more := range []string{"{}", "x", "]", "\n\n1"} {
			if _, _, err := read(append(slices.Clone(whole), more...)); err == nil {
				t.Errorf("%s: read with %q after it", name, more)
			}
		}
	}
}

// onePlan is a plan with the changes; members go before them.
func onePlan(members, change string) string {
	return fmt.Sprintf(`{"format_version": "1.2", %s "resource_changes": [%s]}`, members, change)
}

func TestRead_UnknownMembers_AreIgnored(t *testing.T) {
	text := onePlan(`"later": {"resource_changes": [{"change": 1}], "format_version": "2.0"}, "errored": true, "later_list": [[[{}]]],`,
		`{"later": [1, {"address": "no"}], "address": "t.a[\"x\"]", "module_address": "", "mode": "managed", "type": "t", "name": "a", "index": "x",
		  "provider_name": "p", "action_reason": "no", "change": {"later": {"after": 1}, "actions": ["update"], "before": {"v": 1}, "after": {"v": 2},
		  "after_unknown": {}, "before_sensitive": {"v": true}, "after_identity": {"v": 3}}}`)
	plan, changes, err := read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if plan.FormatVersion != "1.2" || !plan.Errored || !plan.Complete || len(changes) != 1 {
		t.Fatalf("read %+v with %+v", plan, changes)
	}
	c := changes[0]
	if c.Address != `t.a["x"]` || c.Key != "x" || c.Action != "update" || c.Type != "t" || c.Name != "a" || c.ProviderName != "p" || c.Deposed {
		t.Errorf("read %+v", c)
	}
	before, err := c.Before(cty.DynamicPseudoType)
	if err != nil || !before.RawEquals(cty.ObjectVal(map[string]cty.Value{"v": cty.NumberIntVal(1)})) {
		t.Errorf("before is %#v, %v", before, err)
	}
	after, err := c.After(cty.DynamicPseudoType)
	if err != nil || !after.RawEquals(cty.ObjectVal(map[string]cty.Value{"v": cty.NumberIntVal(2)})) {
		t.Errorf("after is %#v, %v", after, err)
	}
	header := c.Header()
	if v, err := header.After(cty.DynamicPseudoType); err != nil || !v.IsNull() {
		t.Errorf("the header has the value %#v, %v", v, err)
	}
}

func TestRead_Keep_SurvivesTheNextChange(t *testing.T) {
	var all []string
	for i := range 300 {
		all = append(all, fmt.Sprintf(`{"address": "t.a[%d]", "index": %d, "mode": "managed", "change": {"actions": ["create"], "after": {"v": "value %d"}, "after_unknown": {"u%d": true}}}`, i, i, i, i))
	}
	_, changes, err := read([]byte(onePlan("", strings.Join(all, ","))))
	if err != nil || len(changes) != 300 {
		t.Fatal(err, len(changes))
	}
	for i := range changes {
		after, err := changes[i].After(cty.DynamicPseudoType)
		want := cty.ObjectVal(map[string]cty.Value{"v": cty.StringVal(fmt.Sprintf("value %d", i)), fmt.Sprintf("u%d", i): cty.DynamicVal})
		if err != nil || !after.RawEquals(want) || changes[i].Key != "" {
			t.Fatalf("%s is %#v, %v", changes[i].Address, after, err)
		}
	}
}

func TestRead_Actions(t *testing.T) {
	for actions, want := range map[string]string{
		`["create"]`: "create", `["update"]`: "update", `["delete"]`: "delete", `["read"]`: "read", `["no-op"]`: "no-op", `["forget"]`: "forget",
		`["delete", "create"]`: "replace", `["create", "delete"]`: "replace", `["create", "forget"]`: "replace", `["forget", "create"]`: "replace",
		`[]`: "", `["explode"]`: "", `["create", "update"]`: "", `[""]`: "", `null`: "",
	} {
		_, changes, err := read([]byte(onePlan("", `{"address": "t.a", "mode": "managed", "change": {"actions": `+actions+`}}`)))
		switch {
		case want == "" && (err == nil || !strings.Contains(err.Error(), "are not known")):
			t.Errorf("%s: %v, %+v", actions, err, changes)
		case want != "" && (err != nil || changes[0].Action != want):
			t.Errorf("%s: %v, %+v", actions, err, changes)
		}
	}
}

func TestRead_DataAndDeposed(t *testing.T) {
	_, changes, err := read([]byte(onePlan("", `
		{"address": "data.t.a", "mode": "data", "change": {"actions": ["read"]}},
		{"address": "t.a", "mode": "managed", "deposed": "0a1b", "change": {"actions": ["delete"]}}`)))
	if err != nil || len(changes) != 1 || changes[0].Address != "t.a" || !changes[0].Deposed {
		t.Errorf("%v, %+v", err, changes)
	}
}

func TestRead_Deferred(t *testing.T) {
	plan, _, err := read([]byte(onePlan(`"complete": false, "timestamp": "2026-11-26T00:00:00Z", "terraform_version": "1.11.4",
		"deferred_changes": [{"reason": "x", "resource_change": {"address": "t.a", "later": 1}}, {"reason": "x"}],`, "")))
	if err != nil || plan.Complete || !slices.Equal(plan.Deferred, []string{"t.a", ""}) || plan.Timestamp != "2026-11-26T00:00:00Z" || plan.TerraformVersion != "1.11.4" {
		t.Errorf("%v, %+v", err, plan)
	}
}

func TestRead_Unreadable(t *testing.T) {
	for text, want := range map[string]string{
		"":           "it is empty",
		" \n":        "it is empty",
		"{":          "ends in the middle",
		"[]":         "JSON, but not an object",
		`"x"`:        "JSON, but not an object",
		"null":       "JSON, but not an object",
		"Terraform":  "it is not JSON",
		"PK\x03\x04": "the plan file itself",
		"{}":         "no format_version",
		`{"format_version": "1.0", "values": {}}`:                                           "JSON of a state",
		`{"format_version": "2.0", "resource_changes": []}`:                                 `"2.0" is not 1.x`,
		`{"format_version": "10.0", "resource_changes": []}`:                                `"10.0" is not 1.x`,
		`{"format_version": null, "resource_changes": []}`:                                  "is not 1.x",
		`{"resource_changes": []}`:                                                          "no format_version",
		`{"resource_changes": [], "format_version": "2.0"}`:                                 `"2.0" is not 1.x`,
		`{"format_version": "1.2", "resource_changes": {}}`:                                 "not a list",
		`{"format_version": "1.2", "resource_changes": [], "deferred_changes": 1}`:          "not a list",
		`{"format_version": "1.2", "resource_changes": [1]}`:                                "cannot be read",
		`{"format_version": "1.2", "resource_changes": [], "resource_changes": []}`:         "duplicate",
		onePlan("", `{"mode": "managed", "mode": "data", "change": {"actions": ["read"]}}`): "duplicate",
		onePlan("", `{"mode": "managed", "change": {"actions": "create"}}`):                 "cannot be read",
		onePlan(`"errored": "no",`, ""):                                                     "cannot be read",
		onePlan(`"configuration": {"root_module": []},`, ""):                                "cannot be read",
	} {
		if _, _, err := read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{`{"format_version": "1.2", "resource_changes": null}`, `{"format_version": "1.0", "planned_values": {}}`} {
		if _, _, err := read([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// An error of the visitor is not the JSON's.
func TestRead_VisitorsError_IsPassedOn(t *testing.T) {
	mine := errors.New("mine")
	_, err := Read(strings.NewReader(onePlan("", `{"mode": "managed", "change": {"actions": ["create"]}}`)), func(*Change) error { return mine })
	if !errors.Is(err, mine) || err.Error() != "mine" {
		t.Errorf("the error is %v", err)
	}
}

func TestValue_WhatDoesNotFit_IsAnError(t *testing.T) {
	of := cty.Object(map[string]cty.Type{"a": cty.String, "l": cty.List(cty.String), "s": cty.Set(cty.Number)})
	for _, test := range []struct{ after, unknown, want string }{
		{`{"b": 1}`, `{}`, "t.a"},
		{`{"a": []}`, `{}`, "t.a"},
		{`{"s": ["x"]}`, `{}`, "t.a"},
		{`{}`, `{"b": true}`, `no attribute "b"`},
		{`{}`, `{"a": "x"}`, "after_unknown holds string"},
		{`{"a": "x"}`, `{"a": {"b": true}}`, "has members where the value is string"},
		{`{"a": "x"}`, `{"a": [true]}`, "has elements where the value is string"},
		{`{"a": "x"}`, `[true]`, "has elements where the value is object"},
		{`{"l": ["x"]}`, `{"l": {"x": true}}`, "has members where the value is list"},
		{`{"l": ["x"]}`, `{"l": [false, true]}`, "has 2 elements where the value has 1"},
		{`{"l": null}`, `{"l": [true]}`, "has 1 elements where the value has 0"},
		{`{"l": ["x"]}`, `{"l": [1]}`, "after_unknown holds float64"},
		{`{"l": {}}`, `{}`, "t.a"},
	} {
		c := &Change{Address: "t.a", after: []byte(test.after), unknown: []byte(test.unknown)}
		if v, err := c.After(of); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "t.a (after)") {
			t.Errorf("%s, unknown %s: %#v, %v, want %s", test.after, test.unknown, v, err, test.want)
		}
	}
	c := &Change{Address: "t.a", before: []byte(`{"b": 1}`), after: []byte(`{}`), unknown: []byte(`{"a": true}`)}
	if v, err := c.Before(of); err == nil || !strings.Contains(err.Error(), "t.a (before)") {
		t.Errorf("before is %#v, %v", v, err)
	}
	c.before = []byte(`{"a": "x"}`)
	v, err := c.Before(of)
	want := cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x"), "l": cty.NullVal(cty.List(cty.String)), "s": cty.NullVal(cty.Set(cty.Number))})
	if err != nil || !v.RawEquals(want) {
		t.Errorf("before is %#v, %v: the mask is of the value after", v, err)
	}
	if v, err := (&Change{}).Before(of); err != nil || !v.RawEquals(cty.NullVal(of)) {
		t.Errorf("before of nothing is %#v, %v", v, err)
	}
}

// A mask without true in it changes nothing, also where there is nothing.
func TestValue_MaskWithoutUnknown_ChangesNothing(t *testing.T) {
	of := cty.Object(map[string]cty.Type{"m": cty.Map(cty.String), "o": cty.Object(map[string]cty.Type{"x": cty.String}), "l": cty.List(cty.String)})
	for _, after := range []string{`{}`, `{"m": {}, "o": {}, "l": []}`, `{"m": {"x": "y"}, "o": {"x": "y"}, "l": ["y"]}`, `{"m": null, "o": null, "l": null}`} {
		want, err := (&Change{after: []byte(after)}).After(of)
		if err != nil {
			t.Fatal(err)
		}
		masks := []string{`null`, `false`, `{}`, `{"m": {}, "o": {}, "l": []}`, `{"m": {"z": false}, "o": {"x": {}}, "l": false}`, `{"m": false, "o": false, "l": null}`}
		for _, mask := range masks {
			got, err := (&Change{after: []byte(after), unknown: []byte(mask)}).After(of)
			if err != nil || !got.RawEquals(want) {
				t.Errorf("%s, unknown %s: %#v, %v", after, mask, got, err)
			}
		}
	}
}

// What the reader does not look at has no say: the plan with only the members
// that it reads is the same plan.
func TestRead_RecordedPlan_HasItsHeader(t *testing.T) {
	content := recorded(t, "terraform-1.11.4", "mixed.json")
	plan, changes, err := read(content)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		FormatVersion    string `json:"format_version"`
		TerraformVersion string `json:"terraform_version"`
		Timestamp        string `json:"timestamp"`
		Changes          []struct {
			Address string `json:"address"`
			Mode    string `json:"mode"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(content, &whole); err != nil {
		t.Fatal(err)
	}
	var addresses, managed []string
	for i := range changes {
		addresses = append(addresses, changes[i].Address)
		if _, found := plan.Configuration.Resource(&changes[i]); !found {
			t.Errorf("%s is not in the configuration", changes[i].Address)
		}
	}
	for _, c := range whole.Changes {
		if c.Mode == "managed" {
			managed = append(managed, c.Address)
		}
	}
	if !slices.Equal(addresses, managed) || plan.FormatVersion != whole.FormatVersion || plan.TerraformVersion != whole.TerraformVersion || plan.Timestamp != whole.Timestamp {
		t.Errorf("read %+v with %q", plan, addresses)
	}
}
