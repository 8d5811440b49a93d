package prefixset

import (
	"fmt"
	"net/netip"
	"testing"
)

var sizes = []int{10, 100, 1000, 10000}

// everyThird returns n texts of single addresses that do not touch each other.
func everyThird(n, offset uint32) []string {
	texts := make([]string, n)
	for i := range n {
		texts[i] = netip.PrefixFrom(ipv4(3*i+offset), 32).String()
	}
	return texts
}

func benchmarkSizes(b *testing.B, run func(b *testing.B, one, other Set)) {
	for _, n := range sizes {
		one, _ := ParseList(everyThird(uint32(n), 0))
		other, _ := ParseList(everyThird(uint32(n), 1))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run(b, one, other)
			}
		})
	}
}

func BenchmarkParseList(b *testing.B) {
	for _, n := range sizes {
		texts := everyThird(uint32(n), 0)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, faults := ParseList(texts); len(faults) > 0 {
					b.Fatal(faults)
				}
			}
		})
	}
}

func BenchmarkUnion(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, one, other Set) {
		if one.Union(other).IsEmpty() {
			b.Fatal("the union is empty")
		}
	})
}

func BenchmarkMinus(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, one, other Set) {
		if !one.Minus(other).Equal(one) {
			b.Fatal("the difference lost addresses")
		}
	})
}

func BenchmarkCovers(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, one, _ Set) {
		if !one.Covers(one) {
			b.Fatal("a set does not cover itself")
		}
	})
}

func BenchmarkOf_100000(b *testing.B) {
	list := hundredThousand()
	for b.Loop() {
		Of(list...)
	}
}
