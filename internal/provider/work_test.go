package provider_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// TestResources_WorkGrowsWithTheConfiguration takes long texts and long lists
// in every place that has them.
func TestResources_WorkGrowsWithTheConfiguration(t *testing.T) {
	s := serve(t, obj{"enforcement": "warn"})
	long := func(n int) string { return strings.Repeat("x\u200b1", n) }
	texts := func(n int, text func(i int) string) seq {
		all := seq{}
		for i := range n / 20 {
			all = append(all, text(i))
		}
		return all
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	numbered := func(form string) func(int) string { return func(i int) string { return fmt.Sprintf(form, i) } }
	in := func(config obj, path ...any) func(any) obj {
		return func(v any) obj { return with(config, v, path...) }
	}
	listener := []any{"rules", "desk", "port_ranges", 0, "listeners", 0}
	peers := []any{"rules", "desk", "peers", 0}
	to := func(path []any, name string) []any { return append(append([]any{}, path...), name) }
	for _, c := range []struct {
		name, resource string
		value          func(n int) any
		config         func(any) obj
	}{
		{"a policy's name", "policy", func(n int) any { return long(n) }, in(waived(), "name")},
		{"a description", "policy", func(n int) any { return long(n) }, in(waived(), "description")},
		{"a direction", "policy", func(n int) any { return long(n) }, in(waived(), "rules", "desk", "direction")},
		{"a listener's name", "policy", func(n int) any { return long(n) }, in(waived(), to(listener, "name")...)},
		{"a kind", "policy", func(n int) any { return long(n) }, in(waived(), to(listener, "kind")...)},
		{"a product", "policy", func(n int) any { return long(n) }, in(richPolicy(), to(listener, "product")...)},
		{"a flow", "policy", func(n int) any { return long(n) }, in(richPolicy(), to(listener, "flow")...)},
		{"a zone", "policy", func(n int) any { return long(n) }, in(waived(), to(peers, "zone")...)},
		{"a reason", "policy", func(n int) any { return long(n) }, in(waived(), to(peers, "zone_reason")...)},
		{"a waiver's reason", "policy", func(n int) any { return long(n) }, in(waived(), "waiver", 0, "reason")},
		{"a waiver's day", "policy", func(n int) any { return long(n) }, in(waived(), "waiver", 0, "expires")},
		{"a waiver's finding", "policy", func(n int) any { return long(n) }, in(waived(), "waiver", 0, "finding")},
		{"a rule's key", "policy", func(n int) any { return obj{long(n): ruleOf(rdp(), clients())} }, in(waived(), "rules")},
		{"a port", "policy", func(n int) any { return seq{long(n)} }, in(waived(), to(listener, "ports")...)},
		{"ports", "policy", func(n int) any { return texts(n, numbered("%d/tcp")) }, in(waived(), to(listener, "ports")...)},
		{"refused ports", "policy", func(n int) any { return texts(n, same("22")) }, in(waived(), to(listener, "ports")...)},
		{"a prefix", "policy", func(n int) any { return seq{long(n)} }, in(waived(), to(peers, "prefixes")...)},
		{"prefixes", "policy", func(n int) any { return texts(n, numbered("2001:db8::%d:1")) }, in(waived(), to(peers, "prefixes")...)},
		{"refused prefixes", "policy", func(n int) any { return texts(n, same("10.0.0.1/8")) }, in(waived(), to(peers, "prefixes")...)},
		{"a waiver's rules", "policy", func(n int) any { return texts(n, numbered("rule-%d")) }, in(waived(), "waiver", 0, "rules")},
		{"a waiver's peers", "policy", func(n int) any { return texts(n, numbered("ref:%d")) }, in(waived(), "waiver", 0, "peers")},
		{"waivers", "policy", func(n int) any { return append(seq{}, repeated(waiver(), n/100)...) }, in(waived(), "waiver")},
		{"null waivers", "policy", func(n int) any { return append(seq{}, repeated(nil, n/100)...) }, in(waived(), "waiver")},
		{"null rules", "policy", func(n int) any { return keyed(n/100, nil) }, in(waived(), "rules")},
		{"unknown rules", "policy", func(n int) any { return keyed(n/100, unknown) }, in(waived(), "rules")},
		{"rules", "policy", func(n int) any { return keyed(n/100, ruleOf(vault(), clients())) }, in(waived(), "rules")},
		{"references", "policy", func(n int) any { return keyed(n/100, obj{"kind": "aws_security_group", "max_hosts": 1}) }, in(waived(), to(peers, "references")...)},
		{"a port range's product", "port_range", func(n int) any { return long(n) }, in(obj{"name": "a", "flows": seq{"x"}}, "product")},
		{"a port range's ports", "port_range", func(n int) any { return texts(n, numbered("%d/udp")) }, in(obj{"name": "a", "product": "veeam"}, "ports")},
		{"unknown flows", "port_range", func(n int) any { return texts(n, numbered("flow-%d")) }, in(obj{"name": "a", "product": "veeam"}, "flows")},
		{"a role", "port_range", func(n int) any { return long(n) }, in(obj{"name": "a", "product": "netbackup", "to_role": "client"}, "from_role")},
		{"a load's name", "port_range", func(n int) any { return obj{long(n): 3} }, in(obj{"name": "a", "product": "veeam", "flows": seq{"data-mover-range"}}, "load")},
		{"excluded networks", "peer_group", func(n int) any { return texts(n, numbered("10.0.%[1]d.7")) }, in(obj{"name": "a", "cidrs": seq{"10.0.0.0/8"}}, "except")},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, typ := s.resourceType(t, c.resource)
			worktest.CheckDoubling(t, 1_600, 3, func(n int) func() {
				config := value(t, typ, c.config(c.value(n)))
				return func() { s.planValue(t, c.resource, tftypes.Value{}, config) }
			})
		})
	}
}

func repeated(v any, n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = v
	}
	return all
}

func keyed(n int, v any) obj {
	all := obj{}
	for i := range n {
		all[fmt.Sprintf("key-%d", i)] = v
	}
	return all
}

// TestFunctions_WorkGrowsWithTheArguments likewise, with values of any form.
// Depth costs its square, below us: the framework keeps the path to each value.
func TestFunctions_WorkGrowsWithTheArguments(t *testing.T) {
	s := serve(t, nil)
	nested := func(n int, around func(any) any) any {
		var v any = "x"
		for range n {
			v = around(v)
		}
		return v
	}
	for _, c := range []struct {
		name   string
		factor float64
		value  func(n int) any
	}{
		{"a long text", 3, func(n int) any { return strings.Repeat("\u202ex", 100*n) }},
		{"a long list", 3, func(n int) any { return append(seq{}, repeated("x", n)...) }},
		{"a long list of nothing", 3, func(n int) any { return append(seq{}, repeated(nil, n)...) }},
		{"many attributes", 3, func(n int) any { return keyed(n, 0.5) }},
		{"many rules", 3, func(n int) any { return policyOf(keyed(n/10, ruleOf(vault(), clients()))) }},
		{"many existing rules", 3, func(n int) any { return obj{"existing_rules": append(seq{}, repeated(old(nil), n/10)...)} }},
		{"deep lists", 5, func(n int) any { return nested(n/2, func(v any) any { return seq{v} }) }},
		{"deep objects", 5, func(n int) any { return nested(n/2, func(v any) any { return obj{"rules": v} }) }},
	} {
		for _, name := range []string{"assess", "review", "nftables_ruleset", "score"} {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				worktest.CheckDoubling(t, 120, c.factor, func(n int) func() {
					v := loose(t, c.value(n))
					if name == "review" {
						v = loose(t, seq{v})
					}
					req := &tfprotov6.CallFunctionRequest{Name: name, Arguments: []*tfprotov6.DynamicValue{s.dynamic(t, tftypes.DynamicPseudoType, v)}}
					if name == "score" {
						req.Arguments = append(s.request(t, name, sampleCalls[name][:3]).Arguments, req.Arguments...)
					}
					return func() {
						if _, err := s.CallFunction(context.Background(), req); err != nil {
							t.Error(err)
						}
					}
				})
			})
		}
	}
}

// TestFunctions_ThousandLevels_AreRefused: what is nested as deep as nobody
// writes it is an error and no crash.
func TestFunctions_ThousandLevels_AreRefused(t *testing.T) {
	s := serve(t, nil)
	for _, around := range []func(any) any{func(v any) any { return seq{v} }, func(v any) any { return obj{"rules": v} }} {
		var v any = "x"
		for range 1000 {
			v = around(v)
		}
		if _, failed := s.call(t, "assess", loose(t, v)); failed == "" || len(failed) > 2000 {
			t.Errorf("the answer is %q", failed)
		}
	}
}
