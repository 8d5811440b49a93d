package emit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

const googleTarget = "google_firewall_rules"

func TestGoogle_Rows(t *testing.T) { checkLists(t, googleTarget, googleRows) }

var googleRows = []listTest{
	{
		name:   "protocols together, families apart, each with its own ICMP",
		policy: "ingress a 22/tcp 30-40/tcp 41-50/tcp 53/udp icmp icmpv6 esp 0-65535/sctp from 10.0.0.0/25 10.0.0.128/25 10.2.0.0/16 2001:db8::/64",
		want: []string{
			`rule_count 2, limit 100, headroom 98`,
			`ingress tcp-22+30-50+udp-53+sctp-0-65535+icmp+esp-ipv4; name = "p-ingress-tcp-22-30-50-udp-53-sctp-0-65535-icmp-esp-ip-70488231"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["22" "30-50"]; allow:;   protocol = "udp";   ports = ["53"]; allow:;   protocol = "sctp"; allow:;   protocol = "icmp"; allow:;   protocol = "esp"; source_ranges = ["10.0.0.0/24" "10.2.0.0/16"]; rules = a`,
			`ingress tcp-22+30-50+udp-53+sctp-0-65535+icmpv6+esp-ipv6; name = "p-ingress-tcp-22-30-50-udp-53-sctp-0-65535-icmpv6-esp-2f78b276"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["22" "30-50"]; allow:;   protocol = "udp";   ports = ["53"]; allow:;   protocol = "sctp"; allow:;   protocol = "58"; allow:;   protocol = "esp"; source_ranges = ["2001:db8::/64"]; rules = a`,
		},
	},
	{
		name:   "every port, every protocol, every address",
		policy: "ingress a 0-65535/tcp from 10.0.0.0/24\ningress b any from 10.9.0.0/24\negress c 443/tcp to 0.0.0.0/0 ::/0",
		want: []string{
			`rule_count 4, limit 100, headroom 96`,
			`ingress any-ipv4; name = "p-ingress-any-ipv4"; description = "p: b"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "all"; source_ranges = ["10.9.0.0/24"]; rules = b`,
			`ingress tcp-0-65535-ipv4; name = "p-ingress-tcp-0-65535-ipv4"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp"; source_ranges = ["10.0.0.0/24"]; rules = a`,
			`egress tcp-443-ipv4; name = "p-egress-tcp-443-ipv4"; description = "p: c"; direction = "EGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["443"]; destination_ranges = ["0.0.0.0/0"]; rules = c`,
			`egress tcp-443-ipv6; name = "p-egress-tcp-443-ipv6"; description = "p: c"; direction = "EGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["443"]; destination_ranges = ["::/0"]; rules = c`,
		},
	},
	{
		name:   "tags and service accounts apart, and apart from ranges",
		policy: "ingress a 22/tcp icmp icmpv6 from 10.0.0.0/24 ref:apps=google_network_tag ref:web=google_network_tag ref:runner=google_service_account",
		want: []string{
			`rule_count 3, limit 100, headroom 97`,
			`ingress tcp-22+icmp+icmpv6-google_network_tag; name = "p-ingress-tcp-22-icmp-icmpv6-google-network-tag-f6ff74d3"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["22"]; allow:;   protocol = "icmp"; allow:;   protocol = "58"; references = apps, web (google_network_tag); rules = a`,
			`ingress tcp-22+icmp+icmpv6-google_service_account; name = "p-ingress-tcp-22-icmp-icmpv6-google-service-account-75a5c638"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["22"]; allow:;   protocol = "icmp"; allow:;   protocol = "58"; references = runner (google_service_account); rules = a`,
			`ingress tcp-22+icmp-ipv4; name = "p-ingress-tcp-22-icmp-ipv4-0f5e2caa"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["22"]; allow:;   protocol = "icmp"; source_ranges = ["10.0.0.0/24"]; rules = a`,
		},
	},
	{
		name: "lists that are cut, each part with its own rules",
		policy: "ingress a 1/tcp 3/tcp 5/udp from 10.0.0.0/24 10.2.0.0/24\n" +
			"ingress b 1/tcp 3/tcp 5/udp from 10.4.0.0/24",
		options: emit.Options{Limits: map[string]int{"ranges_per_rule": 2, "port_ranges_per_rule": 2}},
		want: []string{
			`rule_count 4, limit 100, headroom 96`,
			`limit ranges_per_rule 2 from the argument limits`,
			`limit port_ranges_per_rule 2 from the argument limits`,
			`ingress tcp-1+3+udp-5-ipv4; name = "p-ingress-tcp-1-3-udp-5-ipv4-9c52c1dc"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["1" "3"]; source_ranges = ["10.0.0.0/24" "10.2.0.0/24"]; rules = a`,
			`ingress tcp-1+3+udp-5-ipv4-part-2; name = "p-ingress-tcp-1-3-udp-5-ipv4-part-2-cfe201e2"; description = "p: b"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "tcp";   ports = ["1" "3"]; source_ranges = ["10.4.0.0/24"]; rules = b`,
			`ingress tcp-1+3+udp-5-ipv4-part-3; name = "p-ingress-tcp-1-3-udp-5-ipv4-part-3-3bd21c7b"; description = "p: a"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "udp";   ports = ["5"]; source_ranges = ["10.0.0.0/24" "10.2.0.0/24"]; rules = a`,
			`ingress tcp-1+3+udp-5-ipv4-part-4; name = "p-ingress-tcp-1-3-udp-5-ipv4-part-4-e2f574ca"; description = "p: b"; direction = "INGRESS"; priority = 1000; allow:;   protocol = "udp";   ports = ["5"]; source_ranges = ["10.4.0.0/24"]; rules = b`,
		},
	},
	{
		name:    "a priority of the author's",
		policy:  "egress a 22/tcp to 10.0.0.0/24",
		options: emit.Options{Arguments: map[string]any{"priority": int64(0)}},
		want: []string{
			`rule_count 1, limit 100, headroom 99`,
			`egress tcp-22-ipv4; name = "p-egress-tcp-22-ipv4"; description = "p: a"; direction = "EGRESS"; priority = 0; allow:;   protocol = "tcp";   ports = ["22"]; destination_ranges = ["10.0.0.0/24"]; rules = a`,
		},
	},
}

func TestGoogle_Faults(t *testing.T) { checkLists(t, googleTarget, googleFaults) }

var googleFaults = []listTest{
	{
		name:   "parts of SCTP",
		policy: "ingress a 22/tcp 3868/sctp from 10.0.0.0/24",
		want: []string{
			`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 3868/sctp, and Google VPC firewall rules do not filter the ports of sctp. The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`,
		},
	},
	{
		name:   "tags and accounts that are dialled, and references of other clouds",
		policy: "egress a 22/tcp to ref:web=google_network_tag ref:runner=google_service_account\ningress b 22/tcp from ref:apps=azure_application_security_group",
		want: []string{
			`policy.rules["a"]: Reference cannot be dialled: Egress rule "a" has the reference "runner" of kind "google_service_account", which Google VPC firewall rules know as a source only. Without it the rules would allow less than the policy says. List the addresses of these peers in cidrs.`,
			`policy.rules["a"]: Reference cannot be dialled: Egress rule "a" has the reference "web" of kind "google_network_tag", which Google VPC firewall rules know as a source only. Without it the rules would allow less than the policy says. List the addresses of these peers in cidrs.`,
			`policy.rules["b"]: Reference not expressible: Rule "b" has the reference "apps" of kind "azure_application_security_group", which Google VPC firewall rules cannot name. Without it the rules would allow less than the policy says. List the addresses in cidrs, use a reference of kind "google_network_tag" or "google_service_account", or move the reference into a policy for a firewall that knows it.`,
		},
	},
	{
		name:    "a priority that Google does not take",
		policy:  "ingress a 22/tcp from 10.0.0.0/24",
		options: emit.Options{Arguments: map[string]any{"priority": int64(65536)}},
		want: []string{
			`priority: Number out of range: priority = 65536 is not a priority. Google refuses other priorities. Write a whole number from 0 to 65535, or leave it out for 1000.`,
		},
	},
	{
		name:    "more rules than the project has, both directions together",
		policy:  "ingress a 22/tcp from 10.0.0.0/24 2001:db8::/64\negress b 22/tcp to 10.0.0.0/24",
		options: emit.Options{RulesElsewhere: 98},
		want: []string{
			`policy: Too many rules: The policy needs 3 rules in one Google project for both directions, and rules_elsewhere adds 98; the limit is 100. Google refuses the rules beyond the quota, after others have been applied. Most of them come from "a" (2), "b" (1). Do one of these: list fewer or wider prefixes; use network tags or service accounts for peers inside the network; give rules of the policy the same ports or the same peers, which makes them one rule; if your limit has been raised, write it as limits = { rules = … }, at least 101.`,
		},
	},
	{
		name:    "limits that cannot be raised",
		policy:  "ingress a 22/tcp from 10.0.0.0/24",
		options: emit.Options{Limits: map[string]int{"ranges_per_rule": 5001, "tags_per_rule": 31, "service_accounts_per_rule": 11, "name_length": 90}},
		want: []string{
			`limits["name_length"]: Unknown limit: "name_length" is not a limit of google_firewall_rules. A limit that is not known would be ignored. Use one of rules, ranges_per_rule, port_ranges_per_rule, tags_per_rule, service_accounts_per_rule, description_length.`,
			`limits["ranges_per_rule"]: Limit too high: ranges_per_rule = 5001 is above 5000. The target cannot be raised above that (https://cloud.google.com/vpc/docs/quota). Write a number from 1 to 5000, or leave it out for 256.`,
			`limits["service_accounts_per_rule"]: Limit too high: service_accounts_per_rule = 11 is above 10. The target's limit is fixed (https://github.com/GoogleCloudPlatform/magic-modules/blob/main/mmv1/products/compute/Firewall.yaml). Write a number from 1 to 10, or leave it out for 10.`,
			`limits["tags_per_rule"]: Limit too high: tags_per_rule = 31 is above 30. The target's limit is fixed (https://github.com/google/capirca/blob/master/capirca/lib/gce.py). Write a number from 1 to 30, or leave it out for 30.`,
		},
	},
	{
		name:    "everything at once",
		policy:  "egress a 1/sctp to ref:t=google_network_tag",
		options: emit.Options{RulesElsewhere: -1, Arguments: map[string]any{"priority": int64(-1)}},
		want: []string{
			`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
			`priority: Number out of range: priority = -1 is not a priority. Google refuses other priorities. Write a whole number from 0 to 65535, or leave it out for 1000.`,
			`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 1/sctp, and Google VPC firewall rules do not filter the ports of sctp. The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`,
			`policy.rules["a"]: Reference cannot be dialled: Egress rule "a" has the reference "t" of kind "google_network_tag", which Google VPC firewall rules know as a source only. Without it the rules would allow less than the policy says. List the addresses of these peers in cidrs.`,
		},
	},
}

// TestGoogle_NamesAndDescriptions: the longest names, and policies whose names
// do not start with a letter, which Google's names must.
func TestGoogle_NamesAndDescriptions(t *testing.T) {
	seen := map[string]string{}
	for _, test := range []struct{ policy, rule, name string }{
		{"backup", "r", "backup-ingress-tcp-22-ipv4"},
		{"0backup", "r", "p-0backup-ingress-tcp-22-ipv4-"},
		{"p-0backup", "r", "p-0backup-ingress-tcp-22-ipv4"},
		{"9", "r", "p-9-ingress-tcp-22-ipv4-"},
		{"a_b", "r", "a-b-ingress-tcp-22-ipv4-"},
		{"a-b", "r", "a-b-ingress-tcp-22-ipv4"},
		{strings.Repeat("p", 63), strings.Repeat("r", 60), strings.Repeat("p", 54) + "-"},
	} {
		text := "policy " + test.policy
		for i := range 99 {
			text += fmt.Sprintf("\ningress %s%03d 22/tcp from 10.0.0.0/24", test.rule, i)
		}
		result, faults := emitTarget(t, googleTarget, compiletest.MustParse(text), emit.Options{})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		name, description := result.Ingress[0].Values[0].(string), result.Ingress[0].Values[1].(string)
		// A hash has eight digits.
		if !googleNamePattern.MatchString(name) || name != test.name && (!strings.HasPrefix(name, test.name) || len(name) != len(test.name)+8) {
			t.Errorf("policy %s has a rule %q, want %q", test.policy, name, test.name)
		}
		if seen[name] != "" {
			t.Errorf("policies %s and %s share the rule %q", seen[name], test.policy, name)
		}
		seen[name] = test.policy
		if len(description) > 2048 || !strings.HasPrefix(description, test.policy+": "+test.rule+"000") {
			t.Errorf("description %q (%d)", description, len(description))
		}
	}
}
