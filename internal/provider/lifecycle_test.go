package provider_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func portRange() obj {
	return obj{"name": "vault", "ports": seq{"29168-29207/tcp"}, "negotiated": true}
}

func peerGroup() obj {
	return obj{"name": "clients", "zone": "dmz", "cidrs": seq{"198.51.100.16/28"}}
}

// Everything is known in the first plan and in every later one, what is planned
// is what is written, and a second plan is empty: create and change check that.
func TestResources_Plan_KnownArguments_EverythingIsKnown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		resource     string
		first, later obj
	}{
		{"port_range", portRange(), with(portRange(), seq{"29168-29187/tcp"}, "ports")},
		{"port_range", obj{"name": "pbx", "product": "netbackup", "from_role": "client", "to_role": "primary_server"}, portRange()},
		{"peer_group", peerGroup(), with(peerGroup(), seq{"198.51.100.16/28", "203.0.113.7"}, "cidrs")},
		{"peer_group", obj{"name": "app", "references": obj{"app": obj{"kind": "aws_security_group", "max_hosts": 4}}}, peerGroup()},
		{"policy", accepted(), waived()},
		{"policy", policyOf(obj{}), richPolicy()},
		{"policy", richPolicy(), accepted()},
	} {
		_, typ := s.resourceType(t, c.resource)
		if p := s.plan(t, c.resource, tftypes.Value{}, c.first); !p.state.IsFullyKnown() {
			t.Errorf("%s: unknown on create: %q", c.resource, unknownOf(t, p.state))
		}
		before := s.create(t, c.resource, c.first)
		p := s.plan(t, c.resource, before, c.later)
		if !p.state.IsFullyKnown() {
			t.Errorf("%s: unknown on update: %q", c.resource, unknownOf(t, p.state))
		}
		if p.state.Equal(before) {
			t.Errorf("%s: the update changes nothing", c.resource)
		}
		after := s.change(t, c.resource, before, c.later)
		if fresh := s.plan(t, c.resource, tftypes.NewValue(typ, nil), c.later).state; !fresh.Equal(after) {
			t.Errorf("%s: after an update %s, created anew %s", c.resource, after, fresh)
		}
	}
}

// A zone that is left out is written into the plan, so that a whole peer group
// can be passed on.
func TestPeerGroupResource_Plan_ZoneLeftOut_IsByAddress(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	group := s.create(t, "peer_group", without(peerGroup(), "zone"))
	if got := get(t, group, "zone"); got != "by_address" {
		t.Errorf("zone = %v", got)
	}
	s.create(t, "policy", policyOf(obj{"backup": ruleOf(vault(), group)}))
	declared := s.create(t, "peer_group", peerGroup())
	if got := get(t, s.change(t, "peer_group", declared, without(peerGroup(), "zone")), "zone"); got != "by_address" {
		t.Errorf("zone = %v after it was removed", got)
	}
}

// A policy that only the warn mode let through can always be destroyed, by a
// strict provider and after its waiver has run out.
func TestResources_Destroy_IsNeverRejected(t *testing.T) {
	t.Parallel()
	lax := serve(t, obj{"enforcement": "warn"})
	dangerous := lax.create(t, "policy", policyOf(obj{"desk": ruleOf(rdp(), clients())}))
	states := map[string][]tftypes.Value{
		"policy":     {dangerous, lax.create(t, "policy", waived())},
		"port_range": {lax.create(t, "port_range", portRange())},
		"peer_group": {lax.create(t, "peer_group", peerGroup())},
	}
	for _, s := range []*server{serve(t, obj{"max_score": 0}), serveOn(t, at(today.AddDate(3, 0, 0)))} {
		for name, priors := range states {
			for _, prior := range priors {
				none := tftypes.NewValue(prior.Type(), nil)
				p := s.planValue(t, name, prior, none)
				if len(p.problems) > 0 || !p.state.IsNull() {
					t.Errorf("%s: destroy plan: %q", name, p.problems)
				}
				state, problems := s.write(t, name, prior, none, none)
				if len(problems) > 0 || !state.IsNull() {
					t.Errorf("%s: destroy: %q, state %s", name, problems, state)
				}
			}
		}
	}
}

func TestResources_Read_KeepsTheState(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, config := range map[string]obj{"port_range": portRange(), "peer_group": peerGroup(), "policy": accepted()} {
		state := s.create(t, name, config)
		resp, err := s.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: "backupfw_" + name, CurrentState: s.dynamic(t, state.Type(), state)})
		must(t, err)
		if got := open(t, state.Type(), resp.NewState); !got.Equal(state) || len(resp.Diagnostics) > 0 {
			t.Errorf("%s: read %s, %q", name, got, texts(resp.Diagnostics))
		}
	}
}

func TestResources_Import_IsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, want := range map[string]string{
		"port_range": "A port range exists in the Terraform state alone, so there is nothing to import. Write the resource and apply it.",
		"peer_group": "A peer group exists in the Terraform state alone, so there is nothing to import. Write the resource and apply it.",
		"policy":     "A policy exists in the Terraform state alone, so there is nothing to import. Write the resource and apply it; rules that exist already can be judged with data.backupfw_assessment.",
	} {
		resp, err := s.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: "backupfw_" + name, ID: "x"})
		must(t, err)
		equalTexts(t, name, texts(resp.Diagnostics), []string{"ERROR Import is not possible. " + want})
		if len(resp.ImportedResources) > 0 && resp.ImportedResources[0].State != nil {
			_, typ := s.resourceType(t, name)
			if got := open(t, typ, resp.ImportedResources[0].State); !got.IsNull() {
				t.Errorf("%s: imported %s", name, got)
			}
		}
	}
}

// terraform validate never configures the provider.
func TestProvider_NotConfigured_ValidatesAndNeverPanics(t *testing.T) {
	t.Parallel()
	s := start(t, at(today))
	for name, config := range map[string]obj{"port_range": portRange(), "peer_group": peerGroup(), "policy": accepted()} {
		if problems := s.validate(t, name, config); len(problems) > 0 {
			t.Errorf("%s: %q", name, problems)
		}
		_, typ := s.resourceType(t, name)
		p := s.plan(t, name, tftypes.Value{}, config)
		if len(p.problems) > 0 {
			t.Errorf("%s: plan: %q", name, p.problems)
		}
		state, problems := s.write(t, name, tftypes.NewValue(typ, nil), p.state, value(t, typ, config))
		equalTexts(t, name, problems, []string{"ERROR Provider not configured. Terraform has not configured the provider, so the limits that policies are judged by are not known. This is a bug of Terraform; please report it."})
		if !state.IsNull() {
			t.Errorf("%s: written %s", name, state)
		}
	}
	for _, name := range []string{"assessment", "aws_security_group_rules"} {
		_, problems := s.read(t, name, obj{"policy": accepted()})
		equalTexts(t, name, problems, []string{"ERROR Provider not configured. Terraform has not configured the provider, so the limits that policies are judged by are not known. This is a bug of Terraform; please report it."})
	}
}

// Byte for byte the same, whatever order Go walks its maps in.
func TestPolicyResource_Plan_IsDeterministic(t *testing.T) {
	t.Parallel()
	config := richPolicy()
	rules := config["rules"].(obj)
	for _, name := range []string{"alpha", "beta", "gamma", "delta"} {
		rules[name] = ruleOf(vault(), with(clients(), seq{"203.0.113.0/28", "198.51.100.64/28"}, "prefixes"))
	}
	rules["out"] = with(ruleOf(obj{"name": "smb", "listeners": seq{obj{"name": "smb", "kind": "undeclared", "ports": seq{"445/tcp", "139/tcp", "53/udp"}}}}, clients()), "egress", "direction")
	_, typ := serve(t, nil).resourceType(t, "policy")
	first := map[string][]byte{}
	var said []string
	for i := range 20 {
		s := serve(t, obj{"enforcement": "warn"})
		p := s.plan(t, "policy", tftypes.Value{}, config)
		for _, name := range assessed { // a map's own bytes have no order
			raw := s.dynamic(t, typ.AttributeTypes[name], fields(t, p.state)[name]).MsgPack
			if i == 0 {
				first[name] = raw
			} else if !bytes.Equal(raw, first[name]) {
				t.Fatalf("run %d plans another %s: %s", i, name, fields(t, p.state)[name])
			}
		}
		if i == 0 {
			said = p.problems
		} else if !slices.Equal(p.problems, said) {
			t.Fatalf("run %d says %q, the first %q", i, p.problems, said)
		}
	}
	if len(said) == 0 {
		t.Error("the policy raises no findings, so their order is not compared")
	}
}

// A plan that is saved today and applied tomorrow writes the same: no count of
// days is in the state, and a waiver changes it on the day after its last only.
func TestPolicyResource_Plan_OnlyTheEndOfAWaiverChangesTheState(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, time.December, 31, 12, 0, 0, 0, time.UTC)
	lax := func(day time.Time) *server {
		s := start(t, at(day))
		if problems := s.configure(t, obj{"enforcement": "warn"}); len(problems) > 0 {
			t.Fatal(problems)
		}
		return s
	}
	var changes []int
	var before tftypes.Value
	for left := 40; left >= -10; left-- {
		state := lax(last.AddDate(0, 0, -left)).plan(t, "policy", tftypes.Value{}, waived()).state
		if left < 40 && !state.Equal(before) {
			changes = append(changes, left)
		}
		before = state
	}
	if !slices.Equal(changes, []int{-1}) {
		t.Errorf("the state changes with %v days left, want -1", changes)
	}
}

func TestPolicyResource_Waiver_AcceptsAnnouncesItsEndAndExpires(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, time.December, 31, 23, 59, 59, 0, time.UTC)
	const expiring = `rules: Policy "primary": 1 finding. - waiver-expiring: The waiver for "sensitive-service" ends on 2026-12-31, at most 30 days from now;`
	for _, c := range []struct {
		name    string
		day     time.Time
		warning string
	}{
		{"31 days before", last.AddDate(0, 0, -31), ""},
		{"30 days before", last.AddDate(0, 0, -30), expiring},
		{"on the last day", last, expiring},
	} {
		p := serveOn(t, at(c.day)).plan(t, "policy", tftypes.Value{}, waived())
		if errors := p.errors(); len(errors) > 0 {
			t.Fatalf("%s: %q", c.name, errors)
		}
		if got := get(t, p.state, "verdict"); got != "accept_with_waivers" {
			t.Errorf("%s: verdict = %v", c.name, got)
		}
		warnings := p.warnings()
		if c.warning == "" && len(warnings) > 0 || c.warning != "" && (len(warnings) != 1 || !strings.HasPrefix(warnings[0], c.warning)) {
			t.Errorf("%s: warnings %q, want one that starts with %q", c.name, warnings, c.warning)
		}
	}
	errors := serveOn(t, at(last.Add(time.Second))).plan(t, "policy", tftypes.Value{}, waived()).errors()
	if len(errors) != 2 {
		t.Fatalf("a second later: %d errors, want 2: %q", len(errors), errors)
	}
	assertRDPRejected(t, errors[:1], "7")
	assertRejected(t, errors[1], `waiver[0]: Policy rejected: waiver-expired. The waiver for "sensitive-service" ended on 2026-12-31`,
		`(waiver-expired, severity high; score 7, limit 40)`, "backup-team")
}
