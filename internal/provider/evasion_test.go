package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The attacks that need Terraform: values that pass the plan because they are
// not known, and texts of which the language keeps the last. All others are in
// internal/evasiontest.

// TestEvasion_UnknownWidenedInApply: what was unknown turns out to be the worst
// that it can be. The plan says unknown, and apply refuses before anything is
// written.
func TestEvasion_UnknownWidenedInApply(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	everybody := obj{"name": "clients", "prefixes": seq{"0.0.0.0/0"}, "zone": "by_address"}
	office := obj{"name": "office", "prefixes": seq{"198.51.100.16/28"}, "zone": "management", "zone_reason": "our own"}
	list := obj{"name": "list", "references": obj{"world": obj{"kind": "aws_prefix_list", "max_hosts": 4294967296, "max_entries": 1}}, "zone": "by_address"}
	ports := []any{"rules", "backup", "port_ranges", 0, "listeners", 0, "ports"}
	rangeOf := func(name string, ports ...any) obj {
		return obj{"name": name, "listeners": seq{obj{"name": name, "kind": "negotiated", "ports": seq(ports)}}}
	}
	for _, c := range []struct {
		name string
		late obj
		path []any // what is unknown in the plan
		code string
	}{
		{"a prefix", policyOf(obj{"backup": ruleOf(vault(), everybody)}), []any{"rules", "backup", "peers", 0, "prefixes", 0}, "any-peer"},
		{"the prefixes", policyOf(obj{"backup": ruleOf(vault(), everybody)}), []any{"rules", "backup", "peers", 0, "prefixes"}, "any-peer"},
		{"half of the prefixes", policyOf(obj{"backup": ruleOf(vault(), with(everybody, seq{"10.0.0.0/28", "0.0.0.0/0"}, "prefixes"))}), []any{"rules", "backup", "peers", 0, "prefixes", 1}, "any-peer"},
		{"the peers", policyOf(obj{"backup": ruleOf(vault(), everybody)}), []any{"rules", "backup", "peers"}, "any-peer"},
		{"a second rule", policyOf(obj{"backup": ruleOf(vault(), clients()), "more": ruleOf(vault(), everybody)}), []any{"rules", "more"}, "any-peer"},
		{"the hosts of a list", policyOf(obj{"backup": ruleOf(vault(), list)}), []any{"rules", "backup", "peers", 0, "references", "world", "max_hosts"}, "any-peer"},
		{"the references", policyOf(obj{"backup": ruleOf(vault(), list)}), []any{"rules", "backup", "peers", 0, "references"}, "any-peer"},
		{"an exclusion of nothing", policyOf(obj{"backup": ruleOf(vault(), with(everybody, seq{"198.51.100.1/32"}, "except"))}), []any{"rules", "backup", "peers", 0, "except"}, "any-peer"},
		{"the ports", policyOf(obj{"backup": ruleOf(rangeOf("vault", "3389/tcp"), clients())}), ports, "sensitive-service"},
		{"a port more", policyOf(obj{"backup": ruleOf(rangeOf("vault", "29168/tcp", "3389/tcp"), clients())}), append(slices.Clone(ports), 1), "sensitive-service"},
		{"the listeners", policyOf(obj{"backup": ruleOf(rangeOf("vault", "1-65535/tcp"), clients())}), []any{"rules", "backup", "port_ranges", 0, "listeners"}, "all-ports"},
		{"the port ranges", policyOf(obj{"backup": ruleOf(rangeOf("vault", "1-65535/tcp"), clients())}), []any{"rules", "backup", "port_ranges"}, "all-ports"},
		{"the product", policyOf(obj{"desk": ruleOf(with(rdp(), "veeam", "listeners", 0, "product"), clients())}), []any{"rules", "desk", "port_ranges", 0, "listeners", 0, "product"}, "sensitive-service"},
		{"the direction", policyOf(obj{"backup": ruleOf(vault(), everybody)}), []any{"rules", "backup", "direction"}, "any-peer"},
		{"the reason of a zone", policyOf(obj{"backup": ruleOf(vault(), with(office, "\u200b", "zone_reason"))}), []any{"rules", "backup", "peers", 0, "zone_reason"}, "public-peer-private-claim"},
		{"the zone", policyOf(obj{"backup": ruleOf(vault(), with(office, "", "zone_reason"))}), []any{"rules", "backup", "peers", 0, "zone"}, "public-peer-private-claim"},
		{"the policy's own limit", with(accepted(), 1, "max_score"), []any{"max_score"}, "score-limit"},
		{"the ports of a waiver", with(waived(), seq{"3390/tcp"}, "waiver", 0, "ports"), []any{"waiver", 0, "ports"}, "sensitive-service"},
		{"the peers of a waiver", with(waived(), seq{"198.51.100.16/29"}, "waiver", 0, "peers"), []any{"waiver", 0, "peers"}, "sensitive-service"},
		{"the end of a waiver", with(waived(), "2020-01-01", "waiver", 0, "expires"), []any{"waiver", 0, "expires"}, "waiver-expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			early := with(c.late, unknown, c.path...)
			p := s.plan(t, "policy", tftypes.Value{}, early)
			if errors := p.errors(); len(errors) > 0 {
				t.Fatalf("the plan knows already: %q", errors)
			}
			if verdict := get(t, p.state, "verdict"); verdict != unknown {
				t.Errorf("the planned verdict is %v", verdict)
			}
			state, problems := s.apply(t, "policy", tftypes.Value{}, p, c.late)
			errors := severity(problems, "ERROR ")
			if !slices.ContainsFunc(errors, func(text string) bool { return strings.Contains(text, "Policy rejected: "+c.code+". ") }) {
				t.Errorf("apply says %q", errors)
			}
			if !state.IsNull() {
				t.Errorf("written: %s", state)
			}
		})
	}
}

// TestEvasion_Names: a key that looks like another one, or like nothing.
func TestEvasion_Names(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, name := range []string{"еgress", "backup\u200b", "\u202ebackup", "backup ", "Backup", ""} {
		for what, config := range map[string]obj{
			"rule":       policyOf(obj{name: ruleOf(vault(), clients())}),
			"policy":     with(accepted(), name, "name"),
			"peer group": policyOf(obj{"backup": ruleOf(vault(), with(clients(), name, "name"))}),
			"port range": policyOf(obj{"backup": ruleOf(with(vault(), name, "name"), clients())}),
			"listener":   policyOf(obj{"backup": ruleOf(with(vault(), name, "listeners", 0, "name"), clients())}),
			"reference":  policyOf(obj{"backup": ruleOf(vault(), with(clients(), obj{name: obj{"kind": "aws_security_group", "max_hosts": 1}}, "references"))}),
		} {
			if errors := s.plan(t, "policy", tftypes.Value{}, config).errors(); len(errors) == 0 {
				t.Errorf("a %s may be named %+q", what, name)
			}
		}
	}
}

// TestAccEvasion_DuplicateKeys: the language keeps the last of two equal keys,
// and so does whoever reads JSON. What is judged is what is compiled.
func TestAccEvasion_DuplicateKeys(t *testing.T) {
	t.Parallel()
	const narrow, wide = `"198.51.100.16/28"`, `"0.0.0.0/0"`
	const listeners = `[{ name = "vault", listeners = [{ name = "vault", kind = "negotiated", ports = ["29168-29207/tcp"] }] }]`
	rule := func(cidr string) string {
		return fmt.Sprintf(`{ direction = "ingress", port_ranges = %s, peers = [{ name = "peers", zone = "by_address", prefixes = [%s] }] }`, listeners, cidr)
	}
	policy := func(rules string) string {
		return requiredProviders + "resource \"backupfw_policy\" \"primary\" {\n  name  = \"primary\"\n  rules = " + rules + "\n}\noutput \"allows\" { value = backupfw_policy.primary.allows }\n"
	}
	for _, c := range []struct {
		name, first, last string
		write             func(first, last string) string
	}{
		{"rules", narrow, wide, func(a, b string) string { return "{\n    backup = " + rule(a) + "\n    backup = " + rule(b) + "\n  }" }},
		{"a rule and its quoted name", narrow, wide, func(a, b string) string {
			return "{\n    backup = " + rule(a) + "\n    \"backup\" = " + rule(b) + "\n  }"
		}},
		{"a rule and its computed name", narrow, wide, func(a, b string) string {
			return "{\n    backup = " + rule(a) + "\n    (join(\"\", [\"back\", \"up\"])) = " + rule(b) + "\n  }"
		}},
		{"merged maps", narrow, wide, func(a, b string) string { return "merge({ backup = " + rule(a) + " }, { backup = " + rule(b) + " })" }},
		{"the prefixes of one group", narrow, wide, func(a, b string) string {
			return strings.Replace("{\n    backup = "+rule(a)+"\n  }", "prefixes = ["+a+"]", "prefixes = ["+a+"], prefixes = ["+b+"]", 1)
		}},
		{"JSON", narrow, wide, func(a, b string) string {
			json := func(cidr string) string {
				return `"backup":{"direction":"ingress","port_ranges":[{"name":"vault","listeners":[{"name":"vault","kind":"negotiated","ports":["29168-29207/tcp"]}]}],"peers":[{"name":"peers","zone":"by_address","prefixes":[` + cidr + `]}]}`
			}
			return fmt.Sprintf("jsondecode(%q)", "{"+json(a)+","+json(b)+"}")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, map[string]string{"main.tf": policy(c.write(c.first, c.last))})
			found := w.diagnostics("error")
			if len(found) == 0 || !slices.ContainsFunc(found, func(d diagnostic) bool {
				return strings.Contains(d.Summary, "any-peer") || strings.Contains(d.Summary, "Duplicate") || strings.Contains(d.Summary, "duplicate")
			}) {
				t.Errorf("the wide one last: %+v", found)
			}
			w = newWorkspace(t, map[string]string{"main.tf": policy(c.write(c.last, c.first))})
			if found := w.diagnostics("error"); len(found) > 0 {
				return // refused as a duplicate, or judged by the wide one
			}
			allows := fmt.Sprintf("%#v", w.shownPlan().GetAttr("planned_values").GetAttr("outputs").GetAttr("allows"))
			if strings.Contains(allows, "0.0.0.0/0") || !strings.Contains(allows, "198.51.100.16/28") {
				t.Errorf("accepted, and opens %s", allows)
			}
		})
	}
}
