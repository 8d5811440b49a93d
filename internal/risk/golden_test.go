package risk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// golden is the exact text of one case of every code: what is wrong with the
// quoted value, why it matters, what to write instead, and the place.
var golden = []struct {
	code                         Code
	name, message, remedy, place string
}{
	{"any-peer", "a whole family",
		"29168-29207/tcp are open from 0.0.0.0/0, which is a whole address family or more than half of it: practically everybody.",
		"List the hosts or networks that take part in the backup, for example a /28, in the peer group's cidrs.",
		`rules["clients"].peers`},
	{"any-peer", "outward",
		"29168-29207/tcp are open to 0.0.0.0/0, which is a whole address family or more than half of it: practically everybody.",
		"List the networks of the backup servers or of the storage service in the peer group's cidrs.",
		`rules["clients"].peers`},
	{"broad-peer", "public /23",
		"29168-29207/tcp are open from 198.51.100.0/23, wider than one site needs (IPv4: at most /24 public, /12 private; IPv6: /48 and /44): whoever gets into such a network reaches the backup.",
		"Write the networks in which the backup hosts are, for example a /28, in the peer group's cidrs; each halving lowers the score by the same amount.",
		`rules["clients"].peers`},
	{"broad-peer", "90 % of a /23",
		"29168-29207/tcp are open from 198.51.100.0/24, 198.51.101.0/25, 198.51.101.128/26, 198.51.101.192/29, 198.51.101.200/30 and 1 more, wider than one site needs (IPv4: at most /24 public, /12 private; IPv6: /48 and /44): whoever gets into such a network reaches the backup. The holes (198.51.101.205/32, 198.51.101.206/31, 198.51.101.208/28, 198.51.101.224/27) leave at least 90 % of a network, which counts as the whole.",
		"Write the networks in which the backup hosts are, for example a /28, in the peer group's cidrs; each halving lowers the score by the same amount.",
		`rules["clients"].peers`},
	{"public-peer-private-claim", "a prefix list",
		`Peer group "peers" (zone = "internal") declares what may hold any address (ref:bastions) to be inside, where each counts a few hundred times less, without a reason.`,
		`Write zone_reason, for example "our own /24, not routed to the internet", or the zone in which the addresses really are.`,
		`rules["clients"].peers`},
	{"well-known-port", "1023",
		"1023/tcp is a well-known port (0-1023), open from 10.1.2.3/32: other programs than the backup listen there.",
		"Use the ports that the product documents (declare product and flows), or move the listener above 1023; quiet_alternative of the port range proposes where.",
		`rules["clients"].port_ranges[0]`},
	{"well-known-port", "product without the port",
		"22/tcp (SSH) is a well-known port (0-1023), open from 10.1.2.3/32: other programs than the backup listen there.",
		"Use the ports that the product documents (declare product and flows), or move the listener above 1023; quiet_alternative of the port range proposes where.",
		`rules["clients"].port_ranges[0]`},
	{"well-known-port", "one service on two protocols",
		"137/tcp, 137/udp (SMB and NetBIOS) are well-known ports (0-1023), open from 10.1.2.3/32: other programs than the backup listen there.",
		"Use the ports that the product documents (declare product and flows), or move the listener above 1023; quiet_alternative of the port range proposes where.",
		`rules["clients"].port_ranges[0]`},
	{"well-known-port", "one port more",
		"873-874/tcp (rsync) are well-known ports (0-1023), open from 198.51.100.16/28, 2001:db8:40::/64: other programs than the backup listen there. A waiver accepts a part; not accepted: 874/tcp for 198.51.100.16/28, 2001:db8:40::/64.",
		"Use the ports that the product documents (declare product and flows), or move the listener above 1023; quiet_alternative of the port range proposes where.",
		`rules["clients"].port_ranges[0]`},
	{"well-known-port", "one reference more",
		"873/tcp (rsync) is a well-known port (0-1023), open from 198.51.100.16/28, 2001:db8:40::/64, ref:bastion: other programs than the backup listen there. A waiver accepts a part; not accepted: 873/tcp for ref:bastion.",
		"Use the ports that the product documents (declare product and flows), or move the listener above 1023; quiet_alternative of the port range proposes where.",
		`rules["clients"].port_ranges[0]`},
	{"score-limit", "a lower score accepted",
		"The score is 41 (high), and the limit is 40. The most expensive services, in points: undeclared tcp 40.3. waiver[0] accepts a score of at most 40.",
		"Narrow the ports or cut the peers of the services listed first.",
		"rules"},
	{"sensitive-service", "most attacked",
		"3389/tcp belongs to Remote Desktop (RDP), one of the most attacked services there are, and is open from 10.1.2.3/32.",
		"Leave these ports out of the range; if the backup product itself listens there, declare the product and the flow that documents it.",
		`rules["clients"].port_ranges[0]`},
	{"all-ports", "90 %",
		"58983 of the 65536 tcp ports are open from 10.1.2.3/32: that is no restriction at all, whatever the range is called.",
		"Write the ports that the backup product needs; product with from_role and to_role selects them.",
		`rules["clients"].port_ranges[0]`},
	{"broad-range", "1025 ports",
		"The undeclared tcp range opens 1025 ports (10000-11024/tcp) from 10.1.2.3/32, more than 1024 for one listener: whatever else listens in the range is reached too.",
		"Set the range in the backup product to what the concurrent jobs need (tens of ports, not thousands) and write the same range here.",
		`rules["clients"].port_ranges[0]`},
	{"broad-range", "an exploited listener",
		"Flow veeam/server-secure-v12 opens 1025 ports (10000-11024/tcp) from 10.1.2.3/32, more than 1024 for one listener: whatever else listens in the range is reached too.",
		"Set the range in the backup product to what the concurrent jobs need (tens of ports, not thousands) and write the same range here.",
		`rules["clients"].port_ranges[0]`},
	{"broad-range", "beyond what is documented",
		"Flow veeam/data-mover-range opens 1501 ports (2500-4000/tcp) from 10.1.2.3/32, more than 1024 for one listener: whatever else listens in the range is reached too.",
		"Set the range in the backup product to what the concurrent jobs need (tens of ports, not thousands) and write the same range here.",
		`rules["clients"].port_ranges[0]`},
	{"score-limit", "41 points",
		"The score is 41 (high), and the limit is 40. The most expensive services, in points: undeclared tcp 40.3.",
		"Narrow the ports or cut the peers of the services listed first.",
		"rules"},
	{"exploited-listener", "inside",
		"The listener of flow veeam/server-secure-v12 (9401/tcp) is in CISA's catalogue of known exploited vulnerabilities (CVE-2023-27532, CVE-2024-40711): it is attacked wherever it can be reached.",
		"Run a version in which this is fixed, and let in only the hosts that need the port, none of them on the internet.",
		`rules["clients"].port_ranges[0]`},
	{"public-peer-private-claim", "internal",
		`Peer group "peers" (zone = "internal") declares the public addresses 198.51.100.0/28 to be inside, where each counts a few hundred times less, without a reason.`,
		`Write zone_reason, for example "our own /24, not routed to the internet", or the zone in which the addresses really are.`,
		`rules["clients"].peers`},
	{"undocumented-port", "beside the documentation",
		`9200-9201/tcp are not among the documented ports of product "bareos": either the product was reconfigured, or something else listens there.`,
		"Check the range in the product's own settings; leave product out if it is not the product that listens.",
		`rules["clients"].port_ranges[0]`},
	{"oversized-range", "one port more than twice",
		`Port range "vault" is 41 ports wide, over twice the 20 that the load needs: on each port too many something else can listen.`,
		"Set the range to 20 ports, here and in the product (one port for each job).",
		`rules["clients"].port_ranges[0]`},
	{"undersized-range", "one port too few",
		`Port range "vault" is 40 ports wide, and the load needs 41: backups will fail at random when the ports run out.`,
		"Set the range to 41 ports, here and in the product (one port for each job).",
		`rules["clients"].port_ranges[0]`},
	{"neighbour-services", "registered ports inside",
		`Negotiated range "x" holds 8 ports that IANA has registered for other services, which are reached too where they listen: 9100/tcp (hp-pdl-datastr), 9101/tcp (bacula-dir), 9102/tcp (bacula-fd), 9103/tcp (bacula-sd), 9104/tcp (peerwire) and 3 more.`,
		`Move the range in the product's settings and write ports = ["29168-29178/tcp"], which has the same width and no registered neighbour.`,
		`rules["clients"].port_ranges[0]`},
	{"neighbour-services", "one port",
		`Negotiated range "x" holds 1 port that IANA has registered for other services, which are reached too where they listen: 9100/tcp (hp-pdl-datastr).`,
		`Move the range in the product's settings and write ports = ["29168/tcp"], which has the same width and no registered neighbour.`,
		`rules["clients"].port_ranges[0]`},
	{"neighbour-services", "six of them",
		`Negotiated range "x" holds 6 ports that IANA has registered for other services, which are reached too where they listen: 9100/tcp (hp-pdl-datastr), 9101/tcp (bacula-dir), 9102/tcp (bacula-fd), 9103/tcp (bacula-sd), 9104/tcp (peerwire) and 1 more.`,
		`Move the range in the product's settings and write ports = ["29168-29173/tcp"], which has the same width and no registered neighbour.`,
		`rules["clients"].port_ranges[0]`},
	{"cleartext", "to the DMZ",
		"Flow netbackup/media-to-filer-ndmp (10000/tcp) is not encrypted, and some of its peers are outside the zones internal and management: the backup can be read on the way (the catalogue's confidence: low).",
		"Use the product's encrypted mode or a tunnel for these peers, or keep the flow inside.",
		`rules["clients"].port_ranges[0]`},
	{"redundant-rule", "inside another",
		`Rule "b" allows nothing that the other rules do not allow already: to remove or narrow it closes nothing.`,
		"Remove the rule, or cut the wider rule down to what this one says.",
		`rules["b"]`},
	{"ephemeral-overlap", "the first port",
		`30000/tcp of negotiated range "x" lies in a range out of which systems hand ports out by themselves (Kubernetes NodePort, 30000-32767): another program can have the port when the listener needs it.`,
		"Reserve the ports on the host (net.ipv4.ip_local_reserved_ports on Linux, netsh on Windows), or use a range below 30000.",
		`rules["clients"].port_ranges[0]`},
	{"ephemeral-overlap", "of two protocols",
		`30000/tcp, 30000/udp of negotiated range "x" lie in ranges out of which systems hand ports out by themselves (Kubernetes NodePort, 30000-32767): another program can have the port when the listener needs it.`,
		"Reserve the ports on the host (net.ipv4.ip_local_reserved_ports on Linux, netsh on Windows), or use a range below 30000.",
		`rules["clients"].port_ranges[0]`},
	{"waiver-unused", "for another code",
		`The waiver for "sensitive-service" (owner backup-team@example.org) matches no finding: it would accept, unseen, one that somebody causes later.`,
		"Remove the waiver.",
		"waiver[0]"},
	{"waiver-expiring", "the last day",
		`The waiver for "well-known-port" ends on 2026-11-23, at most 30 days from now; after that the plan is rejected.`,
		"Ask backup-team@example.org to close what it accepts, or to renew it.",
		"waiver[0]"},
	{"waiver-expired", "the day after",
		`The waiver for "well-known-port" ended on 2026-11-22, and what it accepted is still open; nothing is closed until a person decides.`,
		"Ask backup-team@example.org: close what it accepted, or write a new expires and reason; then plan again.",
		"waiver[0]"},
}

func goldenCodes() map[Code]bool {
	codes := map[Code]bool{}
	for _, g := range golden {
		codes[g.code] = true
	}
	return codes
}

func TestFindings_ExactTexts(t *testing.T) {
	for _, g := range golden {
		t.Run(string(g.code)+"/"+g.name, func(t *testing.T) {
			var a *Assessment
			for _, c := range findingCases() {
				if c.code == g.code && c.name == g.name {
					a = assessed(t, c.rules...)
				}
			}
			for _, c := range waiverCases() {
				if c.name == g.name && a == nil {
					p := policyOf(c.rules...)
					p.Waivers = c.waivers
					a = assessedWith(t, p, testSettings())
				}
			}
			f := a.finding(g.code)
			if f == nil {
				t.Fatal("not raised")
			}
			if f.Message != g.message || f.Remedy != g.remedy || f.Place.String() != g.place {
				t.Errorf("message %s\n   want %s\nremedy %s\n  want %s\nplace %s, want %s", f.Message, g.message, f.Remedy, g.remedy, f.Place, g.place)
			}
		})
	}
}

func TestNeighbourServices_TooWideToMove_IsNotMoved(t *testing.T) {
	const want = "Narrow the range to what the jobs need, or move it where nothing is registered."
	if f := assessed(t, in(negotiated("x", "9105-50000/tcp"), host)...).finding(NeighbourServices); f == nil || f.Remedy != want {
		t.Errorf("%+v, want the remedy %s", f, want)
	}
}

// TestWording: how long lists are cut, and what is one.
func TestWording(t *testing.T) {
	refs := []string{"a", "b", "c"}
	for _, c := range []struct{ got, want string }{
		{SomePorts(ports("1/tcp", "3/tcp", "5/tcp", "7/tcp", "9/tcp")), "1/tcp, 3/tcp, 5/tcp, 7/tcp, 9/tcp"},
		{SomePorts(ports("1/tcp", "3/tcp", "5/tcp", "7/tcp", "9/tcp", "11/tcp")), "1/tcp, 3/tcp, 5/tcp, 7/tcp, 9/tcp and 1 more"},
		{SomePorts(ports("1/tcp", "3/tcp", "5/tcp", "7/tcp", "9/tcp", "11/tcp", "13/tcp")), "1/tcp, 3/tcp, 5/tcp, 7/tcp, 9/tcp and 2 more"},
		{SomePeers(addresses("10.0.0.1", "10.0.0.3"), refs), "10.0.0.1/32, 10.0.0.3/32, ref:a, ref:b, ref:c"},
		{SomePeers(addresses("10.0.0.1", "10.0.0.3", "10.0.0.5"), refs), "10.0.0.1/32, 10.0.0.3/32, 10.0.0.5/32, ref:a, ref:b and 1 more"},
		{SomePeers(addresses("10.0.0.1", "10.0.0.3", "10.0.0.5", "10.0.0.7", "10.0.0.9", "10.0.0.11"), refs),
			"10.0.0.1/32, 10.0.0.3/32, 10.0.0.5/32, 10.0.0.7/32, 10.0.0.9/32 and 4 more"},
		{count(0, "port"), "0 ports"}, {count(1, "host"), "1 host"}, {count(2, "waiver"), "2 waivers"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

// TestContributions: the lines of a score, the most expensive first; every host
// counts once, and an IPv6 network as one.
func TestContributions(t *testing.T) {
	partner := group(policy.Partner, "2001:db9::1")
	a := assessed(t,
		ingress("b", negotiated("x", "9100-9103/tcp", "29168-29171/tcp"), internal("10.1.2.0/24"), references(policy.DMZ, ref1)),
		ingress("a", negotiated("x", "29170-29173/tcp", "29170/udp"), internal("10.1.2.128/25"), dmz("2001:db8::/63"), partner),
		ingress("c", undeclared("y", "29174/tcp", "3389/tcp"), anywhere("10.1.2.3")),
		egress("d", flow("veeam", "data-mover"), host), egress("e", undeclared("z", "esp"), host))
	var got strings.Builder
	for _, c := range a.Contributions {
		fmt.Fprintf(&got, "%s, %s, %s of %v: %s for %v hosts\n", c.Service, c.Class, c.Direction, c.Rules, c.Ports, c.Hosts)
	}
	const want = "Remote Desktop (RDP), most_attacked, ingress of [c]: 3389/tcp for 1 hosts\n" +
		"negotiated range x, backup_listener, ingress of [a b]: 9100-9103/tcp, 29168-29173/tcp, 29170/udp for 263 hosts\n" +
		"services registered beside negotiated range x, neighbours, ingress of [b]: 9100-9103/tcp for 260 hosts\n" +
		"undeclared tcp, undeclared, ingress of [c]: 29174/tcp for 1 hosts\n" +
		"undeclared esp, undeclared, egress of [e]: esp for 1 hosts\n" +
		"veeam/data-mover, backup_listener, egress of [d]: 6162/tcp for 1 hosts\n"
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestRating(t *testing.T) {
	for from, want := range map[int]string{0: "low", 19: "low", 20: "moderate", 39: "moderate", 40: "high", 69: "high", 70: "critical", 100: "critical"} {
		if got := Rating(from); got != want {
			t.Errorf("%d is %s, want %s", from, got, want)
		}
	}
	if a := assessed(t, in(undeclared("x", "any"), internet("0.0.0.0/0"))...); a.Score != 100 || a.Rating != "critical" || a.Points <= 100 {
		t.Errorf("everything to everybody scores %d, %s, of %f points", a.Score, a.Rating, a.Points)
	}
}
