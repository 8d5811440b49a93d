package cover

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

func productTCP(ports ...uint16) portset.Ports {
	ranges := make([]portset.Range, len(ports))
	for i, p := range ports {
		ranges[i] = portset.Range{First: p, Last: p}
	}
	return portset.PortsOf(portset.TCP, portset.Of(ranges...))
}

// productHost is a host that does not touch the next one.
func productHost(i int) netip.Prefix {
	i *= 2
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
}

// productOwn is a port that does not touch the next one.
func productOwn(i int) uint16 { return uint16(1000 + 3*i) }

// productShapes are policies of n rules, or of n peers or ports.
var productShapes = []struct {
	name    string
	sources func(n int) []Source
}{
	{"peer-own-port", func(n int) []Source {
		return productEach(n, func(i int) Source {
			return Source{Ports: productTCP(productOwn(i)), Prefixes: prefixset.Of(productHost(i))}
		})
	}},
	{"peer-same-port", func(n int) []Source {
		return productEach(n, func(i int) Source {
			return Source{Ports: productTCP(443), Prefixes: prefixset.Of(productHost(i))}
		})
	}},
	{"one-rule", func(n int) []Source {
		prefixes := make([]netip.Prefix, n)
		for i := range prefixes {
			prefixes[i] = productHost(i)
		}
		return []Source{{Ports: productTCP(443), Prefixes: prefixset.Of(prefixes...)}}
	}},
	{"same-peer", func(n int) []Source {
		return productEach(n, func(i int) Source {
			return Source{Ports: productTCP(productOwn(i)), Prefixes: prefixset.Of(productHost(0))}
		})
	}},
	{"hosts-in-wide", func(n int) []Source {
		wide := Source{Ports: productTCP(443), Prefixes: prefixset.Of(netip.MustParsePrefix("10.0.0.0/8"))}
		return append(productEach(n, func(i int) Source {
			return Source{Ports: productTCP(443, productOwn(i)), Prefixes: prefixset.Of(productHost(i))}
		}), wide)
	}},
	{"wide-and-hosts", func(n int) []Source {
		return productEach(n, func(i int) Source {
			prefix := netip.MustParsePrefix("10.0.0.0/8")
			if i%2 == 1 {
				prefix = productHost(i)
			}
			return Source{Ports: productTCP(productOwn(i)), Prefixes: prefixset.Of(prefix)}
		})
	}},
	{"shared-prefixes", func(n int) []Source {
		random := rand.New(rand.NewPCG(1, 2))
		return productEach(max(n/100, 1), func(i int) Source {
			prefixes := make([]netip.Prefix, 0, n/10)
			for j := range n / 10 {
				if random.IntN(2) == 0 {
					prefixes = append(prefixes, productHost(j))
				}
			}
			return Source{Ports: productTCP(productOwn(i)), Prefixes: prefixset.Of(prefixes...)}
		})
	}},
	{"few-of-both", func(n int) []Source { // a port and a peer of n/10 each, at random
		random := rand.New(rand.NewPCG(1, 2))
		return productEach(n, func(i int) Source {
			return Source{Ports: productTCP(productOwn(random.IntN(n/10 + 1))), Prefixes: prefixset.Of(productHost(random.IntN(n/10 + 1)))}
		})
	}},
	{"dense", func(n int) []Source { // rule i opens ports i to the end to peers 0 to i
		return productEach(n, func(i int) Source {
			ports := portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: productOwn(i), Last: 65535}))
			last := productHost(i).Addr()
			return Source{Ports: ports, Prefixes: prefixset.Of(netip.PrefixFrom(last, 32), productHost(n+i))}
		})
	}},
}

func productEach(n int, source func(i int) Source) []Source {
	sources := make([]Source, n)
	for i := range sources {
		sources[i] = source(i)
	}
	return sources
}

func BenchmarkProducts(b *testing.B) {
	for _, shape := range productShapes {
		for _, n := range []int{100, 1_000, 10_000} {
			sources := shape.sources(n)
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				var c ProductCover
				for b.Loop() {
					c = Products(sources, Free{}, Stable)
				}
				b.ReportMetric(float64(len(c.Products)), "products")
				b.ReportMetric(float64(c.Bound), "bound")
			})
		}
	}
}

// productRandom opens a few of so many ports to a few of so many peers, at
// random, source by source.
func productRandom(random *rand.Rand, sources, side, most int) []Source {
	return productEach(sources, func(int) Source {
		var s Source
		for range 1 + random.IntN(most) {
			s.Ports = s.Ports.Union(productTCP(productOwn(random.IntN(side))))
		}
		for range 1 + random.IntN(most) {
			s.Prefixes = s.Prefixes.Union(prefixset.Of(productHost(random.IntN(side))))
		}
		return s
	})
}

// BenchmarkProductsGap measures how far above the proven lower bound covers of
// random policies are, which have much less structure than real ones: the mean
// and the largest quotient, and the share that is proven to be smallest.
func BenchmarkProductsGap(b *testing.B) {
	for _, c := range []struct{ sources, side, most int }{
		{12, 12, 5}, {20, 20, 5}, {30, 30, 6}, {50, 30, 6}, {100, 50, 6}, {500, 200, 5}, {100, 50, 10},
	} {
		b.Run(fmt.Sprintf("%d-sources-%d-ports-and-peers-%d-each", c.sources, c.side, c.most), func(b *testing.B) {
			const policies = 20
			sum, worst, proven, joined, products := 0.0, 0.0, 0, 0, 0
			for b.Loop() {
				random := rand.New(rand.NewPCG(7, 7))
				sum, worst, proven, joined, products = 0, 0, 0, 0, 0
				for range policies {
					sources := productRandom(random, c.sources, c.side, c.most)
					got := Products(sources, Free{}, Stable)
					gap := float64(len(got.Products)) / float64(got.Bound)
					sum, worst = sum+gap, max(worst, gap)
					if gap == 1 {
						proven++
					}
					joined, products = joined+productJoined(sources), products+len(got.Products)
				}
			}
			b.ReportMetric(sum/policies, "mean-gap")
			b.ReportMetric(worst, "max-gap")
			b.ReportMetric(float64(proven)/policies, "proven")
			b.ReportMetric(float64(joined)/policies, "sources/policy")
			b.ReportMetric(float64(products)/policies, "products/policy")
		})
	}
}
