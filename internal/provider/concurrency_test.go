package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// manyPolicies is a configuration of so many different policies, some of them
// compiled and judged once more by a function. Their port ranges are of several
// products, since products are read when they are first asked for.
const manyPolicies = requiredProviders + `
locals {
  numbers = range(%d)
  products = [
    { product = "netbackup", from_role = "client", to_role = "primary_server" },
    { product = "bareos", from_role = "director", to_role = "client" },
    { product = "veeam", flows = ["data-mover-range"] },
  ]
}

resource "backupfw_port_range" "of_a_product" {
  count     = length(local.products)
  name      = local.products[count.index].product
  product   = local.products[count.index].product
  from_role = try(local.products[count.index].from_role, null)
  to_role   = try(local.products[count.index].to_role, null)
  flows     = try(local.products[count.index].flows, null)
  ports     = local.products[count.index].product == "veeam" ? ["2500-2539/tcp"] : null
}

resource "backupfw_policy" "this" {
  count = length(local.numbers)
  name  = "policy-${count.index}"
  rules = { for key, rule in {
    product = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.of_a_product[count.index %% length(local.products)]]
      peers       = [{ name = "site", prefixes = ["10.20.${count.index}.0/24", "fd00:${count.index}::/64"], zone = "internal" }]
    }
    movers = {
      direction   = count.index %% 2 == 0 ? "ingress" : "egress"
      port_ranges = [{ name = "movers", listeners = [{ name = "movers", kind = "negotiated", ports = ["${29168 + count.index}-${29175 + count.index}/tcp"] }] }]
      peers       = [{ name = "dmz", prefixes = ["198.51.100.${count.index}/32"], zone = "dmz" }]
    }
  } : key => rule if key == "movers" || count.index %% 20 < length(local.products) }
}

locals {
  policies = backupfw_policy.this # through a local, so that the data sources are read in the plan
}

data "backupfw_aws_security_group_rules" "this" {
  count  = 20
  policy = local.policies[count.index]
}

output "keys" {
  value = [for rules in data.backupfw_aws_security_group_rules.this : keys(rules.ingress)]
}

output "points" {
  value = [for policy in slice(local.policies, 0, 5) : provider::backupfw::assess(policy, {}).points]
}
`

// Run with the race detector (make test-race) this is also a test of what
// calls share.
func TestAccCLI_ManyPoliciesAtOnce_SameBytesAsOneByOne(t *testing.T) {
	t.Parallel()
	const policies = 200
	type outcome struct{ plan, state []byte }
	run := func(parallelism int) outcome {
		w := newInProcess(t, fmt.Sprintf(manyPolicies, policies))
		flag := fmt.Sprintf("-parallelism=%d", parallelism)
		w.run(0, "plan", "-no-color", flag, "-out=tfplan")
		var plan struct {
			Changes json.RawMessage `json:"resource_changes"`
			Outputs json.RawMessage `json:"output_changes"`
			Values  json.RawMessage `json:"planned_values"`
			Prior   struct {
				Values json.RawMessage
			} `json:"prior_state"`
		}
		must(t, json.Unmarshal(w.run(0, "show", "-json", "tfplan"), &plan))
		if n := bytes.Count(plan.Changes, []byte(`"address":"backupfw_policy.this[`)); n != policies {
			t.Fatalf("the plan has %d policies, want %d", n, policies)
		}
		w.run(0, "apply", "-no-color", flag, "tfplan")
		text, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
		must(t, err)
		var state struct{ Outputs, Resources json.RawMessage } // without lineage, which is random
		must(t, json.Unmarshal(text, &state))
		return outcome{
			plan:  bytes.Join([][]byte{plan.Changes, plan.Outputs, plan.Values, plan.Prior.Values}, []byte("\n")),
			state: bytes.Join([][]byte{state.Outputs, state.Resources}, []byte("\n")),
		}
	}
	want, got := run(1), run(64)
	for name, pair := range map[string][2][]byte{"plan": {want.plan, got.plan}, "state": {want.state, got.state}} {
		if bytes.Equal(pair[0], pair[1]) {
			continue
		}
		at := 0
		for at < min(len(pair[0]), len(pair[1])) && pair[0][at] == pair[1][at] {
			at++
		}
		from := max(0, at-200)
		t.Errorf("the %s differs at byte %d: one by one\n%.400s\nat once\n%.400s", name, at, pair[0][from:], pair[1][from:])
	}
}
