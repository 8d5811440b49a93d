package emit_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// everyReference is a reference of each kind, so that no target can express
// every policy.
var everyReference = func() []policy.Reference {
	var all []policy.Reference
	for i, kind := range policy.ReferenceKinds() {
		r := policy.Reference{Name: fmt.Sprintf("ref-%d", i), Kind: kind, MaxHosts: uint64(1) << (8 * i)}
		if kind == policy.AWSPrefixList {
			r.MaxEntries = 7
		}
		all = append(all, r)
	}
	return all
}()

// FuzzTargets runs policies through the whole engine: what can be judged is
// compiled, and each target either expresses it or says what it cannot express,
// twice alike, with options that nobody should write. Where the policy is one
// that the target can express, its rows allow exactly that policy.
func FuzzTargets(f *testing.F) {
	f.Add([]byte{})
	for i := range byte(8) {
		f.Add([]byte{i, 0, 0, 0, 0, 0, 0, 0, i + 1})
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		rapid.MakeFuzz(func(t *rapid.T) {
			p := drawnPolicy(t)
			a, faults := risk.Assess(p, risk.DefaultSettings())
			if len(faults) > 0 {
				return // a target is never given such a policy
			}
			if a.Score < 0 || a.Score > 100 {
				t.Fatalf("score %d", a.Score)
			}
			if rules := compile.Compile(p); !reflect.DeepEqual(compile.Compile(p), rules) {
				t.Fatal("compiled twice, it differs")
			}
			if more := compile.Difference(p, p); len(more) > 0 {
				t.Fatalf("the policy opens %v beyond itself", more)
			}
			target := rapid.SampledFrom(emit.Targets()).Draw(t, "target")
			o, usual := drawOptions(t, target)
			checkTarget(t, target, p, o, usual)
		})(t, worktest.Draws(input, 32<<10))
	})
}

func drawnPolicy(t *rapid.T) *policy.Policy {
	o := compiletest.Options{References: everyReference}
	if rapid.Bool().Draw(t, "expressible") {
		name := rapid.SampledFrom(emit.Targets()).Draw(t, "by").Name
		o = readings[name].policies
	}
	p := compiletest.Policies(o).Draw(t, "policy")
	for i := range p.Rules {
		p.Rules[i].Description = rapid.SampledFrom(oddTexts).Draw(t, "description")
		for j := range p.Rules[i].Peers {
			if g := &p.Rules[i].Peers[j]; g.Prefixes.IsEmpty() && len(g.References) == 0 {
				g.Prefixes, _ = prefixset.ParseList([]string{"10.0.0.77", "2001:db8::77"})
			}
		}
	}
	return p
}

var oddTexts = []string{"", " ", "a", "A B", "x\x00y", "a\nb", "\xff", "a\u200bb", "\u202ea", "ö", "-1", "\"${x}\"", "%{ if }", "} drop", "*/", strings.Repeat("n", 300)}

var oddNumbers = []int{-1 << 63, -1, 0, 1, 2, 50, 100, 1000, 4096, 65535, 1 << 31, 1<<63 - 1}

// drawOptions draws the usual options, with which the target can be read back,
// or any.
func drawOptions(t *rapid.T, target emit.Target) (o emit.Options, usual bool) {
	o = readings[target.Name].options
	o.Optimize = rapid.SampledFrom([]cover.Mode{cover.Stable, cover.Minimal}).Draw(t, "mode")
	if rapid.IntRange(0, 2).Draw(t, "odd options") > 0 {
		return o, true
	}
	o.RulesElsewhere = rapid.SampledFrom(oddNumbers).Draw(t, "rules elsewhere")
	o.Limits = map[string]int{}
	for _, limit := range target.Limits {
		if rapid.Bool().Draw(t, "limit") {
			o.Limits[limit.Name] = rapid.SampledFrom(oddNumbers).Draw(t, "limit")
		}
	}
	if rapid.IntRange(0, 5).Draw(t, "unknown limit") == 0 {
		o.Limits[rapid.SampledFrom(oddTexts).Draw(t, "name")] = 1
	}
	text := rapid.SampledFrom(oddTexts)
	o.Arguments = map[string]any{}
	for _, c := range target.Arguments {
		if rapid.Bool().Draw(t, "usual argument") {
			if usual, given := readings[target.Name].options.Arguments[c.Name]; given {
				o.Arguments[c.Name] = usual
			}
			continue
		}
		switch c.Kind {
		case emit.String:
			o.Arguments[c.Name] = text.Draw(t, c.Name)
		case emit.Number:
			o.Arguments[c.Name] = int64(rapid.SampledFrom(oddNumbers).Draw(t, c.Name))
		case emit.Bool:
			o.Arguments[c.Name] = rapid.Bool().Draw(t, c.Name)
		case emit.StringList:
			o.Arguments[c.Name] = rapid.SliceOfN(text, 0, 3).Draw(t, c.Name)
		case emit.StringMap:
			o.Arguments[c.Name] = rapid.MapOfN(text, text, 0, 3).Draw(t, c.Name)
		default:
			t.Fatalf("no values for the argument %s of %s", c.Name, target.Name)
		}
	}
	return o, false
}

func checkTarget(t *rapid.T, target emit.Target, p *policy.Policy, o emit.Options, usual bool) {
	q, faults := openedBy(target, p, o)
	if (q == nil) == (len(faults) == 0) {
		t.Fatalf("%s opens %v beside %v", target.Name, q, faults)
	}
	result, faults := emitted(target, p, o)
	again, more := emitted(target, p, o)
	if !reflect.DeepEqual(result, again) || faults.Error() != more.Error() {
		t.Fatalf("%s: the second time it differs:\n%v\n%v", target.Name, result, again)
	}
	if (result == nil) != (len(faults) > 0) {
		t.Fatalf("%s: %v beside %v", target.Name, result, faults)
	}
	for _, f := range faults {
		if text := f.Error(); f.Title == "" || f.Problem == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\u202e") {
			t.Fatalf("%s: badly formed fault %q", target.Name, text)
		}
	}
	if result == nil {
		return
	}
	if result.RuleCount != len(result.Ingress)+len(result.Egress) {
		t.Fatalf("%s: %d rules, %d and %d rows", target.Name, result.RuleCount, len(result.Ingress), len(result.Egress))
	}
	checkValues(t, "the result", target.Outputs, result.Outputs)
	for _, row := range append(slices.Clone(result.Ingress), result.Egress...) {
		checkValues(t, row.Key, target.Columns, row.Values)
	}
	if !usual {
		return
	}
	parts, err := readings[target.Name].read(emissionOf(target, result))
	if err != nil {
		t.Fatalf("%s: %v", target.Name, err)
	}
	checkPackets(t, q, parts)
}

// TestTargets_WorkGrowsWithThePolicy: rules of lists that are not simple are
// searched, in a number of steps that has a limit.
func TestTargets_WorkGrowsWithThePolicy(t *testing.T) {
	for _, shape := range compiletest.Shapes() {
		for _, target := range emit.Targets() {
			t.Run(shape.Name+"/"+target.Name, func(t *testing.T) {
				o := readings[target.Name].options
				o.Limits = map[string]int{}
				for _, limit := range target.Limits {
					if limit.Name == "rules" {
						o.Limits["rules"] = 1 << 30
					}
				}
				worktest.CheckDoubling(t, 100, 3, func(n int) func() {
					p := shape.Policy(n)
					return func() {
						if result, faults := emitted(target, p, o); (result == nil) == (len(faults) == 0) {
							t.Errorf("%v beside %v", result, faults)
						}
					}
				})
			})
		}
	}
}
