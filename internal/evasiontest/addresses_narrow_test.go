package evasiontest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func peersExcept(cidrs []string, excluded ...string) resolve.PeerGroupSpec {
	return resolve.PeerGroupSpec{CIDRs: cidrs, Except: excluded}
}

// TestAddresses_HolesInANetwork: an exclusion in each piece leaves no prefix
// that is too wide, and nearly all of the network.
func TestAddresses_HolesInANetwork(t *testing.T) {
	run(t, []attack{
		{name: "10.0.0.0/8 but eight addresses", verdict: risk.Rejected,
			hidden: opens(vault(except("10.0.0.0/8", holes("10.0.0.0/8", 11)...))), honest: opens(vault(from("10.0.0.0/8")))},
		{name: "a public /16 but 128 addresses", verdict: risk.Rejected,
			hidden: opens(vault(except(public16, holes(public16, 23)...))), honest: opens(vault(from(public16)))},
		{name: "a public /23 but one address", verdict: risk.Rejected,
			hidden: opens(vault(except("198.51.100.0/23", "198.51.101.7"))), honest: opens(vault(from("198.51.100.0/23")))},
		{name: "a public /20 but 16 of each 512", verdict: risk.Rejected, slack: 1,
			hidden: opens(vault(group(peersExcept([]string{"198.51.96.0/20"}, twentyEights("198.51.96.0/20")...)))),
			honest: opens(vault(from("198.51.96.0/20")))},
		{name: "an IPv6 /40 but 128 networks of /64", verdict: risk.Rejected,
			hidden: opens(vault(except("2001:db8::/40", sixtyFours("2001:db8::/40", 47)...))), honest: opens(vault(from("2001:db8::/40")))},
		{name: "a private IPv6 /40 but eight networks", verdict: risk.Rejected,
			hidden: opens(vault(except("fd00::/40", sixtyFours("fd00::/40", 43)...))), honest: opens(vault(from("fd00::/40")))},
		{name: "holes shared out over rules", verdict: risk.Rejected,
			hidden: ruleEach(equal("10.0.0.0/8", 12), func(name, cidr string) policy.Rule {
				return rule(name, negotiated("vault", quiet40), except(cidr, holes(cidr, 12)...))
			}),
			honest: opens(vault(from("10.0.0.0/8")))},
	})
}

// twentyEights are the first 16 addresses of each /23.
func twentyEights(cidr string) []string {
	list := holes(cidr, 23)
	for i := range list {
		list[i] += "/28"
	}
	return list
}

// sixtyFours are the first /64 networks of each piece.
func sixtyFours(cidr string, length int) []string {
	list := holes(cidr, length)
	for i := range list {
		list[i] += "/64"
	}
	return list
}

// TestAddresses_Encodings: the world, and a network that is too wide, through
// transition mechanisms, whole and in halves of different kinds.
func TestAddresses_Encodings(t *testing.T) {
	var attacks []attack
	mechanisms := []string{"mapped", "NAT64", "6to4", "Teredo"}
	for _, mechanism := range mechanisms {
		for _, cidr := range []string{everyIPv4, "10.0.0.0/8", public16} {
			attacks = append(attacks,
				attack{name: cidr + " as " + mechanism, verdict: risk.Rejected,
					hidden: opens(vault(from(through(mechanism, cidr)...))), honest: opens(vault(from(cidr)))},
				attack{name: cidr + " in quarters as " + mechanism, verdict: risk.Rejected,
					hidden: opens(vault(from(through(mechanism, equal(cidr, prefixLength(cidr)+2)...)...))), honest: opens(vault(from(cidr)))})
		}
		for _, other := range mechanisms {
			for _, cidr := range []string{everyIPv4, "198.51.100.0/23", "10.0.0.0/11"} {
				halves := equal(cidr, prefixLength(cidr)+1)
				peers := slices.Concat(through(mechanism, halves[0]), through(other, halves[1]))
				attacks = append(attacks,
					attack{name: fmt.Sprintf("%s half as %s and half as %s", cidr, mechanism, other), verdict: risk.Rejected,
						hidden: opens(vault(from(peers...))), honest: opens(vault(from(cidr)))},
					attack{name: fmt.Sprintf("%s half as %s and half as %s in two rules", cidr, mechanism, other), verdict: risk.Rejected,
						hidden: ruleEach(peers, func(name, cidr string) policy.Rule { return rule(name, negotiated("vault", quiet40), from(cidr)) }),
						honest: opens(vault(from(cidr)))})
			}
		}
	}
	run(t, append(attacks,
		attack{name: "IPv4-compatible addresses", verdict: risk.Rejected, hidden: opens(vault(from("::/96"))), honest: opens(vault(from(everyIPv4)))},
		// all-ports speaks of addresses as they are written; others reject.
		attack{name: "all ports, half of them to NAT64", verdict: risk.Rejected, stays: []risk.Code{risk.BroadRange, risk.ScoreLimit, risk.SensitiveService, risk.WellKnownPort},
			hidden: opens(rule("low", undeclared("low", "0-32767/tcp"), from("10.0.0.0/28")), rule("high", undeclared("high", "32768-65535/tcp"), from(through("NAT64", "10.0.0.0/28")...))),
			honest: opens(rule("all", undeclared("all", "0-65535/tcp"), from("10.0.0.0/28")))},
	))
}

func prefixLength(cidr string) int { return must(parsePrefix(cidr)).Bits() }

// TestAddresses_Zones: zones that are declared to look harmless. By design the
// declared zone sets the score, so the findings must stand alone.
func TestAddresses_Zones(t *testing.T) {
	var attacks []attack
	for _, zone := range []string{"management", "internal", "dmz", "partner"} {
		for _, reason := range []string{"x", "our own addresses, not routed"} {
			attacks = append(attacks,
				attack{name: fmt.Sprintf("the world in zone %s because %q", zone, reason), verdict: risk.Rejected, slack: 100,
					stays:  []risk.Code{risk.AnyPeer, risk.SensitiveService},
					hidden: opens(desk(zoned(zone, reason, everyIPv4))), honest: opens(desk(from(everyIPv4)))},
				attack{name: fmt.Sprintf("a /16 in zone %s because %q", zone, reason), verdict: risk.Rejected, slack: 100,
					stays:  []risk.Code{risk.BroadPeer},
					hidden: opens(vault(zoned(zone, reason, public16))), honest: opens(vault(from(public16)))})
		}
	}
	for _, reason := range []string{"", " ", "\t\n", "\u200b", "\u2060\ufeff", "\u00ad", "\u3164", "\u2800", "-", "...", "\u202e\u202c", "\u00a0"} {
		attacks = append(attacks, attack{name: fmt.Sprintf("a public /28 inside because %+q", reason), verdict: risk.Rejected, same: true,
			hidden: opens(vault(zoned("management", reason, "198.51.100.16/28"))), honest: opens(vault(zoned("management", "", "198.51.100.16/28")))})
	}
	inside, outside := zoned("management", "our own", "198.51.100.16/28"), zoned("internet", "", "198.51.100.16/28")
	run(t, append(attacks,
		attack{name: "a harmless zone beside the true one", verdict: risk.Rejected, same: true,
			hidden: opens(desk(inside, outside)), honest: opens(desk(outside))},
		attack{name: "a harmless zone in another rule", verdict: risk.Rejected, same: true,
			hidden: opens(desk(outside), rule("desk-2", undeclared("desk", "3389/tcp"), inside)), honest: opens(desk(outside))},
		attack{name: "a public network beside a private one, both inside", verdict: risk.Rejected, slack: 100,
			hidden: opens(vault(zoned("internal", "", "10.0.0.0/28", "198.51.100.16/28"))), honest: opens(vault(zoned("internal", "", "198.51.100.16/28")))},
		attack{name: "a public network as NAT64, inside", verdict: risk.Rejected, slack: 100,
			hidden: opens(vault(zoned("internal", "", through("NAT64", "198.51.100.16/28")...))), honest: opens(vault(zoned("internal", "", "198.51.100.16/28")))},
	))
}

// TestAddresses_References: objects of a cloud that hide whom they let in.
func TestAddresses_References(t *testing.T) {
	world := list("world", 1<<32)
	run(t, []attack{
		{name: "a prefix list of the world", verdict: risk.Rejected, hidden: opens(vault(references("", "", world))), honest: opens(vault(from(everyIPv4)))},
		{name: "a prefix list of the world, said to be inside", verdict: risk.Rejected, slack: 100,
			hidden: opens(vault(references("internal", "the list is ours", world))), honest: opens(vault(from(everyIPv4)))},
		{name: "the world in two prefix lists", verdict: risk.Rejected, slack: 1,
			hidden: opens(vault(references("", "", list("lower", 1<<31), list("upper", 1<<31)))), honest: opens(vault(from(everyIPv4)))},
		{name: "the world in two prefix lists of two rules", verdict: risk.Rejected, slack: 1,
			hidden: opens(vault(references("", "", list("lower", 1<<31))), rule("more", negotiated("vault", quiet40), references("", "", list("upper", 1<<31)))),
			honest: opens(vault(from(everyIPv4)))},
		{name: "half of the world as addresses and half as a list", verdict: risk.Rejected, slack: 1,
			hidden: opens(vault(from("0.0.0.0/1"), references("", "", list("upper", 1<<31)))), honest: opens(vault(from(everyIPv4)))},
		{name: "a prefix list said to be inside without a reason", verdict: risk.Rejected, slack: 100,
			hidden: opens(vault(references("management", "", list("office", 16)))), honest: opens(vault(zoned("management", "", "198.51.100.16/28")))},
		{name: "all ports for two groups of one list", verdict: risk.Rejected,
			hidden: opens(rule("low", undeclared("low", "0-32767/tcp"), references("", "", list("office", 16))), rule("high", undeclared("high", "32768-65535/tcp"), references("", "", list("office", 16)))),
			honest: opens(rule("all", undeclared("all", "0-65535/tcp"), references("", "", list("office", 16))))},
	})
}

// TestAddresses_References_ClaimedHosts: nobody but the cloud knows what is in
// a list, so the number that is claimed sets the score. This is a limit of the
// design; the claim is shown wherever the rule is.
func TestAddresses_References_ClaimedHosts(t *testing.T) {
	a := judged(t, opens(vault(references("", "", list("world", 1)))))
	if a.Verdict != risk.Accept || a.Score > 3 {
		t.Errorf("a list that is claimed to be one host is judged %s, score %d: say so in the threat model", a.Verdict, a.Score)
	}
	if hosts := a.Contributions[0].Hosts; hosts != 1 {
		t.Errorf("the report says %v hosts, and 1 was claimed", hosts)
	}
	claims := policy.Policy{Name: "primary", Rules: []policy.Rule{vault(references("", "", list("world", 1))), rule("more", negotiated("vault", quiet40), references("", "", list("world", 2)))}}
	if _, faults := risk.Assess(&claims, settings()); len(faults) != 1 || faults[0].Title != "Reference with two meanings" {
		t.Errorf("one list with two claims: %v", faults)
	}
}
