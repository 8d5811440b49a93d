package provider_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// The tests of this file drive the real command line. They need TF_ACC, which
// make test sets.

func factories(clock func() time.Time) map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"backupfw": func() (tfprotov6.ProviderServer, error) { return provider.NewServerWithClock("test", clock)(), nil },
	}
}

const requiredProviders = `
terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}
`

// accPolicy is a policy that is compiled, and a resource for each of its rules.
func accPolicy(ports, cidrs, rules string) string {
	return requiredProviders + fmt.Sprintf(`
resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = [%s]
  negotiated = true
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = [%s]
}

resource "backupfw_peer_group" "inside" {
  name  = "inside"
  cidrs = ["10.20.0.0/24"]
}

resource "backupfw_policy" "primary" {
  name = "primary"
  rules = {
%s
  }
}

locals {
  # Through a local, so that the data source is read in the plan.
  primary = backupfw_policy.primary
}

data "backupfw_aws_security_group_rules" "primary" {
  policy = local.primary
}

resource "terraform_data" "rule" {
  for_each = data.backupfw_aws_security_group_rules.primary.ingress
  input    = each.value.cidr_ipv4 == null ? each.value.cidr_ipv6 : each.value.cidr_ipv4
}

output "ingress" {
  value = data.backupfw_aws_security_group_rules.primary.ingress
}

output "points" {
  value = backupfw_policy.primary.points
}
`, ports, cidrs, rules)
}

const (
	accDMZ    = "    dmz = { direction = \"ingress\", port_ranges = [backupfw_port_range.vault], peers = [backupfw_peer_group.dmz] }\n"
	accInside = "    inside = { direction = \"ingress\", port_ranges = [backupfw_port_range.vault], peers = [backupfw_peer_group.inside] }\n"
)

func forEachKey(prefix string) string {
	return fmt.Sprintf("terraform_data.rule[%q]", "tcp-29168-29207-"+prefix)
}

func TestAccPolicy_FirstAndLaterPlans_KnowTheKeysOfForEach(t *testing.T) {
	t.Parallel()
	v4, v6, more, inside := forEachKey("198.51.100.16/28"), forEachKey("2001:db8::/48"), forEachKey("203.0.113.7/32"), forEachKey("10.20.0.0/24")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(at(today)),
		Steps: []resource.TestStep{
			{
				Config: accPolicy(`"29168-29207/tcp"`, `"198.51.100.16/28", "2001:db8::/48"`, accDMZ+accInside),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("score"), knownvalue.Int64Exact(10)),
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("verdict"), knownvalue.StringExact("accept")),
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("rating"), knownvalue.StringExact("low")),
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("rule_count"), knownvalue.Int64Exact(3)),
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("findings"), knownvalue.ListSizeExact(0)),
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("allows").AtSliceIndex(0).AtMapKey("from_port"), knownvalue.Int64Exact(29168)),
						plancheck.ExpectKnownValue("backupfw_port_range.vault", tfjsonpath.New("listeners").AtSliceIndex(0).AtMapKey("kind"), knownvalue.StringExact("negotiated")),
						plancheck.ExpectKnownValue("backupfw_peer_group.dmz", tfjsonpath.New("prefixes"), knownvalue.ListSizeExact(2)),
						everythingKnown{},
						plancheck.ExpectResourceAction(v4, plancheck.ResourceActionCreate),
						plancheck.ExpectResourceAction(v6, plancheck.ResourceActionCreate),
						plancheck.ExpectResourceAction(inside, plancheck.ResourceActionCreate),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
			{ // a peer more: its own key and no other
				Config: accPolicy(`"29168-29207/tcp"`, `"198.51.100.16/28", "2001:db8::/48", "203.0.113.7"`, accDMZ+accInside),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						everythingKnown{},
						plancheck.ExpectResourceAction("backupfw_policy.primary", plancheck.ResourceActionUpdate),
						plancheck.ExpectResourceAction(v4, plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction(v6, plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction(inside, plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction(more, plancheck.ResourceActionCreate),
					},
				},
			},
			{ // the same in other words: nothing downstream changes
				Config: accPolicy(`"29188-29207/tcp", "29168-29187/tcp"`, `"203.0.113.7/32", "2001:DB8::/48", "198.51.100.24/29", "198.51.100.16/29"`, accInside+accDMZ),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						everythingKnown{},
						plancheck.ExpectResourceAction("backupfw_policy.primary", plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction("backupfw_port_range.vault", plancheck.ResourceActionUpdate),
						plancheck.ExpectResourceAction("backupfw_peer_group.dmz", plancheck.ResourceActionUpdate),
						plancheck.ExpectResourceAction(v4, plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction(v6, plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction(inside, plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction(more, plancheck.ResourceActionNoop),
						outputsUnchanged{},
					},
				},
			},
			{ // no rules: everything is closed again
				Config: accPolicy(`"29168-29207/tcp"`, `"198.51.100.16/28"`, ""),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						everythingKnown{},
						plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("score"), knownvalue.Int64Exact(0)),
						plancheck.ExpectResourceAction(v4, plancheck.ResourceActionDestroy),
						plancheck.ExpectResourceAction(more, plancheck.ResourceActionDestroy),
					},
				},
			},
		},
	})
}

// lateHost is an address that is known only after apply, and a policy that
// lets it reach the ports.
func lateHost(ports string) string {
	return requiredProviders + fmt.Sprintf(`
resource "terraform_data" "host" {
  input = "198.51.100.20"
}

resource "backupfw_peer_group" "host" {
  name  = "host"
  zone  = "dmz"
  cidrs = [terraform_data.host.output]
}

resource "backupfw_policy" "primary" {
  name = "primary"
  rules = {
    backup = {
      direction   = "ingress"
      port_ranges = [{ name = "vault", listeners = [{ name = "vault", kind = "undeclared", ports = [%q] }] }]
      peers       = [backupfw_peer_group.host]
    }
  }
}
`, ports)
}

func TestAccPolicy_UnknownPeer_IsAppliedInOneApply(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(at(today)),
		Steps: []resource.TestStep{{
			Config: lateHost("29168/tcp"),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue("backupfw_peer_group.host", tfjsonpath.New("prefixes")),
					plancheck.ExpectUnknownValue("backupfw_policy.primary", tfjsonpath.New("score")),
					plancheck.ExpectUnknownValue("backupfw_policy.primary", tfjsonpath.New("verdict")),
					plancheck.ExpectUnknownValue("backupfw_policy.primary", tfjsonpath.New("allows")),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("verdict"), knownvalue.StringExact("accept")),
				statecheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("allows").AtSliceIndex(0).AtMapKey("prefixes"),
					knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("198.51.100.20/32")})),
			},
		}},
	})
}

func TestAccPolicy_DangerousUnknownPeer_IsRefusedInApplyAndNotWritten(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(at(today)),
		Steps: []resource.TestStep{
			{
				Config:      lateHost("3389/tcp"),
				ExpectError: wrapped(`Policy rejected: sensitive-service`, `with backupfw_policy.primary`, `3389/tcp`, `198.51.100.20/32`),
			},
			{ // what the failed apply has left
				Config: requiredProviders + `resource "terraform_data" "host" { input = "198.51.100.20" }`,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					priorState{has: []string{"terraform_data.host", "backupfw_peer_group.host"}, lacks: []string{"backupfw_policy.primary"}}}},
			},
		},
	})
}

func TestAccPolicy_RejectedPlan_SaysWhereWhatAndWhy(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(at(today)),
		Steps: []resource.TestStep{
			{
				Config:      accPolicy(`"100-139/tcp"`, `"198.51.100.16/28"`, accDMZ),
				ExpectError: wrapped(`Error: Policy rejected: well-known-port`, `with backupfw_policy.primary`, `dmz = {`, `(At rules["dmz"].port_ranges[0].)`),
			},
			{
				Config:      accPolicy(`"29168-29207/tcp"`, `"198.51.100.17/28"`, accDMZ),
				ExpectError: wrapped(`Error: Host bits set`, `with backupfw_peer_group.dmz`, `"198.51.100.17/28" has address bits set behind the prefix length`, `Write "198.51.100.16/28" for the network or "198.51.100.17/32" for the host`),
			},
			{
				Config:      accPolicy(`"29168-29207/tcp"`, `"198.51.100.16/28"`, `    dmz = { direction = "ingress", port_ranges = [backupfw_port_range.vault], peer = [backupfw_peer_group.dmz] }`),
				ExpectError: wrapped(`Error: Rule without peers`, `Rule "dmz" has no peers. Some clouds read a rule without peers as everybody. List at least one peer group in peers, or remove the rule. (At rules["dmz"].peers.)`),
			},
			{
				Config:      accPolicy(`"29168-29207/tcp"`, `"198.51.100.16/28"`, `    dmz = { direction = "ingress", port_ranges = [backupfw_port_range.vault], peers = [{ name = "dmz", prefixes = ["198.51.100.16/28"], zones = "dmz" }] }`),
				ExpectError: wrapped(`Error: Missing zone`, `zone is missing. The zone decides how much an address counts; a missing one must not make the rule look harmless.`),
			},
		},
	})
}

func TestAccPolicy_Import_IsRefused(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(at(today)),
		Steps: []resource.TestStep{{
			Config:        requiredProviders + "resource \"backupfw_policy\" \"p\" {\n  name  = \"p\"\n  rules = {}\n}\n",
			ResourceName:  "backupfw_policy.p",
			ImportState:   true,
			ImportStateId: "p",
			ExpectError:   wrapped(`Import is not possible`, `A policy exists in the Terraform state alone, so there is nothing to import.`),
		}},
	})
}

func TestAccPolicy_Waiver_FromAcceptedToExpired(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)
	to := func(d time.Time) func() { return func() { day = d } }
	waivedRDP := waivedRDPFor("", "2026-12-31")
	finding := func(i int, name, value string) plancheck.PlanCheck {
		return plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("findings").AtSliceIndex(i).AtMapKey(name), knownvalue.StringExact(value))
	}
	verdict := plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("verdict"), knownvalue.StringExact("accept_with_waivers"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(func() time.Time { return day }),
		Steps: []resource.TestStep{
			{
				Config: waivedRDP,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{verdict,
					finding(0, "effect", "accepted"), finding(0, "code", "sensitive-service"), finding(0, "waived_by", "waiver[0] (backup-team, until 2026-12-31)"),
					plancheck.ExpectKnownValue("backupfw_policy.primary", tfjsonpath.New("findings"), knownvalue.ListSizeExact(1)),
				}},
			},
			{ // its end is announced in the plan, and nothing changes
				PreConfig:        to(time.Date(2026, time.December, 11, 12, 0, 0, 0, time.UTC)),
				Config:           waivedRDP,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				PreConfig:   to(time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)),
				Config:      waivedRDP,
				ExpectError: wrapped(`Policy rejected: waiver-expired`, `The waiver for "sensitive-service" ended on 2026-12-31`),
			},
		},
	})
}
