package evasiontest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// What the design believes, or cannot see. Each test holds what the threat
// model says of it, so that a change of the one changes the other.

// TestLimits_Scattered: half of a network in pieces that are narrow enough is
// not a broad peer. The score counts the hosts, so it hides one halving.
func TestLimits_Scattered(t *testing.T) {
	var even []string
	for i, cidr := range equal(public16, 24) {
		if i%2 == 0 {
			even = append(even, cidr)
		}
	}
	whole, half := judged(t, opens(vault(from(public16)))), judged(t, opens(vault(from(even...))))
	if !slices.Equal(rejections(whole), []string{string(risk.BroadPeer)}) || half.Verdict != risk.Accept {
		t.Errorf("the whole is rejected by %v, every other /24 is judged %s", rejections(whole), half.Verdict)
	}
	if half.Score < whole.Score-1 {
		t.Errorf("every other /24 has a score of %d, the whole of %d", half.Score, whole.Score)
	}
	// From 90 % on it is the network.
	for _, c := range []struct {
		left  int
		found bool
	}{{51, true}, {52, false}} {
		excluded := make([]string, c.left)
		for i := range excluded {
			excluded[i] = fmt.Sprintf("198.51.101.%d", i)
		}
		a := judged(t, opens(vault(except("198.51.100.0/23", excluded...))))
		if got := slices.Contains(rejections(a), string(risk.BroadPeer)); got != c.found {
			t.Errorf("a /23 without %d of its 512 addresses: broad-peer %t", c.left, got)
		}
	}
}

// TestLimits_TwoPolicies: a policy is all that its author opens of a host.
// Whoever writes two of them for one host has two scores, each within the
// limit. Their findings stay.
func TestLimits_TwoPolicies(t *testing.T) {
	part := func(first int) policy.Rule {
		return rule(fmt.Sprintf("part-%d", first), undeclared("p", fmt.Sprintf("%d-%d/tcp", first, first+7)), zoned("dmz", "", "198.51.100.0/24"))
	}
	one := judged(t, opens(part(29168), rule("ssh", undeclared("ssh", "22/tcp"), zoned("dmz", "", "198.51.100.0/24"))))
	first, second := judged(t, opens(part(29168))), judged(t, opens(rule("ssh", undeclared("ssh", "22/tcp"), zoned("dmz", "", "198.51.100.0/24"))))
	if one.Points <= first.Points || one.Points <= second.Points || one.Points > first.Points+second.Points+1e-6 {
		t.Errorf("%f points together, %f and %f apart", one.Points, first.Points, second.Points)
	}
	if !slices.Contains(rejections(second), string(risk.SensitiveService)) {
		t.Errorf("SSH alone is rejected by %v", rejections(second))
	}
}

// TestLimits_DeclaredListener: nobody looks at the host. An exploited listener
// that is declared as something else costs less than the truth.
func TestLimits_DeclaredListener(t *testing.T) {
	peers := zoned("internet", "", "198.51.100.16/28")
	honest := judged(t, opens(rule("veeam", product("veeam", nil, "9401/tcp"), peers)))
	hidden := judged(t, opens(rule("veeam", negotiated("vault", "9401/tcp"), peers)))
	if !slices.Contains(rejections(honest), string(risk.ExploitedListenerFound)) || hidden.Verdict != risk.Accept || hidden.Points >= honest.Points {
		t.Errorf("declared: %v and %f points; hidden: %s and %f points", rejections(honest), honest.Points, hidden.Verdict, hidden.Points)
	}
}

// TestLimits_DeclaredZone: a zone outside of the organisation needs no reason,
// so that a public network counts for 16 times fewer hosts in the DMZ, and an
// exploited listener only warns there.
func TestLimits_DeclaredZone(t *testing.T) {
	veeam := product("veeam", nil, "9401/tcp")
	outside, dmz := judged(t, opens(rule("veeam", veeam, zoned("internet", "", "198.51.100.16/28")))), judged(t, opens(rule("veeam", veeam, zoned("dmz", "", "198.51.100.16/28"))))
	if len(rejections(outside)) == 0 || len(rejections(dmz)) > 0 || dmz.Points >= outside.Points {
		t.Errorf("internet: %v, %f points; DMZ: %v, %f points", rejections(outside), outside.Points, rejections(dmz), dmz.Points)
	}
	// The world stays the world.
	if a := judged(t, opens(rule("veeam", veeam, zoned("dmz", "", everyIPv4)))); !slices.Contains(rejections(a), string(risk.AnyPeer)) {
		t.Errorf("the world in the DMZ is rejected by %v", rejections(a))
	}
}

// TestLimits_WideWaiver: a waiver accepts what it lists. One that lists more
// than there is accepts, unseen, what comes later; it is written where it is
// reviewed, and a waiver of everything says so.
func TestLimits_WideWaiver(t *testing.T) {
	wide := waiver(risk.SensitiveService, ports("any"), addresses(everyIPv4, everyIPv6), later)
	if a := judged(t, waived(deskFrom(office), wide)); a.Verdict != risk.AcceptWithWaivers {
		t.Errorf("a waiver that lists everything: %s", a.Verdict)
	}
	a := judged(t, waived(deskFrom("10.20.0.0/16"), wide))
	if a.Verdict != risk.AcceptWithWaivers {
		t.Errorf("what has grown within it: %s", a.Verdict)
	}
	// It never changes the score, nor accepts another finding.
	if a := judged(t, waived(deskFrom(everyIPv4), wide)); !slices.Equal(rejections(a), []string{"any-peer", "score-limit"}) {
		t.Errorf("the world: %v", rejections(a))
	}
}

// TestLimits_PrefixListsBelowHalf: how wide the entries of a list are is not
// known, so it is no broad peer, whatever it is said to hold; up to half of the
// internet only the score speaks.
func TestLimits_PrefixListsBelowHalf(t *testing.T) {
	a := judged(t, opens(vault(references("", "", list("half", 1<<31)))))
	whole := judged(t, opens(vault(from("0.0.0.0/1"))))
	if a.Verdict != risk.Accept || a.Points < whole.Points {
		t.Errorf("a list of half of the internet: %s, %f points, and %f for its addresses", a.Verdict, a.Points, whole.Points)
	}
}

// TestLimits_Egress: by design what a host dials only warns, and counts a
// quarter. A rule counts by its direction and not by its name.
func TestLimits_Egress(t *testing.T) {
	out := vault(from(everyIPv4))
	out.Direction = policy.Egress
	a, in := judged(t, opens(out)), judged(t, opens(vault(from(everyIPv4))))
	if a.Verdict != risk.Accept || 4*a.Points-in.Points > 1e-5 || in.Points-4*a.Points > 1e-5 {
		t.Errorf("egress: %s, %f points; ingress %f", a.Verdict, a.Points, in.Points)
	}
	if !slices.ContainsFunc(a.Findings, func(f risk.Finding) bool { return f.Code == risk.AnyPeer && f.Effect == risk.Warn }) {
		t.Error("egress to everybody does not warn")
	}
}
