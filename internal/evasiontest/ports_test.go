package evasiontest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

const office = "10.20.30.16/28"

// single writes every port of a range by itself.
func single(first, last int, protocol string) []string {
	texts := make([]string, 0, last-first+1)
	for p := first; p <= last; p++ {
		texts = append(texts, fmt.Sprintf("%d/%s", p, protocol))
	}
	return texts
}

// steps cuts a range into pieces of the width.
func steps(first, last, width int) []string {
	var texts []string
	for p := first; p <= last; p += width {
		texts = append(texts, fmt.Sprintf("%d-%d/tcp", p, min(last, p+width-1)))
	}
	return texts
}

func odd(texts []string) []string {
	var kept []string
	for i, text := range texts {
		if i%2 == 1 {
			kept = append(kept, text)
		}
	}
	return kept
}

func TestPorts_Pieces(t *testing.T) {
	everyPort := opens(rule("all", undeclared("all", "0-65535/tcp"), from(office)))
	each := func(name, text string) policy.Rule { return rule(name, undeclared("p", text), from(office)) }
	run(t, []attack{
		{name: "65,536 single ports", same: true, verdict: risk.Rejected,
			hidden: opens(rule("all", undeclared("all", single(0, 65535, "tcp")...), from(office))), honest: everyPort},
		{name: "4,096 rules of 16 ports", same: true, verdict: risk.Rejected,
			hidden: ruleEach(steps(0, 65535, 16), each), honest: everyPort},
		{name: "odd and even ports in two rules", same: true, verdict: risk.Rejected,
			hidden: opens(rule("odd", undeclared("odd", odd(single(0, 65535, "tcp"))...), from(office)),
				rule("even", undeclared("even", odd(slices.Concat([]string{"0/tcp"}, single(0, 65535, "tcp")))...), from(office))),
			honest: everyPort},
		{name: "both halves to overlapping peers", verdict: risk.Rejected,
			hidden: opens(rule("low", undeclared("low", "0-32767/tcp"), from("10.20.30.0/24")), rule("high", undeclared("high", "32768-65535/tcp"), from(office, "10.99.0.1"))),
			honest: everyPort},
		{name: "both halves in two groups of one rule's peers", same: true, verdict: risk.Rejected,
			hidden: opens(rule("all", undeclared("all", "0-65535/tcp"), from("10.20.30.16/29"), from("10.20.30.24/29"))), honest: everyPort},
		{name: "all but port 0", verdict: risk.Rejected, slack: 1,
			hidden: opens(rule("all", undeclared("all", "1-65535/tcp"), from(office))), honest: everyPort},
		{name: "all but 6,000 of the high ports", verdict: risk.Rejected,
			hidden: opens(rule("all", undeclared("all", "0-59535/tcp"), from(office))), honest: everyPort},
		{name: "all but every tenth port, which happens to be 89.9 %", verdict: risk.Rejected, stays: []risk.Code{risk.BroadRange, risk.SensitiveService, risk.WellKnownPort, risk.ScoreLimit},
			hidden: opens(rule("all", undeclared("all", withoutEvery(10)...), from(office))), honest: everyPort},
		{name: "every protocol by its name", verdict: risk.Rejected, slack: 100,
			hidden: opens(rule("all", undeclared("all", "0-65535/tcp", "0-65535/udp", "0-65535/sctp", "icmp", "esp"), from(office))),
			honest: opens(rule("all", undeclared("all", "any"), from(office)))},
		{name: "every protocol beside one port", same: true, verdict: risk.Rejected,
			hidden: opens(rule("all", undeclared("all", "29168/tcp", "any"), from(office))), honest: opens(rule("all", undeclared("all", "any"), from(office)))},
		{name: "every protocol in a second range of a rule", verdict: risk.Rejected,
			hidden: opens(policy.Rule{Name: "all", Peers: []policy.PeerGroup{from(office)}, PortRanges: []policy.PortRange{negotiated("vault", quiet40), undeclared("rest", "any")}}),
			honest: opens(rule("all", undeclared("all", "any"), from(office)))},
		{name: "the desk inside a range", verdict: risk.Rejected,
			hidden: opens(rule("wide", undeclared("wide", "3380-3400/tcp"), from(office))), honest: opens(desk(from(office)))},
		{name: "the desk inside a negotiated range", verdict: risk.Rejected,
			hidden: opens(rule("wide", negotiated("wide", "3380-3400/tcp"), from(office))), honest: opens(desk(from(office)))},
		{name: "the desk over UDP", verdict: risk.Rejected,
			hidden: opens(rule("desk", undeclared("desk", "3389/udp"), from(office))), honest: opens(desk(from(office)))},
		{name: "the desk in a rule that looks like egress", verdict: risk.Rejected, same: true,
			hidden: opens(rule("egress-to-storage-outbound", undeclared("egress", "3389/tcp"), from(office))), honest: opens(desk(from(office)))},
		{name: "the desk in one of a hundred rules", verdict: risk.Rejected,
			hidden: ruleEach(append(single(29168, 29267, "tcp"), "3389/tcp"), each), honest: opens(desk(from(office)))},
		{name: "40 well-known ports, one a rule", same: true, verdict: risk.Rejected,
			hidden: ruleEach(single(100, 139, "tcp"), each), honest: opens(rule("all", undeclared("all", "100-139/tcp"), from(office)))},
		{name: "20,000 undeclared ports in ranges of 1,000", same: true, verdict: risk.Rejected,
			hidden: ruleEach(steps(12000, 31999, 1000), each), honest: opens(rule("all", undeclared("all", "12000-31999/tcp"), from(office)))},
		{name: "one negotiated range of 20,000 ports in 20 rules", same: true, verdict: risk.Rejected,
			hidden: ruleEach(steps(12000, 31999, 1000), func(name, text string) policy.Rule { return rule(name, negotiated("vault", text), from(office)) }),
			honest: opens(rule("all", negotiated("vault", "12000-31999/tcp"), from(office)))},
	})
}

func withoutEvery(n int) []string {
	var texts []string
	for p := 0; p <= 65535; p++ {
		if p%n != 0 {
			texts = append(texts, fmt.Sprintf("%d/tcp", p))
		}
	}
	return texts
}

func TestPorts_Declarations(t *testing.T) {
	handWritten := func(l policy.Listener) policy.PortRange {
		return policy.PortRange{Name: "range", Listeners: []policy.Listener{l}}
	}
	flow := func(flow, text string, negotiates bool) policy.PortRange {
		return handWritten(policy.Listener{Name: "l", Kind: policy.ProductFlow, Product: "veeam", Flow: flow, Ports: ports(text), Negotiated: negotiates})
	}
	run(t, []attack{
		{name: "well-known ports declared negotiated", verdict: risk.Rejected,
			hidden: opens(rule("all", negotiated("vault", "100-139/tcp"), from(office))), honest: opens(rule("all", undeclared("all", "100-139/tcp"), from(office)))},
		{name: "1-65535 declared negotiated", verdict: risk.Rejected, slack: 5,
			hidden: opens(rule("all", negotiated("vault", "1-65535/tcp"), from(office))), honest: opens(rule("all", undeclared("all", "1-65535/tcp"), from(office)))},
		{name: "the desk as a port of a product that does not document it", verdict: risk.Rejected,
			hidden: opens(rule("desk", product("veeam", nil, "3389/tcp"), from(office))), honest: opens(desk(from(office)))},
		{name: "the desk as the flow of a product, by hand", verdict: risk.Rejected,
			hidden: opens(rule("desk", flow("data-mover-range", "3389/tcp", true), from(office))), honest: opens(desk(from(office)))},
		{name: "SSH as the flow of a product that runs on it elsewhere, from everybody", verdict: risk.Rejected, stays: []risk.Code{risk.AnyPeer, risk.ScoreLimit},
			hidden: opens(rule("ssh", product("borg", nil, "22/tcp"), from(everyIPv4))), honest: opens(rule("ssh", undeclared("ssh", "22/tcp"), from(everyIPv4)))},
		{name: "all ports as a flow of a product, by hand", verdict: risk.Rejected, slack: 5,
			hidden: opens(rule("all", flow("data-mover-range", "0-65535/tcp", true), from(office))), honest: opens(rule("all", undeclared("all", "0-65535/tcp"), from(office)))},
		{name: "a documented range made wider by hand", verdict: risk.Rejected, slack: 5,
			hidden: opens(rule("all", flow("data-mover-range", "2500-22500/tcp", true), from(office))), honest: opens(rule("all", undeclared("all", "2500-22500/tcp"), from(office)))},
	})
}

// TestPorts_NegotiatedFlow_SaidNotToNegotiate: what a flow does is in the
// catalogue, whatever a hand-written listener says.
func TestPorts_NegotiatedFlow_SaidNotToNegotiate(t *testing.T) {
	for _, negotiates := range []bool{true, false} {
		p := opens(rule("data", policy.PortRange{Name: "range", Listeners: []policy.Listener{{Name: "l", Kind: policy.ProductFlow, Product: "veeam",
			Flow: "data-mover-range", Ports: ports("2500-3300/tcp"), Negotiated: negotiates}}}, from(office)))
		if a := judged(t, p); !slices.ContainsFunc(a.Findings, func(f risk.Finding) bool { return f.Code == risk.NeighbourServices }) {
			t.Errorf("negotiated = %t: no neighbour-services", negotiates)
		}
	}
}

// TestPorts_ManyListeners: what is declared to be forty listeners is scored as
// forty, which is dearer than one. The width of each is judged by itself, so
// that up to 90 % of the ports stay below broad-range: a limit of the design,
// in which a listener is what its author declares.
func TestPorts_ManyListeners(t *testing.T) {
	split := func(pieces []string) *policy.Policy {
		return ruleEach(pieces, func(name, text string) policy.Rule { return rule(name, negotiated("vault-"+name, text), from(office)) })
	}
	for _, c := range []struct {
		pieces []string
		whole  string
		warns  risk.Code
	}{
		{single(29168, 29207, "tcp"), quiet40, ""},
		{steps(29168, 29207, 10), quiet40, ""},
		{steps(12000, 31999, 5000), "12000-31999/tcp", risk.BroadRange},
	} {
		one, many := judged(t, opens(rule("all", negotiated("vault", c.whole), from(office)))), judged(t, split(c.pieces))
		if many.Points <= one.Points {
			t.Errorf("%s in %d listeners: %f points, and %f as one", c.whole, len(c.pieces), many.Points, one.Points)
		}
		found := 0
		for i := range many.Findings {
			if many.Findings[i].Code == c.warns {
				found++
			}
		}
		if c.warns != "" && found != len(c.pieces) {
			t.Errorf("%s in %d listeners: %d times %s", c.whole, len(c.pieces), found, c.warns)
		}
	}
	// 90 % are seen over all listeners.
	a := judged(t, split(steps(1024, 65535, 4096)))
	if found := rejections(a); !slices.Contains(found, string(risk.AllPorts)) || !slices.Contains(found, string(risk.ScoreLimit)) {
		t.Errorf("nearly all ports in listeners of 4,096: rejected by %v", found)
	}
}

// TestPorts_AnyIsWhole: the parts that have names are not all there is.
func TestPorts_AnyIsWhole(t *testing.T) {
	named := ports("0-65535/tcp", "0-65535/udp", "0-65535/sctp", "icmp", "icmpv6", "esp")
	if named.Equal(portset.Any()) || !portset.Any().Covers(named) {
		t.Error("any is not more than the protocols that have a name")
	}
}
