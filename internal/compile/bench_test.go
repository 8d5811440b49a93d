package compile_test

import (
	"fmt"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
)

var sizes = []int{10, 100, 1_000, 10_000}

func BenchmarkCompile(b *testing.B) {
	for _, shape := range compiletest.Shapes() {
		for _, n := range sizes {
			p := shape.Policy(n)
			b.Run(fmt.Sprintf("%s/%d", shape.Name, n), func(b *testing.B) {
				for b.Loop() {
					compile.Compile(p)
				}
			})
		}
	}
}
