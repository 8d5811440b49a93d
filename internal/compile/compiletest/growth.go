package compiletest

import (
	"fmt"
	"net/netip"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Growth lists the ways in which a whole policy grows, each with one size. All
// policies are valid, whatever the size.
func Growth() []Shape {
	return []Shape{
		// Small ones of which a fleet has thousands, repeated in one policy.
		{"one-peer-each", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				return rule(i, negotiated("vault", 40000, 40039), hostsOf("peers", i, 1))
			})
		}},
		{"own-listeners", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				first := 1024 + i%60000
				return rule(i, negotiated(fmt.Sprintf("vault-%d", i), first, first+3), hostsOf("peers", i, 1))
			})
		}},
		{"undeclared", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				first := 1024 + 2*(i%30000)
				return rule(i, listening(policy.Listener{Name: "vault", Kind: policy.Undeclared, Ports: tcp(first, first)}), hostsOf("peers", i, 1))
			})
		}},
		{"product", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule { return rule(i, veeam(), hostsOf("peers", i, 1)) })
		}},
		{"sizing", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				ports := negotiated(fmt.Sprintf("vault-%d", i), 40000, 40039)
				ports.Sizing = &policy.Sizing{Needed: 4, Configured: 40, Rule: "one port for each job"}
				return rule(i, ports, hostsOf("peers", i, 1))
			})
		}},
		{"ranges-in-one-rule", func(n int) *policy.Policy {
			r := rule(0, negotiated("vault", 40000, 40039), hostsOf("peers", 0, 1))
			for i := 1; i < n; i++ {
				first := 1024 + 2*(i%19000)
				r.PortRanges = append(r.PortRanges, negotiated(fmt.Sprintf("vault-%d", i), first, first))
			}
			return policyOf(r)
		}},
		// Peers.
		{"prefixes-in-one-group", func(n int) *policy.Policy {
			return policyOf(rule(0, negotiated("vault", 40000, 40039), hostsOf("peers", 0, n)))
		}},
		{"groups-in-one-rule", func(n int) *policy.Policy {
			r := rule(0, negotiated("vault", 40000, 40039))
			for i := range n {
				r.Peers = append(r.Peers, hostsOf(fmt.Sprintf("peers-%d", i), i, 1))
			}
			return policyOf(r)
		}},
		{"rules-with-one-group", func(n int) *policy.Policy {
			shared := hostsOf("peers", 0, n)
			return grow(n, func(i int) policy.Rule {
				first := 1024 + 2*(i%30000)
				return rule(i, negotiated("vault", first, first), shared)
			})
		}},
		{"rules-of-ten-with-a-group-each", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				first := 20000 + 4*(i%1000)
				return rule(i, negotiated("vault", first, first+1), hostsOf("peers", 10*i, 10))
			})
		}},
		{"ipv6", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				return rule(i, negotiated("vault", 40000, 40039), networks6("peers", i, 1))
			})
		}},
		{"both-families", func(n int) *policy.Policy {
			group := hostsOf("peers", 0, n)
			group.Prefixes = group.Prefixes.Union(networks6("peers", 0, n).Prefixes)
			return policyOf(rule(0, negotiated("vault", 40000, 40039), group))
		}},
		{"references", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				return rule(i, negotiated("vault", 40000, 40039), policy.PeerGroup{Name: "peers", Zone: policy.Internal,
					References: []policy.Reference{{Name: fmt.Sprintf("group-%06d", i), Kind: policy.AWSSecurityGroup, MaxHosts: 4}}})
			})
		}},
		{"exclusions", func(n int) *policy.Policy {
			// A network less every other /32 of it, as exclude writes it.
			group := hostsOf("peers", 0, 1)
			network := netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 11)
			group.Prefixes = prefixset.Of(network).Minus(hostsOf("", 0, n).Prefixes)
			return policyOf(rule(0, negotiated("vault", 40000, 40039), group))
		}},
		// Findings and what accepts them.
		{"public-claims", func(n int) *policy.Policy {
			shared := policy.PeerGroup{Name: "peers", Zone: policy.Internal}
			public := make([]netip.Prefix, 1000)
			for i := range public {
				public[i] = netip.PrefixFrom(ipv4Of(20<<24+2*i), 32)
			}
			shared.Prefixes = prefixset.Of(public...)
			return grow(n, func(i int) policy.Rule {
				first := 1024 + 2*(i%30000)
				return rule(i, negotiated("vault", first, first), shared)
			})
		}},
		{"waivers", func(n int) *policy.Policy {
			p := grow(n, func(i int) policy.Rule {
				r := rule(i, listening(policy.Listener{Name: fmt.Sprintf("sync-%d", i), Kind: policy.Negotiated, Negotiated: true, Ports: tcp(873, 873)}), hostsOf("peers", i, 1))
				return r
			})
			expires, err := policy.ParseDate("2027-03-31")
			if err != nil {
				panic(err)
			}
			for i := range p.Rules {
				p.Waivers = append(p.Waivers, policy.Waiver{Finding: "well-known-port", Rules: []string{p.Rules[i].Name},
					Ports: tcp(873, 873), Peers: p.Rules[i].Peers[0].Prefixes,
					Reason: "site B leaves rsync in March", Owner: "backup@example.com", Expires: expires})
			}
			return p
		}},
		{"any", func(n int) *policy.Policy {
			return grow(n, func(i int) policy.Rule {
				return rule(i, listening(policy.Listener{Name: "vault", Kind: policy.Undeclared, Ports: portset.Any()}), hostsOf("peers", i, 1))
			})
		}},
	}
}

// Small is the most frequent policy: one rule, one port range, one group.
func Small() *policy.Policy {
	return policyOf(rule(0, negotiated("vault", 29168, 29207), hostsOf("clients", 0, 1)))
}

func grow(n int, ruleOf func(i int) policy.Rule) *policy.Policy {
	p := policyOf()
	for i := range n {
		p.Rules = append(p.Rules, ruleOf(i))
	}
	return p
}

func policyOf(rules ...policy.Rule) *policy.Policy {
	return &policy.Policy{Name: "primary-server", Rules: rules}
}

func rule(i int, ports policy.PortRange, peers ...policy.PeerGroup) policy.Rule {
	return policy.Rule{Name: fmt.Sprintf("rule-%06d", i), PortRanges: []policy.PortRange{ports}, Peers: peers}
}

func negotiated(name string, first, last int) policy.PortRange {
	return listening(policy.Listener{Name: name, Kind: policy.Negotiated, Negotiated: true, Ports: tcp(first, last)})
}

func veeam() policy.PortRange {
	return listening(policy.Listener{Name: "data-mover-range", Kind: policy.ProductFlow, Negotiated: true,
		Product: "veeam", Flow: "data-mover-range", Ports: tcp(2500, 2509)})
}

func listening(l policy.Listener) policy.PortRange {
	return policy.PortRange{Name: l.Name, Listeners: []policy.Listener{l}}
}

func tcp(first, last int) portset.Ports {
	return portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}))
}

// hostsOf are n hosts of which no two touch, from the one with the number first.
func hostsOf(name string, first, n int) policy.PeerGroup {
	prefixes := make([]netip.Prefix, n)
	for i := range prefixes {
		prefixes[i] = netip.PrefixFrom(ipv4Of(10<<24+2*(first+i)), 32)
	}
	return policy.PeerGroup{Name: name, Zone: policy.Internal, Prefixes: prefixset.Of(prefixes...)}
}

// networks6 are n /64 networks of which no two touch.
func networks6(name string, first, n int) policy.PeerGroup {
	prefixes := make([]netip.Prefix, n)
	for i := range prefixes {
		at := 2 * (first + i)
		prefixes[i] = netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 4: byte(at >> 24), 5: byte(at >> 16), 6: byte(at >> 8), 7: byte(at)}), 64)
	}
	return policy.PeerGroup{Name: name, Zone: policy.Internal, Prefixes: prefixset.Of(prefixes...)}
}

func ipv4Of(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
