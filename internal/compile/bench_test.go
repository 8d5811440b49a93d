package compile_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
)

// large adds policies of 100,000 rules or peers.
var large = flag.Bool("large", false, "benchmark policies of 100,000 rules or peers too")

var sizes = []int{10, 100, 1_000, 10_000}

func growthSizes() []int {
	all := append([]int{1}, sizes...)
	if *large {
		all = append(all, 100_000)
	}
	return all
}

func BenchmarkCompile(b *testing.B) {
	for _, shape := range slices.Concat(compiletest.Shapes(), compiletest.Growth()) {
		for _, n := range growthSizes() {
			b.Run(fmt.Sprintf("shape=%s/n=%d", shape.Name, n), func(b *testing.B) {
				p := shape.Policy(n)
				b.ReportAllocs()
				for b.Loop() {
					compile.Compile(p)
				}
			})
		}
	}
}
