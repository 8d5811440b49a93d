package compiletest

import (
	"fmt"
	"net/netip"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Shape makes a policy of a given size for benchmarks.
type Shape struct {
	Name   string
	Policy func(n int) *policy.Policy
}

// Shapes lists the shapes, from the common to the crowded.
func Shapes() []Shape {
	return []Shape{
		{"one-peer-per-rule", func(n int) *policy.Policy { return shape(n, 1, ownPort) }},
		{"one-rule-with-all-peers", func(n int) *policy.Policy { return shape(1, n, ownPort) }},
		{"one-peer-per-rule-same-port", func(n int) *policy.Policy { return shape(n, 1, onePort) }},
		{"hosts-inside-networks", func(n int) *policy.Policy {
			p := shape(n, 1, func(rule int) uint16 { return ownPort(rule / 2) })
			for i := 1; i < n; i += 2 {
				p.Rules[i].Peers = []policy.PeerGroup{{Name: "network", Prefixes: prefixset.Of(netip.MustParsePrefix("10.0.0.0/8"))}}
			}
			return p
		}},
		{"all-rules-same-peer", func(n int) *policy.Policy {
			p := shape(n, 1, ownPort)
			for i := range p.Rules {
				p.Rules[i].Peers = p.Rules[0].Peers
			}
			return p
		}},
		{"all-rules-same-peer-ports-that-touch", func(n int) *policy.Policy {
			p := shape(n, 1, func(rule int) uint16 { return uint16(rule) })
			for i := range p.Rules {
				p.Rules[i].Peers = p.Rules[0].Peers
			}
			return p
		}},
	}
}

// Two ports apart, so that no run of ports joins two rules.
func ownPort(rule int) uint16 { return uint16(2 * rule) }
func onePort(int) uint16      { return 1556 }

// shape makes rules with peers of their own; no two peers touch.
func shape(rules, peers int, port func(rule int) uint16) *policy.Policy {
	p := &policy.Policy{Name: "primary-server"}
	for i := range rules {
		r := policy.Rule{Name: fmt.Sprintf("rule-%05d", i)}
		first := port(i)
		r.PortRanges = []policy.PortRange{portRange(portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: first, Last: first})))}
		prefixes := make([]netip.Prefix, peers)
		for j := range prefixes {
			n := 2 * (i*peers + j)
			prefixes[j] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 32)
		}
		r.Peers = []policy.PeerGroup{{Name: "peers", Prefixes: prefixset.Of(prefixes...)}}
		p.Rules = append(p.Rules, r)
	}
	return p
}
