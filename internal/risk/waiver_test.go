package risk

import (
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// waiverCase is a policy with waivers for well-known-port or another code.
type waiverCase struct {
	name    string
	rules   []policy.Rule
	waivers []policy.Waiver
	verdict Verdict
	raises  []Code // of the waivers' own codes and of the waived ones, sorted as listed
}

func accept(code Code, open, peers []string, change ...func(*policy.Waiver)) policy.Waiver {
	w := policy.Waiver{Finding: string(code), Ports: ports(open...), Peers: addresses(peers...),
		Reason: "site B leaves rsync in March", Owner: "backup-team@example.org", Expires: today.AddDays(100)}
	for _, c := range change {
		c(&w)
	}
	return w
}

func until(days int) func(*policy.Waiver) {
	return func(w *policy.Waiver) { w.Expires = today.AddDays(days) }
}

func forRules(names ...string) func(*policy.Waiver) {
	return func(w *policy.Waiver) { w.Rules = names }
}

func forReferences(names ...string) func(*policy.Waiver) {
	return func(w *policy.Waiver) { w.References = names }
}

func score(most int, change ...func(*policy.Waiver)) policy.Waiver {
	limit := func(w *policy.Waiver) { w.MaxScore = &most }
	return accept(ScoreLimit, nil, nil, append([]func(*policy.Waiver){limit}, change...)...)
}

var (
	rsync     = undeclared("legacy-rsync", "873/tcp")
	rsyncFor  = []string{dmz28, "2001:db8:40::/64"}
	rsyncOpen = []string{"873/tcp"}
	dmzPeers  = dmz(rsyncFor...)
)

func waiverCases() []waiverCase {
	known, rdp := WellKnownPort, undeclared("rdp", "3389/tcp")
	one := func(p policy.PortRange, peers ...policy.PeerGroup) []policy.Rule { return in(p, peers...) }
	full := accept(known, rsyncOpen, rsyncFor)
	over := in(undeclared("x", "50000-53449/tcp"), internet("20.0.0.0/24")) // score 41
	return []waiverCase{
		{"no waiver", one(rsync, dmzPeers), nil, Rejected, []Code{known}},
		{"covers", one(rsync, dmzPeers), []policy.Waiver{full}, AcceptWithWaivers, nil},
		{"covers more than there is", one(rsync, dmz(dmz28)), []policy.Waiver{full}, AcceptWithWaivers, nil},
		{"for another code", one(rsync, dmzPeers), []policy.Waiver{accept(SensitiveService, rsyncOpen, rsyncFor)}, Rejected, []Code{known, WaiverUnused}},
		{"one port more", one(undeclared("legacy-rsync", "873-874/tcp"), dmzPeers), []policy.Waiver{full}, Rejected, []Code{known}},
		{"another protocol", one(undeclared("legacy-rsync", "873/udp"), dmzPeers), []policy.Waiver{full}, Rejected, []Code{known, WaiverUnused}},
		{"one address more", one(rsync, dmzPeers, dmz("198.51.100.32")), []policy.Waiver{full}, Rejected, []Code{known}},
		{"one reference more", one(rsync, dmzPeers, references(policy.DMZ, ref1)), []policy.Waiver{full}, Rejected, []Code{known}},
		{"the reference accepted", one(rsync, dmzPeers, references(policy.DMZ, ref1)), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, forReferences("bastion"))}, AcceptWithWaivers, nil},
		{"a reference alone", one(rsync, references(policy.DMZ, ref1)), []policy.Waiver{accept(known, rsyncOpen, nil, forReferences("bastion"))}, AcceptWithWaivers, nil},
		{"another reference", one(rsync, references(policy.DMZ, ref1)), []policy.Waiver{accept(known, rsyncOpen, nil, forReferences("clients"))}, Rejected, []Code{known, WaiverUnused}},
		{"one rule more with the same values", append(one(rsync, dmzPeers), ingress("more", rsync, dmzPeers)), []policy.Waiver{full}, AcceptWithWaivers, nil},
		{"one rule more, the waiver names the first", append(one(rsync, dmzPeers), ingress("more", rsync, dmzPeers)), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, forRules("clients"))}, Rejected, []Code{known}},
		{"the waiver names both", append(one(rsync, dmzPeers), ingress("more", rsync, dmzPeers)), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, forRules("clients", "more"))}, AcceptWithWaivers, nil},
		{"a waiver for each", append(one(rsync, dmzPeers), ingress("more", rsync, dmzPeers)), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, forRules("clients")), accept(known, rsyncOpen, rsyncFor, forRules("more"))}, AcceptWithWaivers, nil},
		{"two waivers by peers", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor[:1]), accept(known, rsyncOpen, rsyncFor[1:])}, AcceptWithWaivers, nil},
		{"two waivers by ports", one(undeclared("x", "873-874/tcp"), dmzPeers), []policy.Waiver{full, accept(known, []string{"874/tcp"}, rsyncFor)}, AcceptWithWaivers, nil},
		{"two waivers that leave a corner", one(undeclared("x", "873-874/tcp"), dmzPeers), []policy.Waiver{full, accept(known, []string{"874/tcp"}, rsyncFor[:1])}, Rejected, []Code{known}},
		{"the other code of the same port remains", one(rdp, host), []policy.Waiver{accept(BroadRange, []string{"3389/tcp"}, []string{"10.1.2.3"})}, Rejected, []Code{SensitiveService, WaiverUnused}},
		{"a warning", one(of("bareos", undeclared("x", "9200/tcp")), host), []policy.Waiver{accept(UndocumentedPort, []string{"9200/tcp"}, []string{"10.1.2.3"})}, Rejected, []Code{SensitiveService}},
		{"only a warning", one(of("bareos", undeclared("x", "9250/tcp")), host), []policy.Waiver{accept(UndocumentedPort, []string{"9250/tcp"}, []string{"10.1.2.3"})}, Accept, nil},

		{"three waivers, each for a corner", one(undeclared("x", "873-874/tcp"), dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor[:1], until(25)),
			accept(known, []string{"874/tcp"}, rsyncFor, until(20)), accept(known, rsyncOpen, rsyncFor[1:], until(10))}, AcceptWithWaivers,
			[]Code{WaiverExpiring, WaiverExpiring, WaiverExpiring}},
		{"for any-peer", one(rsync, dmzPeers), []policy.Waiver{accept(AnyPeer, rsyncOpen, rsyncFor)}, Rejected, []Code{known, WaiverUnused}},
		{"a longer one makes it idle", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(3)), full}, AcceptWithWaivers, nil},

		{"the last day", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(0))}, AcceptWithWaivers, []Code{WaiverExpiring}},
		{"the day after", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(-1))}, Rejected, []Code{known, WaiverExpired}},
		{"30 days left", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(30))}, AcceptWithWaivers, []Code{WaiverExpiring}},
		{"31 days left", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(31))}, AcceptWithWaivers, nil},
		{"expired and replaced", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(-1)), full}, AcceptWithWaivers, nil},
		{"replaced, the new one first", one(rsync, dmzPeers), []policy.Waiver{full, accept(known, rsyncOpen, rsyncFor, until(-1))}, AcceptWithWaivers, nil},
		{"expired and half replaced", one(rsync, dmzPeers), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(-1)), accept(known, rsyncOpen, rsyncFor[:1])}, Rejected, []Code{known, WaiverExpired}},
		{"expired with nothing left of it", one(vault, host), []policy.Waiver{accept(known, rsyncOpen, rsyncFor, until(-1))}, Accept, []Code{WaiverUnused}},
		{"an expired waiver of a warning", one(of("bareos", undeclared("x", "9250/tcp")), host), []policy.Waiver{accept(UndocumentedPort, []string{"9250/tcp"}, []string{"10.1.2.3"}, until(-1))}, Rejected, []Code{WaiverExpired, UndocumentedPort}},
		{"unused", one(vault, host), []policy.Waiver{full}, Accept, []Code{WaiverUnused}},

		{"the score accepted", over, []policy.Waiver{score(41)}, AcceptWithWaivers, nil},
		{"a lower score accepted", over, []policy.Waiver{score(40)}, Rejected, []Code{ScoreLimit}},
		{"the second of two scores", over, []policy.Waiver{score(40), score(90)}, AcceptWithWaivers, nil},
		{"a score under the limit", one(vault, host), []policy.Waiver{score(50)}, Accept, []Code{WaiverUnused}},
		{"a score accepted once", over, []policy.Waiver{score(50, until(-1))}, Rejected, []Code{ScoreLimit, WaiverExpired}},
		{"a score accepted anew", over, []policy.Waiver{score(50, until(-1)), score(50, until(3))}, AcceptWithWaivers, []Code{WaiverExpiring}},
		{"a score accepted twice", over, []policy.Waiver{score(60, until(3)), score(50, until(200))}, AcceptWithWaivers, nil},
		{"a score accepted, and other values", over, []policy.Waiver{score(41), accept(BroadRange, []string{"50000-53449/tcp"}, []string{"20.0.0.0/24"})}, AcceptWithWaivers, nil},
		{"a score accepted, and what else was has expired", append(in(undeclared("x", "50000-53449/tcp"), internet("20.0.0.0/24")), ingress("legacy", rsync, dmzPeers)),
			[]policy.Waiver{score(90), accept(known, rsyncOpen, rsyncFor, until(-1))}, Rejected, []Code{known, WaiverExpired}},
	}
}

func TestWaivers_AcceptValues(t *testing.T) {
	for _, c := range waiverCases() {
		t.Run(c.name, func(t *testing.T) {
			p := policyOf(c.rules...)
			plain := assessedWith(t, p, testSettings())
			p.Waivers = c.waivers
			a := assessedWith(t, p, testSettings())
			if a.Verdict != c.verdict {
				t.Errorf("verdict %s, want %s", a.Verdict, c.verdict)
			}
			if a.Points != plain.Points || a.Score != plain.Score || a.Limit != plain.Limit {
				t.Errorf("the waivers change the score from %f to %f", plain.Points, a.Points)
			}
			var raised []Code
			waived := map[Code]bool{}
			for _, w := range c.waivers {
				waived[Code(w.Finding)] = true
			}
			for _, f := range a.Findings {
				own := f.Code == WaiverExpired || f.Code == WaiverExpiring || f.Code == WaiverUnused
				if own || f.Effect == Reject || f.Effect == Warn && waived[f.Code] {
					raised = append(raised, f.Code)
				}
				if (f.Effect == Accepted) != (f.WaivedBy != "") {
					t.Errorf("%s is %s and waived by %q", f.Code, f.Effect, f.WaivedBy)
				}
			}
			if !slices.Equal(raised, c.raises) {
				t.Errorf("raised %v, want %v", raised, c.raises)
			}
		})
	}
}

// TestWaivers_OwnLimit: the policy's own limit counts like the provider's.
func TestWaivers_OwnLimit(t *testing.T) {
	p := policyOf(in(vault, dmz(dmz28))...)
	plain := assessedWith(t, p, testSettings())
	limit := plain.Score
	p.MaxScore = &limit
	if a := assessedWith(t, p, testSettings()); a.Limit != limit || a.Verdict != Accept {
		t.Errorf("score %d: limit %d, verdict %s", a.Score, a.Limit, a.Verdict)
	}
	limit--
	if a := assessedWith(t, p, testSettings()); a.Limit != limit || a.Verdict != Rejected || a.finding(ScoreLimit) == nil {
		t.Errorf("score %d: limit %d, verdict %s", a.Score, a.Limit, a.Verdict)
	}
}

// Findings repeat the owner, and the mark of a rejection is told by its place.
func TestWaiver_OwnerWithHiddenCharacters_IsRefused(t *testing.T) {
	p := policyOf(in(rsync, dmzPeers)...)
	p.Waivers = []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor, func(w *policy.Waiver) { w.Owner = "ops\n\u202e" })}
	a, faults := Assess(p, testSettings())
	if a != nil || len(faults) != 1 || faults[0].Title != "Text with hidden characters" || faults[0].Path.String() != "waiver[0].owner" {
		t.Errorf("%v, %v", a, faults)
	}
}

// TestWaivers_WaivedBy: each waiver that is needed, once, with its owner and end.
func TestWaivers_WaivedBy(t *testing.T) {
	end := func(days int) string { return today.AddDays(days).String() }
	for name, want := range map[string]string{
		"covers":                             "waiver[0] (backup-team@example.org, until " + end(100) + ")",
		"one rule more with the same values": "waiver[0] (backup-team@example.org, until " + end(100) + ")",
		"two waivers by peers":               "waiver[0] (backup-team@example.org, until " + end(100) + "), waiver[1] (backup-team@example.org, until " + end(100) + ")",
		"a longer one makes it idle":         "waiver[1] (backup-team@example.org, until " + end(100) + ")",
		"a score accepted twice":             "waiver[1] (backup-team@example.org, until " + end(200) + ")",
		"expired and replaced":               "waiver[1] (backup-team@example.org, until " + end(100) + ")",
	} {
		for _, c := range waiverCases() {
			if c.name != name {
				continue
			}
			p := policyOf(c.rules...)
			p.Waivers = c.waivers
			var got []string
			for _, f := range assessedWith(t, p, testSettings()).Findings {
				if f.Effect == Accepted {
					got = append(got, f.WaivedBy)
				}
			}
			if !slices.Equal(got, []string{want}) {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	}
}
