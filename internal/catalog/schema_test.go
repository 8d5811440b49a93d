package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// schemaFile is what editors check product files with. Nothing reads it at run
// time.
const schemaFile = productDir + "/schema.json"

func productSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestSchema_EveryProductFile_Fits(t *testing.T) {
	schema := productSchema(t)
	for _, id := range IDs() {
		text, err := files.ReadFile(path.Join(productDir, id+productExt))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if first, _, _ := strings.Cut(string(text), "\n"); first != "# yaml-language-server: $schema=schema.json" {
			t.Errorf("%s: the first line is %q, so editors do not find the schema", id, first)
		}
	}
}

// TestSchema_FaultyFile_IsRefused: what an editor should mark while one types.
// The loader refuses all of it, too.
func TestSchema_FaultyFile_IsRefused(t *testing.T) {
	schema := productSchema(t)
	if err := validate(t, schema, []byte(small)); err != nil {
		t.Fatalf("the whole file: %v", err)
	}
	for _, c := range []struct{ name, old, new string }{
		{"unknown field", "vendor: Nobody", "vendor: Nobody\nvendro: Nobody"},
		{"unknown flow field", "    negotiated: true", "    negotiable: true"},
		{"unknown rule field", "    unit: job", "    unit: job\n    jobs: 1"},
		{"unknown example field", "        says: four jobs", "        says: four jobs\n        jobs: 4"},
		{"unknown role field", "    description: dials", "    description: dials\n    ports: []"},
		{"unknown source field", "    where: https://example.org/manual", "    where: here\n    year: 2020"},
		{"unknown vulnerability field", "    summary: not listed", "    summary: not listed\n    score: 9"},
		{"no vendor", "vendor: Nobody\n", ""},
		{"empty vendor", "vendor: Nobody", "vendor: ''"},
		{"required not said", "    required: true\n", ""},
		{"wrong type", "base_ports: 2", "base_ports: two"},
		{"id of a wrong shape", "id: small", "id: Small-1"},
		{"role with a hyphen", "  - id: client\n", "  - id: cli-ent\n"},
		{"flow with an underscore", "  - id: back\n", "  - id: ba_ck\n"},
		{"ports without protocol", `["6000/tcp"]`, `["6000"]`},
		{"no ports", `ports: ["6000/tcp"]`, `ports: []`},
		{"any port", `ports: ["6000/tcp"]`, `ports: ["any"]`},
		{"encrypted spelt wrong", "encrypted: never", "encrypted: nevr"},
		{"confidence", "confidence: medium", "confidence: certain"},
		{"open-ended and fixed", `ports: ["6000/tcp"]`, "ports: [\"6000/tcp\"]\n    open_ended: true\n    note: and up"},
		{"open-ended without a note", "    negotiated: true", "    negotiated: true\n    open_ended: true"},
		{"sizing of nothing", "applies_to: [range]", "applies_to: []"},
		{"sizing of a flow twice", "applies_to: [range]", "applies_to: [range, range]"},
		{"negative sizing", "base_ports: 2", "base_ports: -2"},
		{"too many ports", "base_ports: 2", "base_ports: 65537"},
		{"no least port", "min_ports: 10", "min_ports: 0"},
		{"unknown unit", "unit: job", "unit: jobs"},
		{"a unit that counts nothing", "unit: none", "unit: job"},
		{"a share of nothing", "unit: job", "unit: none"},
		{"examples left out", "    examples: []\n", ""},
		{"example without ports", "        ports: 14\n", ""},
		{"CVE in lower case", "CVE-2020-12345", "cve-2020-12345"},
		{"in_kev not said", "    in_kev: false\n", ""},
		{"no day in KEV", "    kev_date_added: \"2021-02-28\"\n", ""},
		{"listed after all", "in_kev: false", "in_kev: false\n    kev_date_added: \"2022-01-01\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(small, c.old) {
				t.Fatalf("the file has no %q", c.old)
			}
			text := strings.Replace(small, c.old, c.new, 1)
			if validate(t, schema, []byte(text)) == nil {
				t.Error("the schema accepts it")
			}
			if _, err := loadText(text); err == nil {
				t.Error("the loader accepts it")
			}
		})
	}
}

// schemaNode is the part of a schema that the tests below compare.
type schemaNode struct {
	Ref        string                `json:"$ref"`
	Properties map[string]schemaNode `json:"properties"`
	Items      *schemaNode           `json:"items"`
	Enum       []string              `json:"enum"`
	Closed     *bool                 `json:"additionalProperties"`
	Defs       map[string]schemaNode `json:"$defs"`
}

func rawSchema(t *testing.T) schemaNode {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root schemaNode
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestSchema_NamesTheFieldsOfTheLoader compares every level of the layout.
func TestSchema_NamesTheFieldsOfTheLoader(t *testing.T) {
	root := rawSchema(t)
	compared := 0
	var compare func(where string, node schemaNode, layout reflect.Type)
	compare = func(where string, node schemaNode, layout reflect.Type) {
		compared++
		if name, ok := strings.CutPrefix(node.Ref, "#/$defs/"); ok {
			node = root.Defs[name]
		}
		if node.Closed == nil || *node.Closed {
			t.Errorf("%s: the schema lets unknown fields pass", where)
		}
		var names []string
		for i := range layout.NumField() {
			field := layout.Field(i)
			name := field.Tag.Get("json")
			names = append(names, name)
			if field.Type.Kind() != reflect.Slice || field.Type.Elem().Kind() != reflect.Struct {
				continue
			}
			if items := node.Properties[name].Items; items == nil {
				t.Errorf("%s.%s: the schema says nothing about the elements", where, name)
			} else {
				compare(where+"."+name, *items, field.Type.Elem())
			}
		}
		slices.Sort(names)
		if got := slices.Sorted(maps.Keys(node.Properties)); !slices.Equal(got, names) {
			t.Errorf("%s: the schema has the fields\n%v\nthe loader\n%v", where, got, names)
		}
	}
	compare("product", root, reflect.TypeFor[productFile]())
	if compared != 7 {
		t.Errorf("%d levels of the layout were compared, want 7", compared)
	}
}

// TestSchema_NamesTheWordsOfTheLoader: enumerations are the same, in the same
// order.
func TestSchema_NamesTheWordsOfTheLoader(t *testing.T) {
	root := rawSchema(t)
	var units []string
	for _, u := range Units() {
		units = append(units, string(u))
	}
	if got := root.Defs["rule"].Properties["unit"].Enum; !slices.Equal(got, units) {
		t.Errorf("units of the schema: %v, of the loader: %v", got, units)
	}
	for what, c := range map[string]struct {
		words  []string
		accept func(r *reader, word string)
	}{
		"confidence": {root.Defs["confidence"].Enum, func(r *reader, word string) { r.confidence("", word) }},
		"encrypted":  {root.Defs["flow"].Properties["encrypted"].Enum, func(r *reader, word string) { r.encrypted("", word) }},
	} {
		var r reader
		c.accept(&r, "no such word") // its message lists the words
		want := strings.NewReplacer(" or ", ", ").Replace(strings.TrimPrefix(strings.Join(r.problems, ""), `: `+what+`: "no such word": want `))
		if got := strings.Join(c.words, ", "); got != want {
			t.Errorf("%s: the schema has %q, the loader wants %q", what, got, want)
		}
		for _, word := range c.words {
			var r reader
			if c.accept(&r, word); len(r.problems) > 0 {
				t.Errorf("%s: the loader refuses %q: %v", what, word, r.problems)
			}
		}
	}
}
