package evasiontest

import (
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

const later, past = "2027-03-31", "2026-11-22"

func deskFrom(cidrs ...string) *policy.Policy { return opens(desk(from(cidrs...))) }

func acceptsDesk(expires string, cidrs ...string) policy.Waiver {
	return waiver(risk.SensitiveService, ports("3389/tcp"), addresses(cidrs...), expires)
}

// TestWaivers: what grows beyond an accepted value is found again, and what
// does not accept a value accepts nothing.
func TestWaivers(t *testing.T) {
	accepted := waived(deskFrom("10.20.30.16/28"), acceptsDesk(later, "10.20.30.16/28"))
	if a := judged(t, accepted); a.Verdict != risk.AcceptWithWaivers {
		t.Fatalf("the waiver does not accept what it lists: %s", a.Verdict)
	}
	inRule := acceptsDesk(later, office)
	inRule.Rules = []string{"desk"}
	bareCode := func(code risk.Code) policy.Waiver {
		return waiver(code, ports("any"), addresses(everyIPv4, everyIPv6), later)
	}
	limit := 10
	scored := policy.Waiver{Finding: string(risk.ScoreLimit), MaxScore: &limit, Reason: "r1", Owner: "o1", Expires: must(policy.ParseDate(later))}
	run(t, []attack{
		{name: "peers grow", verdict: risk.Rejected, same: true,
			hidden: waived(deskFrom("10.20.30.0/27"), acceptsDesk(later, "10.20.30.16/28")), honest: deskFrom("10.20.30.0/27")},
		{name: "ports grow", verdict: risk.Rejected,
			hidden: waived(opens(rule("desk", undeclared("desk", "3388-3389/tcp", "5900/tcp"), from(office))), acceptsDesk(later, office)),
			honest: opens(rule("desk", undeclared("desk", "5900/tcp"), from(office)))},
		{name: "a second rule", verdict: risk.Rejected,
			hidden: waived(opens(desk(from(office)), rule("more", undeclared("more", "3389/tcp"), from(office))), inRule), honest: deskFrom(office)},
		{name: "the name of a rule is used again for something else", verdict: risk.Rejected,
			hidden: waived(opens(rule("desk", undeclared("desk", "3389/tcp"), from("10.99.0.0/24"))), inRule), honest: deskFrom("10.99.0.0/24")},
		{name: "another protocol", verdict: risk.Rejected,
			hidden: waived(opens(rule("desk", undeclared("desk", "3389/udp"), from(office))), acceptsDesk(later, office)),
			honest: opens(rule("desk", undeclared("desk", "3389/udp"), from(office)))},
		{name: "another encoding", verdict: risk.Rejected,
			hidden: waived(deskFrom(through("NAT64", office)...), acceptsDesk(later, office)), honest: deskFrom(through("NAT64", office)...)},
		{name: "another finding", verdict: risk.Rejected, stays: []risk.Code{risk.WellKnownPort},
			hidden: waived(opens(rule("port", undeclared("port", "111/tcp"), from(office))), waiver(risk.SensitiveService, ports("111/tcp"), addresses(office), later)),
			honest: opens(rule("port", undeclared("port", "111/tcp"), from(office)))},
		{name: "halves accept half", verdict: risk.Rejected,
			hidden: waived(deskFrom(office), acceptsDesk(later, "10.20.30.16/29")), honest: deskFrom(office)},
		{name: "an expired half beside a valid one", verdict: risk.Rejected,
			hidden: waived(deskFrom(office), acceptsDesk(later, "10.20.30.16/29"), acceptsDesk(past, "10.20.30.24/29")), honest: deskFrom(office)},
		{name: "an expired waiver", verdict: risk.Rejected,
			hidden: waived(deskFrom(office), acceptsDesk(past, office)), honest: deskFrom(office)},
		{name: "ports accepted for some peers and peers for other ports", verdict: risk.Rejected,
			hidden: waived(opens(rule("desk", undeclared("desk", "3389/tcp", "5900/tcp"), from("10.1.0.0/28", "10.2.0.0/28"))),
				waiver(risk.SensitiveService, ports("3389/tcp", "5900/tcp"), addresses("10.1.0.0/28"), later),
				waiver(risk.SensitiveService, ports("3389/tcp"), addresses("10.2.0.0/28"), later)),
			honest: opens(rule("desk", undeclared("desk", "5900/tcp"), from("10.2.0.0/28")))},
		{name: "everybody accepted, and the service not", verdict: risk.Rejected, stays: []risk.Code{risk.SensitiveService, risk.ScoreLimit},
			hidden: waived(deskFrom(everyIPv4), bareCode(risk.AnyPeer)), honest: deskFrom(everyIPv4)},
		{name: "the score accepted is passed", verdict: risk.Rejected, stays: []risk.Code{risk.ScoreLimit},
			hidden: waived(deskFrom(everyIPv4), bareCode(risk.AnyPeer), bareCode(risk.SensitiveService), scored), honest: deskFrom(everyIPv4)},
		{name: "everybody accepted in halves is everybody", verdict: risk.AcceptWithWaivers, same: true,
			hidden: waived(opens(vault(from(everyIPv4))), waiver(risk.AnyPeer, ports(quiet40), addresses("0.0.0.0/1", "128.0.0.0/1"), later)),
			honest: waived(opens(vault(from(everyIPv4))), waiver(risk.AnyPeer, ports(quiet40), addresses(everyIPv4), later))},
		{name: "everybody accepted but for one address", verdict: risk.Rejected,
			hidden: waived(opens(vault(from(everyIPv4))), waiver(risk.AnyPeer, ports(quiet40), except(everyIPv4, "198.51.100.1").Prefixes, later)),
			honest: opens(vault(from(everyIPv4)))},
		{name: "a prefix list of the world is accepted by its name alone", verdict: risk.Rejected,
			hidden: waived(opens(vault(references("", "", list("world", 1<<32)))), waiver(risk.AnyPeer, ports(quiet40), addresses(everyIPv4), later)),
			honest: opens(vault(from(everyIPv4)))},
	})
	named := waiver(risk.AnyPeer, ports(quiet40), addresses(), later)
	named.References = []string{"world"}
	if a := judged(t, waived(opens(vault(references("", "", list("world", 1<<32)))), named)); a.Verdict != risk.AcceptWithWaivers {
		t.Errorf("a waiver that names the list: %s", a.Verdict)
	}
}

// TestWaivers_Refused are waivers that could grow, and so cannot be judged.
func TestWaivers_Refused(t *testing.T) {
	for name, change := range map[string]func(*policy.Waiver){
		"Waiver without ports":     func(w *policy.Waiver) { w.Ports = ports() },
		"Waiver without peers":     func(w *policy.Waiver) { w.Peers = addresses() },
		"Waiver without reason":    func(w *policy.Waiver) { w.Reason = "\u200b \u3164" },
		"Waiver without owner":     func(w *policy.Waiver) { w.Owner = "\u2800-\u00ad" },
		"Waiver lasts too long":    func(w *policy.Waiver) { w.Expires = must(policy.ParseDate("2036-01-01")) },
		"Waiver for no rule":       func(w *policy.Waiver) { w.Rules = []string{"desk\u200b"} },
		"Unknown finding code":     func(w *policy.Waiver) { w.Finding = "sensitive-servіce" }, // a Cyrillic letter
		"Finding cannot be waived": func(w *policy.Waiver) { w.Finding = string(risk.WaiverExpired) },
	} {
		w := acceptsDesk(later, office)
		change(&w)
		_, faults := risk.Assess(waived(deskFrom(office), w), settings())
		titles := make([]string, len(faults))
		for i, f := range faults {
			titles[i] = f.Title
		}
		if !slices.Contains(titles, name) {
			t.Errorf("got %q, want %q", titles, name)
		}
	}
	over := 100
	p := deskFrom(office)
	p.MaxScore = &over
	if _, faults := risk.Assess(p, settings()); len(faults) != 1 || faults[0].Title != "Score limit too high" {
		t.Errorf("a limit above the provider's: %v", faults)
	}
}
