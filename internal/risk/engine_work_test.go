package risk_test

import (
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// TestSmallPolicy_Allocations: a fleet has thousands of policies of one rule.
// The limits are a quarter above what was measured.
func TestSmallPolicy_Allocations(t *testing.T) {
	small := compiletest.Small()
	a, faults := risk.Assess(small, settings())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, c := range []struct {
		name string
		most float64
		work func()
	}{
		{"Assess", 108, func() { _, _ = risk.Assess(small, settings()) }},
		{"Advise", 127, func() { risk.Advise(small, a) }},
		{"Compile", 52, func() { compile.Compile(small) }},
	} {
		if got := testing.AllocsPerRun(20, c.work); got > c.most {
			t.Errorf("%s of one rule allocates %.0f times, want at most %.0f", c.name, got, c.most)
		}
	}
}

// TestEngine_WorkGrowsWithThePolicy doubles every way in which a policy grows.
func TestEngine_WorkGrowsWithThePolicy(t *testing.T) {
	for _, shape := range compiletest.Growth() {
		t.Run(shape.Name, func(t *testing.T) {
			n := 250
			if shape.Name == "any" {
				n = 10 // a thousand services for each rule
			}
			worktest.CheckDoubling(t, n, 3, func(n int) func() {
				p := shape.Policy(n)
				return func() {
					if _, _, _, err := judge(p, settings()); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

// mostPerRule is how often 200 rules, or 200 peers of one rule, may allocate for
// each of them: a quarter above what was measured.
var mostPerRule = map[string]float64{
	"one-peer-each":                  85,
	"own-listeners":                  183,
	"undeclared":                     71,
	"product":                        97,
	"sizing":                         240,
	"ranges-in-one-rule":             134,
	"prefixes-in-one-group":          3,
	"groups-in-one-rule":             19,
	"rules-with-one-group":           58,
	"rules-of-ten-with-a-group-each": 112,
	"ipv6":                           89,
	"both-families":                  8,
	"references":                     94,
	"exclusions":                     12,
	"public-claims":                  61,
	"waivers":                        153,
	"any":                            2423,
}

func TestEngine_AllocationsPerRule(t *testing.T) {
	const n = 200
	for _, shape := range compiletest.Growth() {
		p := shape.Policy(n)
		got := testing.AllocsPerRun(1, func() {
			if _, _, _, err := judge(p, settings()); err != nil {
				t.Error(err)
			}
		}) / n
		t.Logf("%s: %.1f", shape.Name, got)
		if most := mostPerRule[shape.Name]; got > most {
			t.Errorf("%s: %.1f allocations for each, want at most %.0f", shape.Name, got, most)
		}
	}
}
