package cloudrules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-cty/cty"
	ctyjson "github.com/hashicorp/go-cty/cty/json"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// choice is what an argument may be: one of the JSON values, or a list of some.
type choice struct {
	one, list []string
}

// orNull is for an argument that may not be there.
func orNull(of ...string) []string { return append([]string{"null"}, of...) }

var (
	networks = []string{`"10.0.0.0/24"`, `"10.1.0.0/16"`, `"0.0.0.0/0"`, `"2001:db8::/48"`, `"192.0.2.7/32"`}
	awsPeers = map[string]choice{
		"from_port": {one: []string{"443", `"443"`}}, "to_port": {one: []string{"443", "500", `"29168"`}},
		"cidr_blocks": {list: append(networks[:3:3], `"10.0.0.1/8"`)}, "ipv6_cidr_blocks": {list: networks[3:4]},
		"prefix_list_ids": {list: []string{`"pl-1"`, `"pl-2"`}}, "self": {one: orNull("true", "false", `"yes"`)},
		"protocol": {one: []string{`"tcp"`, `"udp"`, `"6"`, "-1", `"50"`, `"icmp"`}},
	}
	azureArguments = map[string]choice{
		"direction": {one: []string{`"Inbound"`, `"Outbound"`}}, "access": {one: []string{`"Allow"`, `"Allow"`, `"Deny"`}},
		"protocol":               {one: []string{`"Tcp"`, `"Udp"`, `"*"`}},
		"destination_port_range": {one: orNull(`"443"`, `"*"`, `"0-65535"`)}, "destination_port_ranges": {list: []string{`"443"`, `"8000-8100"`}},
		"source_address_prefix":      {one: orNull(append(networks[:5:5], `"VirtualNetwork"`, `"Storage"`, `"Internet"`)...)},
		"source_address_prefixes":    {list: append(networks[:5:5], `"AzureLoadBalancer"`, `"10.0.0.1/8"`)},
		"destination_address_prefix": {one: orNull(networks...)}, "destination_address_prefixes": {list: networks},
		"source_application_security_group_ids":      {list: []string{`"/a/web"`, `"/b/web"`}},
		"destination_application_security_group_ids": {list: []string{`"/a/web"`, `"/b/web"`}},
	}
	googleArguments = map[string]choice{
		"direction": {one: orNull(`"INGRESS"`, `"EGRESS"`)}, "disabled": {one: orNull("false", "false", "true")},
		"source_ranges": {list: append(networks[:5:5], `"10.0.0.1/8"`)}, "destination_ranges": {list: networks},
		"source_tags": {list: []string{`"web"`, `"db"`}}, "source_service_accounts": {list: []string{`"a@p"`, `"b@p"`}},
	}
	googleBlock = map[string]choice{"protocol": {one: []string{`"tcp"`, `"udp"`, `"all"`, `"sctp"`}}, "ports": {list: []string{`"443"`, `"8000-8100"`}}}
)

func with(of, more map[string]choice) map[string]choice {
	all := maps.Clone(of)
	maps.Copy(all, more)
	return all
}

// shape is what values of a resource type look like.
type shape struct {
	arguments map[string]choice
	blocks    map[string]map[string]choice
}

var (
	awsInline = with(awsPeers, map[string]choice{"security_groups": {list: []string{`"sg-1"`, `"sg-2"`}}})
	awsGroup  = shape{blocks: map[string]map[string]choice{"ingress": awsInline, "egress": awsInline}}
	awsRule   = shape{arguments: map[string]choice{
		"ip_protocol": awsPeers["protocol"], "from_port": awsPeers["from_port"], "to_port": awsPeers["to_port"],
		"cidr_ipv4": {one: orNull(networks[:3]...)}, "cidr_ipv6": {one: orNull(networks[3])},
		"referenced_security_group_id": {one: orNull(`"sg-1"`)}, "prefix_list_id": {one: orNull(`"pl-1"`)},
	}}
)

var shapes = map[string]shape{
	"aws_vpc_security_group_ingress_rule": awsRule,
	"aws_vpc_security_group_egress_rule":  awsRule,
	"aws_security_group_rule": {arguments: with(awsPeers, map[string]choice{
		"type": {one: []string{`"ingress"`, `"egress"`}}, "source_security_group_id": {one: orNull(`"sg-1"`)}})},
	"aws_security_group":             awsGroup,
	"aws_default_security_group":     awsGroup,
	"azurerm_network_security_rule":  {arguments: azureArguments},
	"azurerm_network_security_group": {blocks: map[string]map[string]choice{"security_rule": azureArguments}},
	"google_compute_firewall":        {arguments: googleArguments, blocks: map[string]map[string]choice{"allow": googleBlock, "deny": googleBlock}},
}

func drawArguments(t *rapid.T, of map[string]choice) map[string]cty.Value {
	values := map[string]cty.Value{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		c := of[name]
		var text string
		if c.list == nil {
			text = rapid.SampledFrom(c.one).Draw(t, name)
		} else {
			some := rapid.SliceOfNDistinct(rapid.SampledFrom(c.list), 0, 2, rapid.ID[string]).Draw(t, name)
			text = "[" + strings.Join(some, ",") + "]"
		}
		implied, err := ctyjson.ImpliedType([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if values[name], err = ctyjson.Unmarshal([]byte(text), implied); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

func (s shape) draw(t *rapid.T) cty.Value {
	values := drawArguments(t, s.arguments)
	for _, name := range slices.Sorted(maps.Keys(s.blocks)) {
		var blocks []cty.Value
		for range rapid.IntRange(0, 2).Draw(t, name) {
			blocks = append(blocks, cty.ObjectVal(drawArguments(t, s.blocks[name])))
		}
		values[name] = cty.TupleVal(blocks)
	}
	return cty.ObjectVal(values)
}

// idLists count as one object when they are unknown as a whole, so that is the
// truth only when they have one element.
var idLists = []string{"security_groups", "prefix_list_ids", "source_application_security_group_ids", "destination_application_security_group_ids"}

// forget makes some of a value unknown. An argument that is not there stays so:
// of one that is written, something is known to be there.
func forget(t *rapid.T, name string, v cty.Value, rarely int) cty.Value {
	if v.IsNull() {
		return v
	}
	mayBeWhole := !slices.Contains(idLists, name) || v.LengthInt() == 1
	if rapid.IntRange(0, rarely).Draw(t, "forget") == rarely && mayBeWhole {
		return cty.UnknownVal(cty.DynamicPseudoType)
	}
	switch {
	case v.Type().IsObjectType():
		values := v.AsValueMap()
		for _, name := range slices.Sorted(maps.Keys(values)) {
			values[name] = forget(t, name, values[name], rarely)
		}
		return cty.ObjectVal(values)
	case v.Type().IsTupleType() && v.LengthInt() > 0:
		elements := v.AsValueSlice()
		for i := range elements {
			elements[i] = forget(t, "", elements[i], rarely)
		}
		return cty.TupleVal(elements)
	}
	return v
}

// TestRead_WhatIsUnknown_IsNeverRead compares a value with what is left of it
// when several parts of it are unknown: what is read of the rest is a lower
// bound, and whole only when nothing is missing.
func TestRead_WhatIsUnknown_IsNeverRead(t *testing.T) {
	for _, resourceType := range cloudrules.Types() {
		t.Run(resourceType, func(t *testing.T) {
			of, known := shapes[resourceType]
			if !known {
				t.Fatal("no values of this type: add a shape")
			}
			rapid.Check(t, func(t *rapid.T) {
				whole := of.draw(t)
				part := forget(t, "", whole, rapid.IntRange(2, 20).Draw(t, "rarely"))
				before := map[string]*cloudrules.Rule{}
				rules := cloudrules.Read(resourceType, whole, byPart)
				checkRules(t, rules)
				for i := range rules {
					before[rules[i].Part] = &rules[i]
				}
				left := cloudrules.Read(resourceType, part, byPart)
				checkRules(t, left)
				for i := range left {
					checkLowerBound(t, before[left[i].Part], &left[i])
				}
			})
		})
	}
}

func checkLowerBound(t *rapid.T, whole, left *cloudrules.Rule) {
	fail := func(why string) {
		text := "no rule\n"
		if whole != nil {
			text = showRules([]cloudrules.Rule{*whole})
		}
		t.Fatalf("%s\nwhole\n%swith unknowns\n%s", why, text, showRules([]cloudrules.Rule{*left}))
	}
	switch {
	case whole == nil: // the number of blocks is not known
		if left.Closes == "" && (!left.Rule.Partial || !opensNothing(left)) {
			fail("rules of unknown blocks open something")
		}
		return
	case left.Rule.Direction == policy.Egress && whole.Rule.Direction != policy.Egress:
		fail("egress, which is not certain")
	case left.Closes != "" && whole.Closes == "":
		fail("closes, and does not when all is known")
	case left.Closes != "":
		return
	case whole.Closes != "" && (!left.Rule.Partial || !opensNothing(left)):
		fail("opens something that is closed")
	case len(whole.Faults) > 0 && !left.Rule.Partial && len(left.Unknown) == 0:
		fail("not even the fault is left")
	case len(whole.Faults) > 0 && opensNothing(whole):
		return // no cloud takes it
	}
	if !left.Rule.Partial {
		checkEqual(fail, whole, left)
	}
	if opensNothing(left) {
		return
	}
	more := left.Rule.Prefixes().Minus(whole.Rule.Prefixes())
	if left.Rule.Direction != whole.Rule.Direction || !whole.Rule.Ports().Covers(left.Rule.Ports()) || !more.IsEmpty() {
		fail("more is opened than when all is known")
	}
	refs, wholeRefs := left.Rule.References(), whole.Rule.References()
	if len(refs) > len(wholeRefs) {
		fail("more objects than when all is known")
	}
	for _, ref := range refs {
		if !isUnknown(ref.Name) && !slices.ContainsFunc(wholeRefs, func(r policy.Reference) bool { return r.Name == ref.Name }) {
			fail("an object that is not there when all is known")
		}
	}
}

func checkEqual(fail func(string), whole, left *cloudrules.Rule) {
	ports, peers := left.Rule.Ports(), left.Rule.Prefixes()
	refs, wholeRefs := left.Rule.References(), whole.Rule.References()
	if !ports.Equal(whole.Rule.Ports()) || peers.String() != whole.Rule.Prefixes().String() || len(refs) != len(wholeRefs) || left.Rule.Direction != whole.Rule.Direction {
		fail("a complete rule lacks something")
	}
	if len(left.Unknown) == 0 && !slices.Equal(refs, wholeRefs) {
		fail("nothing is unknown, and the rule is another")
	}
}

// odd draws values of any type for arguments of any name.
func odd(depth int) *rapid.Generator[cty.Value] {
	return rapid.Custom(func(t *rapid.T) cty.Value {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return cty.UnknownVal(cty.DynamicPseudoType)
		case 1:
			return cty.NullVal(rapid.SampledFrom([]cty.Type{cty.DynamicPseudoType, cty.String, cty.EmptyObject}).Draw(t, "type"))
		case 2:
			return cty.NumberIntVal(rapid.Int64Range(-2, 70000).Draw(t, "number"))
		case 3:
			return cty.BoolVal(rapid.Bool().Draw(t, "bool"))
		case 4, 5:
			if depth > 0 {
				return cty.TupleVal(rapid.SliceOfN(odd(depth-1), 0, 3).Draw(t, "elements"))
			}
		case 6:
			if depth > 0 {
				return cty.ObjectVal(oddMembers(t, depth-1))
			}
		case 7:
			return cty.StringVal(rapid.String().Draw(t, "text"))
		}
		return cty.StringVal(rapid.SampledFrom(oddWords).Draw(t, "word"))
	})
}

var oddWords = []string{"", " ", "tcp", "*", "-1", "all", "icmp", "47", "443", "1-2", "2-1", "0", "10.0.0.0/8", "10.0.0.1/8", "::/0", "::ffff:0:0/96",
	"0.0.0.0/0", "any", "Internet", "VirtualNetwork", "virtualnetwork", "A.B.C", "sg-1", "pl-1", "SG-1", "/", "a@b", "ingress", "egress", "INGRESS", "Outbound",
	"Allow", "Deny", "true", "false", strings.Repeat("x", 70), "unknown_rule_1", "the-group-itself", "Tag-x", "é"}

func oddMembers(t *rapid.T, depth int) map[string]cty.Value {
	members := map[string]cty.Value{}
	for _, name := range allArguments {
		if rapid.IntRange(0, 2).Draw(t, "has "+name) > 0 {
			members[name] = odd(depth).Draw(t, name)
		}
	}
	return members
}

// allArguments are those of every resource type, sorted.
var allArguments = func() []string {
	all := []string{"id", "description", "security_group_id", "network", "target_tags", "name", "resource_group_name", "network_security_group_name"}
	for _, s := range shapes {
		all = slices.AppendSeq(all, maps.Keys(s.arguments))
		for block, arguments := range s.blocks {
			all = slices.AppendSeq(append(all, block), maps.Keys(arguments))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}()

// TestRead_AnyValue_CanBeJudged reads values that no provider makes.
func TestRead_AnyValue_CanBeJudged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := cty.ObjectVal(oddMembers(t, 2))
		for _, resourceType := range cloudrules.Types() {
			checkRules(t, cloudrules.Read(resourceType, v, byPart))
		}
	})
}
