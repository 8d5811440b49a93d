// Package enginetest measures what one policy costs without Terraform: judged
// and compiled, from one rule to a hundred thousand. It has tests alone.
package enginetest

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// sizes are the numbers of rules, peers or both.
var sizes = []int{1, 10, 100, 1_000, 10_000, 100_000}

// shapes are the ways in which a policy grows, each up to a size.
var shapes = []struct {
	name   string
	most   int
	policy func(n int) *policy.Policy
}{
	// A rule per client, as generated policies have it.
	{"rule-per-host", 100_000, func(n int) *policy.Policy {
		return rules(n, func(i int) (portset.Ports, policy.PeerGroup) { return port(i), group(host4(i)) })
	}},
	{"rule-per-dual-stack-host", 100_000, func(n int) *policy.Policy {
		return rules(n, func(i int) (portset.Ports, policy.PeerGroup) { return port(i), group(host4(i), host6(i)) })
	}},
	// One rule, and peers in a list.
	{"peers-of-one-rule", 100_000, func(n int) *policy.Policy {
		all := group(hosts(n)...)
		return rules(1, func(i int) (portset.Ports, policy.PeerGroup) { return port(i), all })
	}},
	// Every rule for every peer: n rules with n peers.
	{"rules-with-all-peers", 100_000, func(n int) *policy.Policy {
		all := group(hosts(n)...)
		return rules(n, func(i int) (portset.Ports, policy.PeerGroup) { return port(i), all })
	}},
}

func rules(n int, of func(i int) (portset.Ports, policy.PeerGroup)) *policy.Policy {
	p := &policy.Policy{Name: "server"}
	for i := range n {
		ports, peers := of(i)
		p.Rules = append(p.Rules, policy.Rule{
			Name: fmt.Sprintf("rule-%06d", i),
			PortRanges: []policy.PortRange{{Name: "vault", Listeners: []policy.Listener{
				{Name: "vault", Kind: policy.Negotiated, Negotiated: true, Ports: ports}}}},
			Peers: []policy.PeerGroup{peers},
		})
	}
	return p
}

func port(i int) portset.Ports {
	at := uint16(29168 + i%16)
	return portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: at, Last: at}))
}

func group(prefixes ...netip.Prefix) policy.PeerGroup {
	return policy.PeerGroup{Name: "clients", Zone: policy.Internal, Prefixes: prefixset.Of(prefixes...)}
}

// hosts are n addresses, of both families in turn. No two touch.
func hosts(n int) []netip.Prefix {
	list := make([]netip.Prefix, n)
	for i := range list {
		if i%2 == 0 {
			list[i] = host4(i)
		} else {
			list[i] = host6(i)
		}
	}
	return list
}

func host4(i int) netip.Prefix {
	at := uint32(10<<24 + 2*i)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}), 32)
}

func host6(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 5: byte(i >> 16), 6: byte(i >> 8), 7: byte(i), 15: 1}), 128)
}

// judged is what a plan does with a policy, Terraform aside.
func judged(tb testing.TB, p *policy.Policy) (score, count int) {
	a, faults := risk.Assess(p, risk.DefaultSettings())
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	risk.Advise(p, a)
	return a.Score, compile.Count(compile.Compile(p))
}

// BenchmarkEngine is what the plot of the engine shows.
func BenchmarkEngine(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range sizes {
			if n > shape.most {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				p := shape.policy(n)
				b.ReportAllocs()
				boxes := 0
				for b.Loop() {
					_, boxes = judged(b, p)
				}
				b.ReportMetric(float64(boxes), "rules")
			})
		}
	}
}

// The shapes are what their names say: otherwise the plot shows something else.
func TestShapes(t *testing.T) {
	const n = 48
	for i, want := range []struct{ rules, peers, boxes int }{
		{n, 1, n}, {n, 2, 2 * n}, {1, n, n}, {n, n, n},
	} {
		p := shapes[i].policy(n)
		score, boxes := judged(t, p)
		if peers := len(p.Rules[0].Peers[0].Prefixes.Strings()); len(p.Rules) != want.rules || peers != want.peers {
			t.Errorf("%s: %d rules with %d peers, want %d with %d", shapes[i].name, len(p.Rules), peers, want.rules, want.peers)
		}
		if boxes != want.boxes || score < 1 {
			t.Errorf("%s: compiled to %d rules with score %d, want %d rules and a score", shapes[i].name, boxes, score, want.boxes)
		}
	}
}
