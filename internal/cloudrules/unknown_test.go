package cloudrules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// step is a member of an object or an element of a list.
type step any

// places are the paths to everything in the value, itself included.
func places(v any) [][]step {
	all := [][]step{nil}
	below := func(s step, child any) {
		for _, path := range places(child) {
			all = append(all, append([]step{s}, path...))
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below(name, v[name])
		}
	case []any:
		for i := range v {
			below(i, v[i])
		}
	}
	return all
}

// without is the value with null at the place, and the mask that says that the
// place is unknown, as Terraform writes both.
func without(v any, at []step) (rest, mask any) {
	if len(at) == 0 {
		return nil, true
	}
	switch v := v.(type) {
	case map[string]any:
		name := at[0].(string)
		changed := maps.Clone(v)
		members := map[string]any{}
		changed[name], members[name] = without(v[name], at[1:])
		return changed, members
	case []any:
		i := at[0].(int)
		changed := slices.Clone(v)
		elements := make([]any, len(v))
		for j := range elements {
			elements[j] = false
		}
		changed[i], elements[i] = without(v[i], at[1:])
		return changed, elements
	}
	panic("nothing below a scalar")
}

// readJSON reads a value and a mask; a nil mask is none.
func readJSON(resourceType string, after, mask any) ([]cloudrules.Rule, error) {
	raw, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	var unknown []byte
	if mask != nil {
		if unknown, err = json.Marshal(mask); err != nil {
			return nil, err
		}
		if mask == true {
			raw = []byte("{}")
		}
	}
	v, err := planned(resourceType, raw, unknown)
	if err != nil {
		return nil, err
	}
	return read(resourceType, v), nil
}

// isUnknown reports whether a name is that of a reference which stands for an id
// not known yet.
func isUnknown(name string) bool {
	return strings.HasPrefix(name, "unknown_") || name == "the-group-itself"
}

// checkPlace makes one place of a resource unknown, then null. Unknown, what
// is left must be partial, or open all that the known resource does, where a
// reference that is unknown stands for one that is known; and it must not open
// more than that.
func checkPlace(r resource, at []step) error {
	whole, err := readJSON(r.resourceType, r.after, nil)
	if err != nil {
		return err
	}
	rest, mask := without(r.after, at)
	lower, err := readJSON(r.resourceType, rest, mask)
	if err != nil {
		return err
	}
	if faults := policy.Validate(assembled(lower)); len(faults) > 0 {
		return faults
	}
	assumed := slices.ContainsFunc(lower, func(r cloudrules.Rule) bool {
		return slices.ContainsFunc(r.Rule.References(), func(ref policy.Reference) bool { return isUnknown(ref.Name) })
	})
	if !assembled(lower).IsPartial() {
		for _, lost := range compile.Difference(assembled(whole), assembled(lower)) {
			if !lost.Prefixes.IsEmpty() || !assumed {
				return fmt.Errorf("%v unknown: not partial, and lost %+v", at, lost)
			}
		}
	}
	for _, more := range compile.Difference(assembled(lower), assembled(whole)) {
		if !more.Prefixes.IsEmpty() || !assumed || slices.ContainsFunc(more.References, func(name string) bool { return !isUnknown(name) }) {
			return fmt.Errorf("%v unknown: opens more: %+v", at, more)
		}
	}
	if rest == nil {
		rest = map[string]any{}
	}
	null, err := readJSON(r.resourceType, rest, nil)
	if err != nil {
		return err
	}
	if faults := policy.Validate(assembled(null)); len(faults) > 0 {
		return faults
	}
	return nil
}

// TestRead_UnknownIsNeverLess tries every place of what policies compile to.
func TestRead_UnknownIsNeverLess(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			target, _ := emit.TargetNamed(f.target)
			rapid.Check(t, func(rt *rapid.T) {
				p := compiletest.Policies(f.policies).Draw(rt, "policy")
				result, faults := target.Emit(p, f.options)
				if len(faults) > 0 || result.RuleCount == 0 {
					rt.Skip("no rows")
				}
				r := rapid.SampledFrom(f.write(&f, target, result)).Draw(rt, "resource")
				r.after = plain(t, r.after)
				at := rapid.SampledFrom(places(r.after)).Draw(rt, "place")
				if err := checkPlace(r, at); err != nil {
					rt.Fatal(err)
				}
			})
		})
	}
}

// TestRead_UnknownIsNeverLess_InGoldenFiles tries every place of every case of
// which all is known.
func TestRead_UnknownIsNeverLess_InGoldenFiles(t *testing.T) {
	for _, resourceType := range cloudrules.Types() {
		archive, err := txtar.ParseFile(filepath.Join("testdata", resourceType+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			name, isValue := strings.CutSuffix(file.Name, valueSuffix)
			masked := slices.ContainsFunc(archive.Files, func(f txtar.File) bool { return f.Name == name+unknownSuffix })
			if !isValue || masked || strings.HasSuffix(file.Name, unknownSuffix) {
				continue
			}
			var after map[string]any
			decoder := json.NewDecoder(bytes.NewReader(file.Data))
			decoder.UseNumber() // which may be huge
			if err := decoder.Decode(&after); err != nil {
				t.Fatal(err)
			}
			for _, at := range places(after) {
				if err := checkPlace(resource{resourceType, after}, at); err != nil {
					t.Errorf("%s, %s: %v", resourceType, name, err)
				}
			}
		}
	}
}

// plain turns the value into maps and lists of any.
func plain(t testing.TB, v map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	return p
}
