package risk

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// withWaivers adds waivers for most of what a policy is rejected or warned
// for: some accept all of it, some a part, some have expired.
func withWaivers(t *rapid.T, p *policy.Policy) *policy.Policy {
	c := copied(p)
	generous := rapid.Bool().Draw(t, "generous")
	for _, f := range assessedWith(t, p, testSettings()).Findings {
		if info, _ := ParseCode(string(f.Code)); !info.Waivable || !generous && chance(t, "not waived", 3) {
			continue
		}
		w := policy.Waiver{Finding: string(f.Code), Ports: f.Ports, Peers: f.Prefixes, References: f.References,
			Reason: "accepted", Owner: "ops", Expires: today.AddDays(100)}
		if f.Code == ScoreLimit {
			score := sample(t, "accepted score", []int{100, 100, 41, 60})
			w = policy.Waiver{Finding: w.Finding, MaxScore: &score, Reason: w.Reason, Owner: w.Owner, Expires: w.Expires}
		} else {
			if !generous && chance(t, "partly", 4) {
				w.Ports = w.Ports.Minus(drawPorts(t))
			}
			if !generous && chance(t, "for a rule", 4) {
				w.Rules = []string{p.Rules[0].Name}
			}
			if w.Ports.IsEmpty() || w.Peers.IsEmpty() && len(w.References) == 0 {
				continue
			}
		}
		if chance(t, "expired", 6) {
			w.Expires = today.AddDays(-1)
			if rapid.Bool().Draw(t, "replaced") {
				c.Waivers = append(c.Waivers, w)
				w.Expires = today.AddDays(10)
			}
		}
		c.Waivers = append(c.Waivers, w)
	}
	return c
}

// partly leaves out what could be unknown in a plan and sets the flags as the
// reader of the configuration does: on everything around what is left out.
func partly(t *rapid.T, p *policy.Policy) *policy.Policy {
	c := copied(p)
	if chance(t, "no rules", 12) {
		c.Rules, c.Partial = nil, true
		return c
	}
	for i := range c.Rules {
		if chance(t, "rule known", 3) {
			continue
		}
		partRule(t, &c.Rules[i])
		c.Partial = c.Partial || c.Rules[i].Partial
	}
	if len(c.Waivers) > 0 && chance(t, "waiver unknown", 5) {
		at := rapid.IntRange(0, len(c.Waivers)-1).Draw(t, "unknown waiver")
		c.Waivers = append(append([]policy.Waiver{}, c.Waivers[:at]...), c.Waivers[at+1:]...)
		c.Partial, c.WaiversPartial = true, true
	}
	return c
}

func partRule(t *rapid.T, r *policy.Rule) {
	switch rapid.IntRange(0, 6).Draw(t, "unknown") {
	case 0:
		r.PortRanges, r.Partial = nil, true
	case 1:
		r.Peers, r.Partial = nil, true
	case 2:
		r.PortRanges, r.Partial = r.PortRanges[1:], true
	case 3:
		r.Peers, r.Partial = r.Peers[1:], true
	case 4:
		portRange := &r.PortRanges[0]
		if rapid.Bool().Draw(t, "ports unknown") {
			l := &portRange.Listeners[0]
			if rest := l.Ports.Minus(drawPorts(t)); !rest.IsEmpty() {
				l.Ports = rest
			}
		} else {
			portRange.Listeners = portRange.Listeners[1:]
		}
		portRange.Sizing = nil
		portRange.Partial, r.Partial = true, true
	default:
		g := &r.Peers[0]
		switch rapid.IntRange(0, 3).Draw(t, "unknown of the group") {
		case 0:
			g.References = nil
		case 1:
			g.Prefixes = g.Prefixes.Minus(drawPrefixes(t, 1, 3))
		case 2:
			g.Prefixes = prefixset.Set{}
		case 3:
			g.ZoneReason = "known after apply"
		}
		g.Partial, r.Partial = true, true
	}
}

// TestInvariant6_SoundUnderUnknowns compares a policy with what a plan may
// know of it, with and without waivers.
func TestInvariant6_SoundUnderUnknowns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawPolicy(t, 3)
		if rapid.Bool().Draw(t, "waivers") {
			whole = withWaivers(t, whole)
		}
		part := partly(t, whole)
		if !part.Partial {
			t.Skip("nothing is unknown")
		}
		full, bound := assessedWith(t, whole, testSettings()), assessedWith(t, part, testSettings())
		if !bound.Partial || bound.Points > full.Points+tolerance || bound.Score > full.Score {
			t.Fatalf("bound of %.6f points, score %d, for %.6f, score %d", bound.Points, bound.Score, full.Points, full.Score)
		}
		switch bound.Verdict {
		case Rejected:
			if full.Verdict != Rejected {
				t.Fatalf("rejected for %v in the plan, %s in the end:\n%s", bound.raised(Reject), full.Verdict, difference(encoded(bound), encoded(full)))
			}
		case Unknown:
		default:
			t.Fatalf("verdict %s of a partial policy", bound.Verdict)
		}
	})
}

// TestPartial_Cases: what random policies seldom meet.
func TestPartial_Cases(t *testing.T) {
	half, all := []string{"0.0.0.0/2"}, []string{"0.0.0.0/0"}
	for _, c := range []struct {
		name    string
		rules   []policy.Rule
		waivers []policy.Waiver
		change  func(*policy.Policy)
		verdict Verdict
	}{
		{"accepted so far", in(vault, host), nil, func(p *policy.Policy) { p.Partial = true }, Unknown},
		{"a flag only on the rule", in(vault, host), nil, func(p *policy.Policy) { p.Rules[0].Partial = true }, Unknown},
		{"a flag only on the port range", in(vault, host), nil, func(p *policy.Policy) { p.Rules[0].PortRanges[0].Partial = true }, Unknown},
		{"a flag only on the group", in(vault, host), nil, func(p *policy.Policy) { p.Rules[0].Peers[0].Partial = true }, Unknown},
		{"a flag only for the waivers", in(rsync, host), nil, func(p *policy.Policy) { p.WaiversPartial = true }, Unknown},
		{"too much already", in(rsync, host), nil, func(p *policy.Policy) { p.Partial = true }, Rejected},
		{"accepted by a waiver", in(rsync, host), []policy.Waiver{accept(WellKnownPort, rsyncOpen, []string{"10.1.2.3"})},
			func(p *policy.Policy) { p.Partial = true }, Unknown},
		{"a waiver for a rule that may arrive", nil, []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor, forRules("clients"))},
			func(p *policy.Policy) { p.Partial = true }, Unknown},
		{"broad peers that may become any", in(vault, anywhere(half...)), []policy.Waiver{accept(AnyPeer, []string{quiet40}, all)},
			func(p *policy.Policy) { p.Partial = true }, Unknown},
		{"broad peers that may become any, other waivers", in(vault, anywhere(half...)), []policy.Waiver{accept(WellKnownPort, []string{quiet40}, all)},
			func(p *policy.Policy) { p.Partial = true }, Rejected},
		{"what never becomes any", in(rsync, host), []policy.Waiver{accept(AnyPeer, rsyncOpen, []string{"10.1.2.3"})},
			func(p *policy.Policy) { p.Partial = true }, Rejected},
		{"peers that are not known yet", in(vault, group(policy.Internet)), nil,
			func(p *policy.Policy) { p.Rules[0].Peers[0].Partial = true }, Unknown},
		{"broad peers, and nothing accepts any", in(vault, anywhere(half...)), nil, func(p *policy.Policy) { p.Partial = true }, Rejected},
		{"an expired waiver of broad peers that may become any", out(vault, anywhere(half...)),
			[]policy.Waiver{accept(BroadPeer, []string{quiet40}, half, until(-1))}, func(p *policy.Policy) { p.Partial = true }, Unknown},
		{"a rule that may still grow", []policy.Rule{ingress("a", vault, host), ingress("b", vault, host)}, nil,
			func(p *policy.Policy) { p.Rules[1].Partial = true }, Unknown},
		{"the same in a whole policy", out(vault, anywhere(half...)),
			[]policy.Waiver{accept(BroadPeer, []string{quiet40}, half, until(-1))}, func(*policy.Policy) {}, Rejected},
	} {
		p := policyOf(c.rules...)
		p.Waivers = c.waivers
		c.change(p)
		a := assessedWith(t, p, testSettings())
		if a.Verdict != c.verdict {
			t.Errorf("%s: verdict %s, want %s (%v)", c.name, a.Verdict, c.verdict, a.raised(Reject))
		}
		if a.Partial && (a.finding(WaiverUnused) != nil || a.finding(RedundantRule) != nil) {
			t.Errorf("%s: findings that may vanish", c.name)
		}
	}
}

// TestPartial_WhatStaysTrue_IsRaised: everything but what the rest of a policy
// can take back.
func TestPartial_WhatStaysTrue_IsRaised(t *testing.T) {
	for _, c := range findingCases() {
		p := policyOf(c.rules...)
		p.Partial = true
		f := assessedWith(t, p, testSettings()).finding(c.code)
		want := c.effect
		if c.code == OversizedRange || c.code == UndersizedRange || c.code == RedundantRule {
			want = ""
		}
		if (f != nil) != (want != "") || f != nil && f.Effect != want {
			t.Errorf("%s, %s: %+v, want effect %q", c.code, c.name, f, want)
		}
	}
}

// TestPartial_Score: a lower bound says so, and counts nobody who is unknown.
func TestPartial_Score(t *testing.T) {
	p := policyOf(in(undeclared("x", "50000-53449/tcp"), internet("20.0.0.0/24"))...)
	p.Partial = true
	const want = "The score is at least 41 (high), and the limit is 40. The most expensive services, in points: undeclared tcp 40.3."
	if f := assessedWith(t, p, testSettings()).finding(ScoreLimit); f == nil || f.Message != want {
		t.Errorf("%+v, want %s", f, want)
	}
	p = policyOf(in(undeclared("x", "0-65535/tcp"), group(policy.Internet))...)
	p.Rules[0].Peers[0].Partial = true
	if a := assessedWith(t, p, testSettings()); a.Points != 0 || len(a.Findings) > 0 || len(a.Contributions) > 0 {
		t.Errorf("%f points, findings %+v", a.Points, a.Findings)
	}
	// Waivers that are not all known accept nothing and are not judged.
	p = policyOf(in(rsync, host)...)
	p.Waivers, p.WaiversPartial = []policy.Waiver{accept(WellKnownPort, rsyncOpen, []string{"10.1.2.3"})}, true
	if a := assessedWith(t, p, testSettings()); a.Verdict != Unknown || len(a.raised(Accepted)) > 0 {
		t.Errorf("%s, accepted are %v", a.Verdict, a.raised(Accepted))
	}
}
