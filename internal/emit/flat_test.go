package emit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

// TestFlatTargets_Faults: what only one of the flat targets refuses. What they
// share is in TestAWS_Faults.
func TestFlatTargets_Faults(t *testing.T) {
	const acl, oci, openstack = "aws_network_acl_rules", "oci_network_security_group_rules", "openstack_security_group_rules"
	const wholeSCTP = `The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`
	const aclOver = `AWS counts the default rule that denies too, so a quota of 20 leaves 19, and it refuses the rules beyond after others have been applied. Rules for answers count like others. `
	const aclWays = `Do one of these: use a security group, which needs no rules for answers and takes more rules; list fewer or wider prefixes; open the same ports to all peers, which needs fewer rules`
	const aclAlone = ` A subnet has only one network ACL, so the policy cannot be split over several.`
	for _, test := range []struct {
		name, target, policy string
		options              emit.Options
		want                 []string
	}{
		{
			name: "references", target: acl, policy: "ingress a 22/tcp from ref:bastion=aws_security_group",
			want: []string{`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "bastion" of kind "aws_security_group", which AWS network ACL rules cannot name. ` +
				`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`},
		},
		{
			name: "numbers out of range, and reversed ports", target: acl, policy: "ingress a 22/tcp from 10.0.0.0/24",
			options: emit.Options{Arguments: map[string]any{"first_rule_number": int64(0), "last_rule_number": int64(32767)}},
			want: []string{
				`first_rule_number: Number out of range: first_rule_number = 0 is not a rule number. AWS refuses other numbers; 32767 is the default rule that denies. Write a whole number from 1 to 32766, or leave it out for 1000.`,
				`last_rule_number: Number out of range: last_rule_number = 32767 is not a rule number. AWS refuses other numbers; 32767 is the default rule that denies. Write a whole number from 1 to 32766, or leave it out for 29999.`,
			},
		},
		{
			name: "a reversed band", target: acl, policy: "ingress a 22/tcp from 10.0.0.0/24",
			options: emit.Options{Arguments: map[string]any{"first_rule_number": int64(30000)}},
			want: []string{`first_rule_number: Reversed numbers: first_rule_number = 30000 is above last_rule_number = 29999. ` +
				`No rule would have a number. Write a rule number that is not above last_rule_number.`},
		},
		{
			name: "a band with fewer numbers than rules", target: acl, policy: "ingress a 22/tcp 443/tcp from 10.0.0.0/24 10.0.2.0/24",
			options: emit.Options{Arguments: map[string]any{"first_rule_number": int64(100), "last_rule_number": int64(102)}},
			want: []string{`first_rule_number: Too few numbers: first_rule_number = 100 and last_rule_number = 102 leave 3 numbers, and the ingress rules need 4. ` +
				`Each rule of a direction has a rule number of its own. Write a lower first_rule_number or a higher last_rule_number, or open more with fewer rules.`},
		},
		{
			name: "the default rule counts", target: acl, policy: "ingress a 22/tcp from" + peers(20),
			want: []string{
				`policy: Too many rules: The policy needs 20 IPv4 rules in one AWS network ACL for ingress; the limit is 19. ` + aclOver + `Most of them come from "a" (20). ` + aclWays +
					`; if your limit has been raised, write it as limits = { rules = … }, at least 21 and at most 40.` + aclAlone,
				`policy: Too many rules: The policy needs 20 IPv4 rules in one AWS network ACL for egress; the limit is 19. ` + aclOver + `Most of them come from "a" (20). ` + aclWays +
					`; if your limit has been raised, write it as limits = { rules = … }, at least 21 and at most 40.` + aclAlone,
			},
		},
		{
			name: "rules elsewhere, and more than any quota", target: acl, policy: "egress a 22/tcp 22/udp icmpv6 to" + networks(7),
			options: emit.Options{RulesElsewhere: 19},
			want: []string{
				`policy: Too many rules: The policy needs 21 IPv6 rules in one AWS network ACL for ingress, and rules_elsewhere adds 19; the limit is 19. ` + aclOver + `Most of them come from "a" (21). ` + aclWays + `.` + aclAlone,
				`policy: Too many rules: The policy needs 21 IPv6 rules in one AWS network ACL for egress, and rules_elsewhere adds 19; the limit is 19. ` + aclOver + `Most of them come from "a" (21). ` + aclWays + `.` + aclAlone,
			},
		},
		{
			// The answers to a part of SCTP must not stand for the whole that the
			// other direction does not ask for.
			name: "parts of SCTP in both directions, to the same peers", target: acl, policy: "ingress a 100-200/sctp from 10.0.0.0/24\negress b 300/sctp to 10.0.0.0/24",
			want: []string{
				`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 100-200/sctp, and AWS network ACL rules do not filter the ports of sctp. ` + wholeSCTP,
				`policy.rules["b"]: Ports not filtered: Rule "b" opens ports in 300/sctp, and AWS network ACL rules do not filter the ports of sctp. ` + wholeSCTP,
			},
		},
		{
			name: "ports of answers, beside everything else", target: acl, policy: "ingress a 1/sctp from ref:x=google_network_tag",
			options: emit.Options{RulesElsewhere: -1, Limits: map[string]int{"rules": 41},
				Arguments: map[string]any{"peer_ephemeral_ports": "1024-65535/tcp", "first_rule_number": int64(0)}},
			want: []string{
				`peer_ephemeral_ports: Not a range of ports: peer_ephemeral_ports = "1024-65535/tcp" is not a range of ports. ` +
					`Answers to ports outside of the range are dropped, and connections hang. Write two ports, such as "32768-60999" for Linux, or leave it out for 1024-65535.`,
				`limits["rules"]: Limit too high: rules = 41 is above 40. The target cannot be raised above that (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html). Write a number from 2 to 40, or leave it out for 20.`,
				`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
				`first_rule_number: Number out of range: first_rule_number = 0 is not a rule number. AWS refuses other numbers; 32767 is the default rule that denies. Write a whole number from 1 to 32766, or leave it out for 1000.`,
				`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 1/sctp, and AWS network ACL rules do not filter the ports of sctp. ` + wholeSCTP,
				`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "x" of kind "google_network_tag", which AWS network ACL rules cannot name. ` +
					`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`,
			},
		},
		{
			name: "port 0, a part of SCTP and a reference", target: oci, policy: "ingress a 0-22/tcp 0/udp 5/sctp from 10.0.0.0/24\negress b 22/tcp to ref:x=google_network_tag",
			want: []string{
				`policy.rules["a"]: Ports not filtered: Rule "a" opens ports in 5/sctp, and OCI network security group rules do not filter the ports of sctp. ` +
					`The rule would open every sctp port to its peers, not only the ones listed. Write "0-65535/sctp" if every sctp port may be open, or take sctp out and filter it in a firewall on the host.`,
				`policy.rules["a"]: Port 0 not expressible: Rule "a" opens 0-22/tcp, and ports of an OCI network security group begin at 1. ` +
					`Without port 0 the rules would allow less than the policy says. Write "1-22/tcp", or "0-65535/tcp" if every tcp port may be open.`,
				`policy.rules["a"]: Port 0 not expressible: Rule "a" opens 0/udp, and ports of an OCI network security group begin at 1. ` +
					`Without port 0 the rules would allow less than the policy says. Take port 0 out, or write "0-65535/udp" if every udp port may be open.`,
				`policy.rules["b"]: Reference not expressible: Rule "b" has the reference "x" of kind "google_network_tag", which OCI network security group rules cannot name. ` +
					`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`,
			},
		},
		{
			name: "both directions count as one", target: oci, policy: "ingress a 22/tcp from" + peers(60) + "\negress b 22/tcp to" + peers(61),
			want: []string{`policy: Too many rules: The policy needs 121 rules in one OCI network security group for both directions; the limit is 120. ` +
				`OCI refuses the rules beyond its limit, after others have been applied. Most of them come from "b" (61), "a" (60). ` +
				`Do one of these: split the policy over at least 2 groups (a network interface takes 5); list fewer or wider prefixes; open the same ports to all peers, which needs fewer rules.`},
		},
		{
			name: "what Neutron does not keep", target: openstack, policy: "ingress a 1-65535/tcp 1-65535/sctp from 10.0.0.0/24",
			want: []string{
				`policy.rules["a"]: All ports but one: Rule "a" takes part in "1-65535/sctp", which Neutron stores as every port. Every later plan would replace the rule. Write "0-65535/sctp", which says the same as what is stored.`,
				`policy.rules["a"]: All ports but one: Rule "a" takes part in "1-65535/tcp", which Neutron stores as every port. Every later plan would replace the rule. Write "0-65535/tcp", which says the same as what is stored.`,
			},
		},
		{
			name: "a project's quota", target: openstack, policy: "ingress a 22/tcp from" + peers(90),
			options: emit.Options{RulesElsewhere: 11},
			want: []string{`policy: Too many rules: The policy needs 90 rules in one OpenStack project for both directions, and rules_elsewhere adds 11; the limit is 100. ` +
				`OpenStack refuses the rules beyond the quota, after others have been applied. Most of them come from "a" (90). ` +
				`Do one of these: list fewer or wider prefixes; open the same ports to all peers, which needs fewer rules; if your limit has been raised, write it as limits = { rules = … }, at least 101.`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, known := emit.TargetNamed(test.target)
			if !known {
				t.Fatal("no target")
			}
			result, faults := emitted(target, compiletest.MustParse("policy p\n"+test.policy), test.options)
			if got, want := faults.Error(), strings.Join(test.want, "\n"); got != want || result != nil {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestFlatTargets_PortZero_OpenWholeByOtherRules: a cut at port 0 that others
// fill is no reason to refuse.
func TestFlatTargets_PortZero_OpenWholeByOtherRules(t *testing.T) {
	p := compiletest.MustParse("policy p\ningress a 0-100/tcp from 10.0.0.0/25\ningress b 101-65535/tcp from 10.0.0.0/24")
	for _, name := range []string{"oci_network_security_group_rules", "openstack_security_group_rules"} {
		target, _ := emit.TargetNamed(name)
		result, faults := emitted(target, p, emit.Options{})
		if len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
			continue
		}
		if got := fmt.Sprint(keys(result.Ingress)); got != "[tcp-0-65535-10.0.0.0/25 tcp-101-65535-10.0.0.0/24]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestAWSNetworkACL_Answers: the ports of the answers, and which way they go.
func TestAWSNetworkACL_Answers(t *testing.T) {
	target, _ := emit.TargetNamed("aws_network_acl_rules")
	for _, test := range []struct {
		policy, ingress, egress string
		arguments               map[string]any
	}{
		{"ingress a 1556/tcp from 10.0.0.0/24", "[tcp-1556-10.0.0.0/24]", "[tcp-1024-65535-10.0.0.0/24]", nil},
		{"egress a 1556/tcp 53/udp to 10.0.0.0/24", "[tcp-1024-65535-10.0.0.0/24 udp-1024-65535-10.0.0.0/24]", "[tcp-1556-10.0.0.0/24 udp-53-10.0.0.0/24]", nil},
		{"ingress a 1556/tcp from 10.0.0.0/24\negress b 22/tcp to 10.0.2.0/24", "[tcp-1556-10.0.0.0/24 tcp-32768-60999-10.0.2.0/24]", "[tcp-22-10.0.2.0/24 tcp-49152-65535-10.0.0.0/24]",
			map[string]any{"peer_ephemeral_ports": "49152-65535", "host_ephemeral_ports": "32768-60999"}},
		{"ingress a icmp esp 0-65535/sctp from 10.0.0.0/24", "[esp-10.0.0.0/24 icmp-10.0.0.0/24 sctp-0-65535-10.0.0.0/24]", "[esp-10.0.0.0/24 icmp-10.0.0.0/24 sctp-0-65535-10.0.0.0/24]", nil},
		{"egress a any to 10.0.0.0/24", "[any-10.0.0.0/24]", "[any-10.0.0.0/24]", nil},
		// What is open anyway needs no rule for answers.
		{"ingress a 1556/tcp from 10.0.0.0/24\negress b 1000-65535/tcp to 10.0.0.0/24", "[tcp-1024-65535-10.0.0.0/24]", "[tcp-1000-65535-10.0.0.0/24]", nil},
	} {
		result, faults := emitted(target, compiletest.MustParse("policy p\n"+test.policy), emit.Options{Arguments: test.arguments})
		if len(faults) > 0 {
			t.Errorf("%s: %v", test.policy, faults)
			continue
		}
		if in, out := fmt.Sprint(keys(result.Ingress)), fmt.Sprint(keys(result.Egress)); in != test.ingress || out != test.egress {
			t.Errorf("%s:\ngot  %s and %s\nwant %s and %s", test.policy, in, out, test.ingress, test.egress)
		}
	}
}
