package emit_test

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// podsOf are the arguments that a policy with rules needs, and more.
func podsOf(more map[string]any) map[string]any {
	arguments := map[string]any{"pod_selector": map[string]string{"app": "backup"}}
	maps.Copy(arguments, more)
	return arguments
}

func namedPolicy(rules string) *policy.Policy {
	return compiletest.MustParse("policy primary\n" + rules)
}

func emitKubernetes(t interface {
	Helper()
	Fatalf(string, ...any)
}, p *policy.Policy, o emit.Options) (*emit.Result, fault.List) {
	t.Helper()
	target, known := emit.TargetNamed("kubernetes_network_policy")
	if !known {
		t.Fatalf("no target")
	}
	result, faults := target.Emit(p, o)
	if (result == nil) != (len(faults) > 0) {
		t.Fatalf("result %v together with faults %v", result, faults)
	}
	return result, faults
}

func TestKubernetes_Faults(t *testing.T) {
	const onlyThree = `, and Kubernetes NetworkPolicy rules cannot: they name TCP, UDP and SCTP only. Without it the rules would allow less than the policy says. `
	for _, test := range []struct {
		name, policy string
		options      emit.Options
		want         []string
	}{
		{
			name:   "protocols",
			policy: "ingress a 22/tcp icmp icmpv6 from 10.0.0.0/24 2001:db8::/64\negress b esp to 10.0.0.0/24",
			want: []string{
				`policy.rules["a"]: Protocol not expressible: Rule "a" opens icmp` + onlyThree + `Take icmp out of the rule, or filter it in a firewall on the host.`,
				`policy.rules["a"]: Protocol not expressible: Rule "a" opens icmpv6` + onlyThree + `Take icmpv6 out of the rule, or filter it in a firewall on the host.`,
				`policy.rules["b"]: Protocol not expressible: Rule "b" opens esp` + onlyThree + `Take esp out of the rule, or filter it in a firewall on the host.`,
			},
		},
		{
			name:   "references",
			policy: "ingress a 22/tcp from ref:bastion=aws_security_group",
			want: []string{`policy.rules["a"]: Reference not expressible: Rule "a" has the reference "bastion" of kind "aws_security_group", which Kubernetes NetworkPolicy rules cannot name. ` +
				`Without it the rules would allow less than the policy says. List the addresses in cidrs, or move the reference into a policy for a firewall that knows it.`},
		},
		{
			name:   "port 0, alone and in a range, in both directions",
			policy: "ingress a 0/udp 0-1023/tcp from 10.0.0.0/24\negress b 0-65534/sctp to 10.0.0.0/24",
			want: []string{
				`policy.rules["a"]: Port 0 not expressible: Rule "a" opens 0-1023/tcp, and ports of a Kubernetes NetworkPolicy begin at 1. ` +
					`Without port 0 the rules would allow less than the policy says. Write "1-1023/tcp", or "0-65535/tcp" if every tcp port may be open.`,
				`policy.rules["a"]: Port 0 not expressible: Rule "a" opens 0/udp, and ports of a Kubernetes NetworkPolicy begin at 1. ` +
					`Without port 0 the rules would allow less than the policy says. Take port 0 out, or write "0-65535/udp" if every udp port may be open.`,
				`policy.rules["b"]: Port 0 not expressible: Rule "b" opens 0-65534/sctp, and ports of a Kubernetes NetworkPolicy begin at 1. ` +
					`Without port 0 the rules would allow less than the policy says. Write "1-65534/sctp", or "0-65535/sctp" if every sctp port may be open.`,
			},
		},
		{
			name:   "port 0 for one peer more than has the whole protocol",
			policy: "ingress a 0-65535/tcp from 10.0.0.0/24\ningress b 0-100/tcp from 10.0.0.0/24 10.0.2.0/24",
			want: []string{`policy.rules["b"]: Port 0 not expressible: Rule "b" opens 0-100/tcp, and ports of a Kubernetes NetworkPolicy begin at 1. ` +
				`Without port 0 the rules would allow less than the policy says. Write "1-100/tcp", or "0-65535/tcp" if every tcp port may be open.`},
		},
		{
			name:   "ranges that are not to be ranges",
			policy: "ingress a 2500-2539/tcp 80-81/tcp from 10.0.0.0/24\negress b 5000-5002/udp to 10.0.0.0/24\negress c 0-65535/tcp 443/udp to 10.0.0.0/24",
			options: emit.Options{
				Arguments: podsOf(map[string]any{"expand_ranges": int64(2)}),
			},
			want: []string{
				`policy.rules["a"]: Range too long: Rule "a" takes part in opening 2500-2539/tcp, which is 40 ports, and expand_ranges = 2 writes no more of them port by port. ` +
					`A network plugin that ignores endPort would open the first port only, without a word. ` +
					`Narrow the range in the product and here, write expand_ranges = 40, or leave expand_ranges out if your network plugin knows endPort.`,
				`policy.rules["b"]: Range too long: Rule "b" takes part in opening 5000-5002/udp, which is 3 ports, and expand_ranges = 2 writes no more of them port by port. ` +
					`A network plugin that ignores endPort would open the first port only, without a word. ` +
					`Narrow the range in the product and here, write expand_ranges = 3, or leave expand_ranges out if your network plugin knows endPort.`,
			},
		},
		{
			name:   "no pods, and everything else at once",
			policy: "ingress a icmp from 10.0.0.0/24",
			options: emit.Options{
				Limits: map[string]int{"rule": 1}, RulesElsewhere: -1,
				Arguments: map[string]any{"expand_ranges": int64(65536), "name": "Primary", "namespace": "", "labels": map[string]string{"": "x"}},
			},
			want: []string{
				`limits["rule"]: Unknown limit: "rule" is not a limit of kubernetes_network_policy. A limit that is not known would be ignored. Use one of rules, manifest_bytes.`,
				`rules_elsewhere: Negative rule count: rules_elsewhere = -1 is not a number of rules. It is subtracted from the limit, so a negative number would raise the limit. Write how many rules per direction come from elsewhere, 0 or more.`,
				`name: Invalid object name: name = "Primary" is not the name of a NetworkPolicy. Kubernetes refuses it. Use 1 to 253 of a-z, 0-9, - and ., with a letter or digit at both ends and beside each dot, or leave it out for the policy's name.`,
				`namespace: Invalid namespace: namespace = "" is not the name of a namespace. Kubernetes refuses it. Use 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends, or leave it out.`,
				`labels[""]: Invalid label key: "" is not the key of a label. Kubernetes refuses it. Use 1 to 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends; a DNS name and a slash may stand before it, as in "app.kubernetes.io/name".`,
				`pod_selector: Pods not selected: pod_selector is missing, so nothing says which pods the policy is for. The pods that it selects may do only what the policy allows, and an empty selector takes every pod of the namespace. ` +
					`Write the labels of the pods, such as pod_selector = { app = "backup" }, or pod_selector = {} for every pod.`,
				`expand_ranges: Invalid range length: expand_ranges = 65536 is not a number of ports. Ranges of up to that many ports are written port by port. Write a number from 1 to 65535, or leave it out to write ranges as ranges.`,
				`policy.rules["a"]: Protocol not expressible: Rule "a" opens icmp` + onlyThree + `Take icmp out of the rule, or filter it in a firewall on the host.`,
			},
		},
		{
			name:   "labels",
			policy: "ingress a 22/tcp from 10.0.0.0/24",
			options: emit.Options{Arguments: map[string]any{
				"labels":       map[string]string{"app": "a b"},
				"pod_selector": map[string]string{"Example.org/app": "x", "app": strings.Repeat("x", 64)},
			}},
			want: []string{
				`labels["app"]: Invalid label value: "a b" is not the value of a label, here of "app". Kubernetes refuses it. Use at most 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends.`,
				`pod_selector["Example.org/app"]: Invalid label key: "Example.org/app" is not the key of a label. Kubernetes refuses it. Use 1 to 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends; a DNS name and a slash may stand before it, as in "app.kubernetes.io/name".`,
				`pod_selector["app"]: Invalid label value: "` + strings.Repeat("x", 64) + `" is not the value of a label, here of "app". Kubernetes refuses it. Use at most 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends.`,
			},
		},
		{
			name:    "too many rules",
			policy:  "ingress a 1/tcp from 10.0.0.0\ningress b 3/tcp from 10.0.2.0\ningress c 5/tcp from 10.0.4.0\negress d 5/tcp to 10.0.4.0",
			options: emit.Options{Limits: map[string]int{"rules": 3}, RulesElsewhere: 1, Arguments: podsOf(nil)},
			want: []string{`policy: Too many rules: The policy needs 3 rules in one Kubernetes NetworkPolicy for ingress, and rules_elsewhere adds 1; the limit is 3. ` +
				`Each rule becomes entries in the tables of the network plugin, which are finite. Most of them come from "a" (1), "b" (1), "c" (1). ` +
				`Do one of these: split the policy over at least 2 NetworkPolicies, since those that select the same pods add up; list the same peers for the same ports, since they share a rule then; ` +
				`if your network plugin takes more, write it as limits = { rules = … }, at least 4.`},
		},
		{
			name:    "too many bytes",
			policy:  "ingress a 1/tcp from" + peers(50),
			options: emit.Options{Limits: map[string]int{"manifest_bytes": 1000}, Arguments: podsOf(nil)},
			want: []string{`policy: Manifest too large: The NetworkPolicy takes 2323 bytes; the limit is 1000. Kubernetes keeps it in etcd, which refuses larger requests. ` +
				`Do one of these: split the policy over several NetworkPolicies, since those that select the same pods add up; list fewer or wider prefixes; ` +
				`if your etcd takes more, write it as limits = { manifest_bytes = … }, at least 2323.`},
		},
		{
			name:    "far too many bytes, port by port",
			policy:  "ingress a 1-65535/tcp 1-65535/udp from 10.0.0.0",
			options: emit.Options{Arguments: podsOf(map[string]any{"expand_ranges": int64(65535)})},
			want: []string{`policy: Manifest too large: The NetworkPolicy takes at least 2097120 bytes; the limit is 1572864. Kubernetes keeps it in etcd, which refuses larger requests. ` +
				`Do one of these: split the policy over several NetworkPolicies, since those that select the same pods add up; list fewer or wider prefixes; leave expand_ranges out if your network plugin knows endPort; ` +
				`if your etcd takes more, write it as limits = { manifest_bytes = … }, at least 2097120.`},
		},
		{
			name:   "mapped IPv4 addresses that except leaves over",
			policy: "ingress a 22/tcp from ::fffe:0:0/95 except ::fffe:0:0/96",
			want: []string{`policy.rules["a"]: Mapped IPv4 addresses: Rule "a" is left with the prefix "::ffff:0.0.0.0/96", which holds IPv4 addresses in IPv6 form. ` +
				`No packet carries such an address, and clouds take the prefix for an IPv4 one. List the IPv6 networks that are meant in cidrs, such as "2001:db8:40::/64", and not a wide prefix with except.`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.options.Arguments == nil {
				test.options.Arguments = podsOf(nil)
			}
			_, faults := emitKubernetes(t, namedPolicy(test.policy), test.options)
			if got, want := faults.Error(), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// showKubernetes writes a row on a line.
func showKubernetes(direction string, row emit.Row) string {
	list := func(value any) string {
		if value == nil {
			return "null"
		}
		return strings.ReplaceAll(fmt.Sprint(value), "<nil>", "-")
	}
	return fmt.Sprintf("%s %s: ports %s from %s to %s; %s", direction, row.Key,
		list(row.Values[0]), list(row.Values[1]), list(row.Values[2]), strings.Join(row.Rules, ","))
}

func TestKubernetes_Rows(t *testing.T) {
	for _, test := range []struct {
		name, policy string
		expand       int64
		want         []string
		types        string
	}{
		{
			name:   "both families and several protocols share a rule",
			policy: "ingress a 1556/tcp 2500-2539/tcp 1556/udp 3868/sctp from 198.51.100.16/28 2001:db8:40::/64",
			want:   []string{"ingress tcp-1556+2500-2539+udp-1556+sctp-3868-ipv4+ipv6: ports [[TCP 1556 -] [TCP 2500 2539] [UDP 1556 -] [SCTP 3868 -]] from [[[198.51.100.16/28 -]] [[2001:db8:40::/64 -]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "both directions",
			policy: "ingress a 22/tcp from 10.0.0.0/24\negress b 443/tcp to 10.1.0.0/24",
			want: []string{
				"ingress tcp-22-ipv4: ports [[TCP 22 -]] from [[[10.0.0.0/24 -]]] to null; a",
				"egress tcp-443-ipv4: ports [[TCP 443 -]] from null to [[[10.1.0.0/24 -]]]; b",
			},
			types: "[Ingress Egress]",
		},
		{
			name:   "egress alone",
			policy: "egress b 443/tcp to 10.1.0.0/24",
			want:   []string{"egress tcp-443-ipv4: ports [[TCP 443 -]] from null to [[[10.1.0.0/24 -]]]; b"},
			types:  "[Egress]",
		},
		{
			name:   "everything",
			policy: "ingress a any from 10.0.0.0/24 2001:db8::/64",
			want:   []string{"ingress any-ipv4+ipv6: ports [] from [[[10.0.0.0/24 -]] [[2001:db8::/64 -]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "whole protocols have no number, and are not everything",
			policy: "ingress a 0-65535/tcp 0-65535/udp 0-65535/sctp from 10.0.0.0/24",
			want:   []string{"ingress tcp-0-65535+udp-0-65535+sctp-0-65535-ipv4: ports [[TCP - -] [UDP - -] [SCTP - -]] from [[[10.0.0.0/24 -]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "the ends of the ports",
			policy: "ingress a 1/tcp 65535/tcp 1-65535/udp from 10.0.0.0/24",
			want:   []string{"ingress tcp-1+65535+udp-1-65535-ipv4: ports [[TCP 1 -] [TCP 65535 -] [UDP 1 65535]] from [[[10.0.0.0/24 -]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "ranges that touch are one, in one rule and between rules",
			policy: "ingress a 20-21/tcp 22/tcp 24/tcp from 10.0.0.0/25 10.0.0.128/25",
			want:   []string{"ingress tcp-20-22+24-ipv4: ports [[TCP 20 22] [TCP 24 -]] from [[[10.0.0.0/24 -]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "port 0 beside all others, by another rule",
			policy: "egress a 0-65535/tcp to 10.0.0.0/24\negress b 0-100/tcp to 10.0.0.0/25",
			want:   []string{"egress tcp-0-65535-ipv4: ports [[TCP - -]] from null to [[[10.0.0.0/24 -]]]; a,b"},
			types:  "[Egress]",
		},
		{
			name:   "an exception stays one",
			policy: "ingress a 22/tcp from 198.51.100.16/28 except 198.51.100.17",
			want:   []string{"ingress tcp-22-ipv4: ports [[TCP 22 -]] from [[[198.51.100.16/28 [198.51.100.17/32]]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "short ranges port by port",
			policy: "ingress a 20-22/tcp 80-81/udp 0-65535/sctp from 10.0.0.0/24",
			expand: 3,
			want:   []string{"ingress tcp-20-22+udp-80-81+sctp-0-65535-ipv4: ports [[TCP 20 -] [TCP 21 -] [TCP 22 -] [UDP 80 -] [UDP 81 -] [SCTP - -]] from [[[10.0.0.0/24 -]]] to null; a"},
			types:  "[Ingress]",
		},
		{
			name:   "no ranges at all",
			policy: "ingress a 20/tcp 22/tcp 0-65535/udp from 10.0.0.0/24",
			expand: 1,
			want:   []string{"ingress tcp-20+22+udp-0-65535-ipv4: ports [[TCP 20 -] [TCP 22 -] [UDP - -]] from [[[10.0.0.0/24 -]]] to null; a"},
			types:  "[Ingress]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, faults := emitKubernetes(t, namedPolicy(test.policy), emit.Options{Arguments: podsOf(map[string]any{"expand_ranges": test.expand})})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			var got []string
			for _, row := range result.Ingress {
				got = append(got, showKubernetes("ingress", row))
			}
			for _, row := range result.Egress {
				got = append(got, showKubernetes("egress", row))
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if types := fmt.Sprint(result.Outputs[3]); types != test.types {
				t.Errorf("policy_types %s, want %s", types, test.types)
			}
		})
	}
}

// TestKubernetes_PortZero_ByTwoRules: port 0 of a protocol is open when rules
// open all of it together, however the cover cuts it.
func TestKubernetes_PortZero_ByTwoRules(t *testing.T) {
	target, _ := emit.TargetNamed("kubernetes_network_policy")
	rapid.Check(t, func(t *rapid.T) {
		p := namedPolicy(rapid.SampledFrom([]string{
			"ingress a 0-100/tcp from 10.0.0.0/24\ningress b 101-65535/tcp from 10.0.0.0/24",
			"ingress a 0-100/tcp 22/udp from 10.0.0.0/24\ningress b 50-65535/tcp 53/udp from 10.0.0.0/23",
			"egress a 0-65535/tcp to 10.0.0.0/24\negress b 0-100/tcp to 10.0.0.0/25",
			"ingress a any from 10.0.0.0/24\ningress b 0/udp from 10.0.0.7",
		}).Draw(t, "rules"))
		for _, o := range modes(kubernetesReading) {
			result := rowsOf(t, target, o, p)
			parts, err := readKubernetes(emissionOf(target, result))
			if err != nil {
				t.Fatal(err)
			}
			for _, rows := range [][]emit.Row{result.Ingress, result.Egress} {
				if all := keys(rows); len(slices.Compact(slices.Clone(all))) < len(all) {
					t.Fatalf("a key stands twice in %v", all)
				}
			}
			checkPackets(t, p, parts)
		}
	})
}

// TestKubernetes_PortZero_FaultsAreThoseOfThePackets: a rule is refused exactly
// when somebody has port 0 by it and not every port of the protocol.
func TestKubernetes_PortZero_FaultsAreThoseOfThePackets(t *testing.T) {
	policies := kubernetesReading.policies
	policies.NoPortZero = false
	type flow struct {
		direction policy.Direction
		protocol  uint8
		peer      netip.Addr
	}
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(policies).Draw(t, "policy")
		byZero, closed := map[flow][]string{}, map[flow]bool{}
		for _, packet := range compiletest.Packets(p, compiletest.Extra{}) {
			rules := compiletest.AllowedBy(p, packet)
			f := flow{packet.Direction, packet.Protocol, packet.Peer}
			if packet.Port == 0 {
				byZero[f] = rules
			}
			closed[f] = closed[f] || len(rules) == 0
		}
		want := map[string]bool{}
		for f, rules := range byZero {
			for _, rule := range rules {
				if closed[f] {
					want[fmt.Sprintf("%s %d", rule, f.protocol)] = true
				}
			}
		}
		got := map[string]bool{}
		_, faults := emitKubernetes(t, p, kubernetesReading.options)
		numbers := map[string]uint8{"tcp": 6, "udp": 17, "sctp": 132}
		for _, f := range faults {
			rule := f.Path.String()
			protocol := regexp.MustCompile(`or write "0-65535/(\w+)"|or "0-65535/(\w+)"`).FindStringSubmatch(f.Detail())
			if f.Title != "Port 0 not expressible" || protocol == nil {
				t.Fatalf("%s: %v", rule, f)
			}
			got[fmt.Sprintf("%s %d", strings.Trim(strings.TrimPrefix(rule, "policy.rules"), `["]`), numbers[protocol[1]+protocol[2]])] = true
		}
		if !maps.Equal(got, want) {
			t.Fatalf("refused are %v, want %v", got, want)
		}
	})
}

// TestKubernetes_PortByPort_AllowsTheSame: with ranges written port by port the
// same packets pass, and no endPort is left.
func TestKubernetes_PortByPort_AllowsTheSame(t *testing.T) {
	target, _ := emit.TargetNamed("kubernetes_network_policy")
	rapid.Check(t, func(t *rapid.T) {
		p := compiletest.Policies(kubernetesReading.policies).Draw(t, "policy")
		expand := rapid.SampledFrom([]int64{1, 5, 50, 500}).Draw(t, "expand_ranges")
		result, faults := emitKubernetes(t, p, emit.Options{Limits: map[string]int{"manifest_bytes": 1 << 30},
			Arguments: podsOf(map[string]any{"expand_ranges": expand})})
		if len(faults) > 0 {
			if faults[0].Title != "Range too long" {
				t.Fatalf("%v", faults)
			}
			return
		}
		e := emissionOf(target, result)
		if text, _ := e.outputs["yaml"].(string); strings.Contains(text, "endPort") {
			t.Fatalf("a range is left:\n%s", text)
		}
		parts, err := readKubernetes(e)
		if err != nil {
			t.Fatal(err)
		}
		if len(parts) < 1000 { // more take too long
			checkPackets(t, p, parts)
		}
	})
}
