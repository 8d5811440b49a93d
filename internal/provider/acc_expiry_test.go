package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// waivedRDPFor is a policy that is accepted with a waiver until that day.
func waivedRDPFor(provider, expires string) string {
	return requiredProviders + provider + `
resource "backupfw_policy" "primary" {
  name = "primary"
  rules = {
    desk = {
      direction   = "ingress"
      port_ranges = [{ name = "rdp", listeners = [{ name = "rdp", kind = "undeclared", ports = ["3389/tcp"] }] }]
      peers       = [{ name = "clients", prefixes = ["198.51.100.16/28"], zone = "dmz" }]
    }
  }
  waiver {
    finding = "sensitive-service"
    rules   = ["desk"]
    ports   = ["3389/tcp"]
    peers   = ["198.51.100.16/28"]
    reason  = "console move"
    owner   = "backup-team"
    expires = "` + expires + `"
  }
}
`
}

// afterThePlan does something when a plan has been saved and not yet applied.
type afterThePlan func()

func (f afterThePlan) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	f()
}

// A plan is saved on one day and applied on another one.
func TestAccPolicy_SavedPlan_AppliedOnAnotherDay(t *testing.T) {
	t.Parallel()
	last := time.Date(2028, time.February, 29, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name           string
		provider       string
		plan, apply    time.Time
		refusedBecause []string // what Terraform prints, none when it applies
	}{
		{"announced in between", "", last.AddDate(0, 0, -31).Add(24*time.Hour - time.Second), last.AddDate(0, 0, -30), nil},
		{"still announced", "", last.AddDate(0, 0, -30), last.Add(24*time.Hour - time.Second), nil},
		{"expired in between", "", last.Add(24*time.Hour - time.Second), last.Add(24 * time.Hour),
			[]string{`Policy rejected: waiver-expired`, `The waiver for "sensitive-service" ended on 2028-02-29`, `plan again`}},
		{"expired long ago", "", last.AddDate(0, 0, -60), last.AddDate(1, 0, 0),
			[]string{`Policy rejected: waiver-expired`, `The waiver for "sensitive-service" ended on 2028-02-29`, `plan again`}},
		// Without enforcement the plan in apply has another verdict and no error,
		// and the provider is not told what was planned.
		{"expired in between, in warn mode", "provider \"backupfw\" {\n  enforcement = \"warn\"\n}\n", last.Add(24*time.Hour - time.Second), last.Add(24 * time.Hour),
			[]string{`Provider produced inconsistent final plan`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			day := c.plan
			step := resource.TestStep{
				Config: waivedRDPFor(c.provider, "2028-02-29"),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{everythingKnown{}, afterThePlan(func() { day = c.apply })},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			}
			if c.refusedBecause != nil {
				step.ExpectError = wrapped(c.refusedBecause...)
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(func() time.Time { return day }),
				Steps:                    []resource.TestStep{step},
			})
		})
	}
}
