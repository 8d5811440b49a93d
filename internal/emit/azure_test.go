package emit_test

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

func emitTarget(t *testing.T, name string, p *policy.Policy, o emit.Options) (*emit.Result, fault.List) {
	t.Helper()
	target, known := emit.TargetNamed(name)
	if !known {
		t.Fatalf("no target %s", name)
	}
	result, faults := target.Emit(p, o)
	if (result == nil) != (len(faults) > 0) {
		t.Fatalf("result %v together with faults %v", result, faults)
	}
	return result, faults
}

// shown is what a target makes of a policy, as golden files have it.
func shown(t *testing.T, name, text string, o emit.Options) string {
	t.Helper()
	result, faults := emitTarget(t, name, compiletest.MustParse(text), o)
	if len(faults) > 0 {
		return faults.Error() + "\n"
	}
	target, _ := emit.TargetNamed(name)
	return showResult(target, result)
}

// oneLine writes each row into a line of its own.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n  ", "; ") }

// listTest is a policy and what a target makes of it, a row a line.
type listTest struct {
	name, policy string
	options      emit.Options
	want         []string
}

func checkLists(t *testing.T, target string, tests []listTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := oneLine(shown(t, target, "policy p\n"+test.policy, test.options))
			if want := strings.Join(test.want, "\n") + "\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

const azureTarget = "azure_network_security_rules"

func TestAzure_Rows(t *testing.T) { checkLists(t, azureTarget, azureRows) }

var azureRows = []listTest{
	{
		name:   "both families, touching ranges and prefixes",
		policy: "ingress a 22/tcp 30-40/tcp 41-50/tcp from 10.0.0.0/25 10.0.0.128/25 10.2.0.0/16 2001:db8::/64",
		want: []string{
			`rule_count 2, limit 1000, headroom 998`,
			`ingress tcp-22+30-50-ipv4; name = "p-ingress-tcp-22-30-50-ipv4-e2f9db43"; priority = 2915; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22" "30-50"]; source_address_prefixes = ["10.0.0.0/24" "10.2.0.0/16"]; destination_address_prefix = "*"; description = "p: a"; rules = a`,
			`ingress tcp-22+30-50-ipv6; name = "p-ingress-tcp-22-30-50-ipv6-bd6470db"; priority = 2225; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22" "30-50"]; source_address_prefixes = ["2001:db8::/64"]; destination_address_prefix = "*"; description = "p: a"; rules = a`,
		},
	},
	{
		name:   "a rule for each protocol",
		policy: "ingress a 22/tcp 53/udp icmp esp from 10.0.0.0/24\ningress b icmp 80/tcp from 10.0.0.0/24 2001:db8::/64",
		want: []string{
			`rule_count 5, limit 1000, headroom 995`,
			`ingress esp-ipv4; name = "p-ingress-esp-ipv4"; priority = 3645; direction = "Inbound"; access = "Allow"; protocol = "Esp"; source_port_range = "*"; destination_port_range = "*"; source_address_prefixes = ["10.0.0.0/24"]; destination_address_prefix = "*"; description = "p: a"; rules = a`,
			`ingress icmp-ipv4; name = "p-ingress-icmp-ipv4"; priority = 2936; direction = "Inbound"; access = "Allow"; protocol = "Icmp"; source_port_range = "*"; destination_port_range = "*"; source_address_prefixes = ["10.0.0.0/24"]; destination_address_prefix = "*"; description = "p: a, b"; rules = a, b`,
			`ingress tcp-22+80-ipv4; name = "p-ingress-tcp-22-80-ipv4-158cbd5f"; priority = 1930; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22" "80"]; source_address_prefixes = ["10.0.0.0/24"]; destination_address_prefix = "*"; description = "p: a, b"; rules = a, b`,
			`ingress tcp-80-ipv6; name = "p-ingress-tcp-80-ipv6"; priority = 3011; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["80"]; source_address_prefixes = ["2001:db8::/64"]; destination_address_prefix = "*"; description = "p: b"; rules = b`,
			`ingress udp-53-ipv4; name = "p-ingress-udp-53-ipv4"; priority = 1188; direction = "Inbound"; access = "Allow"; protocol = "Udp"; source_port_range = "*"; destination_port_ranges = ["53"]; source_address_prefixes = ["10.0.0.0/24"]; destination_address_prefix = "*"; description = "p: a"; rules = a`,
		},
	},
	{
		name:   "every port, every protocol, every address",
		policy: "ingress a 0-65535/tcp from 10.0.0.0/24\ningress b any from 10.9.0.0/24\negress c 443/tcp to 0.0.0.0/0 ::/0",
		want: []string{
			`rule_count 4, limit 1000, headroom 996`,
			`ingress any-ipv4; name = "p-ingress-any-ipv4"; priority = 2826; direction = "Inbound"; access = "Allow"; protocol = "*"; source_port_range = "*"; destination_port_range = "*"; source_address_prefixes = ["10.9.0.0/24"]; destination_address_prefix = "*"; description = "p: b"; rules = b`,
			`ingress tcp-0-65535-ipv4; name = "p-ingress-tcp-0-65535-ipv4"; priority = 2354; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_range = "*"; source_address_prefixes = ["10.0.0.0/24"]; destination_address_prefix = "*"; description = "p: a"; rules = a`,
			`egress tcp-443-ipv4; name = "p-egress-tcp-443-ipv4"; priority = 1270; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["443"]; source_address_prefix = "*"; destination_address_prefixes = ["0.0.0.0/1" "128.0.0.0/1"]; description = "p: c"; rules = c`,
			`egress tcp-443-ipv6; name = "p-egress-tcp-443-ipv6"; priority = 3616; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["443"]; source_address_prefix = "*"; destination_address_prefixes = ["::/1" "8000::/1"]; description = "p: c"; rules = c`,
		},
	},
	{
		name: "references in both directions",
		policy: "ingress a 22/tcp icmp from ref:apps=azure_application_security_group ref:web=azure_application_security_group\n" +
			"egress b 22/tcp to ref:apps=azure_application_security_group 10.0.0.0/24",
		want: []string{
			`rule_count 4, limit 1000, headroom 996`,
			`ingress icmp-azure_application_security_group; name = "p-ingress-icmp-azure_application_security_group"; priority = 3570; direction = "Inbound"; access = "Allow"; protocol = "Icmp"; source_port_range = "*"; destination_port_range = "*"; destination_address_prefix = "*"; description = "p: a"; references = apps, web (azure_application_security_group); rules = a`,
			`ingress tcp-22-azure_application_security_group; name = "p-ingress-tcp-22-azure_application_security_group"; priority = 3259; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22"]; destination_address_prefix = "*"; description = "p: a"; references = apps, web (azure_application_security_group); rules = a`,
			`egress tcp-22-azure_application_security_group; name = "p-egress-tcp-22-azure_application_security_group"; priority = 3259; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22"]; source_address_prefix = "*"; description = "p: b"; references = apps (azure_application_security_group); rules = b`,
			`egress tcp-22-ipv4; name = "p-egress-tcp-22-ipv4"; priority = 1902; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22"]; source_address_prefix = "*"; destination_address_prefixes = ["10.0.0.0/24"]; description = "p: b"; rules = b`,
		},
	},
	{
		name: "lists that are cut, each part with its own rules",
		policy: "ingress a 1/tcp 3/tcp 5/tcp from ref:r1=azure_application_security_group ref:r2=azure_application_security_group\n" +
			"ingress b 1/tcp 3/tcp 5/tcp from ref:r3=azure_application_security_group",
		options: emit.Options{Limits: map[string]int{"application_security_groups_per_rule": 2, "port_ranges_per_rule": 2}},
		want: []string{
			`rule_count 4, limit 1000, headroom 996`,
			`limit port_ranges_per_rule 2 from the argument limits`,
			`limit application_security_groups_per_rule 2 from the argument limits`,
			`ingress tcp-1+3+5-azure_application_security_group; name = "p-ingress-tcp-1-3-5-azure_application_security_group-43b6aaf9"; priority = 3702; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["1" "3"]; destination_address_prefix = "*"; description = "p: a"; references = r1, r2 (azure_application_security_group); rules = a`,
			`ingress tcp-1+3+5-azure_application_security_group-part-2; name = "p-ingress-tcp-1-3-5-azure_application_security_group-part-2-8c1edc78"; priority = 2166; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["1" "3"]; destination_address_prefix = "*"; description = "p: b"; references = r3 (azure_application_security_group); rules = b`,
			`ingress tcp-1+3+5-azure_application_security_group-part-3; name = "p-ingress-tcp-1-3-5-azure_application_security_group-part-3-f64fb4fe"; priority = 3973; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["5"]; destination_address_prefix = "*"; description = "p: a"; references = r1, r2 (azure_application_security_group); rules = a`,
			`ingress tcp-1+3+5-azure_application_security_group-part-4; name = "p-ingress-tcp-1-3-5-azure_application_security_group-part-4-a1e799e4"; priority = 3594; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["5"]; destination_address_prefix = "*"; description = "p: b"; references = r3 (azure_application_security_group); rules = b`,
		},
	},
	{
		name: "a part whose ports every other rule carries too names its rules",
		policy: "egress a 20/tcp to ref:apps=azure_application_security_group ref:proxies=azure_application_security_group\n" +
			"egress b 22/tcp 24/tcp to ref:proxies=azure_application_security_group\n" +
			"egress c any to ref:apps=azure_application_security_group",
		options: emit.Options{Limits: map[string]int{"application_security_groups_per_rule": 1, "port_ranges_per_rule": 2}},
		want: []string{
			`rule_count 5, limit 1000, headroom 995`,
			`limit port_ranges_per_rule 2 from the argument limits`,
			`limit application_security_groups_per_rule 1 from the argument limits`,
			`egress any-azure_application_security_group; name = "p-egress-any-azure_application_security_group"; priority = 3198; direction = "Outbound"; access = "Allow"; protocol = "*"; source_port_range = "*"; destination_port_range = "*"; source_address_prefix = "*"; description = "p: a, c"; references = apps (azure_application_security_group); rules = a, c`,
			`egress tcp-20+22+24-azure_application_security_group; name = "p-egress-tcp-20-22-24-azure_application_security_group-301eb754"; priority = 1823; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["20" "22"]; source_address_prefix = "*"; description = "p: a"; references = apps (azure_application_security_group); rules = a`,
			`egress tcp-20+22+24-azure_application_security_group-part-2; name = "p-egress-tcp-20-22-24-azure_application_security_group-part-2-521308b5"; priority = 1739; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["20" "22"]; source_address_prefix = "*"; description = "p: a, b"; references = proxies (azure_application_security_group); rules = a, b`,
			`egress tcp-20+22+24-azure_application_security_group-part-3; name = "p-egress-tcp-20-22-24-azure_application_security_group-part-3-e6bddfc7"; priority = 3656; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["24"]; source_address_prefix = "*"; description = "p: c"; references = apps (azure_application_security_group); rules = c`,
			`egress tcp-20+22+24-azure_application_security_group-part-4; name = "p-egress-tcp-20-22-24-azure_application_security_group-part-4-b4d79e54"; priority = 1954; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["24"]; source_address_prefix = "*"; description = "p: b"; references = proxies (azure_application_security_group); rules = b`,
		},
	},
	{
		name:    "a band of one number for each direction",
		policy:  "ingress a 22/tcp from 10.0.0.0/24\negress b 22/tcp to 10.0.0.0/24",
		options: emit.Options{Arguments: map[string]any{"first_priority": int64(4096), "last_priority": int64(4096)}},
		want: []string{
			`rule_count 2, limit 1000, headroom 998`,
			`ingress tcp-22-ipv4; name = "p-ingress-tcp-22-ipv4"; priority = 4096; direction = "Inbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22"]; source_address_prefixes = ["10.0.0.0/24"]; destination_address_prefix = "*"; description = "p: a"; rules = a`,
			`egress tcp-22-ipv4; name = "p-egress-tcp-22-ipv4"; priority = 4096; direction = "Outbound"; access = "Allow"; protocol = "Tcp"; source_port_range = "*"; destination_port_ranges = ["22"]; source_address_prefix = "*"; destination_address_prefixes = ["10.0.0.0/24"]; description = "p: b"; rules = b`,
		},
	},
}

func TestAzure_Faults(t *testing.T) { checkLists(t, azureTarget, azureFaults) }

var azureFaults = []listTest{
	{
		name:   "protocols without a name, next to what can be expressed",
		policy: "ingress a 22/tcp 3868/sctp icmpv6 from 10.0.0.0/24 2001:db8::/64\negress b 0-65535/sctp to 10.0.0.0/24",
		want: []string{
			`policy.rules["a"]: Protocol not expressible: Rule "a" opens icmpv6, and Azure network security group rules cannot: network security groups do not support ICMPv6 (https://learn.microsoft.com/azure/virtual-network/ip-services/ipv6-overview). Without it the rules would allow less than the policy says. Take icmpv6 out of the rule, or filter it in a firewall on the host.`,
			`policy.rules["a"]: Protocol not expressible: Rule "a" opens sctp, and Azure network security group rules cannot: they name TCP, UDP, ICMP and ESP only. Without it the rules would allow less than the policy says. Take sctp out of the rule, or filter it in a firewall on the host.`,
			`policy.rules["b"]: Protocol not expressible: Rule "b" opens sctp, and Azure network security group rules cannot: they name TCP, UDP, ICMP and ESP only. Without it the rules would allow less than the policy says. Take sctp out of the rule, or filter it in a firewall on the host.`,
		},
	},
	{
		name:   "references of other clouds",
		policy: "ingress a 22/tcp from ref:web=google_network_tag ref:bastion=aws_security_group ref:apps=azure_application_security_group",
		want: []string{
			`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "bastion" of kind "aws_security_group", which Azure network security group rules cannot name. Without it the rules would allow less than the policy says. List the addresses in cidrs, use a reference of kind "azure_application_security_group", or move the reference into a policy for a firewall that knows it.`,
			`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "web" of kind "google_network_tag", which Azure network security group rules cannot name. Without it the rules would allow less than the policy says. List the addresses in cidrs, use a reference of kind "azure_application_security_group", or move the reference into a policy for a firewall that knows it.`,
		},
	},
	{
		name:    "priorities that Azure does not take",
		policy:  "ingress a 22/tcp from 10.0.0.0/24",
		options: emit.Options{Arguments: map[string]any{"first_priority": int64(99), "last_priority": int64(4097)}},
		want: []string{
			`first_priority: Number out of range: first_priority = 99 is not a priority. Azure refuses other priorities. Write a whole number from 100 to 4096, or leave it out for 1000.`,
			`last_priority: Number out of range: last_priority = 4097 is not a priority. Azure refuses other priorities. Write a whole number from 100 to 4096, or leave it out for 3999.`,
		},
	},
	{
		name:    "a reversed band",
		policy:  "ingress a 22/tcp from 10.0.0.0/24",
		options: emit.Options{Arguments: map[string]any{"first_priority": int64(4000)}},
		want: []string{
			`first_priority: Reversed numbers: first_priority = 4000 is above last_priority = 3999. No rule would have a number. Write a priority that is not above last_priority.`,
		},
	},
	{
		name:    "a band that is too narrow for one direction",
		policy:  "ingress a 22/tcp 53/udp icmp from 10.0.0.0/24\negress b 22/tcp to 10.0.0.0/24",
		options: emit.Options{Arguments: map[string]any{"first_priority": int64(200), "last_priority": int64(201)}},
		want: []string{
			`first_priority: Too few numbers: first_priority = 200 and last_priority = 201 leave 2 numbers, and the ingress rules need 3. Each rule of a direction has a priority of its own. Write a lower first_priority or a higher last_priority, or open more with fewer rules.`,
		},
	},
	{
		name:    "more rules than a group has, both directions together",
		policy:  "ingress a 22/tcp 53/udp from 10.0.0.0/24\negress b 22/tcp to 10.0.0.0/24",
		options: emit.Options{RulesElsewhere: 998},
		want: []string{
			`policy: Too many rules: The policy needs 3 rules in one Azure network security group for both directions, and rules_elsewhere adds 998; the limit is 1000. Azure refuses the rules beyond its limit, after others have been applied. Most of them come from "a" (2), "b" (1). Do one of these: split the policy over at least 2 groups, on subnets or network interfaces of their own; give rules of the policy the same ports or the same peers, which makes them one rule.`,
		},
	},
	{
		name:    "prefixes of all rules of a direction together",
		policy:  "ingress a 22/tcp from 10.0.0.0/24 10.2.0.0/24\ningress b 53/udp from 10.4.0.0/24\negress c 22/tcp to 10.0.0.0/24 10.2.0.0/24",
		options: emit.Options{Limits: map[string]int{"prefixes": 2}},
		want: []string{
			`policy: Too many prefixes: The ingress rules have 3 prefixes; the limit is 2. Azure counts the prefixes of all rules of a group and refuses more. Most of them come from "a" (2), "b" (1). List fewer or wider prefixes, split the policy over groups, or use application security groups. If your limit has been raised, write it as limits = { prefixes = … }.`,
		},
	},
	{
		name:    "every address counts as two prefixes; and too narrow a band hides nothing else",
		policy:  "ingress a 22/tcp 1/udp from 0.0.0.0/0",
		options: emit.Options{Limits: map[string]int{"prefixes": 3}, RulesElsewhere: 999, Arguments: map[string]any{"first_priority": int64(3999)}},
		want: []string{
			`first_priority: Too few numbers: first_priority = 3999 and last_priority = 3999 leave 1 numbers, and the ingress rules need 2. Each rule of a direction has a priority of its own. Write a lower first_priority or a higher last_priority, or open more with fewer rules.`,
			`policy: Too many rules: The policy needs 2 rules in one Azure network security group for both directions, and rules_elsewhere adds 999; the limit is 1000. Azure refuses the rules beyond its limit, after others have been applied. Most of them come from "a" (2). Do one of these: split the policy over at least 2 groups, on subnets or network interfaces of their own; give rules of the policy the same ports or the same peers, which makes them one rule.`,
			`policy: Too many prefixes: The ingress rules have 4 prefixes; the limit is 3. Azure counts the prefixes of all rules of a group and refuses more. Most of them come from "a" (4). List fewer or wider prefixes, split the policy over groups, or use application security groups. If your limit has been raised, write it as limits = { prefixes = … }.`,
		},
	},
	{
		name:    "application security groups of all rules together, each once",
		policy:  "ingress a 22/tcp 53/udp from ref:r1=azure_application_security_group ref:r2=azure_application_security_group\negress b 1/tcp to ref:r3=azure_application_security_group",
		options: emit.Options{Limits: map[string]int{"application_security_groups": 2}},
		want: []string{
			`policy: Too many references: The rules name 3 application security groups; the limit is 2. Azure refuses more in one network security group. Use one application security group for hosts that need the same, or split the policy over groups.`,
		},
	},
	{
		name:    "limits that cannot be raised",
		policy:  "ingress a 22/tcp from 10.0.0.0/24",
		options: emit.Options{Limits: map[string]int{"rules": 1001, "application_security_groups_per_rule": 11, "description_length": 100, "name_length": 90}},
		want: []string{
			`limits["application_security_groups_per_rule"]: Limit too high: application_security_groups_per_rule = 11 is above 10. The target's limit is fixed (https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-resource-manager-virtual-networking-limits). Write a number from 1 to 10, or leave it out for 10.`,
			`limits["description_length"]: Limit too low: description_length = 100 is below 140. The limit counts characters, and no policy fits below that. Write a number from 140 to 140, or leave it out for 140.`,
			`limits["name_length"]: Unknown limit: "name_length" is not a limit of azure_network_security_rules. A limit that is not known would be ignored. Use one of rules, prefixes, port_ranges_per_rule, application_security_groups_per_rule, application_security_groups, description_length.`,
			`limits["rules"]: Limit too high: rules = 1001 is above 1000. The target's limit is fixed (https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-resource-manager-virtual-networking-limits). Write a number from 1 to 1000, or leave it out for 1000.`,
		},
	},
	{
		name:    "everything at once",
		policy:  "ingress a 1/sctp from ref:t=google_network_tag",
		options: emit.Options{RulesElsewhere: -1, Arguments: map[string]any{"first_priority": int64(0)}},
		want: []string{
			`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
			`first_priority: Number out of range: first_priority = 0 is not a priority. Azure refuses other priorities. Write a whole number from 100 to 4096, or leave it out for 1000.`,
			`policy.rules["a"]: Protocol not expressible: Rule "a" opens sctp, and Azure network security group rules cannot: they name TCP, UDP, ICMP and ESP only. Without it the rules would allow less than the policy says. Take sctp out of the rule, or filter it in a firewall on the host.`,
			`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "t" of kind "google_network_tag", which Azure network security group rules cannot name. Without it the rules would allow less than the policy says. List the addresses in cidrs, use a reference of kind "azure_application_security_group", or move the reference into a policy for a firewall that knows it.`,
		},
	},
	{
		name:   "mapped IPv4 addresses that except leaves over",
		policy: "ingress a 22/tcp from ::fffe:0:0/95 except ::fffe:0:0/96",
		want: []string{
			`policy.rules["a"]: Mapped IPv4 addresses: Rule "a" is left with the prefix "::ffff:0.0.0.0/96", which holds IPv4 addresses in IPv6 form. No packet carries such an address, and clouds take the prefix for an IPv4 one. List the IPv6 networks that are meant in cidrs, such as "2001:db8:40::/64", and not a wide prefix with except.`,
		},
	},
}
