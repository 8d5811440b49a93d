//go:build integration && linux

package kerneltest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// everything has each protocol and both families in both directions: ranges
// that touch and overlap, exclusions, a peer with all, ports at the ends.
const everything = `
policy everything
ingress agents 1556/tcp 2500-2539/tcp 13724/tcp from 10.0.0.16/28 10.0.0.40 except 10.0.0.17
ingress agents6 1556/tcp 2500-2539/tcp from 2001:db8::10/124 except 2001:db8::11
ingress movers 2540-2600/tcp 2520-2550/udp 0-2/udp from 10.0.0.24/29 2001:db8::18/125
ingress ends 65534-65535/tcp 0-1/tcp 65535/udp from 10.0.0.18
ingress cluster 9100-9101/sctp from 10.0.0.32/30 2001:db8::20/126
ingress ping icmp icmpv6 from 10.0.0.32/31 2001:db8::20/127 10.0.0.60
ingress tunnel esp from 10.0.0.33 2001:db8::21
ingress whole 0-65535/tcp from 10.0.0.50 2001:db8::50
ingress trusted any from 10.0.0.52/31 2001:db8::52/127
ingress wide 443/tcp from 128.0.0.0/1 2000::/3 except 192.0.2.0/24
egress media 10000-10003/tcp 10001/udp to 10.0.0.64/26 2001:db8::40/122 except 10.0.0.70 2001:db8::46
egress ping icmp icmpv6 esp 9100/sctp to 10.0.0.80/30 2001:db8::50/126
egress all any to 10.0.0.96 2001:db8::60
`

// ruleset is what the emitter makes of a policy.
func ruleset(t *testing.T, p *policy.Policy, arguments map[string]any) string {
	t.Helper()
	target, known := emit.TargetNamed("nftables_ruleset")
	if !known {
		t.Fatal("no target")
	}
	result, faults := target.Emit(p, emit.Options{Arguments: arguments})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return result.Outputs[0].(string)
}

var closed = map[string]any{"default_drop": true}

func TestKernel_LetsThroughExactlyThePolicy(t *testing.T) {
	require(t)
	p := compiletest.MustParse(everything)
	packets := compiletest.Packets(p, compiletest.Extra{})
	for _, d := range policy.Directions() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			n.load(t, ruleset(t, p, closed))
			seen := n.check(t, p, d, packets)
			for _, protocol := range []int{1, 6, 17, 47, 50, 58, 132} {
				for _, passed := range []bool{true, false} {
					if seen[outcome{protocol, passed}] == 0 {
						t.Errorf("no packet of protocol %d with passed = %v", protocol, passed)
					}
				}
			}
		})
	}
}

func TestKernel_LetsThroughExactlyGeneratedPolicies(t *testing.T) {
	require(t)
	for i, p := range richPolicies(16) {
		packets := someOf(compiletest.Packets(p, compiletest.Extra{}), 6000)
		for _, d := range policy.Directions() {
			t.Run(fmt.Sprintf("%d %s", i, d), func(t *testing.T) {
				t.Parallel()
				n := newNetwork(t)
				n.load(t, ruleset(t, p, closed))
				n.check(t, p, d, packets)
			})
		}
	}
}

// richPolicies are generated policies with several rules, the same ones in
// each run.
func richPolicies(count int) []*policy.Policy {
	var all []*policy.Policy
	for seed := 0; len(all) < count; seed++ {
		p := compiletest.Policies(compiletest.Options{}).Example(seed)
		packets := compiletest.Packets(p, compiletest.Extra{})
		allowed := slices.DeleteFunc(packets, func(packet compiletest.Packet) bool {
			return !canTravel(packet.Peer) || len(compiletest.AllowedBy(p, packet)) == 0
		})
		if len(p.Rules) >= 3 && len(allowed) >= 100 {
			all = append(all, p)
		}
	}
	return all
}

// someOf picks packets at random, the same ones in each run.
func someOf(packets []compiletest.Packet, most int) []compiletest.Packet {
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
	return packets[:min(len(packets), most)]
}

// TestKernel_WithoutDefaultDrop_ClosesNothing: what the policy does not allow
// passes, too.
func TestKernel_WithoutDefaultDrop_ClosesNothing(t *testing.T) {
	require(t)
	open := compiletest.MustParse("policy open\ningress in any from 0.0.0.0/0 ::/0\negress out any to 0.0.0.0/0 ::/0")
	packets := someOf(compiletest.Packets(compiletest.MustParse(everything), compiletest.Extra{}), 3000)
	for _, d := range policy.Directions() {
		n := newNetwork(t)
		n.load(t, ruleset(t, compiletest.MustParse(everything), nil))
		n.check(t, open, d, packets)
	}
}

// outcome is what is counted.
type outcome struct {
	protocol int
	passed   bool
}

// check sends the packets of one direction and compares each with the policy.
// It returns how many there were of each kind. A network is good for one
// direction: an allowed packet of a protocol without ports makes those that
// come back its answers.
func (n *network) check(t *testing.T, p *policy.Policy, d policy.Direction, packets []compiletest.Packet) map[outcome]int {
	t.Helper()
	var probes []*probe
	var wants []bool
	for _, packet := range packets {
		if packet.Direction == d && canTravel(packet.Peer) {
			probes = append(probes, probeOf(packet))
			wants = append(wants, expected(p, packet))
		}
	}
	if err := n.sendAll(d, probes, 400*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	// A machine under load may lose packets, so a few that should have passed
	// have a second chance. What should not have passed has not.
	var again []*probe
	for i, probe := range probes {
		if wants[i] && !probe.passed {
			again = append(again, probe)
		}
	}
	if len(again) <= 1+len(probes)/20 {
		if err := n.sendAll(d, again, 2*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[outcome]int{}
	wrong := 0
	for i, probe := range probes {
		seen[outcome{probe.protocol, probe.passed}]++
		if probe.passed == wants[i] {
			continue
		}
		if wrong++; wrong <= 10 {
			t.Errorf("%s %v: passed = %v, want %v", d, probe, probe.passed, wants[i])
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d %s packets do not fare as the policy says", wrong, len(probes), d)
	}
	t.Logf("%d packets, %d of them sent twice: %s", len(probes), len(again), summary(seen))
	return seen
}

// expected is what the policy says; a direction that it has no rules for stays
// as it was.
func expected(p *policy.Policy, packet compiletest.Packet) bool {
	return len(compiletest.AllowedBy(p, packet)) > 0 ||
		!slices.ContainsFunc(p.Rules, func(r policy.Rule) bool { return r.Direction == packet.Direction && !r.Prefixes().IsEmpty() })
}

func probeOf(packet compiletest.Packet) *probe {
	own := host6
	if packet.Peer.Is4() {
		own = host4
	}
	p := &probe{from: packet.Peer, to: own, protocol: int(packet.Protocol), port: packet.Port}
	if packet.Direction == policy.Egress {
		p.from, p.to = p.to, p.from
	}
	return p
}

// sendAll sends probes from the peer to the host, or the other way.
func (n *network) sendAll(d policy.Direction, probes []*probe, wait time.Duration) error {
	from, to := n.peer, n.host
	if d == policy.Egress {
		from, to = n.host, n.peer
	}
	if len(probes) == 0 {
		return nil
	}
	var answered, raw []*probe
	for _, p := range probes {
		if p.answered() {
			answered = append(answered, p)
		} else {
			raw = append(raw, p)
		}
	}
	if err := from.dial(answered, wait); err != nil {
		return err
	}
	return from.send(to, raw, wait)
}

// stuck are addresses of which the kernel takes no packets from a cable,
// whatever a firewall says.
var stuck = prefixset.Of(
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("::/127"), netip.MustParsePrefix("::ffff:0:0/96"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("ff00::/8"),
)

func canTravel(a netip.Addr) bool {
	return a.IsValid() && !stuck.Contains(a) && a != host4 && a != host6
}

func summary(seen map[outcome]int) string {
	var parts []string
	for o, n := range seen {
		verdict := "dropped"
		if o.passed {
			verdict = "passed"
		}
		parts = append(parts, fmt.Sprintf("protocol %d %s: %d", o.protocol, verdict, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
