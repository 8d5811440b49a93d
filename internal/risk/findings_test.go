package risk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// findingCase is a policy on one side of a threshold.
type findingCase struct {
	code  Code
	name  string
	rules []policy.Rule
	// effect is empty when the finding must not be raised.
	effect   Effect
	severity Severity
	ports    string // what the finding is about, joined with ", "
	peers    string // prefixes, then references
}

func withReason(g policy.PeerGroup, reason string) policy.PeerGroup {
	g.ZoneReason = reason
	return g
}

func references(zone policy.Zone, list ...policy.Reference) policy.PeerGroup {
	return policy.PeerGroup{Name: "peers", Zone: zone, References: list}
}

func sized(p policy.PortRange, needed, configured int) policy.PortRange {
	p.Sizing = &policy.Sizing{Needed: needed, Configured: configured, Rule: "one port for each job"}
	return p
}

func of(product string, p policy.PortRange) policy.PortRange {
	p.Listeners[0].Product = product
	return p
}

func in(p policy.PortRange, peers ...policy.PeerGroup) []policy.Rule {
	return []policy.Rule{ingress("clients", p, peers...)}
}

func out(p policy.PortRange, peers ...policy.PeerGroup) []policy.Rule {
	return []policy.Rule{egress("clients", p, peers...)}
}

var (
	vault = negotiated("vault", quiet40)
	host  = internal("10.1.2.3")
	ref1  = policy.Reference{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 4}
)

// listOf is a prefix list that stands for so many hosts.
func listOf(hosts uint64) policy.Reference {
	return policy.Reference{Name: "bastions", Kind: policy.AWSPrefixList, MaxHosts: hosts, MaxEntries: 1}
}

// withoutLast is a public /23 without its last n addresses.
func withoutLast(n int) policy.PeerGroup {
	g := anywhere("198.51.100.0/23")
	for i := range n {
		g.Prefixes = g.Prefixes.Minus(addresses(fmt.Sprintf("198.51.101.%d", 255-i)))
	}
	return g
}

func findingCases() []findingCase {
	return []findingCase{
		{AnyPeer, "a whole family", in(vault, anywhere("0.0.0.0/0")), Reject, Critical, quiet40, "0.0.0.0/0"},
		{AnyPeer, "outward", out(vault, anywhere("0.0.0.0/0")), Warn, Medium, quiet40, "0.0.0.0/0"},
		{AnyPeer, "exactly half", in(vault, anywhere("0.0.0.0/1")), "", "", "", ""},
		{AnyPeer, "more than half", in(vault, anywhere("0.0.0.0/1", "128.0.0.0/32")), Reject, Critical, quiet40, "0.0.0.0/1, 128.0.0.0/32"},
		{AnyPeer, "two rules of one service", []policy.Rule{ingress("a", negotiated("vault", "29168/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("vault", "29169/tcp"), anywhere("128.0.0.0/1"))}, Reject, Critical, "29168-29169/tcp", "0.0.0.0/0"},
		{AnyPeer, "two services", []policy.Rule{ingress("a", negotiated("vault", "29168/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("other", "29169/tcp"), anywhere("128.0.0.0/1"))}, "", "", "", ""},
		{AnyPeer, "two directions", []policy.Rule{ingress("a", vault, anywhere("0.0.0.0/1")), egress("b", vault, anywhere("128.0.0.0/1"))}, "", "", "", ""},
		{AnyPeer, "exactly half of IPv6", in(vault, anywhere("8000::/1")), "", "", "", ""},
		{AnyPeer, "half of the global unicast addresses", in(vault, anywhere("3000::/4")), "", "", "", ""},
		{AnyPeer, "more than half of them", in(vault, anywhere("3000::/4", "2fff::/128")), Reject, Critical, quiet40, "2fff::/128, 3000::/4"},

		{AnyPeer, "two names of one port", []policy.Rule{ingress("a", negotiated("vault", "29168/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("other", "29168/tcp"), anywhere("128.0.0.0/1"))}, Reject, Critical, "29168/tcp", "0.0.0.0/0"},
		{AnyPeer, "a range and an undeclared port in it", []policy.Rule{ingress("a", negotiated("vault", "29168/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", undeclared("other", "29168/tcp"), anywhere("128.0.0.0/1"))}, Reject, Critical, "29168/tcp", "0.0.0.0/0"},
		{AnyPeer, "an exploited listener and another name for its port", []policy.Rule{ingress("a", flow("veeam", "server-secure-v12"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("other", "9401/tcp"), anywhere("128.0.0.0/1"))}, Reject, Critical, "9401/tcp", "0.0.0.0/0"},
		{AnyPeer, "one port of two protocols", []policy.Rule{ingress("a", negotiated("vault", "29168/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("other", "29168/udp"), anywhere("128.0.0.0/1"))}, "", "", "", ""},
		{AnyPeer, "two names, and a short range between them", []policy.Rule{ingress("a", negotiated("vault", "29168-29178/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("short", "29169/tcp"), host), ingress("c", negotiated("other", "29175/tcp"), anywhere("128.0.0.0/1"))},
			Reject, Critical, "29168-29178/tcp", "0.0.0.0/0"},
		{AnyPeer, "a chain of ranges", []policy.Rule{ingress("a", negotiated("vault", "29168-29169/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("middle", "29169-29171/tcp"), host), ingress("c", negotiated("other", "29171-29172/tcp"), anywhere("128.0.0.0/1"))},
			Reject, Critical, "29168-29172/tcp", "0.0.0.0/0"},
		{AnyPeer, "a listener that joins two others", []policy.Rule{ingress("a", negotiated("vault", "29168-29169/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("bridge", "29169/tcp", "29269/tcp"), host), ingress("c", negotiated("other", "29268-29269/tcp"), anywhere("128.0.0.0/1"))},
			Reject, Critical, "29168-29169/tcp, 29268-29269/tcp", "0.0.0.0/0"},
		{AnyPeer, "a security group of more than half", in(vault, references(policy.ByAddress, policy.Reference{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 1<<31 + 1})), "", "", "", ""},
		{AnyPeer, "beside a service with few peers", []policy.Rule{ingress("a", negotiated("vault", "29168/tcp"), host),
			ingress("b", negotiated("wide", "29169/tcp"), anywhere("0.0.0.0/0"))}, Reject, Critical, "29169/tcp", "0.0.0.0/0"},
		{AnyPeer, "an IPv6 network beside all of IPv4", in(vault, anywhere("0.0.0.0/0", "2001:db8::/64")), Reject, Critical, quiet40, "0.0.0.0/0"},
		{AnyPeer, "a list of one host beside all of IPv4", in(vault, anywhere("0.0.0.0/0"), references(policy.ByAddress, listOf(1))), Reject, Critical, quiet40, "0.0.0.0/0, bastions"},
		{AnyPeer, "a security group beside a list", in(vault, references(policy.ByAddress, listOf(1<<31+1), ref1)), Reject, Critical, quiet40, "bastions"},
		{AnyPeer, "a list of more than half", in(vault, references(policy.ByAddress, listOf(1<<31+1))), Reject, Critical, quiet40, "bastions"},
		{AnyPeer, "a list of half", in(vault, references(policy.ByAddress, listOf(1<<31))), "", "", "", ""},
		{AnyPeer, "a list and one address more than half", in(vault, anywhere("198.51.100.1"), references(policy.ByAddress, listOf(1<<31))), Reject, Critical, quiet40, "198.51.100.1/32, bastions"},

		{BroadPeer, "90 % of a /23", in(vault, withoutLast(51)), Reject, High, quiet40, withoutLast(51).Prefixes.String()},
		{BroadPeer, "less than 90 % of a /23", in(vault, withoutLast(52)), "", "", "", ""},
		{BroadPeer, "halves in two encodings", in(vault, anywhere("198.51.100.0/24", "64:ff9b::198.51.101.0/120")), Reject, High, quiet40, "198.51.100.0/24, 64:ff9b::c633:6500/120"},
		{BroadPeer, "public /24", in(vault, dmz("198.51.100.0/24")), "", "", "", ""},
		{BroadPeer, "public /23", in(vault, dmz("198.51.100.0/23")), Reject, High, quiet40, "198.51.100.0/23"},
		{BroadPeer, "two /24 that join", in(vault, dmz("198.51.100.0/24", "198.51.101.0/24")), Reject, High, quiet40, "198.51.100.0/23"},
		{BroadPeer, "two /24 that do not", in(vault, dmz("198.51.101.0/24", "198.51.102.0/24")), "", "", "", ""},
		{BroadPeer, "private /12", in(vault, internal("10.0.0.0/12")), "", "", "", ""},
		{BroadPeer, "private /11", in(vault, internal("10.0.0.0/11")), Reject, High, quiet40, "10.0.0.0/11"},
		{BroadPeer, "public IPv6 /48", in(vault, dmz("2001:db8::/48")), "", "", "", ""},
		{BroadPeer, "public IPv6 /47", in(vault, dmz("2001:db8::/47")), Reject, High, quiet40, "2001:db8::/47"},
		{BroadPeer, "private IPv6 /44", in(vault, internal("fd00::/44")), "", "", "", ""},
		{BroadPeer, "private IPv6 /43", in(vault, internal("fd00::/43")), Reject, High, quiet40, "fd00::/43"},
		{BroadPeer, "NAT64 of a /24", in(vault, dmz("64:ff9b::c633:6400/120")), "", "", "", ""},
		{BroadPeer, "NAT64 of a /23", in(vault, dmz("64:ff9b::c633:6400/119")), Reject, High, quiet40, "64:ff9b::c633:6400/119"},
		{BroadPeer, "outward", out(vault, dmz("198.51.100.0/23")), Warn, Medium, quiet40, "198.51.100.0/23"},
		{BroadPeer, "only the wide one of two", in(vault, dmz("198.51.100.0/23", "203.0.113.0/28")), Reject, High, quiet40, "198.51.100.0/23"},
		{BroadPeer, "everybody is any-peer", in(vault, anywhere("0.0.0.0/0")), "", "", "", ""},
		{BroadPeer, "neighbours of a listener that everybody reaches", []policy.Rule{ingress("a", negotiated("x", "9100/tcp"), anywhere("0.0.0.0/1")),
			ingress("b", negotiated("x", "29168/tcp"), anywhere("128.0.0.0/1"))}, "", "", "", ""},

		{WellKnownPort, "1023", in(undeclared("x", "1023/tcp"), host), Reject, High, "1023/tcp", "10.1.2.3/32"},
		{WellKnownPort, "1024", in(undeclared("x", "1024/tcp"), host), "", "", "", ""},
		{WellKnownPort, "the part below 1024", in(negotiated("x", "1000-1100/tcp"), host), Reject, High, "1000-1023/tcp", "10.1.2.3/32"},
		{WellKnownPort, "0", in(undeclared("x", "0/udp"), host), Reject, High, "0/udp", "10.1.2.3/32"},
		{WellKnownPort, "documented", in(ssh(), host), "", "", "", ""},
		{WellKnownPort, "product without the port", in(of("bareos", undeclared("x", "22/tcp")), host), Reject, High, "22/tcp", "10.1.2.3/32"},
		{WellKnownPort, "from a reference", in(undeclared("x", "873/tcp"), references(policy.Internal, ref1)), Reject, High, "873/tcp", "bastion"},
		{WellKnownPort, "one service on two protocols", in(negotiated("x", "137/tcp", "137/udp"), host), Reject, High, "137/tcp, 137/udp", "10.1.2.3/32"},
		{WellKnownPort, "no ports", in(undeclared("x", "esp"), host), "", "", "", ""},

		{SensitiveService, "most attacked", in(undeclared("x", "3389/tcp"), host), Reject, Critical, "3389/tcp", "10.1.2.3/32"},
		{SensitiveService, "sensitive", in(undeclared("x", "22/tcp"), host), Reject, High, "22/tcp", "10.1.2.3/32"},
		{SensitiveService, "system service", in(undeclared("x", "873/tcp"), host), "", "", "", ""},
		{SensitiveService, "documented", in(ssh(), host), "", "", "", ""},
		{SensitiveService, "inside a negotiated range", in(negotiated("x", "3380-3400/tcp"), host), Reject, Critical, "3389/tcp", "10.1.2.3/32"},

		{AllPorts, "90 % less one port", in(undeclared("x", "1024-60005/tcp"), host), "", "", "", ""},
		{AllPorts, "90 %", in(undeclared("x", "1024-60006/tcp"), host), Reject, Critical, "1024-60006/tcp", "10.1.2.3/32"},
		{AllPorts, "two rules, the peers that both let in", []policy.Rule{ingress("a", undeclared("x", "0-32767/tcp"), internal("10.1.2.2/31"), references(policy.Internal, ref1)),
			ingress("b", negotiated("y", "32768-65535/tcp"), internal("10.1.2.3"))}, Reject, Critical, "0-65535/tcp", "10.1.2.3/32"},
		{AllPorts, "halves of two protocols", in(undeclared("x", "0-32767/tcp", "32768-65535/udp"), host), "", "", "", ""},
		{AllPorts, "any", in(undeclared("x", "any"), host), Reject, Critical, "any", "10.1.2.3/32"},
		{AllPorts, "any, beside half of TCP", []policy.Rule{ingress("a", undeclared("y", "0-32767/tcp"), internal("10.1.2.0/24")), ingress("b", undeclared("x", "any"), host)},
			Reject, Critical, "any", "10.1.2.3/32"},
		{AllPorts, "from a reference", in(undeclared("x", "0-65535/udp"), references(policy.Internal, ref1)), Reject, Critical, "0-65535/udp", "bastion"},
		{AllPorts, "halves in two directions", []policy.Rule{ingress("a", undeclared("x", "0-32767/tcp"), host), egress("b", undeclared("y", "32768-65535/tcp"), host)}, "", "", "", ""},
		{AllPorts, "any, and a rule for some of the same peers", []policy.Rule{ingress("a", vault, host), ingress("b", undeclared("x", "any"), internal("10.1.2.0/24"))},
			Reject, Critical, "any", "10.1.2.0/24"},
		{AllPorts, "any, and a rule for more peers", []policy.Rule{ingress("a", undeclared("x", "any"), host), ingress("b", vault, internal("10.1.2.0/24"))},
			Reject, Critical, "any", "10.1.2.3/32"},
		{AllPorts, "any, and a port for the same peers", []policy.Rule{ingress("a", undeclared("x", "any"), host), ingress("b", vault, host)},
			Reject, Critical, "any", "10.1.2.3/32"},

		{BroadRange, "1024 ports", in(undeclared("x", "10000-11023/tcp"), host), "", "", "", ""},
		{BroadRange, "1025 ports", in(undeclared("x", "10000-11024/tcp"), host), Warn, Medium, "10000-11024/tcp", "10.1.2.3/32"},
		{BroadRange, "16384 ports", in(negotiated("x", "10000-26383/tcp"), host), Warn, Medium, "10000-26383/tcp", "10.1.2.3/32"},
		{BroadRange, "16385 ports", in(negotiated("x", "10000-26384/tcp"), host), Reject, High, "10000-26384/tcp", "10.1.2.3/32"},
		{BroadRange, "as documented", in(flow("veeam", "server-to-hyperv-rpc"), host), "", "", "", ""},
		{BroadRange, "beyond what is documented", in(flow("veeam", "data-mover-range", "2500-4000/tcp"), host), Warn, Medium, "2500-4000/tcp", "10.1.2.3/32"},
		{BroadRange, "an exploited listener", in(flow("veeam", "server-secure-v12", "10000-11024/tcp"), host), Warn, Medium, "10000-11024/tcp", "10.1.2.3/32"},
		{BroadRange, "beyond, cut in two", []policy.Rule{ingress("a", flow("veeam", "data-mover-range"), host),
			ingress("b", flow("veeam", "data-mover-range", "3301-4000/tcp"), host)}, Warn, Medium, "2500-4000/tcp", "10.1.2.3/32"},

		{ScoreLimit, "40 points", in(undeclared("x", "50000-53200/tcp"), internet("20.0.0.0/24")), "", "", "", ""},
		{ScoreLimit, "41 points", in(undeclared("x", "50000-53449/tcp"), internet("20.0.0.0/24")), Reject, High, "", ""},
		{ScoreLimit, "C13", in(undeclared("x", "0-65535/tcp"), host), Reject, High, "", ""},

		{ExploitedListenerFound, "inside", in(flow("veeam", "server-secure-v12"), host), Warn, High, "9401/tcp", "10.1.2.3/32"},
		{ExploitedListenerFound, "from the internet", in(flow("veeam", "server-secure-v12"), internet("198.51.100.16/28")), Reject, Critical, "9401/tcp", dmz28},
		{ExploitedListenerFound, "from a public address", in(flow("veeam", "server-secure-v12"), anywhere("198.51.100.16/28")), Reject, Critical, "9401/tcp", dmz28},
		{ExploitedListenerFound, "to the internet", out(flow("veeam", "server-secure-v12"), internet("198.51.100.16/28")), Warn, High, "9401/tcp", dmz28},
		{ExploitedListenerFound, "from a prefix list", in(flow("veeam", "server-secure-v12"), references(policy.ByAddress, referencePool[2])), Reject, Critical, "9401/tcp", "offices"},
		{ExploitedListenerFound, "from a security group", in(flow("veeam", "server-secure-v12"), references(policy.ByAddress, ref1)), Warn, High, "9401/tcp", "bastion"},
		{ExploitedListenerFound, "another flow", in(flow("veeam", "data-mover"), host), "", "", "", ""},

		{PublicPeerPrivateClaim, "a prefix list", in(vault, references(policy.Internal, listOf(4))), Reject, High, quiet40, "bastions"},
		{PublicPeerPrivateClaim, "a prefix list with a reason", in(vault, withReason(references(policy.Internal, listOf(4)), "ours")), "", "", "", ""},
		{PublicPeerPrivateClaim, "a security group", in(vault, references(policy.Internal, ref1)), "", "", "", ""},
		{PublicPeerPrivateClaim, "a reason that does not show", in(vault, withReason(internal("198.51.100.16/28"), "\u200b")), Reject, High, quiet40, "198.51.100.16/28"},
		{PublicPeerPrivateClaim, "internal", in(vault, internal("198.51.100.0/28", "10.0.0.0/24")), Reject, High, quiet40, "198.51.100.0/28"},
		{PublicPeerPrivateClaim, "management", in(vault, group(policy.Management, "2001:db8::/64")), Reject, High, quiet40, "2001:db8::/64"},
		{PublicPeerPrivateClaim, "with a reason", in(vault, withReason(internal("198.51.100.0/28"), "our own")), "", "", "", ""},
		{PublicPeerPrivateClaim, "a blank reason", in(vault, withReason(internal("198.51.100.0/28"), "  ")), Reject, High, quiet40, "198.51.100.0/28"},
		{PublicPeerPrivateClaim, "private", in(vault, internal("10.0.0.0/24", "fd00::/64", "100.64.0.0/24")), "", "", "", ""},
		{PublicPeerPrivateClaim, "dmz", in(vault, dmz("198.51.100.0/28")), "", "", "", ""},
		{PublicPeerPrivateClaim, "6to4 of a public network", in(vault, internal("2002:c633:6400::/40")), Reject, High, quiet40, "2002:c633:6400::/40"},

		{UndocumentedPort, "beside the documentation", in(of("bareos", undeclared("x", "9102/tcp", "9200-9201/tcp")), host), Warn, Low, "9200-9201/tcp", "10.1.2.3/32"},
		{UndocumentedPort, "documented", in(of("bareos", undeclared("x", "9101-9103/tcp")), host), "", "", "", ""},
		{UndocumentedPort, "no product", in(undeclared("x", "9200/tcp"), host), "", "", "", ""},

		{OversizedRange, "twice what is needed", in(sized(vault, 20, 40), host), "", "", "", ""},
		{OversizedRange, "one port more than twice", in(sized(negotiated("vault", "29168-29208/tcp"), 20, 41), host), Warn, Low, "29168-29208/tcp", "10.1.2.3/32"},
		{UndersizedRange, "just enough", in(sized(vault, 40, 40), host), "", "", "", ""},
		{UndersizedRange, "one port too few", in(sized(vault, 41, 40), host), Warn, Medium, quiet40, "10.1.2.3/32"},

		{NeighbourServices, "registered ports inside", in(negotiated("x", "9100-9110/tcp"), host), Warn, Low, "9100-9107/tcp", "10.1.2.3/32"},
		{NeighbourServices, "one port", in(negotiated("x", "9100/tcp"), host), Warn, Low, "9100/tcp", "10.1.2.3/32"},
		{NeighbourServices, "six of them", in(negotiated("x", "9100-9105/tcp"), host), Warn, Low, "9100-9105/tcp", "10.1.2.3/32"},
		{NeighbourServices, "a quiet range", in(vault, host), "", "", "", ""},
		{NeighbourServices, "not negotiated", in(undeclared("x", "9100-9110/tcp"), host), "", "", "", ""},
		{NeighbourServices, "the product's own", in(of("bareos", negotiated("x", "9101-9103/tcp")), host), "", "", "", ""},
		{NeighbourServices, "a fixed flow on other ports", in(flow("veeam", "data-mover", "9100-9110/tcp"), host), "", "", "", ""},

		{Cleartext, "to the DMZ", in(flow("netbackup", "media-to-filer-ndmp"), dmz(dmz28)), Warn, Medium, "10000/tcp", dmz28},
		{Cleartext, "inside", in(flow("netbackup", "media-to-filer-ndmp"), internal("10.1.2.3"), group(policy.Management, "10.2.0.0/24")), "", "", "", ""},
		{Cleartext, "a reference inside", in(flow("netbackup", "media-to-filer-ndmp"), references(policy.Internal, ref1)), "", "", "", ""},
		{Cleartext, "a reference outside", in(flow("netbackup", "media-to-filer-ndmp"), references(policy.DMZ, ref1)), Warn, Medium, "10000/tcp", "bastion"},
		{Cleartext, "encrypted", in(flow("netbackup", "client-to-primary-pbx"), dmz(dmz28)), "", "", "", ""},
		{Cleartext, "not known", in(flow("veeam", "data-mover"), dmz(dmz28)), "", "", "", ""},

		{RedundantRule, "inside another", []policy.Rule{ingress("a", vault, dmz(dmz28)), ingress("b", negotiated("x", "29170/tcp"), dmz("198.51.100.18"))}, Warn, Low, "29170/tcp", "198.51.100.18/32"},
		{RedundantRule, "inside two others", []policy.Rule{ingress("a", negotiated("x", "29168-29169/tcp"), host), ingress("b", negotiated("x", "29170-29171/tcp"), host),
			ingress("c", negotiated("x", "29169-29170/tcp"), host)}, Warn, Low, "29169-29170/tcp", "10.1.2.3/32"},
		{RedundantRule, "one port of its own", []policy.Rule{ingress("a", vault, dmz(dmz28)), ingress("b", negotiated("x", "29207-29208/tcp"), dmz("198.51.100.18"))}, "", "", "", ""},
		{RedundantRule, "one host of its own", []policy.Rule{ingress("a", vault, dmz(dmz28)), ingress("b", vault, dmz("198.51.100.31"), dmz("198.51.100.32"))}, "", "", "", ""},
		{RedundantRule, "the other direction", []policy.Rule{ingress("a", vault, host), egress("b", vault, host)}, "", "", "", ""},
		{RedundantRule, "the same peers twice in one rule", in(vault, dmz(dmz28), group(policy.Partner, dmz28)), "", "", "", ""},
		{RedundantRule, "the same reference", []policy.Rule{ingress("a", vault, references(policy.Internal, ref1)), ingress("b", vault, references(policy.DMZ, ref1))}, Warn, Low, quiet40, "bastion"},
		{RedundantRule, "two groups of the rule that overlap", []policy.Rule{ingress("a", vault, internal("10.1.2.0/30")), ingress("b", vault, internal("10.1.2.3"), internal("10.1.2.0/30"))},
			Warn, Low, quiet40, "10.1.2.0/30"},

		{EphemeralOverlap, "below", in(negotiated("x", "29999/tcp"), host), "", "", "", ""},
		{EphemeralOverlap, "the first port", in(negotiated("x", "29999-30000/tcp"), host), Info, Informational, "30000/tcp", "10.1.2.3/32"},
		{EphemeralOverlap, "of two protocols", in(negotiated("x", "30000/tcp", "30000/udp"), host), Info, Informational, "30000/tcp, 30000/udp", "10.1.2.3/32"},
		{EphemeralOverlap, "the last port", in(undeclared("x", "65535/udp"), host), Info, Informational, "65535/udp", "10.1.2.3/32"},
	}
}

func (f *Finding) peers() string {
	return strings.Join(append(f.Prefixes.Strings(), f.References...), ", ")
}

func TestFindings_AtTheThresholds(t *testing.T) {
	for _, c := range findingCases() {
		t.Run(string(c.code)+"/"+c.name, func(t *testing.T) {
			a := assessed(t, c.rules...)
			f := a.finding(c.code)
			if c.effect == "" {
				if f != nil {
					t.Fatalf("raised: %s", f.Message)
				}
				return
			}
			if f == nil {
				t.Fatalf("not raised; raised are %v %v %v", a.raised(Reject), a.raised(Warn), a.raised(Info))
			}
			if f.Effect != c.effect || f.Severity != c.severity {
				t.Errorf("%s %s, want %s %s", f.Effect, f.Severity, c.effect, c.severity)
			}
			if got := strings.Join(f.Ports.Strings(), ", "); got != c.ports {
				t.Errorf("about ports %s, want %s", got, c.ports)
			}
			if f.peers() != c.peers {
				t.Errorf("about peers %s, want %s", f.peers(), c.peers)
			}
			if f.WaivedBy != "" || f.Message == "" || f.Remedy == "" || len(f.Place) == 0 {
				t.Errorf("incomplete: %+v", f)
			}
			if c.code != ScoreLimit && !slices.Contains(f.Rules, c.rules[len(c.rules)-1].Name) {
				t.Errorf("blames rules %v", f.Rules)
			}
			if rejects := c.effect == Reject; rejects && a.Verdict != Rejected {
				t.Errorf("verdict %s", a.Verdict)
			}
		})
	}
}

// TestFindings_EveryCodeHasBothSides: a code without a firing and a silent case
// is a code that nobody tests. The waivers' own codes are in waiver_test.go.
func TestFindings_EveryCodeHasBothSides(t *testing.T) {
	fires, silent := map[Code]bool{}, map[Code]bool{}
	for _, c := range findingCases() {
		if c.effect == "" {
			silent[c.code] = true
		} else {
			fires[c.code] = true
		}
	}
	for _, c := range waiverCases() {
		for _, info := range Codes() {
			if !strings.HasPrefix(string(info.Code), "waiver-") {
				continue
			}
			if slices.Contains(c.raises, info.Code) {
				fires[info.Code] = true
			} else {
				silent[info.Code] = true
			}
		}
	}
	for _, info := range Codes() {
		if !fires[info.Code] || !silent[info.Code] {
			t.Errorf("%s: has a firing case: %t, a silent case: %t", info.Code, fires[info.Code], silent[info.Code])
		}
		if !goldenCodes()[info.Code] {
			t.Errorf("%s has no case with its exact text", info.Code)
		}
	}
}

// TestFindings_OneForEachOfThem: what belongs together is told once, with the
// rules that have a share in it, and the rest apart.
func TestFindings_OneForEachOfThem(t *testing.T) {
	shared := sized(negotiated("vault", "29168-29208/tcp"), 20, 41)
	for _, c := range []struct {
		code  Code
		name  string
		rules []policy.Rule
		want  []string
	}{
		{AnyPeer, "two directions", []policy.Rule{ingress("a", vault, anywhere("0.0.0.0/0")), egress("b", vault, anywhere("0.0.0.0/0"))},
			[]string{"reject 29168-29207/tcp 0.0.0.0/0 [a]", "warn 29168-29207/tcp 0.0.0.0/0 [b]"}},
		{AnyPeer, "two services, two families", []policy.Rule{ingress("a", negotiated("x", "29168/tcp"), anywhere("0.0.0.0/0")), ingress("b", negotiated("y", "29170/tcp"), anywhere("::/0"))},
			[]string{"reject 29168/tcp 0.0.0.0/0 [a]", "reject 29170/tcp ::/0 [b]"}},
		{AnyPeer, "two services, two lists", []policy.Rule{ingress("a", negotiated("x", "29168/tcp"), references(policy.ByAddress, listOf(1<<31+1))),
			ingress("b", negotiated("y", "29170/tcp"), references(policy.ByAddress, policy.Reference{Name: "others", Kind: policy.AWSPrefixList, MaxHosts: 1<<31 + 1, MaxEntries: 1}))},
			[]string{"reject 29168/tcp bastions [a]", "reject 29170/tcp others [b]"}},
		{AnyPeer, "two services, the same peers", []policy.Rule{ingress("a", negotiated("x", "29168/tcp"), anywhere("0.0.0.0/0")), ingress("b", negotiated("y", "29170/tcp"), anywhere("0.0.0.0/0"))},
			[]string{"reject 29168/tcp, 29170/tcp 0.0.0.0/0 [a b]"}},
		{BroadPeer, "a rule for few of the peers", []policy.Rule{ingress("a", vault, dmz("198.51.100.0/23")), ingress("b", vault, dmz("203.0.113.0/28"))},
			[]string{"reject 29168-29207/tcp 198.51.100.0/23 [a]"}},
		{WellKnownPort, "two listeners, two groups each", []policy.Rule{ingress("a", undeclared("x", "873/tcp"), internal("10.1.2.3"), dmz("198.51.100.16")),
			ingress("b", negotiated("y", "22/tcp"), internal("10.9.9.9"), dmz("198.51.100.99"))},
			[]string{"reject 22/tcp 10.9.9.9/32, 198.51.100.99/32 [b]", "reject 873/tcp 10.1.2.3/32, 198.51.100.16/32 [a]"}},
		{OversizedRange, "a range in two rules", []policy.Rule{ingress("a", shared, host), ingress("b", shared, internal("10.9.9.9"))},
			[]string{"warn 29168-29208/tcp 10.1.2.3/32, 10.9.9.9/32 [a b]"}},
		{UndocumentedPort, "two listeners of a product", []policy.Rule{ingress("a", of("bareos", undeclared("x", "9200/tcp")), host), ingress("b", of("bareos", negotiated("y", "29168/tcp")), host)},
			[]string{"warn 9200/tcp, 29168/tcp 10.1.2.3/32 [a b]"}},
	} {
		var got []string
		for _, f := range assessed(t, c.rules...).Findings {
			if f.Code == c.code {
				got = append(got, fmt.Sprintf("%s %s %s %v", f.Effect, f.Ports, f.peers(), f.Rules))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, %s:\n got %q\nwant %q", c.code, c.name, got, c.want)
		}
	}
}

// TestFindings_Order: what rejects, what is accepted, what warns, what informs;
// then the order of the documentation; then the message.
func TestFindings_Order(t *testing.T) {
	p := policyOf(ingress("a", undeclared("rdp", "3389/tcp"), host), ingress("b", rsync, host),
		ingress("c", negotiated("x", "30000-32000/tcp"), host), ingress("d", negotiated("w", "10000-11999/tcp"), host), egress("e", vault, anywhere("0.0.0.0/0")))
	p.Waivers = []policy.Waiver{accept(WellKnownPort, rsyncOpen, []string{"10.1.2.3"}), accept(Cleartext, rsyncOpen, rsyncFor)}
	var got []string
	for _, f := range assessedWith(t, p, testSettings()).Findings {
		got = append(got, fmt.Sprintf("%s %s %v", f.Effect, f.Code, f.Rules))
	}
	want := []string{"reject sensitive-service [d]", "reject sensitive-service [d]", "reject sensitive-service [d]", "reject sensitive-service [c]", "reject sensitive-service [a]",
		"accepted well-known-port [b]", "warn any-peer [e]", "warn broad-range [d]", "warn broad-range [c]",
		"warn neighbour-services [d]", "warn neighbour-services [c]", "warn waiver-unused []", "info ephemeral-overlap [c]"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// The score is judged last, and stands where the documentation has it.
	a := assessed(t, ingress("a", undeclared("x", "50000-53449/tcp"), internet("20.0.0.0/24")), ingress("b", vault, internal("198.51.100.0/28")))
	if got, want := fmt.Sprint(a.raised(Reject)), "[score-limit public-peer-private-claim]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
