package emit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

func emitNftables(t *testing.T, p *policy.Policy, o emit.Options) (*emit.Result, fault.List) {
	t.Helper()
	target, known := emit.TargetNamed("nftables_ruleset")
	if !known {
		t.Fatal("no target")
	}
	result, faults := target.Emit(p, o)
	if (result == nil) != (len(faults) > 0) {
		t.Fatalf("result %v together with faults %v", result, faults)
	}
	return result, faults
}

func tableArgument(name string) emit.Options {
	return emit.Options{Arguments: map[string]any{"table": name}}
}

func TestNftables_Faults(t *testing.T) {
	const (
		hint    = ` is not the name of a table. nft takes such names for something else, or refuses them. Use 1 to 31 of a-z, 0-9, - and _, starting with a letter and with - or _ in it, or leave it out.`
		deletes = ` may be a word of nft, or a table of the host's own. Loading the ruleset deletes what was in the table before. Use a name of its own with - or _ in it, such as `
	)
	for _, test := range []struct {
		name, policy string
		options      emit.Options
		want         []string
	}{
		{
			name:   "references, at the rules that name them, in both directions",
			policy: "ingress a 22/tcp from ref:bastion=aws_security_group 10.0.0.0/8\ningress b 22/tcp from 10.0.0.0/8\negress c any to ref:web=google_network_tag",
			want: []string{
				`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "bastion" of kind "aws_security_group", which nftables rules cannot name. ` +
					`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`,
				`policy.rules["c"]: Reference not expressible: Rule "c" has the reference "web" of kind "google_network_tag", which nftables rules cannot name. ` +
					`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`,
			},
		},
		{
			name:   "everything at once",
			policy: "ingress a 22/tcp from ref:bastion=aws_security_group",
			options: emit.Options{
				Limits: map[string]int{"rule": 1, "comment_length": 129}, RulesElsewhere: -1,
				Arguments: map[string]any{"table": "Filter"},
			},
			want: []string{
				`limits["comment_length"]: Limit too high: comment_length = 129 is above 128. The target's limit is fixed (https://git.netfilter.org/nftables/tree/src/parser_bison.y). Write a number from 120 to 128, or leave it out for 128.`,
				`limits["rule"]: Unknown limit: "rule" is not a limit of nftables_ruleset. A limit that is not known would be ignored. Use one of rules, elements, comment_length.`,
				`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
				`table: Invalid table name: table = "Filter"` + hint,
				`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "bastion" of kind "aws_security_group", which nftables rules cannot name. ` +
					`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`,
			},
		},
		{
			name:    "the host's own table",
			options: tableArgument("filter"),
			want:    []string{`table: Reserved table name: table = "filter"` + deletes + `"backupfw-filter", or leave it out.`},
		},
		{
			name:    "a word of nft",
			options: tableArgument("auto-merge"),
			want:    []string{`table: Reserved table name: table = "auto-merge"` + deletes + `"backupfw-auto-merge", or leave it out.`},
		},
		{
			name:    "too many elements",
			policy:  "ingress a 1/tcp from" + peers(5) + "\negress b icmp to" + peers(2),
			options: emit.Options{Limits: map[string]int{"elements": 6}},
			want: []string{`policy: Too many elements: The sets need 7 elements; the limit is 6. An element is a range of addresses with a range of ports. It takes memory of the kernel and time to load. ` +
				`Rules share sets; the largest belong to "a" (5), "b" (2). Do one of these: list fewer or wider prefixes; open the same ports to the same peers, since ranges that touch are one element; ` +
				`write limits = { elements = … }, at least 7.`},
		},
		{
			name:    "too many rules",
			policy:  "ingress a 1/tcp icmp from 10.0.0.0\ningress b 3/tcp from 2001:db8::",
			options: emit.Options{Limits: map[string]int{"rules": 4}, RulesElsewhere: 2},
			want: []string{`policy: Too many rules: The policy needs 3 rules in one nftables chain for ingress, and rules_elsewhere adds 2; the limit is 4. ` +
				`Each packet that opens a connection goes through the rules one by one. Most of them come from "a" (2), "b" (1). ` +
				`Do one of these: keep fewer rules elsewhere; write limits = { rules = … }, at least 5, since nftables itself has no limit.`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, faults := emitNftables(t, namedPolicy(test.policy), test.options)
			if got, want := faults.Error(), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestNftables_HostileTableNames: whatever could end the name and begin
// something else is refused, and shown in a form that does no harm.
func TestNftables_HostileTableNames(t *testing.T) {
	for _, name := range []string{
		"", " ", "a", "-a", "_a", "9-a", "a-b ", "a-b\n", "a-b\t", "a-b {", "a-b }\nflush ruleset", "a-b;flush ruleset", `a-"b"`, "a-b#", "a-b`id`", "a-$(id)", "a-b\\", "a-b/c", "a-b.c", "A-b",
		"a-\x1b[31m", "a-\x00", "a-\u00e9", "a-\u202e", "a-\xff", "inet a-b", "@a-b", "$a-b", "a-*", "'a-b'", "a-" + strings.Repeat("b", 30), strings.Repeat("a-", 5000),
		"filter", "nat", "firewalld", "counter", "ip6", "gc-interval",
	} {
		_, faults := emitNftables(t, namedPolicy("ingress a 22/tcp from 10.0.0.0/8"), tableArgument(name))
		if len(faults) != 1 {
			t.Errorf("%.40q gives %v", name, faults)
			continue
		}
		text := faults.Error()
		if len(text) > 500 || strings.ContainsAny(text, "\n\x1b\x00") {
			t.Errorf("%.40q gives %q", name, text)
		}
	}
	for _, name := range []string{"a-b", "a_", "backup-fw_2", "a-" + strings.Repeat("b", 29)} {
		result, faults := emitNftables(t, namedPolicy("ingress a 22/tcp from 10.0.0.0/8"), tableArgument(name))
		if len(faults) > 0 || strings.Count(result.Outputs[0].(string), "table inet "+name+"\n")+strings.Count(result.Outputs[0].(string), "table inet "+name+" {\n") != 3 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// showNftables writes a row on a few lines.
func showNftables(direction string, row emit.Row) string {
	return fmt.Sprintf("%s %s: %s %s of %s\n%s\n%s; %s", direction, row.Key, row.Values[0], row.Values[1], row.Values[2],
		strings.Join(row.Values[3].([]string), ", "), row.Values[4], strings.Join(row.Rules, ","))
}

func TestNftables_Rows(t *testing.T) {
	const (
		ports4 = "ingress ipv4-ports: ipv4 ingress_ipv4_ports of ipv4_addr . inet_proto . inet_service\n"
		rule4  = "\nip saddr . meta l4proto . th dport @ingress_ipv4_ports counter accept comment "
		ports6 = "ingress ipv6-ports: ipv6 ingress_ipv6_ports of ipv6_addr . inet_proto . inet_service\n"
		rule6  = "\nip6 saddr . meta l4proto . th dport @ingress_ipv6_ports counter accept comment "
	)
	for _, test := range []struct {
		name, policy string
		want         []string
	}{
		{
			name:   "families apart, each with its own rules",
			policy: "ingress a 1556/tcp 2500-2539/tcp from 198.51.100.16/28\ningress b 1556/tcp from 2001:db8:40::/64",
			want: []string{
				ports4 + "198.51.100.16/28 . tcp . 1556, 198.51.100.16/28 . tcp . 2500-2539" + rule4 + `"primary: a"; a`,
				ports6 + "2001:db8:40::/64 . tcp . 1556" + rule6 + `"primary: b"; b`,
			},
		},
		{
			name:   "ranges of ports that touch and overlap, for those who have both",
			policy: "ingress a 20-21/tcp from 10.0.0.0/24\ningress b 21-25/tcp from 10.0.0.128/25",
			want:   []string{ports4 + "10.0.0.0/25 . tcp . 20-21, 10.0.0.128/25 . tcp . 20-25" + rule4 + `"primary: a, b"; a,b`},
		},
		{
			name:   "ranges of addresses, an exclusion, a single one",
			policy: "ingress a 22/tcp from 10.0.0.0/29 10.0.1.1 except 10.0.0.0",
			want:   []string{ports4 + "10.0.0.1-10.0.0.7 . tcp . 22, 10.0.1.1 . tcp . 22" + rule4 + `"primary: a"; a`},
		},
		{
			name:   "protocols with and without ports",
			policy: "ingress a icmp icmpv6 esp 3868/sctp 53/udp from 10.0.0.0/24 2001:db8::/64",
			want: []string{
				ports4 + "10.0.0.0/24 . udp . 53, 10.0.0.0/24 . sctp . 3868" + rule4 + `"primary: a"; a`,
				"ingress ipv4-protocols: ipv4 ingress_ipv4_protocols of ipv4_addr . inet_proto\n10.0.0.0/24 . icmp, 10.0.0.0/24 . esp\n" +
					`ip saddr . meta l4proto @ingress_ipv4_protocols counter accept comment "primary: a"; a`,
				ports6 + "2001:db8::/64 . udp . 53, 2001:db8::/64 . sctp . 3868" + rule6 + `"primary: a"; a`,
				"ingress ipv6-protocols: ipv6 ingress_ipv6_protocols of ipv6_addr . inet_proto\n2001:db8::/64 . icmpv6, 2001:db8::/64 . esp\n" +
					`ip6 saddr . meta l4proto @ingress_ipv6_protocols counter accept comment "primary: a"; a`,
			},
		},
		{
			name:   "everything, and the ends of the ports beside it; who has everything needs no ports",
			policy: "ingress a any from 10.0.0.0/24\ningress b 0/tcp 65535/tcp 0-65535/udp from 10.0.0.0/23",
			want: []string{
				"ingress ipv4-any: ipv4 ingress_ipv4_any of ipv4_addr\n10.0.0.0/24\n" + `ip saddr @ingress_ipv4_any counter accept comment "primary: a, b"; a,b`,
				ports4 + "10.0.1.0/24 . tcp . 0, 10.0.1.0/24 . tcp . 65535, 10.0.1.0/24 . udp . 0-65535" + rule4 + `"primary: b"; b`,
			},
		},
		{
			name:   "everybody, and egress",
			policy: "egress a 443/tcp to 0.0.0.0/0 ::/0 except ::1",
			want: []string{
				"egress ipv4-ports: ipv4 egress_ipv4_ports of ipv4_addr . inet_proto . inet_service\n0.0.0.0/0 . tcp . 443\n" +
					`ip daddr . meta l4proto . th dport @egress_ipv4_ports counter accept comment "primary: a"; a`,
				"egress ipv6-ports: ipv6 egress_ipv6_ports of ipv6_addr . inet_proto . inet_service\n:: . tcp . 443, ::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff . tcp . 443\n" +
					`ip6 daddr . meta l4proto . th dport @egress_ipv6_ports counter accept comment "primary: a"; a`,
			},
		},
		{
			name:   "mapped addresses stay IPv6",
			policy: "ingress a 22/tcp from ::fffe:0:0/95 except ::fffe:0:0/96\ningress b 23/tcp from ::fffe:0:0/95 except ::fffe:0:0",
			want:   []string{ports6 + "::ffff:0:0/96 . tcp . 22-23, ::fffe:0:1-::fffe:ffff:ffff . tcp . 23" + rule6 + `"primary: a, b"; a,b`},
		},
		{
			name:   "ICMP for the family that has none",
			policy: "ingress a icmp 22/tcp from 2001:db8::/64",
			want:   []string{ports6 + "2001:db8::/64 . tcp . 22" + rule6 + `"primary: a"; a`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, faults := emitNftables(t, namedPolicy(test.policy), emit.Options{})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			var got []string
			for _, row := range result.Ingress {
				got = append(got, showNftables("ingress", row))
			}
			for _, row := range result.Egress {
				got = append(got, showNftables("egress", row))
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

const nftablesBoth = `# Policy primary, for nft -f. Loading it again replaces the table.
table inet backupfw-primary {
}
delete table inet backupfw-primary

table inet backupfw-primary {
	set ingress_ipv4_ports {
		type ipv4_addr . inet_proto . inet_service
		flags interval
		elements = {
			10.0.0.1-10.0.0.7 . tcp . 22,
			10.0.0.1-10.0.0.7 . udp . 53
		}
	}

	set egress_ipv6_any {
		type ipv6_addr
		flags interval
		elements = {
			2001:db8::/64
		}
	}

	chain ingress {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state established,related accept
		ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
		ip6 saddr fe80::/10 ip6 hoplimit 1 icmpv6 type mld-listener-query accept
		ip saddr . meta l4proto . th dport @ingress_ipv4_ports counter accept comment "primary: a"
		counter comment "primary: everything else"
	}

	chain egress {
		type filter hook output priority filter; policy drop;
		oif "lo" accept
		ct state established,related accept
		ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept
		ip6 hoplimit 1 icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } accept
		ip6 daddr @egress_ipv6_any counter accept comment "primary: b"
		counter comment "primary: everything else"
	}
}
`

func TestNftables_Text(t *testing.T) {
	both := namedPolicy("ingress a 22/tcp 53/udp from 10.0.0.0/29 except 10.0.0.0\negress b any to 2001:db8::/64")
	for _, test := range []struct {
		name      string
		policy    *policy.Policy
		arguments map[string]any
		want      string
	}{
		{"closed", both, map[string]any{"default_drop": true}, nftablesBoth},
		{"open", both, nil, strings.ReplaceAll(nftablesBoth, "policy drop", "policy accept")},
		{"open, said so", both, map[string]any{"default_drop": false}, strings.ReplaceAll(nftablesBoth, "policy drop", "policy accept")},
		{"table of that name", both, map[string]any{"default_drop": true, "table": "fw_7"}, strings.ReplaceAll(nftablesBoth, "backupfw-primary", "fw_7")},
		{
			"no rules", &policy.Policy{Name: "primary"}, map[string]any{"default_drop": true},
			nftablesBoth[:strings.Index(nftablesBoth, "\tset ")] + "}\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, faults := emitNftables(t, test.policy, emit.Options{Arguments: test.arguments})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if got := result.Outputs[0]; got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestNftables_OneDirection: the other has no chain, which would close it.
func TestNftables_OneDirection(t *testing.T) {
	for rules, chains := range map[string][2]string{
		"ingress a 22/tcp from 10.0.0.0/8": {"hook input", "hook output"},
		"egress a 22/tcp to 10.0.0.0/8":    {"hook output", "hook input"},
	} {
		result, faults := emitNftables(t, namedPolicy(rules), nftablesReading.options)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if text := result.Outputs[0].(string); !strings.Contains(text, chains[0]) || strings.Contains(text, chains[1]) {
			t.Errorf("%s gives\n%s", rules, text)
		}
	}
}

// TestNftables_LongNames: the longest names that there are leave whole names, or
// their number, in comments, and no two policies have one table.
func TestNftables_LongNames(t *testing.T) {
	long := strings.Repeat("p", 62)
	tables := map[string]bool{}
	for _, name := range []string{long + "a", long + "b", "p", "pp", "0", "-"} {
		for _, limit := range []int{120, 128} {
			p := namedPolicy("")
			p.Name = name
			for i := range 3 {
				one := namedPolicy(fmt.Sprintf("ingress %s%d 22/tcp from 10.0.%d.0/24", long, i, 2*i))
				p.Rules = append(p.Rules, one.Rules...)
			}
			result, faults := emitNftables(t, p, emit.Options{Limits: map[string]int{"comment_length": limit}})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			row := result.Ingress[0]
			_, comment, _ := strings.Cut(row.Values[4].(string), "comment ")
			if len(comment) > limit+2 || !strings.Contains(comment, long+"0") && !strings.Contains(comment, name+": 3 rules") || len(row.Rules) != 3 {
				t.Errorf("comment of %d bytes: %s; %v", len(comment), comment, row.Rules)
			}
			_, table, _ := strings.Cut(result.Outputs[0].(string), "delete table inet ")
			table, _, _ = strings.Cut(table, "\n")
			if len(table) > 31 || limit == 120 && tables[table] {
				t.Errorf("table %s of %d bytes", table, len(table))
			}
			tables[table] = true
		}
	}
	if len(tables) != 6 {
		t.Errorf("tables %v", tables)
	}
}
