package compile_test

import (
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

func TestSites_AreValidPoliciesWithAStory(t *testing.T) {
	sites := compiletest.Sites()
	if len(sites) < 12 {
		t.Errorf("only %d sites", len(sites))
	}
	for _, s := range sites {
		if faults := policy.Validate(s.Policy); len(faults) > 0 {
			t.Errorf("%s: %v", s.Name, faults)
		}
		if s.Story == "" || s.Policy.Name == "" || len(s.Policy.Rules) == 0 {
			t.Errorf("%s says nothing: %+v", s.Name, s)
		}
	}
}
