package risk

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// The seven invariants of the scoring design over random policies, a test each.

// tolerance is what the rounding of the contributions to a millionth may do to
// a comparison of sums.
const tolerance = 2e-6

// TestInvariant1_Monotone opens one thing more.
func TestInvariant1_Monotone(t *testing.T) { rapid.Check(t, opensMore) }

func opensMore(t *rapid.T) {
	narrow := drawPolicy(t, 4)
	wide := copied(narrow)
	r := &wide.Rules[rapid.IntRange(0, len(wide.Rules)-1).Draw(t, "changed rule")]
	group := &r.Peers[rapid.IntRange(0, len(r.Peers)-1).Draw(t, "changed group")]
	p := &r.PortRanges[rapid.IntRange(0, len(r.PortRanges)-1).Draw(t, "changed range")]
	l := &p.Listeners[rapid.IntRange(0, len(p.Listeners)-1).Draw(t, "changed listener")]
	change := sample(t, "change", []string{"prefix", "ports", "protocol", "reference", "rule", "listener", "group"})
	switch change {
	case "prefix":
		group.Prefixes = group.Prefixes.Union(drawPrefixes(t, 1, 2))
	case "ports":
		l.Ports = l.Ports.Union(drawPorts(t))
	case "protocol":
		l.Ports = l.Ports.Union(portset.WholeProtocol(sample(t, "protocol", portset.Protocols())))
	case "reference":
		known := map[string]bool{}
		for _, reference := range group.References {
			known[reference.Name] = true
		}
		if reference := sample(t, "new reference", referencePool); !known[reference.Name] {
			group.References = append(group.References, reference)
		}
	case "rule":
		wide.Rules = append(wide.Rules, drawRule(t, "rule-z"))
	case "listener":
		p.Listeners = append(p.Listeners, drawListener(t))
	case "group":
		r.Peers = append(r.Peers, drawGroup(t))
	}
	for i := range wide.Rules {
		wide.Rules[i] = withFamilies(wide.Rules[i])
	}
	less, more := assessedWith(t, narrow, testSettings()), assessedWith(t, wide, testSettings())
	if more.Points < less.Points-tolerance || more.Score < less.Score {
		t.Fatalf("one %s more lowers %.6f points, score %d, to %.6f, score %d", change, less.Points, less.Score, more.Points, more.Score)
	}
}

// rewritten says the same in other words: rules cut along groups, ranges,
// prefixes and ports, some of them twice, in another order.
func rewritten(t *rapid.T, p *policy.Policy) *policy.Policy {
	var rules []policy.Rule
	for _, r := range p.Rules {
		pieces := []policy.Rule{r}
		if rapid.Bool().Draw(t, "cut groups") {
			pieces = cutGroups(t, pieces)
		}
		if rapid.Bool().Draw(t, "cut listeners") {
			pieces = cutListeners(t, pieces)
		}
		rules = append(rules, pieces...)
		if chance(t, "repeat", 4) {
			rules = append(rules, r)
		}
	}
	order := rapid.Permutation(rules).Draw(t, "order")
	for i := range order {
		order[i].Name = fmt.Sprintf("rule-%03d", i)
		order[i].Peers = rapid.Permutation(order[i].Peers).Draw(t, "peers")
		order[i].PortRanges = rapid.Permutation(order[i].PortRanges).Draw(t, "ranges")
	}
	rewritten := *p
	rewritten.Rules = order
	return &rewritten
}

func cutGroups(t *rapid.T, rules []policy.Rule) []policy.Rule {
	var pieces []policy.Rule
	for _, r := range rules {
		for _, g := range r.Peers {
			lower, upper := g, g
			lower.Prefixes, upper.Prefixes = halves(g.Prefixes)
			upper.References = nil
			one, two := r, r
			one.Peers = []policy.PeerGroup{lower}
			if upper.Prefixes.IsEmpty() {
				pieces = append(pieces, one)
				continue
			}
			if rapid.Bool().Draw(t, "within the rule") {
				one.Peers = []policy.PeerGroup{upper, lower}
				pieces = append(pieces, one)
				continue
			}
			two.Peers = []policy.PeerGroup{upper}
			pieces = append(pieces, one, two)
		}
	}
	return pieces
}

func cutListeners(t *rapid.T, rules []policy.Rule) []policy.Rule {
	var pieces []policy.Rule
	for _, r := range rules {
		for _, portRange := range r.PortRanges {
			for _, l := range portRange.Listeners {
				for _, part := range cutPorts(t, l.Ports) {
					listener, single, piece := l, portRange, r
					listener.Ports = part
					single.Listeners = []policy.Listener{listener}
					piece.PortRanges = []policy.PortRange{single}
					pieces = append(pieces, piece)
				}
			}
		}
	}
	return pieces
}

// cutPorts cuts every entry in two and one off the first ports one by one.
func cutPorts(t *rapid.T, all portset.Ports) []portset.Ports {
	var parts []portset.Ports
	for _, e := range all.Entries() {
		first, last := int(e.Range.First), int(e.Range.Last)
		for i := 0; i < 3 && first < last && rapid.Bool().Draw(t, "cut one port"); i++ {
			parts = append(parts, portset.PortsOf(e.Protocol, portset.Of(portset.Range{First: uint16(first), Last: uint16(first)})))
			first++
		}
		if first < last {
			middle := rapid.IntRange(first, last-1).Draw(t, "middle")
			parts = append(parts, portset.PortsOf(e.Protocol, portset.Of(portset.Range{First: uint16(first), Last: uint16(middle)})))
			first = middle + 1
		}
		parts = append(parts, portset.PortsOf(e.Protocol, portset.Of(portset.Range{First: uint16(first), Last: uint16(last)})))
	}
	return parts
}

// substance is what of an assessment must not depend on the writing.
func substance(a *Assessment) string {
	lines := []string{fmt.Sprintf("%d %.6f %s %d", a.Score, a.Points, a.Verdict, a.Limit)}
	for _, c := range a.Contributions {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s, %.0f hosts, %.6f points", c.Direction, c.Service, c.Class, c.Ports, c.Hosts, c.Points))
	}
	for _, f := range a.Findings {
		if f.Code != RedundantRule {
			lines = append(lines, fmt.Sprintf("%s %s %s: %s for %s and %v", f.Effect, f.Severity, f.Code, f.Ports, f.Prefixes, f.References))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// difference lists the lines that only one of two texts has.
func difference(want, got string) string {
	var lines []string
	only := func(mark, a, b string) {
		known := map[string]bool{}
		for _, line := range strings.Split(b, "\n") {
			known[line] = true
		}
		for _, line := range strings.Split(a, "\n") {
			if !known[line] {
				lines = append(lines, mark+line)
			}
		}
	}
	only("- ", want, got)
	only("+ ", got, want)
	return strings.Join(lines, "\n")
}

// TestInvariant2_IndependentOfTheWriting cuts, repeats and reorders.
func TestInvariant2_IndependentOfTheWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t, 3)
		// Halves of an ICMP rule may lose the family that ICMP needs.
		for _, r := range p.Rules {
			if opened := r.Ports(); !opened.Of(portset.ICMP).IsEmpty() || !opened.Of(portset.ICMPv6).IsEmpty() {
				t.Skip("ICMP")
			}
		}
		other := rewritten(t, p)
		want, got := substance(assessedWith(t, p, testSettings())), substance(assessedWith(t, other, testSettings()))
		if want != got {
			t.Fatalf("written otherwise it is judged otherwise:\n%s", difference(want, got))
		}
	})
}

// TestInvariant2_NamesOfGroups: a group is what it holds. Two that differ in one
// respect are judged as each would be alone, whether they share a name or not.
func TestInvariant2_NamesOfGroups(t *testing.T) {
	list := func(names ...string) policy.PeerGroup {
		g := references(policy.DMZ)
		for _, name := range names {
			g.References = append(g.References, policy.Reference{Name: name, Kind: policy.AWSSecurityGroup, MaxHosts: 4})
		}
		return g
	}
	for _, c := range []struct {
		respect string
		a, b    policy.PeerGroup
	}{
		{"zone", internal("198.51.100.0/24"), group(policy.Partner, "198.51.100.0/24")},
		{"last address", dmz("198.51.100.0/25"), dmz("198.51.100.0/24")},
		{"first address", dmz("198.51.100.0/24"), dmz("198.51.100.128/25")},
		{"reference", list("a"), list("b")},
		{"number of references", list("a"), list("a", "b")},
		{"where the names end", list("ab", "c"), list("a", "bc")},
	} {
		for _, name := range []string{"peers", "other"} {
			for _, order := range [][2]policy.PeerGroup{{c.a, c.b}, {c.b, c.a}} {
				order[1].Name = name
				in, out := ingress("a", rsync, order[0]), egress("b", rsync, order[1])
				alone := []*Assessment{assessed(t, in), assessed(t, out)}
				both := assessed(t, in, out)
				if want := alone[0].Points + alone[1].Points; math.Abs(both.Points-want) > tolerance {
					t.Errorf("groups %q and %q differ in the %s: %f points, want %f", order[0].Name, name, c.respect, both.Points, want)
				}
				for _, a := range alone {
					want := a.finding(WellKnownPort)
					if !slices.ContainsFunc(both.Findings, func(f Finding) bool {
						return f.Code == WellKnownPort && f.peers() == want.peers() && f.Message == want.Message
					}) {
						t.Errorf("groups %q and %q differ in the %s: nothing says %s", order[0].Name, name, c.respect, want.Message)
					}
				}
			}
		}
	}
}

// TestInvariant3_Subadditive puts two policies together.
func TestInvariant3_Subadditive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, f := drawPolicy(t, 3), drawPolicy(t, 3)
		both := policyOf(append(append([]policy.Rule{}, e.Rules...), f.Rules...)...)
		a, b, union := assessedWith(t, e, testSettings()), assessedWith(t, f, testSettings()), assessedWith(t, both, testSettings())
		if union.Points > a.Points+b.Points+1e-6 {
			t.Fatalf("%.6f and %.6f make %.6f points", a.Points, b.Points, union.Points)
		}
	})
}

// TestInvariant4_ContributionsAddUp adds the lines of the report up.
func TestInvariant4_ContributionsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := assessedWith(t, drawPolicy(t, 4), testSettings())
		sum := 0.0
		for _, c := range a.Contributions {
			if c.Points <= 0 {
				t.Fatalf("%s adds %f points", c.Service, c.Points)
			}
			sum += c.Points
		}
		if math.Abs(sum-a.Points) > 0.01 {
			t.Fatalf("the lines add up to %.6f, not to %.6f", sum, a.Points)
		}
		if want := int(math.Min(100, math.Ceil(a.Points))); a.Score != want {
			t.Fatalf("%.6f points make a score of %d, want %d", a.Points, a.Score, want)
		}
	})
}

// rebuilt makes every set of the policy anew from pieces in another order.
func rebuilt(t *rapid.T, p *policy.Policy) *policy.Policy {
	c := copied(p)
	for i := range c.Rules {
		for j := range c.Rules[i].PortRanges {
			for k := range c.Rules[i].PortRanges[j].Listeners {
				l := &c.Rules[i].PortRanges[j].Listeners[k]
				l.Ports = portset.Merge(rapid.Permutation(cutPorts(t, l.Ports)).Draw(t, "pieces"))
			}
		}
		for j := range c.Rules[i].Peers {
			g := &c.Rules[i].Peers[j]
			lower, upper := halves(g.Prefixes)
			g.Prefixes = prefixset.UnionAll([]prefixset.Set{upper, lower, g.Prefixes})
		}
	}
	return c
}

// encoded writes everything that an assessment holds.
func encoded(a *Assessment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %v %s %d %s %t\n", a.Score, a.Points, a.Rating, a.Limit, a.Verdict, a.Partial)
	for _, c := range a.Contributions {
		fmt.Fprintf(&b, "%s|%s|%s|%q|%s|%v|%v\n", c.Service, c.Class, c.Direction, c.Rules, c.Ports, c.Hosts, c.Points)
	}
	for _, f := range a.Findings {
		fmt.Fprintf(&b, "%s|%s|%s|%q|%s|%s|%q|%s|%s|%s|%s\n", f.Code, f.Severity, f.Effect, f.Rules, f.Ports, f.Prefixes, f.References,
			f.Message, f.Remedy, f.WaivedBy, f.Place)
	}
	return b.String()
}

// TestInvariant5_Deterministic assesses twice, rebuilt, and on another day.
func TestInvariant5_Deterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t, 4)
		want := encoded(assessedWith(t, p, testSettings()))
		if got := encoded(assessedWith(t, p, testSettings())); got != want {
			t.Fatalf("the second time it differs:\n%s", difference(want, got))
		}
		if got := encoded(assessedWith(t, rebuilt(t, p), testSettings())); got != want {
			t.Fatalf("rebuilt it differs:\n%s", difference(want, got))
		}
		later := testSettings()
		later.Today = today.AddDays(1000)
		if got := encoded(assessedWith(t, p, later)); got != want {
			t.Fatalf("without waivers the day matters:\n%s", difference(want, got))
		}
	})
}
