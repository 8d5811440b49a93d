package compile_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// showOpened writes entries one a line.
func showOpened(opened []compile.Opened) string {
	var b strings.Builder
	for _, o := range opened {
		peers := o.Prefixes.Strings()
		for _, name := range o.References {
			peers = append(peers, "ref:"+name)
		}
		fmt.Fprintf(&b, "%s %s %s: %s\n", o.Rule, o.Direction, o.Ports, strings.Join(peers, " "))
	}
	return b.String()
}

func TestDifference_Examples(t *testing.T) {
	for _, test := range []struct{ name, before, after, want string }{
		{"new ports for old peers",
			`ingress a 443/tcp from 198.51.100.0/24`,
			`ingress a 443/tcp 2500-3300/tcp from 198.51.100.0/24`,
			"a ingress 2500-3300/tcp: 198.51.100.0/24\n"},
		{"old ports for new peers",
			`ingress a 443/tcp from 198.51.100.0/25`,
			`ingress a 443/tcp from 198.51.100.0/24`,
			"a ingress 443/tcp: 198.51.100.128/25\n"},
		{"both at once, the old peers first",
			`egress a 443/tcp to 10.0.0.0/24`,
			`egress a 400/tcp 443/tcp to 10.0.0.0/24 10.0.9.0/24 ref:apps=google_network_tag`,
			"a egress 400/tcp: 10.0.0.0/24\na egress 400/tcp, 443/tcp: 10.0.9.0/24 ref:apps\n"},
		{"one entry for several peers with the same new ports",
			`ingress a 443/tcp from 10.0.0.1
			 ingress b 443/tcp from 10.0.5.1 2001:db8::1 ref:apps=google_network_tag`,
			`ingress a 22/tcp 443/tcp from 10.0.0.1 10.0.5.1 2001:db8::1 ref:apps=google_network_tag`,
			"a ingress 22/tcp: 10.0.0.1/32 10.0.5.1/32 2001:db8::1/128 ref:apps\n"},
		{"another rule allowed it before",
			`ingress a 20-30/tcp from 10.0.0.0/24`,
			`ingress b 22/tcp from 10.0.0.7`,
			""},
		{"another direction did not",
			`egress a 22/tcp to 10.0.0.7`,
			`ingress a 22/tcp from 10.0.0.7`,
			"a ingress 22/tcp: 10.0.0.7/32\n"},
		{"two rules open the same",
			``,
			`ingress b 22/tcp from 10.0.0.7
			 ingress a 22-23/tcp from 10.0.0.0/29`,
			"a ingress 22-23/tcp: 10.0.0.0/29\nb ingress 22/tcp: 10.0.0.7/32\n"},
		{"every protocol",
			`ingress b 22/tcp from 10.0.0.7 ref:apps=google_network_tag`,
			`ingress a any from 10.0.0.6/31 2001:db8::/64 ref:apps=google_network_tag`,
			"a ingress any: 10.0.0.6/32 2001:db8::/64\n" +
				"a ingress 0-21/tcp, 23-65535/tcp, 0-65535/udp, 0-65535/sctp, icmp, icmpv6, esp, other: ref:apps\n" +
				"a ingress 0-21/tcp, 23-65535/tcp, 0-65535/udp, 0-65535/sctp, icmp, esp, other: 10.0.0.7/32\n"},
		{"what does not exist for a family was not opened",
			`ingress a icmp icmpv6 from 10.0.0.1
			 ingress b icmp icmpv6 from 2001:db8::1`,
			`ingress a any from 10.0.0.1 ref:apps=google_network_tag
			 ingress b any from 2001:db8::1
			 ingress c icmp from 2001:db8::2
			 ingress d icmpv6 1/tcp from 10.0.0.2`,
			"a ingress any: ref:apps\n" +
				"a ingress 0-65535/tcp, 0-65535/udp, 0-65535/sctp, esp, other: 10.0.0.1/32\n" +
				"b ingress 0-65535/tcp, 0-65535/udp, 0-65535/sctp, esp, other: 2001:db8::1/128\n" +
				"d ingress 1/tcp: 10.0.0.2/32\n"},
		{"the wrong protocol for a family was open already",
			`ingress a icmpv6 from 10.0.0.1`,
			`ingress a any from 10.0.0.1`,
			"a ingress any: 10.0.0.1/32\n"},
		{"the ends of the spaces",
			`ingress a 1-65534/udp from 0.0.0.0/0 ::/0`,
			`ingress a 0-65535/udp from 0.0.0.0/0 ::/0`,
			"a ingress 0/udp, 65535/udp: 0.0.0.0/0 ::/0\n"},
		{"less than before",
			`ingress a any from 0.0.0.0/0
			 egress b 22/tcp to ref:apps=google_network_tag`,
			`ingress z 22/tcp from 10.0.0.0/8`,
			""},
	} {
		before, after := compiletest.MustParse(test.before), compiletest.MustParse(test.after)
		if got := showOpened(compile.Difference(after, before)); got != test.want {
			t.Errorf("%s:\n%swant\n%s", test.name, got, test.want)
		}
	}
	if got := showOpened(compile.Difference(compiletest.MustParse("ingress a 22/tcp from 10.0.0.7"), nil)); got != "a ingress 22/tcp: 10.0.0.7/32\n" {
		t.Errorf("without a policy before: %s", got)
	}
}

// opens reads an entry as its documentation says.
func opens(o *compile.Opened, p compiletest.Packet) bool {
	if o.Direction != p.Direction {
		return false
	}
	protocol := portset.Other
	for named, number := range numberOf {
		if number == p.Protocol {
			protocol = named
		}
	}
	if !o.Ports.Of(protocol).Contains(p.Port) {
		return false
	}
	if p.Peer.IsValid() {
		return o.Prefixes.Contains(p.Peer)
	}
	return slices.Contains(o.References, p.Reference)
}

// drawChange draws a policy and another one that has something in common with
// it: edited, respelt, split, or made up anew.
func drawChange(t *rapid.T) (after, before *policy.Policy) {
	draw := compiletest.Policies(compiletest.Options{References: everyKind})
	before = draw.Draw(t, "before")
	after = draw.Draw(t, "other")
	switch rapid.IntRange(0, 3).Draw(t, "change") {
	case 0: // rules taken from both, and some of them merged
		for i := range before.Rules {
			switch {
			case rapid.Bool().Draw(t, "keeps the rule") || i >= len(after.Rules):
				after.Rules = append(after.Rules, before.Rules[i])
			case rapid.Bool().Draw(t, "adds to the rule"):
				r := &after.Rules[i]
				r.PortRanges = append(slices.Clone(r.PortRanges), before.Rules[i].PortRanges...)
				r.Peers = append(slices.Clone(r.Peers), before.Rules[i].Peers...)
			}
		}
		seen := map[string]bool{}
		after.Rules = slices.DeleteFunc(after.Rules, func(r policy.Rule) bool {
			again := seen[r.Name]
			seen[r.Name] = true
			return again
		})
	case 1:
		after = compiletest.SplitRules(t, before)
		if n := len(after.Rules); n > 0 {
			after.Rules = after.Rules[rapid.IntRange(0, n-1).Draw(t, "first rule"):]
		}
	case 2:
		after, before = before, compiletest.SplitRules(t, before)
		if n := len(before.Rules); n > 0 {
			before.Rules = before.Rules[rapid.IntRange(0, n-1).Draw(t, "first rule"):]
		}
	}
	return after, before
}

// TestDifference_IsExactlyWhatIsNew compares packet by packet, and asks that
// every entry lies inside its rule and that all rules that open it are named.
func TestDifference_IsExactlyWhatIsNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		after, before := drawChange(t)
		opened := compile.Difference(after, before)
		extra := compiletest.Extra{}
		for i := range before.Rules {
			for _, entry := range before.Rules[i].Ports().Entries() {
				extra.Ports = append(extra.Ports, entry.Range)
			}
			extra.Prefixes = append(extra.Prefixes, before.Rules[i].Prefixes().Prefixes()...)
		}
		for i := range opened {
			for _, entry := range opened[i].Ports.Entries() {
				extra.Ports = append(extra.Ports, entry.Range)
			}
			extra.Prefixes = append(extra.Prefixes, opened[i].Prefixes.Prefixes()...)
		}
		used := make([]bool, len(opened))
		for _, packet := range compiletest.Packets(after, extra) {
			var want []string
			if len(compiletest.AllowedBy(before, packet)) == 0 {
				want = compiletest.AllowedBy(after, packet)
			}
			var got []string
			for i := range opened {
				if opens(&opened[i], packet) {
					got = append(got, opened[i].Rule)
					used[i] = true
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%v: newly opened by %v, want %v\n%s", packet, got, want, showOpened(opened))
			}
		}
		if i := slices.Index(used, false); i >= 0 {
			t.Fatalf("entry %d opens nothing\n%s", i, showOpened(opened))
		}
		assertOpenedForm(t, opened, after)
	})
}

// assertOpenedForm reads the documented form literally.
func assertOpenedForm(t *rapid.T, opened []compile.Opened, after *policy.Policy) {
	for i := range opened {
		o := &opened[i]
		at := slices.IndexFunc(after.Rules, func(r policy.Rule) bool { return r.Name == o.Rule })
		if at < 0 || after.Rules[at].Direction != o.Direction {
			t.Fatalf("entry %d names no rule of its direction\n%s", i, showOpened(opened))
		}
		r := &after.Rules[at]
		if !r.Ports().Covers(o.Ports) || !r.Prefixes().Covers(o.Prefixes) {
			t.Fatalf("entry %d is not inside its rule\n%s", i, showOpened(opened))
		}
		if !slices.IsSorted(o.References) || len(slices.Compact(slices.Clone(o.References))) != len(o.References) {
			t.Fatalf("entry %d has references %v\n%s", i, o.References, showOpened(opened))
		}
		for j := range opened[:i] {
			same := opened[j].Rule == o.Rule && opened[j].Direction == o.Direction
			if same && (opened[j].Ports.Equal(o.Ports) || opened[j].Prefixes.Overlaps(o.Prefixes)) {
				t.Fatalf("entries %d and %d should be one\n%s", j, i, showOpened(opened))
			}
		}
	}
	if !slices.IsSortedFunc(opened, func(a, b compile.Opened) int {
		return strings.Compare(fmt.Sprint(a.Rule, a.Direction), fmt.Sprint(b.Rule, b.Direction))
	}) {
		t.Fatalf("the entries are not sorted\n%s", showOpened(opened))
	}
}

// TestDifference_SpellingDoesNotMatter: what policies say decides, not how.
func TestDifference_SpellingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		after, before := drawChange(t)
		for _, same := range []*policy.Policy{before, compiletest.Respell(t, before), compiletest.SplitRules(t, before)} {
			if got := compile.Difference(same, before); len(got) > 0 {
				t.Fatalf("the same policy opens\n%s", showOpened(got))
			}
		}
		want := compile.Difference(after, before)
		for _, pair := range [][2]*policy.Policy{
			{compiletest.Respell(t, after), before},
			{after, compiletest.Respell(t, before)},
			{after, compiletest.SplitRules(t, before)},
		} {
			if got := compile.Difference(pair[0], pair[1]); !reflect.DeepEqual(got, want) {
				t.Fatalf("respelt it is\n%swant\n%s", showOpened(got), showOpened(want))
			}
		}
	})
}

// TestDifference_Partial: what is not known yet is left out, and no panic.
func TestDifference_Partial(t *testing.T) {
	after := compiletest.MustParse("ingress a 22/tcp from 10.0.0.7")
	after.Partial = true
	after.Rules[0].Partial = true
	after.Rules = append(after.Rules, policy.Rule{Name: "b", Partial: true})
	if got := showOpened(compile.Difference(after, compiletest.MustParse("ingress a 22/tcp from 10.0.0.8"))); got != "a ingress 22/tcp: 10.0.0.7/32\n" {
		t.Errorf("opened\n%s", got)
	}
}

func BenchmarkDifference(b *testing.B) {
	for _, shape := range compiletest.Shapes() {
		for _, n := range sizes {
			before, after := shape.Policy(n), shape.Policy(n)
			for i := range after.Rules { // every rule changes
				after.Rules[i].PortRanges = append(slices.Clone(after.Rules[i].PortRanges), compiletest.MustParse("ingress x 65000/tcp from 10.0.0.0").Rules[0].PortRanges...)
			}
			b.Run(fmt.Sprintf("%s/%d", shape.Name, n), func(b *testing.B) {
				for b.Loop() {
					compile.Difference(after, before)
				}
			})
		}
	}
}
