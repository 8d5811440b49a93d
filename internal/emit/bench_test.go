package emit_test

import (
	"fmt"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

// BenchmarkEmit measures the targets alone. Policies beyond the limit of a
// target are measured up to its fault, which comes last.
func BenchmarkEmit(b *testing.B) {
	for _, target := range emit.Targets() {
		for _, shape := range compiletest.Shapes() {
			for _, n := range []int{10, 100, 1_000, 10_000, 100_000} {
				p := shape.Policy(n)
				b.Run(fmt.Sprintf("%s/%s/%d", target.Name, shape.Name, n), func(b *testing.B) {
					for b.Loop() {
						_, _ = target.Emit(p, emit.Options{Limits: map[string]int{"rules": 1000}, Arguments: readings[target.Name].options.Arguments})
					}
				})
			}
		}
	}
}
