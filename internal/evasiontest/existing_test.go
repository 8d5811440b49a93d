package evasiontest

import (
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// row is RDP for everybody in AWS's words; change writes it in others.
func row(change func(*existing.Rule)) existing.Rule {
	r := existing.Rule{Direction: "ingress", Protocol: "tcp", FromPort: "3389", ToPort: "3389", CIDRs: []string{everyIPv4}}
	change(&r)
	return r
}

func listed(rules ...existing.Rule) *policy.Policy {
	normal, faults := existing.Normalize(rules)
	if len(faults) > 0 {
		panic(faults)
	}
	return opens(normal...)
}

// TestExisting: existing rules in the words of every cloud, each of which opens
// RDP to everybody.
func TestExisting(t *testing.T) {
	ports := func(texts ...string) func(*existing.Rule) {
		return func(r *existing.Rule) { r.FromPort, r.ToPort, r.Ports = "", "", texts }
	}
	peers := func(texts ...string) func(*existing.Rule) {
		return func(r *existing.Rule) { r.CIDRs = texts }
	}
	var attacks []attack
	for name, change := range map[string]func(*existing.Rule){
		"leading zeros":                       func(r *existing.Rule) { r.FromPort, r.ToPort = "03389", "0003389" },
		"a plus sign":                         func(r *existing.Rule) { r.FromPort, r.ToPort = "+3389", "+3389" },
		"white space":                         func(r *existing.Rule) { r.FromPort, r.ToPort = " 3389", "3389\t" },
		"a range of one port":                 ports("3389-3389"),
		"a port in a long cell":               ports("29168, 29170;29172 3389"),
		"the number of the protocol":          func(r *existing.Rule) { r.Protocol = "6" },
		"the protocol in capitals":            func(r *existing.Rule) { r.Protocol = "TCP" },
		"every protocol":                      func(r *existing.Rule) { r.Protocol, r.FromPort, r.ToPort = "-1", "", "" },
		"every protocol of Azure":             func(r *existing.Rule) { r.Protocol, r.FromPort, r.ToPort, r.Ports = "*", "", "", []string{"*"} },
		"every protocol and ports 0 to 0":     func(r *existing.Rule) { r.Protocol, r.FromPort, r.ToPort = "all", "0", "0" },
		"every port as -1":                    func(r *existing.Rule) { r.FromPort, r.ToPort = "-1", "-1" },
		"every port as *":                     ports("*"),
		"every port by its ends":              ports("0-65535"),
		"every port in halves":                ports("0-32767", "32768-65535"),
		"every port but 0":                    ports("1-65535"),
		"halves":                              peers("0.0.0.0/1", "128.0.0.0/1"),
		"quarters in one cell":                peers("0.0.0.0/2,64.0.0.0/2;128.0.0.0/2 192.0.0.0/2"),
		"a ladder":                            peers(ladder(everyIPv4, 32)...),
		"everybody in words":                  peers("Any"),
		"Azure's internet":                    peers("Internet"),
		"a star":                              peers("*"),
		"IPv6":                                peers(everyIPv6),
		"IPv4 in IPv6":                        peers("::ffff:0:0/96"),
		"the word Inbound":                    func(r *existing.Rule) { r.Direction = "Inbound" },
		"the word Allow":                      func(r *existing.Rule) { r.Access = "Allow" },
		"a harmless description":              func(r *existing.Rule) { r.Description = "egress only, closed\u202e" },
		"a product that does not document it": func(r *existing.Rule) { r.Product = "veeam" },
	} {
		attacks = append(attacks, attack{name: name, verdict: risk.Rejected, hidden: listed(row(change)), honest: deskFrom(everyIPv4)})
	}
	inside := func(reason string) func(*existing.Rule) {
		return func(r *existing.Rule) { r.Zone, r.ZoneReason = "management", reason }
	}
	pieces := func(texts []string) *policy.Policy {
		rules := make([]existing.Rule, len(texts))
		for i, text := range texts {
			rules[i] = row(peers(text))
		}
		return listed(rules...)
	}
	run(t, append(attacks,
		attack{name: "sixteenths in rules of their own", same: true, verdict: risk.Rejected, hidden: pieces(equal(everyIPv4, 4)), honest: deskFrom(everyIPv4)},
		attack{name: "a zone that looks harmless", verdict: risk.Rejected, slack: 100, hidden: listed(row(inside("x"))), honest: deskFrom(everyIPv4)},
		attack{name: "a zone that looks harmless, without a reason", verdict: risk.Rejected, slack: 100, hidden: listed(row(inside("\u200b"))),
			honest: opens(desk(zoned("management", "", everyIPv4)))},
		attack{name: "a prefix list of the world", verdict: risk.Rejected,
			hidden: listed(row(func(r *existing.Rule) { r.CIDRs, r.References = nil, []policy.Reference{list("world", 1<<32)} })), honest: deskFrom(everyIPv4)},
		attack{name: "a network with holes", verdict: risk.Rejected,
			hidden: listed(row(peers(except("10.0.0.0/8", holes("10.0.0.0/8", 11)...).Prefixes.Strings()...))), honest: deskFrom("10.0.0.0/8")},
	))
}

// TestExisting_Refused are rows that say nothing certain.
func TestExisting_Refused(t *testing.T) {
	for name, change := range map[string]func(*existing.Rule){
		"hexadecimal":              func(r *existing.Rule) { r.FromPort, r.ToPort = "0xd3d", "0xd3d" },
		"a fraction":               func(r *existing.Rule) { r.FromPort, r.ToPort = "3388.5", "3389.5" },
		"a port that wraps":        func(r *existing.Rule) { r.FromPort, r.ToPort = "68925", "68925" },
		"a range that wraps":       func(r *existing.Rule) { r.FromPort, r.ToPort = "60000", "100" },
		"a negative port":          func(r *existing.Rule) { r.FromPort, r.ToPort = "-3389", "3389" },
		"half of all ports":        func(r *existing.Rule) { r.FromPort = "-1" },
		"half a range":             func(r *existing.Rule) { r.FromPort = "" },
		"no ports":                 func(r *existing.Rule) { r.FromPort, r.ToPort = "", "" },
		"port 0":                   func(r *existing.Rule) { r.FromPort, r.ToPort = "0", "0" },
		"ports given twice":        func(r *existing.Rule) { r.Ports = []string{"29168"} },
		"full-width digits":        func(r *existing.Rule) { r.FromPort, r.ToPort = "３３８９", "３３８９" },
		"a zero-width space":       func(r *existing.Rule) { r.FromPort = "3389\u200b" },
		"no protocol":              func(r *existing.Rule) { r.Protocol = "" },
		"a protocol twice":         func(r *existing.Rule) { r.Protocol = "tcp,udp" },
		"a protocol without name":  func(r *existing.Rule) { r.Protocol = "47" },
		"a Cyrillic protocol":      func(r *existing.Rule) { r.Protocol = "tсp" },
		"a protocol with zeros":    func(r *existing.Rule) { r.Protocol = "06" },
		"every protocol, one port": func(r *existing.Rule) { r.Protocol = "-1" },
		"no peers":                 func(r *existing.Rule) { r.CIDRs = nil },
		"blank peers":              func(r *existing.Rule) { r.CIDRs = []string{" ", ""} },
		"a group among addresses":  func(r *existing.Rule) { r.CIDRs = []string{"sg-0a"} },
		"a service tag":            func(r *existing.Rule) { r.CIDRs = []string{"AzureCloud"} },
		"host bits":                func(r *existing.Rule) { r.CIDRs = []string{"0.0.0.1/0"} },
		"octal":                    func(r *existing.Rule) { r.CIDRs = []string{"010.0.0.0/8"} },
		"a zone id":                func(r *existing.Rule) { r.CIDRs = []string{"fe80::1%eth0"} },
		"no direction":             func(r *existing.Rule) { r.Direction = "" },
		"a direction in Cyrillic":  func(r *existing.Rule) { r.Direction = "еgress" },
		"a denial":                 func(r *existing.Rule) { r.Access = "Deny" },
		"a word for access":        func(r *existing.Rule) { r.Access = "deny\u200b" },
		"a zone of its own":        func(r *existing.Rule) { r.Zone = "trusted" },
		"a product of its own":     func(r *existing.Rule) { r.Product = "vееam" },
	} {
		if rules, faults := existing.Normalize([]existing.Rule{row(change)}); len(faults) == 0 {
			t.Errorf("%s is read as %v for %v", name, rules[0].Ports(), rules[0].Prefixes())
		}
	}
}

// TestExisting_ReasonsAreShown: what a claim rests on is in the message.
func TestExisting_ReasonsAreShown(t *testing.T) {
	a := judged(t, listed(row(func(r *existing.Rule) { r.Zone, r.CIDRs = "internal", []string{"198.51.100.16/28"} })))
	if !slices.Contains(rejections(a), string(risk.PublicPeerPrivateClaim)) {
		t.Errorf("a public network said to be inside is rejected by %v", rejections(a))
	}
}
