package existing_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// FuzzNormalize reads raw texts as a rule: it is either a rule that can be
// judged or refused in whole sentences, and upper case and spaces around words
// make no difference.
func FuzzNormalize(f *testing.F) {
	f.Add("ingress", "Allow", "tcp", "22", "22", "", "10.0.0.0/8", "", "", "ssh from inside", "")
	f.Add("Outbound", "", "-1", "0", "0", "", "0.0.0.0/0\n::/0", "", "", "", "")
	f.Add("in", "permit", "6", "", "", "443\n8000-8100", "Internet", "", "dmz", "", "")
	f.Add("Inbound", "Allow", "*", "", "", "*", "*", "", "", "a\x00b\u202e", "")
	f.Add("ingress", "deny", "58", "-1", "128", "22/tcp;5..9", "sg-0a1 pl-1,VirtualNetwork AzureLoadBalancer", "veem", "by_address", "", "bastion")
	f.Add("egress", "", "tcp", "2500", "3300", "", "198.51.100.0/28", "veeam", "internal", "movers", "")
	f.Add("x", "x", "47", "65536", "1e3", "99999999999999999999", "10.0.0.1/8", "x", "x", "x", "\xff")
	f.Add("ingress", "", "icmp", "3", "4", "all", "10.0.0.0/8 2001:db8::/32", "", "", "", "")
	f.Fuzz(func(t *testing.T, direction, access, protocol, from, to, ports, cidrs, product, zone, description, reference string) {
		rule := existing.Rule{Direction: direction, Access: access, Protocol: protocol, FromPort: from, ToPort: to,
			Ports: strings.Split(ports, "\n"), CIDRs: strings.Split(cidrs, "\n"),
			Description: description, Product: product, Zone: zone, ZoneReason: description}
		if reference != "" {
			rule.References = []policy.Reference{{Name: reference, Kind: policy.AWSSecurityGroup, MaxHosts: uint64(len(from))}}
		}
		size := len(fmt.Sprint(rule))
		var read []policy.Rule
		var faults fault.List
		worktest.CheckBounded(t, size, 16<<10, func() { read, faults = existing.Normalize([]existing.Rule{rule}) })
		if (len(faults) > 0) != (read == nil) {
			t.Fatalf("%+v is read as %+v, %v", rule, read, faults)
		}
		for _, f := range faults {
			checkFault(t, f)
		}
		if read != nil {
			checkRule(t, &rule, &read[0])
		}
		rule.Direction, rule.Access, rule.Protocol = " "+strings.ToUpper(direction)+"\t", strings.ToUpper(access), "\n"+strings.ToUpper(protocol)
		if strings.ToLower(rule.Direction+rule.Access+rule.Protocol) != " "+strings.ToLower(direction)+"\t"+strings.ToLower(access)+"\n"+strings.ToLower(protocol) {
			return // letters whose upper case is another letter
		}
		if shouted, wrong := existing.Normalize([]existing.Rule{rule}); len(wrong) != len(faults) || !reflect.DeepEqual(shouted, read) {
			t.Errorf("in upper case it is read as %+v, %v", shouted, wrong)
		}
	})
}

func checkFault(t *testing.T, f *fault.Fault) {
	t.Helper()
	if f.Title == "" || f.Problem == "" || f.Why == "" || f.Instead == "" || len(f.Path) < 2 || len(strings.Fields(f.Title)) > 5 {
		t.Errorf("a part is missing: %#v", f)
	}
	if text := f.Error(); !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\t\x00\u200b\u202e") || len(text) > 4000 {
		t.Errorf("badly formed message %q", text)
	}
}

// checkRule checks that the rule says what the texts say.
func checkRule(t *testing.T, rule *existing.Rule, read *policy.Rule) {
	t.Helper()
	opened := read.Ports()
	switch word := strings.ToLower(strings.TrimSpace(rule.Protocol)); {
	case opened.IsEmpty() || !existing.Is(read):
		t.Errorf("%+v is read as %+v", rule, read)
	case (word == "-1" || word == "*" || word == "all" || word == "any") && !opened.Equal(portset.Any()):
		t.Errorf("every protocol is read as %s", opened)
	case read.Direction == policy.Ingress != strings.HasPrefix(strings.ToLower(strings.TrimSpace(rule.Direction)), "in"):
		t.Errorf("direction %q is read as %s", rule.Direction, read.Direction)
	}
	// ICMP of a family that no peer is of is all that a policy still refuses.
	for _, f := range policy.Validate(&policy.Policy{Name: "p", Rules: []policy.Rule{*read}}) {
		if !strings.Contains(f.Error(), "ICMP") && !strings.Contains(f.Error(), "icmp") {
			t.Errorf("%+v cannot be judged: %v", rule, f)
		}
	}
}

func TestNormalize_WorkGrowsWithTheRules(t *testing.T) {
	row := existing.Rule{Direction: "ingress", Protocol: "tcp", Ports: []string{"22"}, CIDRs: []string{"10.0.0.7"}}
	for name, prepare := range map[string]func(n int) []existing.Rule{
		"rules": func(n int) []existing.Rule {
			rules := make([]existing.Rule, n)
			for i := range rules {
				rules[i] = row
			}
			return rules
		},
		"refused rules": func(n int) []existing.Rule { return make([]existing.Rule, n) },
		"ports of one rule": func(n int) []existing.Rule {
			long := row
			long.Ports = []string{strings.Repeat("22,8000-8100 ", n)}
			return []existing.Rule{long}
		},
		"peers of one rule": func(n int) []existing.Rule {
			long := row
			long.CIDRs = []string{strings.Repeat("10.0.0.7;10.0.0.0/8 ", n)}
			return []existing.Rule{long}
		},
		"unreadable peers of one rule": func(n int) []existing.Rule {
			long := row
			long.CIDRs = []string{strings.Repeat("10.0.0.7/8;Storage.WestEurope ", n)}
			return []existing.Rule{long}
		},
		"a long word": func(n int) []existing.Rule {
			word := strings.Repeat("9", 10*n)
			return []existing.Rule{{Direction: word, Access: word, Protocol: word, FromPort: word, ToPort: word, Product: word, Zone: word, CIDRs: []string{word}},
				{Direction: "in", Protocol: "tcp", Ports: []string{word}, CIDRs: []string{word}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			worktest.CheckDoubling(t, 500, 3, func(n int) func() {
				rules := prepare(n)
				return func() { _, _ = existing.Normalize(rules) }
			})
		})
	}
}
