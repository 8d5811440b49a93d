package provider_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// large adds the plan of 10,000 rules, which takes a minute and more: the
// framework spends some milliseconds on each nested object.
var large = flag.Bool("large", false, "benchmark the plan of 10,000 rules too")

// sizes are the numbers of rules, or peers, that the benchmarks take.
var sizes = []int{10, 100, 1000, 10000}

// manyRules has n rules, each with a port range and a peer group of its own,
// so that nothing of the policy can be looked at once for all.
func manyRules(n int) obj {
	rules := obj{}
	for i := range n {
		portRange := obj{"name": "vault", "listeners": seq{obj{"name": "vault", "kind": "negotiated",
			"ports": seq{fmt.Sprintf("%d/tcp", 29168+i%16)}}}}
		peers := obj{"name": fmt.Sprintf("client-%d", i), "prefixes": seq{fmt.Sprintf("10.%d.%d.%d/32", i>>14&255, i>>6&255, i<<2&255)}, "zone": "internal"}
		rules[fmt.Sprintf("rule-%d", i)] = ruleOf(portRange, peers)
	}
	return policyOf(rules)
}

// manyPeers has one rule with n peer groups.
func manyPeers(n int) obj {
	peers := seq{}
	for i := range n {
		peers = append(peers, obj{"name": fmt.Sprintf("client-%d", i), "prefixes": seq{fmt.Sprintf("10.%d.%d.%d/32", i>>14&255, i>>6&255, i<<2&255)}, "zone": "internal"})
	}
	return policyOf(obj{"backup": obj{"direction": "ingress", "port_ranges": seq{vault()}, "peers": peers}})
}

// benchmarkPlan measures one plan of a new resource, the protocol's encoding
// included.
func benchmarkPlan(b *testing.B, resource string, config obj) {
	s := serve(b, obj{"enforcement": "warn"})
	_, typ := s.resourceType(b, resource)
	v := value(b, typ, config)
	var p planned
	for b.Loop() {
		p = s.planValue(b, resource, tftypes.Value{}, v)
	}
	if errors := p.errors(); len(errors) > 0 {
		b.Fatal(errors)
	}
}

func BenchmarkPlanPolicy(b *testing.B) {
	for _, n := range sizes {
		if n > 1000 && !*large {
			continue
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) { benchmarkPlan(b, "policy", manyRules(n)) })
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("peers=%d", n), func(b *testing.B) { benchmarkPlan(b, "policy", manyPeers(n)) })
	}
}

func BenchmarkPlanPeerGroup(b *testing.B) {
	for _, n := range sizes {
		cidrs := seq{}
		for i := range n {
			cidrs = append(cidrs, fmt.Sprintf("10.%d.%d.%d/32", i>>14&255, i>>6&255, i<<2&255))
		}
		b.Run(fmt.Sprintf("cidrs=%d", n), func(b *testing.B) {
			benchmarkPlan(b, "peer_group", obj{"name": "clients", "cidrs": cidrs})
		})
	}
}
