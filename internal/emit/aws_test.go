package emit_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

func emitAWS(t *testing.T, p *policy.Policy, o emit.Options) (*emit.Result, fault.List) {
	t.Helper()
	target, known := emit.TargetNamed("aws_security_group_rules")
	if !known {
		t.Fatal("no target")
	}
	result, faults := target.Emit(p, o)
	if (result == nil) != (len(faults) > 0) {
		t.Fatalf("result %v together with faults %v", result, faults)
	}
	return result, faults
}

// peers writes n addresses that do not touch.
func peers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " 10.0.%d.%d", 2*i/256, 2*i%256)
	}
	return b.String()
}

// networks writes n IPv6 networks that do not touch.
func networks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " 2001:db8:0:%x::/64", 2*i)
	}
	return b.String()
}

func TestAWS_Faults(t *testing.T) {
	for _, test := range []struct {
		name, policy string
		options      emit.Options
		want         []string
	}{
		{
			name:   "parts of SCTP",
			policy: "ingress a 100-200/sctp 300/sctp 400/sctp 500/sctp from 10.0.0.0/24\negress b 201/sctp to 10.0.0.0/24",
			want: []string{
				`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 100-200/sctp, 300/sctp, 400/sctp and 1 more, and AWS security group rules do not filter the ports of sctp. ` +
					`The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`,
				`policy.rules["b"]: Ports not filtered: Rule "b" opens ports in 201/sctp, and AWS security group rules do not filter the ports of sctp. ` +
					`The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`,
			},
		},
		{
			name:   "reference of another cloud, with two runs of ports",
			policy: "ingress a 22/tcp 443/tcp from ref:web=google_network_tag ref:bastion=aws_security_group",
			want: []string{`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "web" of kind "google_network_tag", which AWS security group rules cannot name. ` +
				`Without it the rules would allow less than the policy says. List the addresses in cidrs, use a reference of kind "aws_security_group" or "aws_prefix_list", or move the reference into a policy for a firewall that knows it.`},
		},
		{
			name:   "unknown limit",
			policy: "ingress a 22/tcp from 10.0.0.0/24", options: emit.Options{Limits: map[string]int{"rule": 200}},
			want: []string{`limits["rule"]: Unknown limit: "rule" is not a limit of aws_security_group_rules. A limit that is not known would be ignored. Use one of rules, description_length.`},
		},
		{
			name:   "limits too low and too high, and rules elsewhere",
			policy: "ingress a 22/tcp from 10.0.0.0/24", options: emit.Options{Limits: map[string]int{"rules": 0, "description_length": 149}, RulesElsewhere: -1},
			want: []string{
				`limits["description_length"]: Limit too low: description_length = 149 is below 150. The limit counts characters, and no policy fits below that. Write a number from 150 to 255, or leave it out for 255.`,
				`limits["rules"]: Limit too low: rules = 0 is below 1. The limit counts rules per direction and group, and no policy fits below that. Write a number from 1 to 1000, or leave it out for 60.`,
				`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
			},
		},
		{
			name:   "limits above what AWS has",
			policy: "ingress a 22/tcp from 10.0.0.0/24", options: emit.Options{Limits: map[string]int{"rules": 1001, "description_length": 256}},
			want: []string{
				`limits["description_length"]: Limit too high: description_length = 256 is above 255. The target's limit is fixed (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html). Write a number from 150 to 255, or leave it out for 255.`,
				`limits["rules"]: Limit too high: rules = 1001 is above 1000. The target cannot be raised above that (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html). Write a number from 1 to 1000, or leave it out for 60.`,
			},
		},
		{
			name:   "one rule too many in IPv6",
			policy: "ingress a 22/tcp from" + peers(3) + "\negress b 22/tcp to" + networks(61),
			want: []string{`policy: Too many rules: The policy needs 61 IPv6 rules in one AWS security group for egress; the limit is 60. ` +
				`AWS refuses the rules beyond its quota, after others have been applied. Most of them come from "b" (61). ` +
				`Do one of these: split the policy over at least 2 security groups (a network interface takes 5, and up to 16 when raised); list fewer or wider prefixes; ` +
				`reference the peers' own security group, which counts 1; if AWS has raised your quota, write it as limits = { rules = … }, at least 61 and at most 1000 (with one group per interface). ` +
				`A prefix list in place of prefixes saves nothing, since it counts with max_entries.`},
		},
		{
			name:   "rules elsewhere, and more than three rules that cost",
			policy: "ingress a 1/tcp 3/tcp from 10.0.0.0\ningress b 5/tcp from 10.0.0.0\ningress c 7/tcp from 10.0.0.0\ningress d 9/tcp 11/tcp from 10.0.0.0",
			options: emit.Options{
				RulesElsewhere: 55,
			},
			want: []string{`policy: Too many rules: The policy needs 6 IPv4 rules in one AWS security group for ingress, and rules_elsewhere adds 55; the limit is 60. ` +
				`AWS refuses the rules beyond its quota, after others have been applied. Most of them come from "a" (2), "d" (2), "b" (1) and 1 more. ` +
				`Do one of these: split the policy over at least 2 security groups (a network interface takes 5, and up to 16 when raised); list fewer or wider prefixes; ` +
				`reference the peers' own security group, which counts 1; if AWS has raised your quota, write it as limits = { rules = … }, at least 61 and at most 1000 (with one group per interface). ` +
				`A prefix list in place of prefixes saves nothing, since it counts with max_entries.`},
		},
		{
			name:   "a prefix list that no group holds, and no quota either",
			policy: "ingress a 22/tcp from ref:all=aws_prefix_list:1001",
			want: []string{`policy: Too many rules: The policy needs 1001 IPv4 rules in one AWS security group for ingress; the limit is 60. ` +
				`AWS refuses the rules beyond its quota, after others have been applied. Most of them come from "a" (1001). ` +
				`Do one of these: use a smaller prefix list, since one alone counts 1001; list fewer or wider prefixes; reference the peers' own security group, which counts 1. ` +
				`A prefix list in place of prefixes saves nothing, since it counts with max_entries.`},
		},
		{
			name:   "more than all groups of an interface hold",
			policy: "ingress a 22/tcp from" + peers(961),
			want: []string{`policy: Too many rules: The policy needs 961 IPv4 rules in one AWS security group for ingress; the limit is 60. ` +
				`AWS refuses the rules beyond its quota, after others have been applied. Most of them come from "a" (961). ` +
				`Do one of these: list fewer or wider prefixes; reference the peers' own security group, which counts 1; if AWS has raised your quota, write it as limits = { rules = … }, at least 961 and at most 1000 (with one group per interface). ` +
				`A prefix list in place of prefixes saves nothing, since it counts with max_entries.`},
		},
		{
			name:   "everything at once",
			policy: "ingress a 1/sctp from ref:t=google_network_tag", options: emit.Options{RulesElsewhere: -1},
			want: []string{
				`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
				`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 1/sctp, and AWS security group rules do not filter the ports of sctp. ` +
					`The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`,
				`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "t" of kind "google_network_tag", which AWS security group rules cannot name. ` +
					`Without it the rules would allow less than the policy says. List the addresses in cidrs, use a reference of kind "aws_security_group" or "aws_prefix_list", or move the reference into a policy for a firewall that knows it.`,
			},
		},
		{
			name:   "mapped IPv4 addresses that except leaves over",
			policy: "ingress a 22/tcp from ::fffe:0:0/95 except ::fffe:0:0/96",
			want: []string{`policy.rules["a"]: Mapped IPv4 addresses: Rule "a" is left with the prefix "::ffff:0.0.0.0/96", which holds IPv4 addresses in IPv6 form. ` +
				`No packet carries such an address, and clouds take the prefix for an IPv4 one. List the IPv6 networks that are meant in cidrs, such as "2001:db8:40::/64", and not a wide prefix with except.`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, faults := emitAWS(t, compiletest.MustParse(test.policy), test.options)
			if got, want := faults.Error(), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestAWS_Headroom(t *testing.T) {
	for _, test := range []struct {
		name, policy string
		options      emit.Options
		count        int
		limit, left  int
	}{
		{"the fuller family counts", "ingress a 22/tcp from" + peers(3) + networks(4), emit.Options{}, 7, 60, 56},
		{"the fuller direction counts", "ingress a 22/tcp from" + peers(3) + "\negress b 22/tcp to" + peers(5), emit.Options{}, 8, 60, 55},
		{"a security group counts 1 in each family", "ingress a 22/tcp from ref:x=aws_security_group" + peers(2) + networks(2), emit.Options{}, 5, 60, 57},
		{"a prefix list counts its entries, for each run of ports", "ingress a 22/tcp 443/tcp from ref:x=aws_prefix_list:20" + networks(1), emit.Options{}, 4, 60, 60 - 2*21},
		{"rules elsewhere", "ingress a 22/tcp from" + peers(3), emit.Options{RulesElsewhere: 57}, 3, 60, 0},
		{"raised to what it takes", "ingress a 22/tcp from" + peers(999), emit.Options{Limits: map[string]int{"rules": 1000}, RulesElsewhere: 1}, 999, 1000, 0},
		{"just full", "ingress a 22/tcp from" + peers(60) + networks(60), emit.Options{}, 120, 60, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, faults := emitAWS(t, compiletest.MustParse(test.policy), test.options)
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

func TestAWS_LimitsApplied(t *testing.T) {
	result, _ := emitAWS(t, &policy.Policy{}, emit.Options{Limits: map[string]int{"rules": 200, "description_length": 255}})
	const quotas, reference = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html", "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"
	got := ""
	for _, l := range result.LimitsApplied {
		got += fmt.Sprintf("%s %d %q %q %t\n", l.Name, l.Value, l.Source, l.Date, l.Overridden)
	}
	// The value that it has anyway is no override.
	want := fmt.Sprintf("rules 200 %q %q true\ndescription_length 255 %q %q false\n", "the argument limits", "", reference, "2026-11-23")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	result, _ = emitAWS(t, &policy.Policy{}, emit.Options{})
	if l := result.LimitsApplied[0]; l.Source != quotas || l.Value != 60 || l.Overridden {
		t.Errorf("the limit of rules is %+v", l)
	}
}

func TestAWS_Description(t *testing.T) {
	name := func(i, length int) string {
		return fmt.Sprintf("r%02d%s", i, strings.Repeat("x", length-3))
	}
	for _, test := range []struct {
		name          string
		policy        string
		rules, length int // how many rules, and how long their names are
		limit         int
		want          string
	}{
		{"all names fit", "p", 2, 5, 255, "p: r00xx, r01xx"},
		{"just fit", strings.Repeat("p", 63), 3, 62, 255, strings.Repeat("p", 63) + ": " + name(0, 62) + ", " + name(1, 62) + ", " + name(2, 62)},
		{"one too long", strings.Repeat("p", 63), 3, 63, 255, strings.Repeat("p", 63) + ": " + name(0, 63) + ", " + name(1, 63) + " and 1 more"},
		{"many", "p", 99, 63, 255, "p: " + name(0, 63) + ", " + name(1, 63) + ", " + name(2, 63) + " and 96 more"},
		{"lower limit keeps one name", strings.Repeat("p", 63), 99, 63, 150, strings.Repeat("p", 63) + ": " + name(0, 63) + " and 98 more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := "policy " + test.policy
			for i := range test.rules {
				text += "\ningress " + name(i, test.length) + " 22/tcp from 10.0.0.0/24"
			}
			result, faults := emitAWS(t, compiletest.MustParse(text), emit.Options{Limits: map[string]int{"description_length": test.limit}})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			row := result.Ingress[0]
			got := row.Values[5].(string)
			if got != test.want || len(got) > test.limit {
				t.Errorf("got %q (%d), want %q", got, len(got), test.want)
			}
			if !regexp.MustCompile(`^[a-zA-Z0-9. _\-:/()#,@\[\]+=;{}!$*]*$`).MatchString(got) {
				t.Errorf("%q has characters that AWS refuses", got)
			}
			if len(row.Rules) != test.rules {
				t.Errorf("%d of %d rules are named in rules", len(row.Rules), test.rules)
			}
		})
	}
}
