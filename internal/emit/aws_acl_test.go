package emit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// TestNetworkACL_Opens_ThePolicyAndItsAnswers checks packet by packet what
// stands beside the author's rules: the answers, written down here once more.
func TestNetworkACL_Opens_ThePolicyAndItsAnswers(t *testing.T) {
	target, _ := emit.TargetNamed("aws_network_acl_rules")
	o := emit.Options{Arguments: map[string]any{"peer_ephemeral_ports": "25-60000", "host_ephemeral_ports": "1-24"}}
	// By the direction of the rule that is answered.
	ephemeral := map[policy.Direction]portset.Range{policy.Ingress: {First: 25, Last: 60000}, policy.Egress: {First: 1, Last: 24}}
	numbers := map[uint8]portset.Protocol{1: portset.ICMP, 6: portset.TCP, 17: portset.UDP, 47: portset.Other, 50: portset.ESP, 58: portset.ICMPv6, 132: portset.SCTP}
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(compiletest.Options{WholeSCTP: true}).Draw(t, "policy")
		q, faults := target.Opens(p, o)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		for _, packet := range compiletest.Packets(q, compiletest.Extra{}) {
			want := compiletest.AllowedBy(p, packet)
			for i := range p.Rules {
				r := &p.Rules[i]
				if r.Direction == packet.Direction || !r.Prefixes().Contains(packet.Peer) || r.Ports().Of(numbers[packet.Protocol]).IsEmpty() {
					continue
				}
				// Only a rule that opens everything opens unnamed protocols.
				everything := !r.Ports().Of(portset.Other).IsEmpty()
				if hasPorts := packet.Protocol == 6 || packet.Protocol == 17; everything || !hasPorts || ephemeral[r.Direction].Contains(packet.Port) {
					want = append(want, r.Name)
				}
			}
			slices.Sort(want)
			if got := compiletest.AllowedBy(q, packet); !slices.Equal(slices.Compact(got), slices.Compact(want)) {
				t.Fatalf("%v is let pass by %v, want %v", packet, got, want)
			}
		}
		for i := range q.Rules {
			for j := range q.Rules[:i] {
				if q.Rules[i].Name == q.Rules[j].Name && q.Rules[i].Direction == q.Rules[j].Direction {
					t.Fatalf("%s %s stands twice", q.Rules[i].Direction, q.Rules[i].Name)
				}
			}
		}
	})
}

// TestNetworkACL_Opens_LeavesThePolicyAlone: the author's policy is read again,
// and the answers go to whatever listens.
func TestNetworkACL_Opens_LeavesThePolicyAlone(t *testing.T) {
	target, _ := emit.TargetNamed("aws_network_acl_rules")
	const text = "policy p\ningress a 22/tcp from 10.0.0.0/24\negress b icmp to 10.0.0.0/24"
	p := compiletest.MustParse(text)
	q, _ := target.Opens(p, emit.Options{})
	if fmt.Sprint(p) != fmt.Sprint(compiletest.MustParse(text)) || len(q.Rules) != 4 {
		t.Errorf("the policy became %v and opens %v", p, q)
	}
	for _, i := range []int{1, 3} {
		if l := q.Rules[i].PortRanges[0].Listeners[0]; l.Kind != policy.Undeclared || len(policy.Validate(q)) > 0 {
			t.Errorf("the answers go to %+v (%v), want an undeclared listener", l, policy.Validate(q))
		}
	}
}

// TestNetworkACL_Numbers: they lie in the band, fill it where they must, and
// stay when a peer comes.
func TestNetworkACL_Numbers(t *testing.T) {
	target, _ := emit.TargetNamed("aws_network_acl_rules")
	numbers := func(text string, first, last int64) map[string]int64 {
		result, faults := emitted(target, compiletest.MustParse(text), emit.Options{Arguments: map[string]any{"first_rule_number": first, "last_rule_number": last}})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		named := map[string]int64{}
		for d, rows := range [][]emit.Row{result.Ingress, result.Egress} {
			for _, row := range rows {
				number := row.Values[0].(int64)
				if number < first || number > last {
					t.Errorf("%s has the number %d, outside %d to %d", row.Key, number, first, last)
				}
				named[fmt.Sprint(d, " ", row.Key)] = number
			}
		}
		return named
	}
	text := "ingress a 22/tcp from" + peers(6) + networks(6)
	for _, end := range [][2]int64{{1, 12}, {32755, 32766}} {
		full := numbers(text, end[0], end[1])
		for d := range 2 {
			var used []int64
			for key, number := range full {
				if strings.HasPrefix(key, fmt.Sprint(d)) {
					used = append(used, number)
				}
			}
			slices.Sort(used)
			if len(slices.Compact(used)) != 12 {
				t.Errorf("direction %d uses %v, want each of 12 numbers once", d, used)
			}
		}
	}
	before, after := numbers(text, 1000, 29999), numbers(text+" 192.0.2.7", 1000, 29999)
	for key, number := range before {
		if after[key] != number {
			t.Errorf("%s had the number %d and has %d", key, number, after[key])
		}
	}
	if len(after) != len(before)+2 {
		t.Errorf("%d rules became %d, want two more", len(before), len(after))
	}
}

func TestNetworkACL_Headroom(t *testing.T) {
	target, _ := emit.TargetNamed("aws_network_acl_rules")
	for _, test := range []struct {
		name, policy       string
		options            emit.Options
		count, limit, left int
	}{
		{"the default rule takes one", "ingress a 22/tcp from" + peers(3), emit.Options{}, 6, 20, 16},
		{"the fuller family counts", "ingress a 22/tcp from" + peers(3) + networks(4), emit.Options{}, 14, 20, 15},
		{"rules and answers share a direction", "ingress a 22/tcp from" + peers(3) + "\negress b 22/tcp to" + networks(1) + " 172.16.0.0/12", emit.Options{}, 10, 20, 15},
		{"rules elsewhere", "ingress a 22/tcp from" + peers(3), emit.Options{RulesElsewhere: 16}, 6, 20, 0},
		{"just full", "ingress a 22/tcp from" + peers(19) + networks(19), emit.Options{}, 76, 20, 0},
		{"raised, just full", "ingress a 22/tcp from" + peers(39), emit.Options{Limits: map[string]int{"rules": 40}}, 78, 40, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, faults := emitted(target, compiletest.MustParse(test.policy), test.options)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if result.RuleCount != test.count || result.Limit != test.limit || result.Headroom != test.left {
				t.Errorf("%d rules, limit %d, headroom %d; want %d, %d and %d",
					result.RuleCount, result.Limit, result.Headroom, test.count, test.limit, test.left)
			}
		})
	}
}

// TestNetworkACL_HostilePorts: whatever stands there is quoted, kept short and
// refused.
func TestNetworkACL_HostilePorts(t *testing.T) {
	target, _ := emit.TargetNamed("aws_network_acl_rules")
	for _, text := range []string{"", " ", "any", "icmp", "1024-65535 ", "01024-65535", "65535-1024", "1024-65536", "-1", "1024-", "1024–65535",
		"1024-65535/udp", "1024,2048", "1-2\n3", "\"}", "#", "`", "${x}", "\x1b[31m22", "\x00", strings.Repeat("9", 10_000), strings.Repeat("-", 10_000)} {
		_, faults := emitted(target, compiletest.MustParse("ingress a 22/tcp from 10.0.0.0/24"),
			emit.Options{Arguments: map[string]any{"peer_ephemeral_ports": text}})
		want := "peer_ephemeral_ports: Not a range of ports: peer_ephemeral_ports = " + policy.Quote(text) + " is not a range of ports. "
		if got := faults.Error(); len(faults) != 1 || !strings.HasPrefix(got, want) || len(got) > 700 || strings.ContainsAny(got, "\n\x1b\x00") {
			t.Errorf("%.60q: %q", text, got)
		}
	}
}
