package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// negotiated is a port range with one listener.
func negotiated(ports ...string) obj {
	return obj{"name": "movers", "listeners": seq{obj{"name": "movers", "kind": "negotiated", "ports": ports}}}
}

// undeclared is a port range of which nothing more is known.
func undeclared(ports ...string) obj {
	return obj{"name": "open", "listeners": seq{obj{"name": "open", "kind": "undeclared", "ports": ports}}}
}

func peersOf(zone string, prefixes ...string) obj {
	return obj{"name": "peers", "prefixes": prefixes, "zone": zone, "zone_reason": "our own"}
}

func egress(rule obj) obj { return with(rule, "egress", "direction") }

// rises are the warnings of a higher score.
func rises(p planned) []string {
	return slices.DeleteFunc(p.warnings(), func(text string) bool { return !strings.Contains(text, " → ") })
}

func TestPolicyResource_Update_ScoreRises_WarnsWithWhatIsOpened(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	const opensNothing = ` It opens nothing new: its zones, or what is known of its listeners, changed.`
	site := peersOf("dmz", "198.51.100.0/24")
	base := policyOf(obj{"dmz_clients": ruleOf(negotiated("29168-29207/tcp"), site)})
	many := obj{}
	for i := range 8 {
		many[fmt.Sprintf("rule_%d", i)] = ruleOf(negotiated(fmt.Sprintf("%d/tcp", 29168+2*i)), site)
	}
	six := obj{"app": ruleOf(negotiated("29168-29207/tcp"), site)}
	for i := range 6 {
		six[fmt.Sprintf("rule_%d", i)] = ruleOf(undeclared(fmt.Sprintf("%d/tcp", 29300+2*i)), site)
	}
	var ports, prefixes []string
	for i := range 7 {
		ports = append(ports, fmt.Sprintf("%d/tcp", 29300+2*i))
		prefixes = append(prefixes, fmt.Sprintf("203.0.113.%d/32", 2*i))
	}
	for _, c := range []struct {
		name          string
		before, after obj
		want          string
	}{
		{"new ports for old peers", base,
			policyOf(obj{"dmz_clients": ruleOf(negotiated("29168-29207/tcp", "2500-2579/tcp"), site)}),
			"4 → 11. dmz_clients now also opens 2500-2579/tcp to 198.51.100.0/24."},
		{"old ports for new peers", base,
			policyOf(obj{"dmz_clients": ruleOf(negotiated("29168-29207/tcp"), peersOf("internet", "198.51.100.0/23"))}),
			"4 → 8. dmz_clients now also opens 29168-29207/tcp to 198.51.101.0/24."},
		{"another rule, outwards", base,
			with(base, egress(ruleOf(undeclared("10000/tcp"), obj{"name": "filers", "prefixes": seq{"10.20.0.0/24", "2001:db8:40::/64"}, "zone": "by_address",
				"references": obj{"filer": obj{"kind": "aws_security_group", "max_hosts": 200}}})), "rules", "filers"),
			"4 → 5. filers now also dials 10.20.0.0/24, 2001:db8:40::/64, ref:filer on 10000/tcp."},
		{"more than five", policyOf(obj{}), policyOf(many),
			"0 → 4. rule_0 now also opens 29168/tcp to 198.51.100.0/24.\n" +
				"rule_1 now also opens 29170/tcp to 198.51.100.0/24.\nrule_2 now also opens 29172/tcp to 198.51.100.0/24.\n" +
				"rule_3 now also opens 29174/tcp to 198.51.100.0/24.\nrule_4 now also opens 29176/tcp to 198.51.100.0/24.\nAnd 3 more openings."},
		{"six", policyOf(obj{"app": six["app"]}), policyOf(six),
			"4 → 13. rule_0 now also opens 29300/tcp to 198.51.100.0/24.\n" +
				"rule_1 now also opens 29302/tcp to 198.51.100.0/24.\nrule_2 now also opens 29304/tcp to 198.51.100.0/24.\n" +
				"rule_3 now also opens 29306/tcp to 198.51.100.0/24.\nrule_4 now also opens 29308/tcp to 198.51.100.0/24.\nAnd 1 more opening."},
		{"long lists", base,
			policyOf(obj{"dmz_clients": ruleOf(undeclared(append([]string{"29168-29207/tcp"}, ports...)...), peersOf("dmz", append([]string{"198.51.100.0/24"}, prefixes...)...))}),
			"4 → 14. dmz_clients now also opens 29168-29207/tcp, 29300/tcp, 29302/tcp, 29304/tcp, 29306/tcp and 3 more to 203.0.113.0/32, 203.0.113.2/32, 203.0.113.4/32, 203.0.113.6/32, 203.0.113.8/32 and 2 more.\n" +
				"dmz_clients now also opens 29300/tcp, 29302/tcp, 29304/tcp, 29306/tcp, 29308/tcp and 2 more to 198.51.100.0/24."},
		{"another zone", base, policyOf(obj{"dmz_clients": ruleOf(negotiated("29168-29207/tcp"), peersOf("internet", "198.51.100.0/24"))}), "4 → 7." + opensNothing},
		{"another listener", base, policyOf(obj{"dmz_clients": ruleOf(undeclared("29168-29207/tcp"), site)}), "4 → 13." + opensNothing},
	} {
		state := s.create(t, "policy", c.before)
		p := s.plan(t, "policy", state, c.after)
		equalTexts(t, c.name, rises(p), []string{`rules: Policy "primary": score ` + c.want})
	}
}

func TestPolicyResource_Update_ScoreRisesOverTheLimit_WarnsBesideTheRejection(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	state := s.create(t, "policy", accepted())
	p := s.plan(t, "policy", state, with(accepted(), ruleOf(rdp(), clients()), "rules", "desk"))
	equalTexts(t, "warnings", p.warnings(), []string{`rules: Policy "primary": score 2 → 8. desk now also opens 3389/tcp to 198.51.100.16/28.`})
	if len(p.errors()) != 1 {
		t.Errorf("errors %q, want one", p.errors())
	}
}

func TestPolicyResource_Update_Unknown_ScoreRisesAtLeast(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	state := s.create(t, "policy", accepted())
	for name, c := range map[string]struct {
		config obj
		want   []string
	}{
		"another rule":                  {with(with(accepted(), ruleOf(undeclared("29300-29339/tcp"), clients()), "rules", "movers"), unknown, "rules", "later"), []string{`rules: Policy "primary": score 2 → at least 7. movers now also opens 29300-29339/tcp to 198.51.100.16/28.` + "\nSome values are known only after apply; they may open more."}},
		"the same, from a worse zone":   {with(with(accepted(), "internet", "rules", "backup", "peers", 0, "zone"), unknown, "rules", "later"), []string{`rules: Policy "primary": score 2 → at least 4. What is known opens nothing new: zones, or what is known of the listeners, changed. Some values are known only after apply; they may open more.`}},
		"what is known does not exceed": {with(accepted(), unknown, "rules", "later"), []string{}},
		"nothing is known":              {with(accepted(), unknown, "rules"), []string{}},
	} {
		p := s.plan(t, "policy", state, c.config)
		equalTexts(t, name, rises(p), c.want)
		if len(p.warnings()) != len(c.want)+1 {
			t.Errorf("%s: %q, want the lower bound besides", name, p.warnings())
		}
	}
}

// What a reviewer reads: the warning stands in the plan, at the rules.
func TestAccCLI_PlanJSON_ScoreRises_WarningAtTheRules(t *testing.T) {
	t.Parallel()
	config := func(ports string) string {
		return requiredProviders + `
resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [{ name = "movers", listeners = [{ name = "movers", kind = "negotiated", ports = [` + ports + `] }] }]
      peers       = [{ name = "dmz", prefixes = ["198.51.100.0/24"], zone = "dmz" }]
    }
  }
}
`
	}
	w := newWorkspace(t, map[string]string{"main.tf": config(`"29168-29207/tcp"`)})
	w.ok("apply", "-no-color", "-input=false", "-auto-approve")
	after := config(`"29168-29287/tcp"`)
	must(t, os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(after), 0o644))
	warnings := w.diagnostics("warning")
	if len(warnings) != 1 {
		t.Fatalf("%d warnings, want 1: %+v", len(warnings), warnings)
	}
	d := warnings[0]
	line := 1 + strings.Count(after[:strings.Index(after, "\n  rules = {")+1], "\n")
	if d.Summary != `Policy "primary-server": score 4 → 5` || d.Detail != "dmz_clients now also opens 29208-29287/tcp to 198.51.100.0/24." ||
		d.Address != "backupfw_policy.primary" || d.Range.Filename != "main.tf" || d.Range.Start.Line != line {
		t.Errorf("got %+v, want it at main.tf:%d", d, line)
	}
	w.ok("apply", "-no-color", "-input=false", "-auto-approve")
	if again := w.diagnostics("warning"); len(again) > 0 {
		t.Errorf("after the apply: %+v", again)
	}
}

func TestPolicyResource_ScoreDoesNotRise_NoWarning(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	wide := policyOf(obj{"backup": ruleOf(negotiated("2500-2539/tcp"), clients())})
	_, typ := s.resourceType(t, "policy")
	for name, c := range map[string]struct {
		before tftypes.Value
		after  obj
	}{
		"create":          {tftypes.Value{}, wide},
		"no change":       {s.create(t, "policy", wide), wide},
		"the score falls": {s.create(t, "policy", wide), accepted()},
		"the score stays": {s.create(t, "policy", accepted()), with(accepted(), seq{"198.51.100.32/28"}, "rules", "backup", "peers", 0, "prefixes")},
		"other name":      {s.create(t, "policy", wide), with(wide, "second", "name")},
	} {
		if p := s.plan(t, "policy", c.before, c.after); len(rises(p)) > 0 || len(p.errors()) > 0 {
			t.Errorf("%s: %q", name, p.problems)
		}
	}
	if p := s.planValue(t, "policy", s.create(t, "policy", wide), tftypes.NewValue(typ, nil)); len(p.problems) > 0 {
		t.Errorf("destroy: %q", p.problems)
	}
}

// An older version may have written a state that this one does not read, or
// no score at all.
func TestPolicyResource_Update_StateOfAnotherVersion(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	wide := with(accepted(), ruleOf(negotiated("2500-2539/tcp"), clients()), "rules", "movers")
	_, typ := s.resourceType(t, "policy")
	edited := func(edit func(map[string]tftypes.Value)) tftypes.Value {
		attributes := fields(t, s.create(t, "policy", accepted()))
		edit(attributes)
		return tftypes.NewValue(typ, attributes)
	}
	odd := edited(func(attributes map[string]tftypes.Value) {
		attributes["rules"] = value(t, typ.AttributeTypes["rules"], obj{"backup": ruleOf(vault(), without(clients(), "zone"))})
	})
	equalTexts(t, "rules that cannot be read", rises(s.plan(t, "policy", odd, wide)), []string{
		`rules: Policy "primary": score 2 → 6. What is opened cannot be told: another version of the provider wrote the state before.`})
	scoreless := edited(func(attributes map[string]tftypes.Value) { attributes["score"] = tftypes.NewValue(tftypes.Number, nil) })
	equalTexts(t, "no score", rises(s.plan(t, "policy", scoreless, wide)), nil)
}

// Apply itself says nothing again. (Terraform plans once more before it, which
// no provider can tell from the first time.)
func TestPolicyResource_Apply_ScoreRises_NoWarning(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	before := s.create(t, "policy", accepted())
	wide := with(accepted(), ruleOf(negotiated("2500-2539/tcp"), clients()), "rules", "movers")
	p := s.plan(t, "policy", before, wide)
	if len(rises(p)) != 1 {
		t.Fatalf("the plan says %q", p.problems)
	}
	_, typ := s.resourceType(t, "policy")
	if _, problems := s.write(t, "policy", before, p.state, value(t, typ, wide)); len(problems) > 0 {
		t.Errorf("apply says %q", problems)
	}
	arguments := fields(t, value(t, typ, wide)) // known only now
	for _, name := range assessed {
		arguments[name] = tftypes.NewValue(typ.AttributeTypes[name], tftypes.UnknownValue)
	}
	if _, problems := s.write(t, "policy", before, tftypes.NewValue(typ, arguments), value(t, typ, wide)); strings.Contains(strings.Join(problems, "\n"), " → ") {
		t.Errorf("apply says %q", problems)
	}
}
