//go:build integration

package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// unknownsConfig has a resource for each kind of argument, which is known only
// when terraform_data.source has been applied. Everything that changes comes
// from var.in.
const unknownsConfig = requiredProviders + `
variable "in" { type = any }

resource "terraform_data" "source" {
  input            = var.in
  triggers_replace = var.in.generation
}

locals {
  late = terraform_data.source.output
}

resource "backupfw_port_range" "ports" {
  name       = "ports"
  ports      = ["29168-29207/tcp", local.late.port]
  negotiated = local.late.negotiated
}

resource "backupfw_port_range" "product" {
  name        = local.late.name
  product     = local.late.product
  flows       = local.late.flows
  concurrency = local.late.concurrency
}

resource "backupfw_port_range" "load" {
  name    = "load"
  product = "veeam"
  flows   = ["data-mover-range"]
  load    = { task = local.late.concurrency }
}

resource "backupfw_peer_group" "cidrs" {
  name   = "cidrs"
  zone   = local.late.zone
  cidrs  = ["198.51.100.16/28", local.late.cidr]
  except = local.late.except
}

resource "backupfw_peer_group" "reference" {
  name       = "reference"
  references = { app = { kind = "aws_security_group", max_hosts = local.late.hosts } }
}

resource "backupfw_policy" "inputs" {
  name        = "inputs"
  description = local.late.description
  max_score   = local.late.max_score
  rules = {
    clients = {
      direction   = local.late.direction
      port_ranges = [backupfw_port_range.ports, backupfw_port_range.product]
      peers       = [backupfw_peer_group.cidrs, backupfw_peer_group.reference]
    }
  }
}

resource "backupfw_policy" "waived" {
  name = "waived"
  rules = {
    desk = {
      direction   = "ingress"
      port_ranges = [{ name = "rdp", listeners = [{ name = "rdp", kind = "undeclared", ports = ["3389/tcp"] }] }]
      peers       = [{ name = "clients", prefixes = ["198.51.100.16/28"], zone = "dmz" }]
    }
  }
  waiver {
    finding = "sensitive-service"
    ports   = ["3389/tcp"]
    peers   = ["198.51.100.16/28"]
    reason  = "console move"
    owner   = "backup-team"
    expires = local.late.expires
  }
  lifecycle {
    replace_triggered_by = [terraform_data.source]
  }
}

resource "backupfw_policy" "dynamic" {
  name  = "dynamic"
  rules = local.late.rules
  dynamic "waiver" {
    for_each = local.late.waivers
    content {
      finding = "well-known-port"
      ports   = ["873/tcp"]
      peers   = ["198.51.100.16/28"]
      reason  = waiver.value
      owner   = "backup-team"
      expires = local.late.expires
    }
  }
}

locals {
  policy = backupfw_policy.inputs
}

data "backupfw_aws_security_group_rules" "inputs" {
  policy = local.policy
}

data "backupfw_product" "late" {
  id = local.late.product
}

output "computed" {
  value = {
    rules    = data.backupfw_aws_security_group_rules.inputs.rule_count
    function = length(provider::backupfw::aws_security_group_rules(local.policy).ingress)
    assess   = provider::backupfw::assess(local.policy).score
    merged   = provider::backupfw::merge_cidrs([local.late.cidr, "198.51.100.32/28"])
    services = provider::backupfw::port_services(local.late.port)
    product  = data.backupfw_product.late.name
    score    = backupfw_policy.inputs.score
  }
}
`

// unknownsInput is what the source holds: accepted as it is.
func unknownsInput(change map[string]any) map[string]any {
	in := map[string]any{
		"generation": 1, "port": "29300/tcp", "negotiated": true, "name": "movers", "product": "veeam", "flows": []string{"data-mover-range"}, "concurrency": 40,
		"zone": "dmz", "cidr": "198.51.100.48/28", "except": []string{"198.51.100.17/32"}, "hosts": 4, "description": "d", "max_score": 30, "direction": "ingress",
		"expires": time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly), "waivers": []string{"site B leaves rsync"},
		"rules": map[string]any{"rsync": map[string]any{"direction": "ingress",
			"port_ranges": []any{map[string]any{"name": "rsync", "listeners": []any{map[string]any{"name": "rsync", "kind": "undeclared", "ports": []string{"873/tcp"}}}}},
			"peers":       []any{map[string]any{"name": "clients", "prefixes": []string{"198.51.100.16/28"}, "zone": "dmz"}}}},
	}
	for name, v := range change {
		in[name] = v
	}
	return in
}

func (w *workspace) input(change map[string]any) {
	w.t.Helper()
	text, err := json.Marshal(map[string]any{"in": unknownsInput(change)})
	must(w.t, err)
	must(w.t, os.WriteFile(filepath.Join(w.dir, "terraform.tfvars.json"), text, 0o644))
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	must(w.t, os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644))
}

// applied saves a plan with the options, applies it, and holds the next plan to
// be empty.
func (w *workspace) applied(what string, options ...string) {
	w.t.Helper()
	w.planApply(what, options...)
	w.empty(what)
}

func (w *workspace) planApply(what string, options ...string) {
	w.t.Helper()
	out := w.ok(append([]string{"plan", "-no-color", "-input=false", "-out=plan"}, options...)...)
	out += w.ok("apply", "-no-color", "-input=false", "plan")
	if strings.Contains(out, "inconsistent") || strings.Contains(out, "bug in the provider") {
		w.t.Fatalf("%s:\n%s", what, out)
	}
}

func (w *workspace) empty(what string) {
	w.t.Helper()
	if out, failed := w.run("plan", "-no-color", "-input=false", "-detailed-exitcode"); failed { // 2 is a change
		w.t.Fatalf("the plan after %s is not empty:\n%s", what, out)
	}
}

func TestAccUnknowns_LifeOfResources_EveryStepEndsWithAnEmptyPlan(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, map[string]string{"main.tf": unknownsConfig})
	w.input(nil)
	w.applied("create")
	w.input(map[string]any{ // narrower, wider, other and null
		"port": "29301-29310/tcp", "negotiated": nil, "name": "pbx", "concurrency": 10, "zone": "partner", "cidr": "203.0.113.0/28", "except": nil, "hosts": 2,
		"description": nil, "max_score": nil, "direction": "egress", "waivers": []string{}, "rules": map[string]any{},
	})
	w.applied("update")
	w.input(map[string]any{"zone": nil, "product": "netbackup", "flows": []string{"client-to-primary-pbx"}, "concurrency": nil, "except": []string{}})
	// A unit of load may not be null.
	w.write("main.tf", strings.Replace(unknownsConfig, "load    = { task = local.late.concurrency }", "load    = { task = local.late.hosts }", 1))
	w.applied("an update to null")

	// The exit code says 2 for every provider: hashicorp/terraform#37406.
	if out := w.ok("plan", "-refresh-only", "-no-color", "-input=false"); !strings.Contains(out, "No changes. Your infrastructure still matches the configuration.") {
		t.Errorf("a refresh finds a difference:\n%s", out)
	}
	w.ok("apply", "-refresh-only", "-auto-approve", "-no-color", "-input=false")
	w.write("main.tf", unknownsConfig)
	w.input(nil)
	w.applied("a replacement", "-replace=backupfw_port_range.ports", "-replace=backupfw_peer_group.cidrs", "-replace=backupfw_policy.inputs", "-replace=backupfw_policy.dynamic", "-replace=terraform_data.source")

	w.input(map[string]any{"generation": 3, "cidr": "198.51.100.64/28"})
	w.planApply("a target", "-target=backupfw_peer_group.cidrs")
	if out, failed := w.run("plan", "-no-color", "-input=false", "-detailed-exitcode"); !failed || !strings.Contains(out, "backupfw_policy.inputs will be updated in-place") {
		t.Errorf("the policy is not left over after a target:\n%s", out)
	}
	w.applied("the rest after a target")

	moved := strings.NewReplacer(`"backupfw_policy" "dynamic"`, `"backupfw_policy" "elsewhere"`, `"backupfw_peer_group" "cidrs"`, `"backupfw_peer_group" "networks"`,
		"backupfw_peer_group.cidrs", "backupfw_peer_group.networks").Replace(unknownsConfig)
	w.write("main.tf", moved)
	w.write("moves.tf", "moved {\n  from = backupfw_policy.dynamic\n  to   = backupfw_policy.elsewhere\n}\nmoved {\n  from = backupfw_peer_group.cidrs\n  to   = backupfw_peer_group.networks\n}\n")
	w.input(map[string]any{"generation": 4, "cidr": "198.51.100.80/28", "port": "29302/tcp"})
	w.applied("a move with something unknown")
	at := strings.Index(moved, `resource "backupfw_policy" "elsewhere"`)
	end := at + strings.Index(moved[at:], "\n}\n") + 3
	w.write("main.tf", moved[:at]+moved[end:])
	w.write("moves.tf", "removed {\n  from = backupfw_policy.elsewhere\n  lifecycle {\n    destroy = false\n  }\n}\n")
	w.input(map[string]any{"generation": 5})
	w.applied("a removal with something unknown")
	if out := w.ok("state", "list"); strings.Contains(out, "elsewhere") || !strings.Contains(out, "backupfw_policy.waived") {
		t.Errorf("after a removal the state has:\n%s", out)
	}

	w.input(map[string]any{"generation": 6})
	w.ok("destroy", "-no-color", "-input=false", "-auto-approve")
	if out := w.ok("state", "list"); out != "" {
		t.Errorf("after destroy the state has:\n%s", out)
	}
}

// What turns out dangerous is refused in apply, and the state keeps what it had.
func TestAccUnknowns_TurnsOutDangerous_IsRefusedInApply(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, map[string]string{"main.tf": unknownsConfig})
	refused := func(what string, change map[string]any, reason ...string) {
		t.Helper()
		w.input(change)
		w.ok("plan", "-no-color", "-input=false", "-out=plan")
		out, failed := w.run("apply", "-no-color", "-input=false", "plan")
		if !failed || !wrapped(reason...).MatchString(out) || strings.Contains(out, "inconsistent") {
			t.Errorf("%s: failed %t:\n%s", what, failed, out)
		}
	}
	refused("create", map[string]any{"cidr": "0.0.0.0/0", "zone": "internet"}, "Policy rejected: any-peer", "practically everybody")
	if out := w.ok("state", "list"); strings.Contains(out, "backupfw_policy.inputs") {
		t.Errorf("a refused policy is in the state:\n%s", out)
	}
	w.input(nil)
	w.applied("create")
	before := w.ok("state", "show", "-no-color", "backupfw_policy.waived")
	long := time.Now().UTC().AddDate(0, 0, 400).Format(time.DateOnly)
	refused("a waiver that lasts too long", map[string]any{"expires": long}, "Waiver lasts too long", long)
	refused("a waiver that has ended", map[string]any{"expires": "2024-02-29"}, "Policy rejected: waiver-expired", "ended on 2024-02-29")
	refused("no waiver", map[string]any{"waivers": []string{}}, "Policy rejected: well-known-port", "873/tcp")
	refused("an unreadable address", map[string]any{"cidr": "198.51.100.17/28"}, "Host bits set", "198.51.100.16/28")
	w.input(nil)
	w.applied("the way back")
	if after := w.ok("state", "show", "-no-color", "backupfw_policy.waived"); after != before {
		t.Errorf("was\n%s\nis\n%s", before, after)
	}
}
