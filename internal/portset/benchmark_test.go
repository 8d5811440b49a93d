package portset

import (
	"fmt"
	"testing"
)

var sizes = []int{10, 100, 1000, 10000}

// everyThird returns n texts of single ports that do not touch each other.
func everyThird(n, offset int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d/tcp", 3*i+offset)
	}
	return texts
}

func benchmarkSizes(b *testing.B, run func(b *testing.B, one, other Ports)) {
	for _, n := range sizes {
		one, _ := ParseList(everyThird(n, 0))
		other, _ := ParseList(everyThird(n, 1))
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
		texts := everyThird(n, 0)
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
	benchmarkSizes(b, func(b *testing.B, one, other Ports) {
		if one.Union(other).Len() != 2*one.Len() {
			b.Fatal("the union lost ports")
		}
	})
}

func BenchmarkMinus(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, one, other Ports) {
		if one.Minus(other).Len() != one.Len() {
			b.Fatal("the difference lost ports")
		}
	})
}

func BenchmarkCovers(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, one, _ Ports) {
		if !one.Covers(one) {
			b.Fatal("a set does not cover itself")
		}
	})
}
