package provider_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// everythingKnown fails when anything that backupfw computes, or an output, is
// not known in the plan.
type everythingKnown struct{}

func (everythingKnown) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	found := 0
	for _, change := range req.Plan.ResourceChanges {
		if !strings.HasPrefix(change.Type, "backupfw_") {
			continue
		}
		found++
		if hasTrue(change.Change.AfterUnknown) || change.Change.Actions.Read() {
			resp.Error = fmt.Errorf("%s is not known in the plan: %v", change.Address, change.Change.AfterUnknown)
		}
	}
	for name, change := range req.Plan.OutputChanges {
		if hasTrue(change.AfterUnknown) {
			resp.Error = fmt.Errorf("output %s is not known in the plan", name)
		}
	}
	if found == 0 {
		resp.Error = fmt.Errorf("the plan has nothing of backupfw")
	}
}

func hasTrue(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case []any:
		for _, e := range v {
			if hasTrue(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if hasTrue(e) {
				return true
			}
		}
	}
	return false
}

// outputsUnchanged fails when the plan changes an output.
type outputsUnchanged struct{}

func (outputsUnchanged) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	if len(req.Plan.OutputChanges) == 0 {
		resp.Error = fmt.Errorf("the plan has no outputs")
	}
	for name, change := range req.Plan.OutputChanges {
		if !change.Actions.NoOp() {
			resp.Error = fmt.Errorf("output %s changes from %v to %v", name, change.Before, change.After)
		}
	}
}

// priorState checks which resources the state has before the plan.
type priorState struct{ has, lacks []string }

func (c priorState) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	found := map[string]bool{}
	if state := req.Plan.PriorState; state != nil && state.Values != nil {
		for _, r := range append([]*tfjson.StateResource{}, state.Values.RootModule.Resources...) {
			found[r.Address] = true
		}
	}
	for _, address := range c.has {
		if !found[address] {
			resp.Error = fmt.Errorf("the state lacks %s: %v", address, found)
		}
	}
	for _, address := range c.lacks {
		if found[address] {
			resp.Error = fmt.Errorf("the state has %s", address)
		}
	}
}

// wrapped matches texts in this order in what the command line prints, which
// breaks lines anywhere between words.
func wrapped(texts ...string) *regexp.Regexp {
	for i, text := range texts {
		texts[i] = strings.Join(strings.Fields(regexp.QuoteMeta(text)), `[\s│]+`)
	}
	return regexp.MustCompile(`(?s)` + strings.Join(texts, `.*`))
}
