package provider_test

import (
	"context"
	"flag"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// large adds the plan of 10,000 rules, which takes the framework a minute and
// more: it spends some milliseconds on each nested object.
var large = flag.Bool("large", false, "benchmark the plan of 10,000 rules too")

// sizes are the numbers of rules, or peers, that the benchmarks take.
var sizes = []int{1, 10, 100, 1000, 10000}

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

// ways are the provider's own way through the protocol and the framework's, to
// compare in one run.
func ways(b *testing.B) map[string]*server {
	p := newPair(b, "policy", obj{"enforcement": "warn"})
	return map[string]*server{"own": p.ours, "framework": p.frameworks}
}

// benchmarkPlan measures one call that plans a new resource.
func benchmarkPlan(b *testing.B, size, resource string, config obj) {
	for way, s := range ways(b) {
		b.Run(size+"/way="+way, func(b *testing.B) {
			_, typ := s.resourceType(b, resource)
			wire := s.dynamic(b, typ, value(b, typ, config))
			request := &tfprotov6.PlanResourceChangeRequest{TypeName: "backupfw_" + resource, Config: wire, ProposedNewState: wire, PriorState: s.dynamic(b, typ, tftypes.NewValue(typ, nil))}
			for b.Loop() {
				resp, err := s.PlanResourceChange(context.Background(), request)
				must(b, err)
				if problems := severity(texts(resp.Diagnostics), "ERROR "); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}

func BenchmarkPlanPolicy(b *testing.B) {
	for _, n := range sizes {
		if n > 1000 && !*large {
			continue
		}
		benchmarkPlan(b, fmt.Sprintf("rules=%d", n), "policy", manyRules(n))
	}
	for _, n := range sizes {
		benchmarkPlan(b, fmt.Sprintf("peers=%d", n), "policy", manyPeers(n))
	}
}

func BenchmarkPlanPeerGroup(b *testing.B) {
	for _, n := range sizes {
		cidrs := seq{}
		for i := range n {
			cidrs = append(cidrs, fmt.Sprintf("10.%d.%d.%d/32", i>>14&255, i>>6&255, i<<2&255))
		}
		benchmarkPlan(b, fmt.Sprintf("cidrs=%d", n), "peer_group", obj{"name": "clients", "cidrs": cidrs})
	}
}
