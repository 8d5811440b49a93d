package risk

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

func ipv4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// hosts are n single addresses, none next to another.
func hosts(n int) []netip.Prefix {
	list := make([]netip.Prefix, n)
	for i := range list {
		list[i] = netip.PrefixFrom(ipv4(10<<24+uint32(2*i)), 32)
	}
	return list
}

// shapes are the ways in which a policy grows.
var shapes = []struct {
	name string
	make func(n int) *policy.Policy
}{
	{"one-peer-each", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		for i, host := range hosts(n) {
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), negotiated("vault", "40000-40039/tcp"),
				policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(host)}))
		}
		return p
	}},
	{"own-listeners", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		for i, host := range hosts(n) {
			first := 1024 + i%60000
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), negotiated(fmt.Sprintf("vault-%d", i), fmt.Sprintf("%d-%d/tcp", first, first+3)),
				policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(host)}))
		}
		return p
	}},
	{"many-peers", func(n int) *policy.Policy {
		return policyOf(ingress("clients", negotiated("vault", "40000-40039/tcp"),
			policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(hosts(n)...)}))
	}},
	{"shared-group", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		shared := policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(hosts(1000)...)}
		for i := range n {
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), undeclared("vault", fmt.Sprintf("%d/tcp", 1024+i)), shared))
		}
		return p
	}},
	{"shared-and-own", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		shared := policy.PeerGroup{Name: "admins", Zone: policy.Management, Prefixes: addresses("10.0.0.0/9")}
		for i, host := range hosts(n) {
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), negotiated("vault", "40000-40039/tcp"), shared,
				policy.PeerGroup{Name: "peers", Zone: policy.DMZ, Prefixes: prefixset.Of(host)}))
		}
		return p
	}},
	{"nested-prefixes", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		for i := range n {
			length := 12 + i%21
			addr := netip.PrefixFrom(ipv4(10<<24+uint32(i/21)<<4), length).Masked()
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), negotiated("vault", "40000-40039/tcp"),
				policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(addr)}))
		}
		return p
	}},
	{"well-known-ports", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		for i, host := range hosts(n) {
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), undeclared("low", "1-1023/tcp"),
				policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(host)}))
		}
		return p
	}},
	{"public-claims", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		var public []netip.Prefix
		for i := range 1000 {
			public = append(public, netip.PrefixFrom(ipv4(20<<24+uint32(2*i)), 32))
		}
		shared := policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(public...)}
		for i := range n {
			p.Rules = append(p.Rules, ingress(fmt.Sprintf("r%06d", i), negotiated("vault", fmt.Sprintf("%d/tcp", 30000+i)), shared))
		}
		return p
	}},
	{"sizing", func(n int) *policy.Policy {
		p := &policy.Policy{Name: "primary"}
		for i, host := range hosts(n) {
			r := ingress(fmt.Sprintf("r%06d", i), negotiated(fmt.Sprintf("vault-%d", i), "40000-40039/tcp"),
				policy.PeerGroup{Name: "peers", Zone: policy.Internal, Prefixes: prefixset.Of(host)})
			r.PortRanges[0].Sizing = &policy.Sizing{Needed: 4, Configured: 40, Rule: "one port for each job"}
			p.Rules = append(p.Rules, r)
		}
		return p
	}},
}

func BenchmarkAssess(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range []int{10, 100, 1000, 10000} {
			if n == 10000 && shape.name == "well-known-ports" {
				continue // ten million openings of services
			}
			p := shape.make(n)
			b.Run(fmt.Sprintf("shape=%s/n=%d", shape.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					assessedWith(b, p, testSettings())
				}
			})
		}
	}
}

func BenchmarkAdvise(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		p := shapes[0].make(n)
		a := assessedWith(b, p, testSettings())
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Advise(p, a)
			}
		})
	}
}
