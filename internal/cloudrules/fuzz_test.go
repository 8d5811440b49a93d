package cloudrules_test

import (
	"encoding/json"
	"path/filepath"
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
		rules := read(resourceType, v)
		if err := assessed(rules); err != nil {
			t.Fatal(err)
		}
		for i := range rules {
			checkForm(t, &rules[i])
		}
	})
}

// checkForm checks what the fields of a rule promise of each other.
func checkForm(t *testing.T, r *cloudrules.Rule) {
	t.Helper()
	switch {
	case r.Closes != "" && (len(r.Rule.PortRanges) > 0 || len(r.Faults) > 0 || len(r.Unknown) > 0):
		t.Errorf("closes, and has more: %+v", r)
	case (len(r.Unknown) > 0 || len(r.Faults) > 0) != r.Rule.Partial:
		t.Errorf("partial without a reason, or not for one: %+v", r)
	case r.Closes == "" && !r.Rule.Partial && len(policy.Validate(&policy.Policy{Name: "p", Rules: []policy.Rule{r.Rule}})) > 0:
		t.Errorf("not whole: %+v", r)
	}
}
