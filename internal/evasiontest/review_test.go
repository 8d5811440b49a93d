package evasiontest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/backupfw/terraform-provider-backupfw/internal/review"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// world is the change that every attack of this file hides: RDP for everybody.
func world() []change { return []change{awsRule("rdp", "sg-1", obj{"cidr_ipv4": everyIPv4})} }

// each writes a change for each text.
func each(texts []string, write func(name, text string) change) []change {
	changes := make([]change, len(texts))
	for i, text := range texts {
		changes[i] = write(fmt.Sprintf("rule_%d", i), text)
	}
	return changes
}

func inModules(changes []change) []change {
	for i := range changes {
		changes[i].module = fmt.Sprintf("module.part[%d]", i)
		changes[i].name = "rdp"
	}
	return changes
}

// TestReview_AroundTheProvider: pull requests that open RDP to the world with
// the resources of a cloud, and hide it.
func TestReview_AroundTheProvider(t *testing.T) {
	quarters := equal(everyIPv4, 2)
	var blocks []obj
	for _, cidr := range quarters {
		blocks = append(blocks, awsBlock(obj{"cidr_blocks": seq{cidr}}))
	}
	half := func(name, cidr string) change { return awsRule(name, "sg-1", obj{"cidr_ipv4": cidr}) }
	oldRule := change{resourceType: "aws_security_group_rule", name: "old", after: obj{"security_group_id": "sg-1", "type": "ingress", "protocol": "tcp", "from_port": 3389, "to_port": 3389,
		"cidr_blocks": seq{"0.0.0.0/1"}, "self": false}}
	unknownGroup := func(c change) change {
		delete(c.after, "security_group_id")
		c.unknown = obj{"security_group_id": true}
		c.refersTo = map[string][]string{"security_group_id": {"aws_security_group.new.id", "aws_security_group.new"}}
		return c
	}
	var unknown []change
	for _, c := range each(quarters, half) {
		unknown = append(unknown, unknownGroup(c))
	}
	all := []string{"any-peer", "score-limit", "sensitive-service"}
	for _, c := range []struct {
		name    string
		changes []change
		want    []string
	}{
		{"as it is", world(), all},
		{"in quarters", each(quarters, half), all},
		{"in 64 resources", each(equal(everyIPv4, 6), half), all},
		{"in modules", inModules(each(quarters, half)), all},
		{"in a ladder", each(ladder(everyIPv4, 12), half), all},
		{"in inline blocks", []change{awsGroup("sg-1", blocks...)}, all},
		{"half in a block and half in a rule", []change{awsGroup("sg-1", blocks[:2]...), half("upper", "128.0.0.0/1")}, all},
		{"half in an old rule and half in a new one", []change{oldRule, half("upper", "128.0.0.0/1")}, all},
		{"in quarters of a group that is new", unknown, all},
		{"as a list of one block", []change{awsGroup("sg-1", awsBlock(obj{"cidr_blocks": seq{"0.0.0.0/1", "128.0.0.0/1"}}))}, all},
		{"as IPv6", []change{awsRule("rdp", "sg-1", obj{"cidr_ipv6": everyIPv6})}, all},
		{"as IPv4 in IPv6", []change{awsRule("rdp", "sg-1", obj{"cidr_ipv6": "::ffff:0:0/96"})}, all},
		{"with the number of the protocol", []change{awsRule("rdp", "sg-1", obj{"ip_protocol": "6", "cidr_ipv4": everyIPv4})}, all},
		{"inside a range", []change{awsRule("rdp", "sg-1", obj{"from_port": 3300, "to_port": 3400, "cidr_ipv4": everyIPv4})}, all},
		{"with leading zeros as text", []change{awsRule("rdp", "sg-1", obj{"from_port": "03389", "to_port": "03389", "cidr_ipv4": everyIPv4})}, all},
		{"as every protocol", []change{awsRule("rdp", "sg-1", obj{"ip_protocol": "-1", "from_port": nil, "to_port": nil, "cidr_ipv4": everyIPv4})}, append([]string{"all-ports"}, all...)},
		{"as every protocol with ports that mean nothing", []change{awsRule("rdp", "sg-1", obj{"ip_protocol": "all", "from_port": 0, "to_port": 0, "cidr_ipv4": everyIPv4})}, append([]string{"all-ports"}, all...)},
		{"as an update of a harmless rule", []change{{resourceType: "aws_vpc_security_group_ingress_rule", name: "rdp", action: "update",
			before: awsRule("rdp", "sg-1", obj{"cidr_ipv4": office}).after, after: awsRule("rdp", "sg-1", obj{"cidr_ipv4": everyIPv4}).after}}, all},
		{"as a move to another group", []change{{resourceType: "aws_vpc_security_group_ingress_rule", name: "rdp", action: "update",
			before: awsRule("rdp", "sg-0", obj{"cidr_ipv4": everyIPv4}).after, after: awsRule("rdp", "sg-1", obj{"cidr_ipv4": everyIPv4}).after}}, all},
		{"as a description", []change{awsRule("rdp", "sg-1", obj{"cidr_ipv4": everyIPv4, "description": "egress only\u202e, denied <!-- -->"})}, all},

		{"Azure", []change{azureRule("rdp", nil)}, all},
		{"Azure, 0.0.0.0/0", []change{azureRule("rdp", obj{"source_address_prefix": everyIPv4})}, all},
		{"Azure, Internet", []change{azureRule("rdp", obj{"source_address_prefix": "InterNet"})}, all},
		{"Azure, Internet and a space", []change{azureRule("rdp", obj{"source_address_prefix": "Internet "})}, all},
		{"Azure, Any", []change{azureRule("rdp", obj{"source_address_prefix": "Any"})}, all},
		{"Azure, a list of halves", []change{azureRule("rdp", obj{"source_address_prefix": nil, "source_address_prefixes": seq{"0.0.0.0/1", "128.0.0.0/1"}})}, all},
		{"Azure, halves in two rules", []change{azureRule("a", obj{"source_address_prefix": "0.0.0.0/1"}), azureRule("b", obj{"source_address_prefix": "128.0.0.0/1"})}, all},
		{"Azure, a source port that restricts nobody", []change{azureRule("rdp", obj{"source_port_range": "1024"})}, all},
		{"Azure, a list of ports", []change{azureRule("rdp", obj{"destination_port_range": nil, "destination_port_ranges": seq{"29168", "3380-3390"}})}, all},
		{"Azure, every protocol with this port", []change{azureRule("rdp", obj{"protocol": "*"})}, all},
		{"Azure, everything", []change{azureRule("rdp", obj{"protocol": "*", "destination_port_range": "*"})}, append([]string{"all-ports"}, all...)},
		{"Azure, everything in two halves", []change{azureRule("rdp", obj{"protocol": "*", "destination_port_range": nil, "destination_port_ranges": seq{"0-32767", "32768-65535"}})}, append([]string{"all-ports"}, all...)},
		{"Azure, in a block", []change{{resourceType: "azurerm_network_security_group", name: "nsg", after: obj{"name": "nsg", "resource_group_name": "rg", "security_rule": seq{azureRule("rdp", nil).after}}}}, all},
		{"Azure, behind a denial", []change{azureRule("rdp", obj{"priority": 200}), azureRule("deny", obj{"access": "Deny"})}, all},

		{"Google", []change{googleFirewall("rdp", nil)}, all},
		{"Google, without sources", []change{googleFirewall("rdp", obj{"source_ranges": nil})}, all},
		{"Google, with an empty list of sources", []change{googleFirewall("rdp", obj{"source_ranges": seq{}})}, all},
		{"Google, without a direction", []change{googleFirewall("rdp", obj{"direction": nil})}, all},
		{"Google, with a tag beside everybody", []change{googleFirewall("rdp", obj{"source_tags": seq{"bastion"}})}, all},
		{"Google, halves", []change{googleFirewall("a", obj{"source_ranges": seq{"0.0.0.0/1"}}), googleFirewall("b", obj{"source_ranges": seq{"128.0.0.0/1"}})}, all},
		{"Google, in the second block", []change{googleFirewall("rdp", obj{"allow": seq{obj{"protocol": "tcp", "ports": seq{"29168"}}, obj{"protocol": "6", "ports": seq{"3000-4000"}}}})}, all},
		{"Google, without ports", []change{googleFirewall("rdp", obj{"allow": seq{obj{"protocol": "tcp", "ports": seq{}}}})}, append([]string{"all-ports"}, all...)},
		{"Google, all", []change{googleFirewall("rdp", obj{"allow": seq{obj{"protocol": "all"}}})}, append([]string{"all-ports"}, all...)},
		{"Google, switched on", []change{{resourceType: "google_compute_firewall", name: "rdp", action: "update", before: googleFirewall("rdp", obj{"disabled": true}).after, after: googleFirewall("rdp", obj{"disabled": false}).after}}, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, r := reviewed(t, c.changes)
			if status != review.Refused || r.Verdict != risk.Rejected || r.Score != 100 {
				t.Errorf("status %d, verdict %s, score %d", status, r.Verdict, r.Score)
			}
			if n := len(byHand(r)); n != 1 {
				t.Errorf("%d groups are judged apart", n)
			}
			for _, code := range c.want {
				if !slices.Contains(rejectedBy(r), code) {
					t.Errorf("%s does not reject; %v do", code, rejectedBy(r))
				}
			}
			if code := "broad-range"; !slices.Contains(c.want, "all-ports") && slices.Contains(rejectedBy(r), code) {
				t.Errorf("%s rejects without need", code)
			}
		})
	}
}

// TestReview_Unknown: what cannot be judged is not accepted.
func TestReview_Unknown(t *testing.T) {
	unknown := func(c change, arguments ...string) []change {
		c.unknown, c.refersTo = obj{}, map[string][]string{}
		for _, argument := range arguments {
			delete(c.after, argument)
			c.unknown[argument] = true
			c.refersTo[argument] = []string{"local.later"}
		}
		return []change{c}
	}
	for name, changes := range map[string][]change{
		"the peer":                           unknown(awsRule("rdp", "sg-1", nil), "cidr_ipv4"),
		"the port":                           unknown(awsRule("rdp", "sg-1", obj{"cidr_ipv4": office}), "from_port"),
		"the protocol":                       unknown(awsRule("rdp", "sg-1", obj{"cidr_ipv4": office, "from_port": 29168, "to_port": 29168}), "ip_protocol"),
		"a second peer":                      unknown(awsRule("rdp", "sg-1", obj{"cidr_ipv4": office, "from_port": 29168, "to_port": 29168}), "cidr_ipv6"),
		"the blocks":                         {{resourceType: "aws_security_group", name: "new", after: obj{"name": "new"}, unknown: obj{"id": true, "ingress": true}, refersTo: map[string][]string{"ingress": {"local.rules"}}}},
		"Azure's access":                     unknown(azureRule("rdp", nil), "access"),
		"Azure's direction":                  unknown(azureRule("rdp", nil), "direction"),
		"Azure's sources":                    unknown(azureRule("rdp", obj{"destination_port_range": "29168"}), "source_address_prefix"),
		"Google's sources":                   unknown(googleFirewall("rdp", obj{"allow": seq{obj{"protocol": "tcp", "ports": seq{"29168"}}}, "source_tags": seq{"bastion"}}), "source_ranges"),
		"Google's switch":                    unknown(googleFirewall("rdp", nil), "disabled"),
		"Google's source tags":               unknown(googleFirewall("rdp", obj{"source_ranges": nil}), "source_tags"),
		"a word that is not understood":      {azureRule("rdp", obj{"access": "Alow"})},
		"a protocol that has no name":        {awsRule("rdp", "sg-1", obj{"ip_protocol": "47", "cidr_ipv4": everyIPv4})},
		"a protocol in another script":       {awsRule("rdp", "sg-1", obj{"ip_protocol": "tсp", "cidr_ipv4": everyIPv4})},
		"a port that is none":                {awsRule("rdp", "sg-1", obj{"from_port": 68925, "to_port": 68925, "cidr_ipv4": everyIPv4})},
		"a range that wraps":                 {awsRule("rdp", "sg-1", obj{"from_port": 60000, "to_port": 100, "cidr_ipv4": everyIPv4})},
		"a port that is a fraction":          {awsRule("rdp", "sg-1", obj{"from_port": 3388.5, "to_port": 3389.5, "cidr_ipv4": everyIPv4})},
		"a negative port":                    {awsRule("rdp", "sg-1", obj{"from_port": -3389, "to_port": 3389, "cidr_ipv4": everyIPv4})},
		"port 0 for all":                     {awsRule("rdp", "sg-1", obj{"from_port": 0, "to_port": 0, "cidr_ipv4": everyIPv4})},
		"an address that begins with a zero": {awsRule("rdp", "sg-1", obj{"cidr_ipv4": "010.0.0.0/8"})},
		"an address with host bits":          {awsRule("rdp", "sg-1", obj{"cidr_ipv4": "0.0.0.1/0"})},
		"a range of addresses":               {azureRule("rdp", obj{"source_address_prefix": "0.0.0.0-255.255.255.255"})},
		"ports given as an object":           {awsRule("rdp", "sg-1", obj{"from_port": obj{"a": 1}, "cidr_ipv4": everyIPv4})},
		"a block that is a text":             {{resourceType: "aws_security_group", name: "new", after: obj{"id": "sg-1", "ingress": seq{"everything"}}}},
		"a change that is left for later":    {func() change { c := world()[0]; c.deferred = true; return c }()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, r := reviewed(t, changes)
			if status != review.Refused || r.Verdict != risk.Unknown && r.Verdict != risk.Rejected {
				t.Errorf("status %d, verdict %s", status, r.Verdict)
			}
		})
	}
}

// TestReview_NotUnderstood: what nobody judges is named. It is not refused, for
// it would be refused every time.
func TestReview_NotUnderstood(t *testing.T) {
	foreign := func(resourceType string) change {
		return change{resourceType: resourceType, name: "x", after: obj{"cidr_block": everyIPv4}}
	}
	later := foreign("aws_network_acl_rule")
	later.deferred = true
	for name, c := range map[string]struct {
		change change
		names  string
	}{
		"an ACL":                        {foreign("aws_network_acl_rule"), "aws_network_acl_rule (1)"},
		"an ACL that is left for later": {later, "aws_network_acl_rule (1)"},
		"a network policy":              {foreign("kubernetes_network_policy_v1"), "kubernetes_network_policy_v1 (1)"},
		"the entries of a prefix list":  {foreign("aws_ec2_managed_prefix_list_entry"), "aws_ec2_managed_prefix_list_entry (1)"},
		"a prefix list":                 {foreign("aws_ec2_managed_prefix_list"), "aws_ec2_managed_prefix_list (1)"},
		"a group of addresses":          {foreign("azurerm_ip_group"), "azurerm_ip_group (1)"},
	} {
		_, r := reviewed(t, []change{c.change})
		if !slices.ContainsFunc(r.Notes, func(note string) bool { return strings.Contains(note, c.names) }) {
			t.Errorf("%s: %q is not in %q", name, c.names, r.Notes)
		}
	}
}

// TestReview_FakedMarks: rules with the key or the description of one that a
// policy compiles to, and other content. world2 opens what no policy judged.
func TestReview_FakedMarks(t *testing.T) {
	policies := recorded(t, "backupfw_policy")
	if len(policies) != 1 {
		t.Fatalf("%d policies in the recorded plan", len(policies))
	}
	after := policies[0]["change"].(obj)["after"].(obj)
	withPolicy := func(c change) []change {
		return []change{{resourceType: "backupfw_policy", name: "primary", after: after}, c}
	}
	compiled := func(more obj) change {
		c := awsRule("primary", "sg-1", obj{"from_port": 1556, "to_port": 1556, "cidr_ipv4": "198.51.100.16/28", "description": "primary-server: dmz_clients"})
		for name, value := range more {
			c.after[name] = value
		}
		c.index = "tcp-1556-198.51.100.16/28"
		return c
	}
	if _, r := reviewed(t, withPolicy(compiled(nil))); len(byHand(r)) != 0 {
		t.Fatalf("the compiled rule itself is judged by hand: %v", byHand(r))
	}
	keyed := func(key string, more obj) change {
		c := compiled(more)
		c.index = key
		return c
	}
	described := func(more obj) change {
		c := compiled(more)
		c.index = nil
		return c
	}
	media := obj{"cidr_ipv4": nil, "description": "primary-server: media_servers"}
	through := func(argument, id string) change {
		c := keyed("tcp-1556-ref:media", media)
		c.after[argument] = id
		return c
	}
	if _, r := reviewed(t, withPolicy(through("referenced_security_group_id", "sg-0media"))); len(byHand(r)) != 0 {
		t.Fatalf("the compiled rule for a group is judged by hand: %v", byHand(r))
	}
	for name, c := range map[string]change{
		"the key, for everybody":    compiled(obj{"cidr_ipv4": everyIPv4}),
		"the key, another port":     compiled(obj{"from_port": 3389, "to_port": 3389}),
		"the key, a wider range":    compiled(obj{"from_port": 1, "to_port": 65535}),
		"the key, another protocol": compiled(obj{"ip_protocol": "udp"}),
		"the key, a peer more":      compiled(obj{"cidr_ipv6": everyIPv6}),
		"the key, a wider network":  compiled(obj{"cidr_ipv4": "198.51.100.0/24"}),
		"the key and a peer known later": func() change {
			c := compiled(nil)
			c.unknown = obj{"cidr_ipv6": true}
			delete(c.after, "cidr_ipv6")
			return c
		}(),
		"the description, for everybody":      described(obj{"cidr_ipv4": everyIPv4}),
		"the description and a list besides":  described(obj{"prefix_list_id": "pl-0world"}),
		"a key with other case":               keyed("TCP-1556-198.51.100.16/28", obj{"description": nil}),
		"a key with a zero-width space":       keyed("tcp-1556-198.51.100.16/28\u200b", obj{"description": nil}),
		"the key of a group, for a list":      through("prefix_list_id", "pl-0world"),
		"the key of a group, for an address":  keyed("tcp-1556-ref:media", obj{"cidr_ipv4": "203.0.113.0/24"}),
		"the resource of the other direction": func() change { c := compiled(nil); c.resourceType = "aws_vpc_security_group_egress_rule"; return c }(),
		"the old resource":                    {resourceType: "aws_security_group_rule", name: "old", index: "tcp-1556-198.51.100.16/28", after: obj{"security_group_id": "sg-1", "type": "ingress", "protocol": "tcp", "from_port": 1556, "to_port": 1556, "cidr_blocks": seq{"198.51.100.16/28"}, "description": "primary-server: dmz_clients"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, r := reviewed(t, withPolicy(c)); len(byHand(r)) != 1 {
				t.Errorf("passes for a compiled rule: %v", r.Notes)
			}
		})
	}
}

// TestReview_FakedMarks_ReferenceNamedLikeAnId: the author of the policy chooses
// the names of references, and may choose the id of something else.
func TestReview_FakedMarks_ReferenceNamedLikeAnId(t *testing.T) {
	text := must(json.Marshal(recorded(t, "backupfw_policy")[0]["change"].(obj)["after"]))
	var after obj
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte(`"media":`), []byte(`"pl-0world":`)), &after); err != nil {
		t.Fatal(err)
	}
	for argument, id := range map[string]string{"prefix_list_id": "pl-0world", "referenced_security_group_id": "sg-0media"} {
		c := awsRule("primary", "sg-1", obj{"from_port": 1556, "to_port": 1556, argument: id})
		c.index = "tcp-1556-ref:pl-0world"
		_, r := reviewed(t, []change{{resourceType: "backupfw_policy", name: "primary", after: after}, c})
		if compiled := len(byHand(r)) == 0; compiled != (argument == "referenced_security_group_id") {
			t.Errorf("%s = %q counts as compiled: %t", argument, id, compiled)
		}
	}
}

// TestReview_FakedMarks_ElsewhereAttached: a rule with a mark and no more than
// the policy allows counts as compiled wherever it is attached: modules attach
// the rules of one policy to several groups, and a plan does not say to which
// ones they belong. This is a limit of the design; the report counts them.
func TestReview_FakedMarks_ElsewhereAttached(t *testing.T) {
	after := recorded(t, "backupfw_policy")[0]["change"].(obj)["after"].(obj)
	c := awsRule("copied", "sg-0elsewhere", obj{"from_port": 1556, "to_port": 1556, "cidr_ipv4": "198.51.100.16/28", "description": "primary-server: dmz_clients"})
	_, r := reviewed(t, []change{{resourceType: "backupfw_policy", name: "primary", after: after}, c})
	if len(byHand(r)) != 0 || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "compile to") && strings.HasSuffix(n, ": 1.") }) {
		t.Errorf("%d groups by hand, notes %q: the threat model says otherwise", len(byHand(r)), r.Notes)
	}
	c.after["description"] = nil
	if _, r := reviewed(t, []change{{resourceType: "backupfw_policy", name: "primary", after: after}, c}); len(byHand(r)) != 1 {
		t.Error("a rule without a mark passes for a compiled one")
	}
}

// TestReview_TwoGroups: groups are judged apart, because a plan does not say
// which hosts have both. This is a limit of the design: what one host reaches
// through two groups is not added up.
func TestReview_TwoGroups(t *testing.T) {
	_, r := reviewed(t, []change{
		awsRule("a", "sg-1", obj{"cidr_ipv4": "0.0.0.0/1", "from_port": 29168, "to_port": 29168}),
		awsRule("b", "sg-2", obj{"cidr_ipv4": "128.0.0.0/1", "from_port": 29168, "to_port": 29168}),
	})
	for _, s := range byHand(r) {
		if s.Verdict != risk.Rejected {
			t.Errorf("%s: %s", s.Name, s.Verdict)
		}
	}
	if len(byHand(r)) != 2 {
		t.Errorf("%d groups", len(byHand(r)))
	}
}

// TestReview_WhatCannotBeSeen: characters that turn or hide a text never reach
// a reader as they are.
func TestReview_WhatCannotBeSeen(t *testing.T) {
	const hostile = "closed\n::notice::accepted\u202e\u2066\u200b\u00ad\ufeff <!-- --> ```"
	changes := []change{
		awsRule("rdp", "sg-1"+hostile, obj{"cidr_ipv4": everyIPv4, "description": hostile}),
		azureRule("rdp", obj{"source_address_prefix": "Tag" + hostile, "description": hostile}),
		{resourceType: "google_compute_firewall", name: "rdp", index: hostile, after: googleFirewall("rdp", obj{"description": hostile, "source_tags": seq{hostile}}).after},
	}
	for _, format := range []string{"markdown", "github", "junit"} {
		var out, errors bytes.Buffer
		status := review.Run([]string{"-format", format, "-"}, review.Process{Stdin: bytes.NewReader(planOf(t, changes)), Stdout: &out, Stderr: &errors, Now: time.Now, Version: "1"})
		if status != review.Refused {
			t.Errorf("%s: status %d", format, status)
		}
		for what, text := range map[string]string{format: out.String(), format + ", errors": errors.String()} {
			if at := strings.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.Cf, r) }); at >= 0 {
				t.Errorf("%s shows %+q", what, text[max(0, at-40):at+10])
			}
			// A test report is a file; what stands in the log is obeyed.
			if what != "junit" && strings.Contains(text, "\n::notice::accepted") {
				t.Errorf("%s begins a line with a command", what)
			}
		}
	}
}
