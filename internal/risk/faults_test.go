package risk

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// TestAssess_Faults: what keeps a policy from being judged, in exact words.
func TestAssess_Faults(t *testing.T) {
	hundred, minus, forty, fortyOne, zero, most := 101, -1, 40, 41, 0, 100
	const scoreAlone = `waiver[0].finding: Waiver with unused values: A waiver for score-limit accepts max_score alone; rules, ports and peers mean nothing to it. A restriction that is not applied would look like one. Leave rules, ports and peers out.`
	const codes = "any-peer, broad-peer, well-known-port, sensitive-service, all-ports, broad-range, score-limit, exploited-listener, " +
		"public-peer-private-claim, undocumented-port, oversized-range, undersized-range, neighbour-services, cleartext, redundant-rule"
	change := func(f func(*policy.Waiver)) func(*policy.Policy, *Settings) {
		return func(p *policy.Policy, _ *Settings) {
			p.Waivers = []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor, f)}
		}
	}
	scored := func(f func(*policy.Waiver)) func(*policy.Policy, *Settings) {
		return func(p *policy.Policy, _ *Settings) { p.Waivers = []policy.Waiver{score(40, f)} }
	}
	for _, c := range []struct {
		name   string
		change func(*policy.Policy, *Settings)
		want   string
	}{
		{"unknown code", change(func(w *policy.Waiver) { w.Finding = "well-known" }),
			`waiver[0].finding: Unknown finding code: finding = "well-known" is not a finding code. A waiver accepts exactly one kind of finding. Use one of ` + codes + "."},
		{"about waivers", change(func(w *policy.Waiver) { w.Finding = "waiver-expired" }),
			`waiver[0].finding: Finding cannot be waived: finding = "waiver-expired" is about waivers themselves. A waiver for it would hide that another one has run out. Renew or remove the waiver that it speaks of.`},
		{"only informs", change(func(w *policy.Waiver) { w.Finding = "ephemeral-overlap" }),
			`waiver[0].finding: Finding cannot be waived: finding = "ephemeral-overlap" only informs. It rejects nothing and warns of nothing, so there is nothing to accept. Remove the waiver.`},
		{"forbidden", func(p *policy.Policy, s *Settings) {
			p.Waivers, s.Unwaivable = []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor)}, []Code{AnyPeer, WellKnownPort}
		}, `waiver[0].finding: Waiver forbidden: finding = "well-known-port" is in the provider's unwaivable list. The organisation decided that nobody accepts this risk alone. Remove the waiver and change the rule.`},
		{"another one forbidden", func(p *policy.Policy, s *Settings) {
			p.Waivers, s.Unwaivable = []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor)}, []Code{AnyPeer, ScoreLimit}
		}, ""},
		{"waivers that are not known yet", func(p *policy.Policy, _ *Settings) {
			p.Waivers, p.WaiversPartial = []policy.Waiver{accept(WellKnownPort, nil, nil)}, true
		}, ""},
		{"no such rule", change(forRules("clients", "servers")),
			`waiver[0].rules: Waiver for no rule: rules names "servers", and the policy has no such rule. The waiver would accept nothing, or a rule that somebody adds later. Write the key of a rule of this policy.`},
		{"no reason", change(func(w *policy.Waiver) { w.Reason = " " }),
			`waiver[0].reason: Waiver without reason: reason = " " says nothing. An accepted risk needs somebody who knows why and until when. Say why the risk is accepted, for example "site B leaves rsync in March".`},
		{"no owner", change(func(w *policy.Waiver) { w.Owner = "" }),
			`waiver[0].owner: Waiver without owner: owner = "" says nothing. An accepted risk needs somebody who knows why and until when. Name who answers for it, for example an e-mail address of a team.`},
		{"no ports", change(func(w *policy.Waiver) { w.Ports = ports() }),
			`waiver[0].ports: Waiver without ports: The waiver for "well-known-port" lists no ports. It accepts values, not a place: if the rule grows beyond them, the finding is back. List the accepted ports as the finding names them, for example ports = ["873/tcp"].`},
		{"no peers", change(func(w *policy.Waiver) { w.Peers = addresses() }),
			`waiver[0].peers: Waiver without peers: The waiver for "well-known-port" lists no peers. It accepts values, not a place: if the rule grows beyond them, the finding is back. List the accepted peers as the finding names them, for example peers = ["198.51.100.16/28"].`},
		{"a score for ports", change(func(w *policy.Waiver) { w.MaxScore = &forty }),
			`waiver[0].max_score: Waiver with unused values: max_score = 40 means nothing to a waiver for "well-known-port". A restriction that is not applied would look like one. Leave max_score out.`},
		{"too long", change(until(367)),
			`waiver[0].expires: Waiver lasts too long: expires = "2027-11-25" is 367 days ahead, and at most 366 are allowed. A risk that nobody looks at again is not accepted but forgotten. Write "2027-11-24" or an earlier day.`},
		{"just not too long", change(until(366)), ""},
		{"no today", func(p *policy.Policy, s *Settings) {
			p.Waivers, s.Today = []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor)}, policy.Date{}
		}, `waiver[0].expires: Waiver without today's date: The waiver ends on 2027-03-03, and nothing says which day it is. A function must give the same answer in plan and apply, so it cannot read the clock. Pass the day in the settings: { today = formatdate("YYYY-MM-DD", plantimestamp()) }.`},
		{"no today, no waiver", func(p *policy.Policy, s *Settings) { s.Today = policy.Date{} }, ""},
		{"score without a score", scored(func(w *policy.Waiver) { w.MaxScore = nil }),
			`waiver[0].max_score: Waiver without value: A waiver for score-limit has no max_score. It accepts a score, not whatever the policy grows to. Write the score that is accepted, from 0 to 100.`},
		{"score with ports", scored(func(w *policy.Waiver) { w.Ports = ports("22/tcp") }), scoreAlone},
		{"score with a rule", scored(forRules("clients")), scoreAlone},
		{"score with peers", scored(func(w *policy.Waiver) { w.Peers = addresses("10.1.2.3") }), scoreAlone},
		{"score with a reference", scored(forReferences("bastion")), scoreAlone},
		{"the lowest score", scored(func(w *policy.Waiver) { w.MaxScore = &zero }), ""},
		{"the highest score", scored(func(w *policy.Waiver) { w.MaxScore = &most }), ""},
		{"a score below zero", scored(func(w *policy.Waiver) { w.MaxScore = &minus }),
			`waiver[0].max_score: Score limit out of range: max_score = -1 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`},
		{"two faults", change(func(w *policy.Waiver) { w.Reason, w.Ports = "", ports() }), "" +
			`waiver[0].ports: Waiver without ports: The waiver for "well-known-port" lists no ports. It accepts values, not a place: if the rule grows beyond them, the finding is back. List the accepted ports as the finding names them, for example ports = ["873/tcp"].` + "\n" +
			`waiver[0].reason: Waiver without reason: reason = "" says nothing. An accepted risk needs somebody who knows why and until when. Say why the risk is accepted, for example "site B leaves rsync in March".`},
		{"limit above the provider's", func(p *policy.Policy, _ *Settings) { p.MaxScore = &fortyOne },
			`max_score: Score limit too high: max_score = 41 is above the provider's limit of 40. A policy may be stricter than the provider, never looser. Write 40 or less, leave it out, or accept the score with a waiver for score-limit.`},
		{"limit at the provider's", func(p *policy.Policy, _ *Settings) { p.MaxScore = &forty }, ""},
		{"waiver for no score", scored(func(w *policy.Waiver) { w.MaxScore = &hundred }),
			`waiver[0].max_score: Score limit out of range: max_score = 101 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`},
		{"limit below zero", func(p *policy.Policy, _ *Settings) { p.MaxScore = &minus },
			`max_score: Score limit out of range: max_score = -1 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, s := policyOf(in(rsync, dmzPeers)...), testSettings()
			c.change(p, &s)
			a, faults := Assess(p, s)
			if got := faults.Error(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if (a == nil) != (c.want != "") {
				t.Errorf("assessment %v beside %d faults", a != nil, len(faults))
			}
			for _, f := range faults {
				if len(strings.Fields(f.Title)) > 5 {
					t.Errorf("title %q has more than five words", f.Title)
				}
			}
		})
	}
}
