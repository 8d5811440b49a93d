package risk

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// draws is how many bytes a policy is drawn from.
const draws = 32 << 10

// addSeeds adds bytes from which quite different policies are drawn: what
// follows after them depends on them.
func addSeeds(f *testing.F) {
	f.Add([]byte{})
	for i := range byte(8) {
		f.Add([]byte{i, 0, 0, 0, 0, 0, 0, 0, i + 1})
	}
	f.Add([]byte(strings.Repeat("\xff", 4000)))
}

// FuzzAssess judges policies, some of which no reader of the configuration
// would ever make: a policy is refused or judged, never anything between, and
// the second time alike.
func FuzzAssess(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		rapid.MakeFuzz(func(t *rapid.T) {
			p := drawPolicy(t, 3)
			if rapid.Bool().Draw(t, "waivers") {
				p = withWaivers(t, p)
			}
			if rapid.Bool().Draw(t, "partly known") {
				p = partly(t, p)
			}
			for range rapid.IntRange(0, 4).Draw(t, "odd things") {
				p = odd(t, p)
			}
			checkJudgement(t, p, oddSettings(t))
		})(t, worktest.Draws(input, draws))
	})
}

// FuzzOpeningMore is the first invariant.
func FuzzOpeningMore(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) { rapid.MakeFuzz(opensMore)(t, worktest.Draws(input, draws)) })
}

func checkJudgement(t *rapid.T, p *policy.Policy, s Settings) {
	before := fmt.Sprintf("%+v", p)
	a, faults := Assess(p, s)
	if (a == nil) != (len(faults) > 0) {
		t.Fatalf("%+v beside %v", a, faults)
	}
	for _, f := range faults {
		if text := f.Error(); f.Title == "" || f.Problem == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\u202e") {
			t.Fatalf("badly formed fault %q", text)
		}
	}
	if again, wrong := Assess(p, s); wrong.Error() != faults.Error() || a != nil && encoded(again) != encoded(a) {
		t.Fatalf("the second time it differs:\n%v\n%v", faults, wrong)
	}
	if a == nil {
		return
	}
	if a.Score < 0 || a.Score > 100 || a.Points < 0 || math.IsNaN(a.Points) || math.IsInf(a.Points, 0) || a.Rating != Rating(a.Score) {
		t.Fatalf("score %d, points %f, rating %s", a.Score, a.Points, a.Rating)
	}
	if a.Partial != p.IsPartial() || a.Partial && a.Verdict != Unknown && a.Verdict != Rejected || !a.Partial && a.Verdict == Unknown {
		t.Fatalf("partial %t: verdict %s", a.Partial, a.Verdict)
	}
	advice := Advise(p, a)
	for i, change := range advice {
		if change.ScoreAfter > a.Score || change.Message == "" || p.IsPartial() {
			t.Fatalf("at score %d it is advised: %+v", a.Score, change)
		}
		if again := Advise(p, a); len(again) != len(advice) || again[i] != change {
			t.Fatalf("the second advice differs: %+v, %+v", change, again)
		}
	}
	if after := fmt.Sprintf("%+v", p); after != before {
		t.Fatalf("the policy has changed from\n%s\nto\n%s", before, after)
	}
}

var oddTexts = []string{"", " ", "a", "A B", "x\x00y", "\xff", "a\u200bb", "\u202ea", "rule-a", "-1", "NaN", "1e308", "\"${x}\"", "%{ if }", "*/", strings.Repeat("n", 64), strings.Repeat("ö", 300)}

var oddNumbers = []int{math.MinInt, -1, 0, 1, 2, 100, 101, 65535, 65536, 1 << 31, math.MaxInt}

// odd changes the policy where nobody should.
func odd(t *rapid.T, p *policy.Policy) *policy.Policy {
	p = copied(p)
	text, number := sample(t, "text", oddTexts), sample(t, "number", oddNumbers)
	kind := rapid.IntRange(0, 19).Draw(t, "odd")
	switch kind {
	case 0:
		p.Name = text
	case 1:
		p.MaxScore = &number
	case 2:
		p.Rules = append(p.Rules, policy.Rule{Name: text, Direction: policy.Direction(number), Description: text})
	case 3:
		p.Waivers = append(p.Waivers, policy.Waiver{Finding: text, Reason: text, Owner: text, Rules: oddTexts[:2], MaxScore: &number})
	case 4:
		p.Waivers = append(p.Waivers, policy.Waiver{Finding: string(ScoreLimit), Ports: portset.Any(), References: oddTexts, Reason: "r", Owner: "o", Expires: today.AddDays(int(int16(number)))})
	case 5:
		p.Partial, p.WaiversPartial = rapid.Bool().Draw(t, "partial"), rapid.Bool().Draw(t, "waivers partial")
	}
	if len(p.Rules) == 0 {
		return p
	}
	r := &p.Rules[rapid.IntRange(0, len(p.Rules)-1).Draw(t, "odd rule")]
	switch kind {
	case 6:
		r.Name = text
	case 7:
		r.Peers = nil
	case 8:
		r.PortRanges = nil
	case 9:
		r.PortRanges = append(r.PortRanges, policy.PortRange{Name: text, Sizing: &policy.Sizing{Needed: number, Configured: -number, Rule: text}})
	case 10:
		r.Peers = append(r.Peers, policy.PeerGroup{Name: text, Zone: policy.Management, ZoneReason: text, Partial: true})
	case 11:
		p.Rules = append(p.Rules, *r)
	}
	if len(r.PortRanges) > 0 && len(r.PortRanges[0].Listeners) > 0 {
		l := &r.PortRanges[0].Listeners[0]
		switch kind {
		case 12:
			l.Name = text
		case 13:
			l.Kind = policy.ListenerKind(text)
		case 14:
			l.Product, l.Flow = text, text
		case 15:
			l.Ports = portset.Ports{}
		case 16:
			l.Negotiated, l.Encrypted = !l.Negotiated, new(bool)
		}
	}
	if len(r.Peers) > 0 {
		g := &r.Peers[0]
		switch kind {
		case 17:
			g.References = append(g.References, policy.Reference{Name: text, Kind: policy.ReferenceKind(sample(t, "kind", append(oddTexts, string(policy.AWSPrefixList)))), MaxHosts: uint64(number), MaxEntries: number})
		case 18:
			g.Prefixes = prefixset.Set{}
		case 19:
			g.Name, g.ZoneReason = text, text
		}
	}
	return p
}

func oddSettings(t *rapid.T) Settings {
	s := testSettings()
	s.MaxScore = rapid.IntRange(0, 100).Draw(t, "max score")
	s.MaxWaiverDays = sample(t, "waiver days", []int{0, 1, 366, 100000})
	for range rapid.IntRange(0, 2).Draw(t, "unwaivable") {
		s.Unwaivable = append(s.Unwaivable, sample(t, "code", Codes()).Code)
	}
	if chance(t, "no day", 8) {
		s.Today = policy.Date{}
	}
	return s
}

// FuzzParseMark: what is read of a rejection is the last mark in it.
func FuzzParseMark(f *testing.F) {
	mark := Mark{Code: WellKnownPort, Severity: High, Score: 7, Limit: 40}
	f.Add("(a text) "+mark.String()+".", 100, 0)
	f.Add("(well-known-port, severity high; score 999, limit 40)", -1, 1000)
	f.Add(strings.Repeat("(a, severity b; score ", 30), 1, 1)
	f.Fuzz(func(t *testing.T, text string, score, limit int) {
		var read Mark
		var ok bool
		worktest.CheckBounded(t, len(text), 4<<10, func() { read, ok = ParseMark(text) })
		if ok != (read != Mark{}) || ok && !strings.Contains(text, read.String()) && !strings.Contains(text, "score 0") && !strings.Contains(text, "limit 0") && !strings.Contains(text, "at least 0") {
			t.Errorf("%q is read as %s, %t", text, read, ok)
		}
		m := Mark{Code: Codes()[uint(score)%uint(len(Codes()))].Code, Severity: Critical, Score: int(uint(score) % 101), Limit: int(uint(limit) % 101), AtLeast: score < 0}
		if got, ok := ParseMark(text + m.String() + "."); !ok || got != m {
			t.Errorf("%s after %q is read as %s, %t", m, text, got, ok)
		}
	})
}

func TestAssess_WorkGrowsWithThePolicy(t *testing.T) {
	for _, shape := range compiletest.Shapes() {
		t.Run(shape.Name, func(t *testing.T) {
			worktest.CheckDoubling(t, 250, 3, func(n int) func() {
				p := shape.Policy(n)
				return func() {
					a, faults := Assess(p, testSettings())
					if len(faults) > 0 {
						t.Error(faults)
					}
					Advise(p, a)
				}
			})
		})
	}
}
