package suggest

import (
	"fmt"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// BenchmarkFor explains rules that all have peers of their own, the slowest
// kind.
func BenchmarkFor(b *testing.B) {
	for _, n := range []int{10, 1000} {
		p := &policy.Policy{Name: "existing"}
		for i := range n {
			p.Rules = append(p.Rules, undeclared(fmt.Sprintf("rule-%d", i), policy.Ingress,
				ports("22/tcp", "1556/tcp", "6160/tcp", "6162/tcp", "2500-2600/tcp", "31999/tcp"), fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			for b.Loop() {
				For(p)
			}
		})
	}
}
