package cloudrules_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// FuzzRead reads whatever a plan may say of a resource: nothing panics, and the
// rules of one resource can be judged together. The cases of the golden files
// are seeds, beside those in testdata/fuzz.
func FuzzRead(f *testing.F) {
	for _, resourceType := range cloudrules.Types() {
		archive, err := txtar.ParseFile(filepath.Join("testdata", resourceType+".txtar"))
		if err != nil {
			f.Fatal(err)
		}
		unknown := map[string][]byte{}
		for _, file := range archive.Files {
			if name, isMask := strings.CutSuffix(file.Name, unknownSuffix); isMask {
				unknown[name] = file.Data
			}
		}
		for _, file := range archive.Files {
			if name, isValue := strings.CutSuffix(file.Name, valueSuffix); isValue && !strings.HasSuffix(file.Name, unknownSuffix) {
				f.Add(resourceType, file.Data, unknown[name])
			}
		}
	}
	f.Fuzz(func(t *testing.T, resourceType string, after, unknown []byte) {
		if len(unknown) == 0 {
			unknown = nil
		}
		if !cloudrules.Understood(resourceType) || !json.Valid(after) || unknown != nil && !json.Valid(unknown) {
			return
		}
		v, err := planned(resourceType, after, unknown)
		if err != nil {
			return // package tfplan says what is wrong
		}
		checkRules(t, read(resourceType, v))
	})
}

// checkForm checks what the fields of a rule promise of each other.
func checkForm(t failing, r *cloudrules.Rule) {
	t.Helper()
	switch {
	case r.Closes != "" && (len(r.Rule.PortRanges) > 0 || len(r.Faults) > 0 || len(r.Unknown) > 0):
		t.Fatalf("closes, and has more: %+v", r)
	case r.Rule.Partial && len(r.Unknown) == 0 && len(r.Faults) == 0:
		t.Fatalf("partial without a reason: %+v", r)
	case !r.Rule.Partial && len(r.Faults) > 0:
		t.Fatalf("whole, with faults: %+v", r)
	case !r.Rule.Partial && len(r.Unknown) > 0 && !slices.ContainsFunc(r.Rule.References(), func(ref policy.Reference) bool { return isUnknown(ref.Name) }):
		t.Fatalf("whole, and something is unknown that is no id: %+v", r)
	case r.Closes == "" && !r.Rule.Partial && len(policy.Validate(&policy.Policy{Name: "p", Rules: []policy.Rule{r.Rule}})) > 0:
		t.Fatalf("not whole: %+v", r)
	}
}
