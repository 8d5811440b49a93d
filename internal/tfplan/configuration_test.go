package tfplan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestStatic_LeavesOutKeys(t *testing.T) {
	for address, want := range map[string]string{
		"":                                   "",
		"aws_security_group.a":               "aws_security_group.a",
		"aws_security_group.a[0]":            "aws_security_group.a",
		"aws_security_group.a[12]":           "aws_security_group.a",
		`aws_security_group.a["x"]`:          "aws_security_group.a",
		`aws_security_group.a["x.y"]`:        "aws_security_group.a",
		`aws_security_group.a["[0]"]`:        "aws_security_group.a",
		`aws_security_group.a["\"]"]`:        "aws_security_group.a",
		`aws_security_group.a["\\"]`:         "aws_security_group.a",
		`aws_security_group.a["$${b}"]`:      "aws_security_group.a",
		`module.a["m.b"].module.c[3].t.d[0]`: "module.a.module.c.t.d",
		`module.a["].module.b.t.c[\""].t.d`:  "module.a.t.d",
	} {
		if got := Static(address); got != want {
			t.Errorf("Static(%s) = %q, want %q", address, got, want)
		}
	}
}

func TestModuleNames(t *testing.T) {
	for address, want := range map[string][]string{
		"":                                nil,
		"module.a":                        {"a"},
		`module.a["x.module.y"]`:          {"a"},
		"module.a[1].module.b":            {"a", "b"},
		`module.a["\"."].module.module`:   {"a", "module"},
		"module.module.module.module[0]":  {"module", "module"},
		`module.a.module.b["].module.x"]`: {"a", "b"},
		`module.a["x"].module.b["y"].module.c["z"]`: {"a", "b", "c"},
	} {
		if got := moduleNames(address); !slices.Equal(got, want) {
			t.Errorf("moduleNames(%s) = %q, want %q", address, got, want)
		}
	}
}

// nested has a local module, one below it, one from elsewhere and one below
// that.
const nested = `{"root_module": {
  "resources": [
    {"address": "t.a", "mode": "managed", "type": "t", "name": "a", "expressions": {"x": {"constant_value": 1}}},
    {"address": "data.t.d", "mode": "data", "type": "t", "name": "d"}
  ],
  "module_calls": {
    "local": {"source": "./net", "module": {
      "resources": [{"address": "t.a", "mode": "managed", "type": "t", "name": "a", "expressions": {"x": {"constant_value": 2}}}],
      "module_calls": {
        "up": {"source": "../shared//x", "module": {}},
        "far": {"source": "registry.example.org/a/b/c", "module": {}}
      }
    }},
    "remote": {"source": "git::https://example.org/x.git//sub", "module": {"module_calls": {
      "below": {"source": "./y", "module": {"resources": [{"mode": "managed", "type": "t", "name": "deep"}]}}
    }}},
    "above": {"source": "../../other", "module": {}},
    "odd": {"source": ".", "module": {}}
  }
}}`

func configuration(t *testing.T, text string) *Configuration {
	t.Helper()
	c := &Configuration{}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfiguration_Resource_FindsTheManagedOneOfItsModule(t *testing.T) {
	c := configuration(t, nested)
	for _, test := range []struct {
		module, resourceType, name string
		constant                   string // of x
		found                      bool
	}{
		{"", "t", "a", "1", true},
		{"module.local", "t", "a", "2", true},
		{`module.local["k"]`, "t", "a", "2", true},
		{"module.remote.module.below[0]", "t", "deep", "", true},
		{"", "t", "d", "", false},
		{"", "t", "b", "", false},
		{"", "u", "a", "", false},
		{"module.remote", "t", "a", "", false},
		{"module.absent", "t", "a", "", false},
		{"module.absent.module.local", "t", "a", "", false},
	} {
		r, found := c.Resource(&Change{ModuleAddress: test.module, Type: test.resourceType, Name: test.name})
		if found != test.found {
			t.Errorf("%+v: found is %t", test, found)
			continue
		}
		if found && string(r.Expressions["x"].Constant) != test.constant {
			t.Errorf("%+v: found the one with %s", test, r.Expressions["x"].Constant)
		}
	}
}

func TestConfiguration_LocalDir(t *testing.T) {
	c := configuration(t, nested)
	for _, test := range []struct {
		address, dir, key string
		local             bool
	}{
		{"", ".", "", true},
		{"module.local", "net", "local", true},
		{`module.local["a.b"]`, "net", "local", true},
		{"module.local[0].module.up", "shared/x", "local.up", true},
		{"module.above", "../../other", "above", true},
		{"module.local.module.far", "", "local.far", false},
		{"module.remote", "", "remote", false},
		{"module.remote.module.below", "", "remote.below", false},
		{"module.odd", "", "odd", false},
		{"module.absent", "", "absent", false},
	} {
		dir, key, local := c.LocalDir(test.address)
		if key != test.key || local != test.local || local && dir != test.dir {
			t.Errorf("LocalDir(%s) = %q, %q, %t, want %q, %q, %t", test.address, dir, key, local, test.dir, test.key, test.local)
		}
	}
}

func TestExpression_Decoding(t *testing.T) {
	for name, test := range map[string]struct {
		text, constant string
		references     []string
	}{
		"constant":                           {text: `{"constant_value": "x"}`, constant: `"x"`},
		"constant null":                      {text: `{"constant_value": null}`, constant: `null`},
		"constant object":                    {text: `{"constant_value": {"references": ["no"]}}`, constant: `{"references": ["no"]}`},
		"references":                         {text: `{"references": ["a.b.c", "a.b", "a"]}`, references: []string{"a.b.c", "a.b", "a"}},
		"escaped":                            {text: `{"references": ["module.a[\"x\"].b", "é"]}`, references: []string{`module.a["x"].b`, "é"}},
		"nothing":                            {text: `{}`},
		"null":                               {text: `null`},
		"a member of a later version":        {text: `{"later": {"references": ["no"]}, "references": ["yes"]}`, references: []string{"yes"}},
		"nested blocks":                      {text: `[{"x": {"references": ["no"]}}, {"references": {"references": ["no"]}}]`},
		"a single block":                     {text: `{"x": {"constant_value": 1}, "y": {"references": ["no"]}}`},
		"an argument named references":       {text: `{"references": {"references": ["no"]}}`},
		"an argument named constant_value":   {text: `{"constant_value": {"constant_value": 1}}`, constant: `{"constant_value": 1}`},
		"a block named references in blocks": {text: `{"references": [{"x": {"references": ["no"]}}, ["no"], 1, null]}`},
		"no list":                            {text: `{"references": "no"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var e Expression
			if err := json.Unmarshal([]byte(test.text), &e); err != nil {
				t.Fatal(err)
			}
			if string(e.Constant) != test.constant || !slices.Equal(e.References, test.references) {
				t.Errorf("%s is the constant %s and the references %q", test.text, e.Constant, e.References)
			}
		})
	}
}

// Constants outlive the reader's buffer.
func TestExpression_Constants_OfALongPlan(t *testing.T) {
	var resources []string
	for i := range 2000 {
		resources = append(resources, fmt.Sprintf(`{"mode": "managed", "type": "t", "name": "a%d", "expressions": {"x": {"constant_value": "constant %d"}, "y": {"references": ["r.r%d"]}}}`, i, i, i))
	}
	plan, _, err := read([]byte(onePlan(`"configuration": {"root_module": {"resources": [`+strings.Join(resources, ",")+`]}},`, "")))
	if err != nil || len(plan.Configuration.Root.Resources) != 2000 {
		t.Fatal(err)
	}
	for i, r := range plan.Configuration.Root.Resources {
		if got := string(r.Expressions["x"].Constant); got != fmt.Sprintf(`"constant %d"`, i) || r.Expressions["y"].References[0] != fmt.Sprint("r.r", i) {
			t.Fatalf("%s has %s and %q", r.Name, got, r.Expressions["y"].References)
		}
	}
}

// What follows an expression is read from where the expression ended.
func TestExpression_Decoding_EndsWhereTheExpressionEnds(t *testing.T) {
	text := `{"resources": [{"mode": "managed", "type": "t", "name": "a", "expressions": {
		"blocks": [{"references": ["no"]}],
		"block": {"references": {"references": ["no"]}, "constant_value": [1, {}]},
		"mixed": {"references": [1, ["no"], {"no": "no"}, "yes"]},
		"last": {"references": ["end"]}}}]}`
	var m Module
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	e := m.Resources[0].Expressions
	if len(e) != 4 || !slices.Equal(e["mixed"].References, []string{"yes"}) || !slices.Equal(e["last"].References, []string{"end"}) {
		t.Errorf("read %+v", e)
	}
}

func TestExpression_Broken_IsAnError(t *testing.T) {
	whole := `{"a": {"constant_value": {"b": 1}}, "b": {"references": ["x", 1, "y"]}, "c": [{"d": {}}]}`
	var e map[string]Expression
	if err := json.Unmarshal([]byte(whole), &e); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if err := json.Unmarshal([]byte(whole[:i]), &e); err == nil {
			t.Errorf("%s is read", whole[:i])
		}
	}
}
