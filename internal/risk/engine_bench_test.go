package risk_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// large adds policies of 100,000 rules or peers.
var large = flag.Bool("large", false, "benchmark policies of 100,000 rules or peers too")

func growthSizes() []int {
	sizes := []int{1, 10, 100, 1_000, 10_000}
	if *large {
		sizes = append(sizes, 100_000)
	}
	return sizes
}

func settings() risk.Settings {
	s := risk.DefaultSettings()
	s.Today = policy.DateOf(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	return s
}

// judge does what the provider does for one policy.
func judge(p *policy.Policy, s risk.Settings) (*risk.Assessment, []risk.Advice, []compile.Rule, error) {
	a, faults := risk.Assess(p, s)
	if len(faults) > 0 {
		return nil, nil, nil, faults
	}
	return a, risk.Advise(p, a), compile.Compile(p), nil
}

// BenchmarkEngine is what a plan costs beside Terraform and the framework.
func BenchmarkEngine(b *testing.B) {
	for _, shape := range compiletest.Growth() {
		for _, n := range growthSizes() {
			b.Run(fmt.Sprintf("shape=%s/n=%d", shape.Name, n), func(b *testing.B) {
				p := shape.Policy(n)
				b.ReportAllocs()
				for b.Loop() {
					if _, _, _, err := judge(p, settings()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkEngine_Parts tells the three calls of the provider apart.
func BenchmarkEngine_Parts(b *testing.B) {
	small := compiletest.Small()
	a, _ := risk.Assess(small, settings())
	for _, part := range []struct {
		name string
		work func()
	}{
		{"assess", func() { _, _ = risk.Assess(small, settings()) }},
		{"advise", func() { risk.Advise(small, a) }},
		{"compile", func() { compile.Compile(small) }},
		{"all", func() { _, _, _, _ = judge(small, settings()) }},
	} {
		b.Run("small/part="+part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				part.work()
			}
		})
	}
}

// BenchmarkEngine_Parallel judges policies of a fleet at once. With -cpu 1,2
// the time for one halves, unless policies wait for each other.
func BenchmarkEngine_Parallel(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("shape=own-listeners/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				p := ownListeners(n)
				for pb.Next() {
					if _, _, _, err := judge(p, settings()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func ownListeners(n int) *policy.Policy {
	for _, shape := range compiletest.Growth() {
		if shape.Name == "own-listeners" {
			return shape.Policy(n)
		}
	}
	panic("no such shape")
}
