package provider_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

var update = flag.Bool("update", false, "record the names that users write")

// publicNames lists, sorted, what users write of the provider, with its types.
func publicNames(s *server) []string {
	var lines []string
	add := func(format string, of ...any) { lines = append(lines, fmt.Sprintf(format, of...)) }
	var attributes func(prefix string, all []*tfprotov6.SchemaAttribute)
	attributes = func(prefix string, all []*tfprotov6.SchemaAttribute) {
		for _, a := range all {
			use := map[[3]bool]string{{true, false, false}: "required", {false, true, false}: "optional", {false, false, true}: "computed", {false, true, true}: "optional, computed"}[[3]bool{a.Required, a.Optional, a.Computed}]
			if a.NestedType == nil {
				add("%s.%s: %s, %s", prefix, a.Name, typeText(a.Type.String()), use)
				continue
			}
			add("%s.%s: %s of objects, %s", prefix, a.Name, strings.ToLower(a.NestedType.Nesting.String()), use)
			attributes(prefix+"."+a.Name, a.NestedType.Attributes)
		}
	}
	block := func(prefix string, b *tfprotov6.SchemaBlock) {
		attributes(prefix, b.Attributes)
		for _, nested := range b.BlockTypes {
			add("%s.%s: block", prefix, nested.TypeName)
			attributes(prefix+"."+nested.TypeName, nested.Block.Attributes)
		}
	}
	block("provider", s.schema.Provider.Block)
	for name, schema := range s.schema.ResourceSchemas {
		block("resource "+name, schema.Block)
	}
	for name, schema := range s.schema.DataSourceSchemas {
		block("data "+name, schema.Block)
	}
	for name, f := range s.schema.Functions {
		parameters := make([]string, len(f.Parameters))
		for i, p := range f.Parameters {
			parameters[i] = p.Name + " " + typeText(p.Type.String())
		}
		if f.VariadicParameter != nil {
			parameters = append(parameters, f.VariadicParameter.Name+"... "+typeText(f.VariadicParameter.Type.String()))
		}
		add("function %s(%s): %s", name, strings.Join(parameters, ", "), typeText(f.Return.Type.String()))
	}
	for _, code := range risk.Codes() {
		add("finding %s", code.Code)
	}
	for _, zone := range policy.ZoneNames() {
		add("zone %s", zone)
	}
	for _, kind := range policy.ReferenceKinds() {
		add("reference kind %s", kind)
	}
	for _, id := range catalog.IDs() {
		add("product %s", id)
		product, _ := catalog.Get(id)
		for _, role := range product.Roles {
			add("role %s of %s", role.ID, id)
		}
		for _, flow := range product.Flows {
			add("flow %s of %s", flow.ID, id)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func typeText(t string) string { return strings.ReplaceAll(t, "tftypes.", "") }

// TestInterface_StaysCompatible holds the provider to COMPATIBILITY.md: names
// that users write may be added, and none may go or become another.
func TestInterface_StaysCompatible(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "interface.txt")
	now := publicNames(serve(t, nil))
	if *update {
		must(t, os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o644))
	}
	recorded, err := os.ReadFile(file)
	must(t, err)
	was := strings.Split(strings.TrimSuffix(string(recorded), "\n"), "\n")
	have := map[string]bool{}
	for _, line := range now {
		have[line] = true
	}
	for _, line := range was {
		if !have[line] {
			t.Errorf("gone, or changed: %s\nIf COMPATIBILITY.md allows it, record it with make golden.", line)
		}
		delete(have, line)
	}
	for _, line := range slices.Sorted(maps.Keys(have)) {
		t.Errorf("new: %s\nRecord it with make golden; from then on it is a promise.", line)
	}
}

// TestInterface_ArgumentsAreDescribed wants an example, a word of the language
// or a number in the description of whatever an author may write.
func TestInterface_ArgumentsAreDescribed(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	var check func(prefix string, all []*tfprotov6.SchemaAttribute)
	check = func(prefix string, all []*tfprotov6.SchemaAttribute) {
		for _, a := range all {
			if !a.Required && !a.Optional {
				continue
			}
			if !strings.ContainsAny(a.Description, "`0123456789") {
				t.Errorf("%s.%s: %q shows nothing that one could write", prefix, a.Name, a.Description)
			}
			if a.NestedType != nil {
				check(prefix+"."+a.Name, a.NestedType.Attributes)
			}
		}
	}
	check("provider", s.schema.Provider.Block.Attributes)
	for name, schema := range s.schema.ResourceSchemas {
		check(name, schema.Block.Attributes)
		for _, b := range schema.Block.BlockTypes {
			check(name+"."+b.TypeName, b.Block.Attributes)
		}
	}
	for name, schema := range s.schema.DataSourceSchemas {
		check(name, schema.Block.Attributes)
	}
}
