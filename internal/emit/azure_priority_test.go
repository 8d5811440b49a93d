package emit_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// priorities are the numbers of the rows of one direction, by key.
func priorities(rows []emit.Row) map[string]int64 {
	numbers := map[string]int64{}
	for _, row := range rows {
		numbers[row.Key] = row.Values[1].(int64)
	}
	return numbers
}

// holders are the keys of the rows of one direction, by number.
func holders(numbers map[string]int64) map[int64]string {
	keys := map[int64]string{}
	for key, n := range numbers {
		keys[n] = key
	}
	return keys
}

// TestAzure_Priorities_MoveOnlyOnCollisions edits policies inside a band that
// is so narrow that numbers collide all the time: a rule that keeps its key
// gets another number only where another rule has taken its old one, or has
// left its new one.
func TestAzure_Priorities_MoveOnlyOnCollisions(t *testing.T) {
	target, _ := emit.TargetNamed(azureTarget)
	moved, stayed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(azureReading.policies).Draw(t, "policy")
		edits := editsOf(p, netip.MustParsePrefix("10.0.0.77/32"), netip.MustParsePrefix("192.0.2.16/28"))
		for i := range p.Rules {
			q := *p
			q.Rules = append(append([]policy.Rule{}, p.Rules[:i]...), p.Rules[i+1:]...)
			edits = append(edits, edit{name: "remove the rule", policy: &q})
		}
		if len(edits) == 0 {
			t.Skip("nothing to edit")
		}
		e := rapid.SampledFrom(edits).Draw(t, "edit")
		o := emit.Options{Arguments: map[string]any{"first_priority": int64(1000), "last_priority": int64(1011)}}
		before, faults := target.Emit(p, o)
		after, more := target.Emit(e.policy, o)
		if len(faults)+len(more) > 0 {
			t.Skip("more rules than numbers")
		}
		for _, rows := range [][2][]emit.Row{{before.Ingress, after.Ingress}, {before.Egress, after.Egress}} {
			was, is := priorities(rows[0]), priorities(rows[1])
			checkBand(t, was, 1000, 1011)
			checkBand(t, is, 1000, 1011)
			for key, n := range is {
				old, known := was[key]
				if !known || old == n {
					stayed++
					continue
				}
				moved++
				if holders(is)[old] == "" && holders(was)[n] == "" {
					t.Fatalf("%s: %s moved from %d to %d for nobody\n%v\n%v", e.name, key, old, n, was, is)
				}
			}
		}
	})
	if moved == 0 || stayed < moved {
		t.Errorf("%d rules moved and %d stayed: the test sees no collisions, or nothing else", moved, stayed)
	}
}

// checkBand asks for numbers of their own inside the band.
func checkBand(t *rapid.T, numbers map[string]int64, first, last int64) {
	for key, n := range numbers {
		if n < first || n > last {
			t.Fatalf("%s has the priority %d", key, n)
		}
	}
	if len(holders(numbers)) != len(numbers) {
		t.Fatalf("a priority stands twice: %v", numbers)
	}
}

// TestAzure_Priorities_PeersChangeNone: a peer more or less leaves every key
// and every priority as it is.
func TestAzure_Priorities_PeersChangeNone(t *testing.T) {
	text := func(peers string) *policy.Policy {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, "ingress r%d %d/tcp from 10.%d.0.0/24%s\n", i, 100+2*i, i, peers)
		}
		return compiletest.MustParse(b.String())
	}
	before, _ := emitTarget(t, azureTarget, text(""), emit.Options{})
	after, _ := emitTarget(t, azureTarget, text(" ref:apps=azure_application_security_group 172.16.0.0/24"), emit.Options{})
	shared := 0
	for key, n := range priorities(before.Ingress) {
		now, known := priorities(after.Ingress)[key]
		if !known {
			continue
		}
		shared++
		if now != n {
			t.Errorf("%s moved from %d to %d", key, n, now)
		}
	}
	if shared == 0 {
		t.Error("no key is shared")
	}
}

var azureRuleName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]*[a-z0-9_])?$`)

// TestAzure_NamesAndDescriptions_FitWhateverTheNames: the longest names that a
// policy takes, and names that end in the characters that Azure refuses there.
func TestAzure_NamesAndDescriptions_FitWhateverTheNames(t *testing.T) {
	for _, test := range []struct {
		policy, rule string
		rules        int
		description  string
	}{
		{strings.Repeat("p", 63), strings.Repeat("r", 60), 1, strings.Repeat("p", 63) + ": " + strings.Repeat("r", 60) + "000"},
		{strings.Repeat("p", 63), strings.Repeat("r", 60), 99, strings.Repeat("p", 63) + ": " + strings.Repeat("r", 60) + "000 and 98 more"},
		{strings.Repeat("p", 63), strings.Repeat("r", 60), 101, strings.Repeat("p", 63) + ": 101 rules"},
		{"0_-", "r", 3, "0_-: r000, r001, r002"},
	} {
		text := "policy " + test.policy
		for i := range test.rules {
			text += fmt.Sprintf("\ningress %s%03d 22/tcp from 10.0.0.0/24", test.rule, i)
		}
		result, faults := emitTarget(t, azureTarget, compiletest.MustParse(text), emit.Options{})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		name, description := result.Ingress[0].Values[0].(string), result.Ingress[0].Values[12].(string)
		if len(name) > 80 || !azureRuleName.MatchString(name) || !strings.HasPrefix(name, test.policy[:3]) {
			t.Errorf("name %q", name)
		}
		if description != test.description || len(description) > 140 {
			t.Errorf("got %q (%d), want %q", description, len(description), test.description)
		}
		if len(result.Ingress[0].Rules) != test.rules {
			t.Errorf("%d of %d rules are named in rules", len(result.Ingress[0].Rules), test.rules)
		}
	}
}
