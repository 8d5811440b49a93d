package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// assessed are the computed attributes of a policy.
var assessed = []string{"advice", "allows", "contributions", "findings", "id", "left_out", "points", "rating", "rule_count", "score", "score_limit", "verdict"}

var (
	portRangeComputed = []string{"effective_ports", "id", "listeners", "port_count", "quiet_alternative", "registered_service_count", "registered_services", "sizing"}
	peerGroupComputed = []string{"address_count", "id", "prefixes"}
)

// vault, clients and policyOf are a port range, a peer group and a policy of
// them in the resolved form, accepted with a low score.
func vault() obj {
	return obj{"name": "vault", "listeners": seq{obj{"name": "vault", "kind": "negotiated", "ports": seq{"29168-29207/tcp"}}}}
}

func clients() obj {
	return obj{"name": "clients", "prefixes": seq{"198.51.100.16/28"}, "zone": "dmz"}
}

func ruleOf(portRange, peers any) obj {
	return obj{"direction": "ingress", "port_ranges": seq{portRange}, "peers": seq{peers}}
}

func policyOf(rules obj) obj { return obj{"name": "primary", "rules": rules} }

func accepted() obj { return policyOf(obj{"backup": ruleOf(vault(), clients())}) }

// rdp is a listener that is rejected wherever it is.
func rdp() obj {
	return obj{"name": "rdp", "listeners": seq{obj{"name": "rdp", "kind": "undeclared", "ports": seq{"3389/tcp"}}}}
}

func waiver() obj {
	return obj{"finding": "sensitive-service", "rules": seq{"desk"}, "ports": seq{"3389/tcp"}, "peers": seq{"198.51.100.16/28"},
		"reason": "console move", "owner": "backup-team", "expires": "2026-12-31"}
}

func waived() obj {
	p := policyOf(obj{"desk": ruleOf(rdp(), clients())})
	p["waiver"] = seq{waiver()}
	return p
}

// with returns a copy of the object in which the value at the path is another
// one. Steps are names, or indexes written as ints.
func with(of obj, to any, path ...any) obj {
	return withAt(of, to, path).(obj)
}

func withAt(of, to any, path []any) any {
	if len(path) == 0 {
		return to
	}
	switch of := of.(type) {
	case obj:
		copied := obj{}
		for name, v := range of {
			copied[name] = v
		}
		copied[path[0].(string)] = withAt(of[path[0].(string)], to, path[1:])
		return copied
	case seq:
		copied := slices.Clone(of)
		copied[path[0].(int)] = withAt(of[path[0].(int)], to, path[1:])
		return copied
	}
	panic("no such path")
}

// unknownCase makes one argument, or one part of it, unknown.
type unknownCase struct {
	resource string
	config   obj
	path     []any
	// stays is set when the argument decides nothing that is computed.
	stays bool
}

func (c unknownCase) name() string {
	var b strings.Builder
	b.WriteString(c.resource)
	for _, step := range c.path {
		switch step := step.(type) {
		case string:
			b.WriteString("." + step)
		case int:
			b.WriteString("[]")
		}
	}
	return b.String()
}

func unknownCases() []unknownCase {
	product := obj{"name": "movers", "product": "veeam", "flows": seq{"data-mover-range", "data-mover"}, "ports": seq{"2500-2539/tcp", "6162/tcp"}, "concurrency": 40}
	counted := obj{"name": "movers", "product": "veeam", "flows": seq{"data-mover-range"}, "load": obj{"task": 40}}
	roles := obj{"name": "pbx", "product": "netbackup", "from_role": "client", "to_role": "primary_server"}
	own := obj{"name": "vault", "ports": seq{"29168-29207/tcp"}, "negotiated": true}
	group := obj{"name": "dmz", "zone": "dmz", "cidrs": seq{"198.51.100.16/28", "2001:db8::/64"}, "except": seq{"198.51.100.17/32", "198.51.100.18/32"},
		"references": obj{"app": obj{"kind": "aws_prefix_list", "max_hosts": 4, "max_entries": 2}}}
	inside := obj{"name": "inside", "zone": "internal", "zone_reason": "our own /24", "cidrs": seq{"198.51.100.0/24"}}
	rich := richPolicy()
	scored := with(accepted(), seq{obj{"finding": "score-limit", "max_score": 50, "reason": "r", "owner": "o", "expires": "2026-12-31"}}, "waiver")
	scored["max_score"] = 1

	cases := []unknownCase{
		{resource: "port_range", config: own, path: []any{"description"}, stays: true},
		{resource: "peer_group", config: group, path: []any{"description"}, stays: true},
		{resource: "policy", config: rich, path: []any{"description"}, stays: true},
		{resource: "policy", config: rich, path: []any{"rules", "desk", "description"}, stays: true},
	}
	add := func(resource string, config obj, path ...any) {
		cases = append(cases, unknownCase{resource: resource, config: config, path: path})
	}
	// below makes the attributes of what stands at the path unknown.
	below := func(resource string, config obj, names []string, path ...any) {
		for _, name := range names {
			add(resource, config, append(slices.Clone(path), name)...)
		}
	}
	below("port_range", product, []string{"name", "product", "flows", "ports", "concurrency"})
	add("port_range", product, "flows", 1)
	add("port_range", product, "ports", 1)
	add("port_range", counted, "load")
	add("port_range", counted, "load", "task")
	below("port_range", roles, []string{"from_role", "to_role"})
	add("port_range", own, "negotiated")
	below("peer_group", group, []string{"name", "zone", "cidrs", "except", "references"})
	add("peer_group", inside, "zone_reason")
	add("peer_group", group, "cidrs", 1)
	add("peer_group", group, "except", 1)
	reference := []string{"kind", "max_hosts", "max_entries"}
	add("peer_group", group, "references", "app")
	below("peer_group", group, reference, "references", "app")

	below("policy", rich, []string{"name", "max_score", "rules"})
	add("policy", rich, "rules", "desk")
	below("policy", rich, []string{"direction", "port_ranges", "peers"}, "rules", "desk")
	portRange := []any{"rules", "desk", "port_ranges", 0}
	add("policy", rich, portRange...)
	below("policy", rich, []string{"name", "listeners", "sizing"}, portRange...)
	below("policy", rich, []string{"needed", "configured", "rule"}, append(portRange, "sizing")...)
	listener := append(slices.Clone(portRange), "listeners", 0)
	add("policy", rich, listener...)
	below("policy", rich, []string{"name", "kind", "product", "flow", "ports", "negotiated", "encrypted"}, listener...)
	add("policy", rich, append(slices.Clone(listener), "ports", 1)...)
	peers := []any{"rules", "desk", "peers", 0}
	add("policy", rich, peers...)
	below("policy", rich, []string{"name", "prefixes", "except", "zone", "zone_reason", "references"}, peers...)
	add("policy", rich, append(slices.Clone(peers), "prefixes", 1)...)
	add("policy", rich, append(slices.Clone(peers), "except", 1)...)
	add("policy", rich, append(slices.Clone(peers), "references", "app")...)
	below("policy", rich, reference, append(slices.Clone(peers), "references", "app")...)
	add("policy", rich, "waiver")
	add("policy", rich, "waiver", 0)
	below("policy", rich, []string{"finding", "rules", "ports", "peers", "reason", "owner", "expires"}, "waiver", 0)
	add("policy", rich, "waiver", 0, "rules", 0)
	add("policy", rich, "waiver", 0, "ports", 1)
	add("policy", rich, "waiver", 0, "peers", 1)
	add("policy", scored, "waiver", 0, "max_score")
	return cases
}

// richPolicy has a value for every argument but the waived score.
func richPolicy() obj {
	p := policyOf(obj{"desk": ruleOf(
		obj{
			"name": "movers",
			"listeners": seq{obj{"name": "mover", "kind": "product_flow", "product": "veeam", "flow": "data-mover-range",
				"ports": seq{"2500-2519/tcp", "2520-2539/tcp"}, "negotiated": true, "encrypted": false}},
			"sizing": obj{"needed": 40, "configured": 40, "rule": "one for each"},
		},
		obj{
			"name": "clients", "prefixes": seq{"198.51.100.16/28", "2001:db8::/64"}, "except": seq{"198.51.100.17/32", "198.51.100.18/32"},
			"zone": "dmz", "zone_reason": "told so",
			"references": obj{"app": obj{"kind": "aws_prefix_list", "max_hosts": 4, "max_entries": 2}},
		})})
	p["max_score"] = 30
	p["waiver"] = seq{obj{"finding": "neighbour-services", "rules": seq{"desk"}, "ports": seq{"2500-2519/tcp", "2520-2539/tcp"},
		"peers": seq{"198.51.100.16/28", "2001:db8::/64", "ref:app"}, "reason": "range is fixed", "owner": "backup-team", "expires": "2026-12-31"}}
	return p
}

func computedOf(resource string) []string {
	switch resource {
	case "port_range":
		return portRangeComputed
	case "peer_group":
		return peerGroupComputed
	}
	return assessed
}

// TestResources_Plan_UnknownArgument takes every argument in turn. The plan is
// no error, leaves exactly the computed attributes unknown, on create and on
// update; the apply with the value known gives what a plan with the value known
// would have given.
func TestResources_Plan_UnknownArgument_LeavesComputedUnknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	covered := map[string]bool{}
	priors := map[string]tftypes.Value{} // states of the same configurations under another name
	for _, c := range unknownCases() {
		covered[c.resource+"."+c.path[0].(string)] = true
		key := fmt.Sprint(c.config)
		if _, made := priors[key]; !made {
			priors[key] = s.create(t, c.resource, with(c.config, "before", "name"))
		}
		t.Run(c.name(), func(t *testing.T) {
			c.check(t, s, priors[key])
		})
	}
	for _, resource := range []string{"port_range", "peer_group", "policy"} {
		schema, _ := s.resourceType(t, resource)
		for _, a := range schema.Block.Attributes {
			if (a.Required || a.Optional) && !covered[resource+"."+a.Name] {
				t.Errorf("no case makes %s.%s unknown", resource, a.Name)
			}
		}
	}
}

func (c unknownCase) check(t *testing.T, s *server, before tftypes.Value) {
	config, known := with(c.config, unknown, c.path...), c.config
	wantUnknown := append(slices.Clone(computedOf(c.resource)), c.path[0].(string))
	if c.stays {
		known = with(known, "now known", c.path...)
		wantUnknown = []string{c.path[0].(string)}
	}
	slices.Sort(wantUnknown)
	if problems := s.validate(t, c.resource, config); len(problems) > 0 {
		t.Fatalf("validate: %q", problems)
	}
	want := s.plan(t, c.resource, before, known).state
	for _, prior := range []tftypes.Value{{}, before} {
		p := s.plan(t, c.resource, prior, config)
		if errors := p.errors(); len(errors) > 0 {
			t.Fatalf("plan: %q", errors)
		}
		if left := unknownOf(t, p.state); !slices.Equal(left, wantUnknown) {
			t.Errorf("unknown in the plan: %q, want %q", left, wantUnknown)
		}
		got, problems := s.apply(t, c.resource, prior, p, known)
		if errors := severity(problems, "ERROR "); len(errors) > 0 {
			t.Fatalf("apply: %q", errors)
		}
		if !got.Equal(want) {
			t.Errorf("the state is %s, want %s", got, want)
		}
	}
}
