package review

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// byHand is a rule that opens 27010/tcp to a small network.
func byHand(name string, change func(p *planned, after object)) planned {
	after := object{"security_group_id": group, "ip_protocol": "tcp", "from_port": 27010, "to_port": 27010, "cidr_ipv4": "198.51.100.16/28"}
	p := planned{resourceType: ingressRule, name: name, after: after}
	if change != nil {
		change(&p, after)
	}
	return p
}

// groupUnknown makes the group one that the plan creates.
func groupUnknown(p *planned, after object) {
	delete(after, "security_group_id")
	p.unknown = object{"security_group_id": true, "id": true}
}

// configured is a configuration with a resource block per name, of which an
// argument has the references.
func configured(resourceType, argument string, references map[string][]string) object {
	var resources []any
	for name, of := range references {
		resources = append(resources, object{"mode": "managed", "type": resourceType, "name": name,
			"expressions": object{argument: object{"references": of}}})
	}
	return object{"configuration": object{"root_module": object{
		"resources":    resources,
		"module_calls": object{"net": object{"source": "./net", "module": object{"resources": resources}}},
	}}}
}

// groupsOf lists the groups with the rules in them.
func groupsOf(r *report.Report) string {
	var groups []string
	for i := range r.Subjects {
		var rules []string
		for j := range r.Subjects[i].Rules {
			rules = append(rules, r.Subjects[i].Rules[j].Name)
		}
		groups = append(groups, r.Subjects[i].Name+": "+strings.Join(rules, " "))
	}
	return strings.Join(groups, "\n")
}

func TestCloud_Groups(t *testing.T) {
	ingress, sg := ingressRule, "aws_security_group."
	existing := planned{resourceType: "aws_security_group", name: "old", action: "no-op",
		before: object{"id": group, "ingress": []any{}}, after: object{"id": group, "ingress": []any{}}}
	inModule := func(module string) func(p *planned, after object) {
		return func(p *planned, after object) { groupUnknown(p, after); p.module = module }
	}
	for name, test := range map[string]struct {
		members object
		changes []planned
		want    string
	}{
		"by id": {nil, []planned{byHand("a", nil), byHand("b", nil), byHand("c", func(_ *planned, after object) { after["security_group_id"] = "sg-0" })},
			"sg-0: " + ingress + ".c\n" + group + ": " + ingress + ".a " + ingress + ".b"},
		"by the address of the group with the id": {nil, []planned{existing, byHand("a", nil)}, sg + "old: " + ingress + ".a"},
		"by reference, an attribute": {configured(ingress, "security_group_id", map[string][]string{
			"a": {sg + "new.id", sg + "new"}, "b": {sg + "new.id", sg + "new"}, "c": {sg + "other.id", sg + "other"}}),
			[]planned{byHand("a", groupUnknown), byHand("b", groupUnknown), byHand("c", groupUnknown)},
			sg + "new: " + ingress + ".a " + ingress + ".b\n" + sg + "other: " + ingress + ".c"},
		"by reference, an instance": {configured(ingress, "security_group_id", map[string][]string{
			"a": {sg + `new["x"].id`, sg + `new["x"]`, sg + "new"}, "b": {sg + "new", "each.key"}}),
			[]planned{byHand("a", groupUnknown), byHand("b", groupUnknown)}, sg + "new: " + ingress + ".a " + ingress + ".b"},
		"by reference, twice the same": {configured(ingress, "security_group_id", map[string][]string{"a": {sg + "new", sg + "new"}}),
			[]planned{byHand("a", groupUnknown)}, sg + "new: " + ingress + ".a"},
		"a known id wins over the reference": {configured(ingress, "security_group_id", map[string][]string{"a": {sg + "new.id", sg + "new"}}),
			[]planned{byHand("a", nil)}, group + ": " + ingress + ".a"},
		"instances of a module": {configured(ingress, "security_group_id", map[string][]string{"a": {sg + "new.id", sg + "new"}, "b": {"var.group"}}),
			[]planned{byHand("a", inModule(`module.net["x"]`)), byHand("a", inModule(`module.net["y"]`)), byHand("b", inModule(`module.net["x"]`))},
			`module.net["x"].` + sg + `new: module.net["x"].` + ingress + ".a\n" +
				`module.net["x"].var.group: module.net["x"].` + ingress + ".b\n" +
				`module.net["y"].` + sg + `new: module.net["y"].` + ingress + ".a"},
		"by nothing": {nil, []planned{byHand("a", groupUnknown), byHand("b", groupUnknown)}, ingress + ".a: " + ingress + ".a\n" + ingress + ".b: " + ingress + ".b"},
		"Azure and Google": {nil, []planned{
			{resourceType: "azurerm_network_security_rule", name: "a", after: object{"resource_group_name": "rg", "network_security_group_name": "nsg", "direction": "Inbound",
				"access": "Allow", "protocol": "Tcp", "destination_port_range": "27010", "source_address_prefix": "198.51.100.16/28"}},
			{resourceType: "google_compute_firewall", name: "g", after: object{"network": "net", "direction": "INGRESS", "source_ranges": []any{"198.51.100.16/28"},
				"allow": []any{object{"protocol": "tcp", "ports": []any{"27010"}}, object{"protocol": "udp", "ports": []any{"27010"}}}}}},
			"net: google_compute_firewall.g.allow[0] google_compute_firewall.g.allow[1]\nrg/nsg: azurerm_network_security_rule.a"},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := reviewed(t, planOf(t, test.members, test.changes...))
			if got := groupsOf(r); got != test.want {
				t.Errorf("the groups are\n%s\nwant\n%s\n%s", got, test.want, o.stderr)
			}
			for i := range r.Subjects {
				if s := &r.Subjects[i]; s.Kind != report.CloudRulesKind || s.Verdict != risk.Accept {
					t.Errorf("%s is a %s: %s", s.Name, s.Kind, s.Verdict)
				}
			}
		})
	}
}

// What rules of one group open adds up.
func TestCloud_RulesOfOneGroup_AreJudgedTogether(t *testing.T) {
	score := func(changes ...planned) int {
		r, _ := reviewed(t, planOf(t, nil, changes...))
		return r.Score
	}
	other := byHand("b", func(_ *planned, after object) { after["from_port"], after["to_port"] = 28000, 28020 })
	apart := byHand("b", func(_ *planned, after object) {
		after["from_port"], after["to_port"], after["security_group_id"] = 28000, 28020, "sg-0"
	})
	if together, alone := score(byHand("a", nil), other), score(byHand("a", nil), apart); together <= alone {
		t.Errorf("the score is %d together and %d in groups of their own", together, alone)
	}
}

// inline is a security group with rules in blocks.
func inline(ports ...int) object {
	blocks := []any{}
	for _, port := range ports {
		blocks = append(blocks, object{"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": []any{"198.51.100.16/28"},
			"ipv6_cidr_blocks": []any{}, "prefix_list_ids": []any{}, "security_groups": []any{}, "self": false, "description": ""})
	}
	return object{"id": group, "name": "g", "ingress": blocks, "egress": []any{}}
}

func TestCloud_UnchangedParts_AreNotJudged(t *testing.T) {
	update := planned{resourceType: "aws_security_group", name: "g", action: "update", before: inline(27010, 27011), after: inline(27011, 27012, 27010)}
	r, _ := reviewed(t, planOf(t, nil, update))
	if got := groupsOf(r); got != "aws_security_group.g: aws_security_group.g.ingress[1]" {
		t.Errorf("judged %s", got)
	}
	if ports := r.Subjects[0].Rules[0].PortRanges[0].Ports; !slices.Equal(ports, []string{"27012/tcp"}) {
		t.Errorf("judged %q", ports)
	}
	const kept = "Hand-written rules that stay as they were in resources that the plan changes, not judged: 2. The option -unchanged judges them."
	if !slices.Contains(r.Notes, kept) {
		t.Errorf("the notes are %q", r.Notes)
	}
	r, _ = reviewed(t, planOf(t, nil, update), "-unchanged")
	if len(r.Subjects) != 1 || len(r.Subjects[0].Rules) != 3 || len(r.Notes) != 0 {
		t.Errorf("with -unchanged: %s, %q", groupsOf(r), r.Notes)
	}
	for name, changed := range map[string]func(block object){
		"port":        func(b object) { b["to_port"] = 27013 },
		"protocol":    func(b object) { b["protocol"] = "udp" },
		"peer":        func(b object) { b["cidr_blocks"] = []any{"198.51.100.0/24"} },
		"another one": func(b object) { b["ipv6_cidr_blocks"] = []any{"2001:db8::/64"} },
		"self":        func(b object) { b["self"] = true },
		"group":       func(b object) { b["security_groups"] = []any{"sg-1"} },
		"list":        func(b object) { b["prefix_list_ids"] = []any{"pl-1"} },
	} {
		after := inline(27010)
		changed(after["ingress"].([]any)[0].(object))
		r, _ := reviewed(t, planOf(t, nil, planned{resourceType: "aws_security_group", name: "g", action: "update", before: inline(27010), after: after}))
		if len(r.Subjects) != 1 || len(r.Notes) != 0 {
			t.Errorf("%s: judged %s with the notes %q", name, groupsOf(r), r.Notes)
		}
	}
	after := inline(27010)
	delete(after["ingress"].([]any)[0].(object), "cidr_blocks")
	r, o := reviewed(t, planOf(t, nil, planned{resourceType: "aws_security_group", name: "g", action: "update", before: inline(27010), after: after,
		unknown: object{"ingress": []any{object{"cidr_blocks": true}}}}))
	if r.Verdict != risk.Unknown || o.status != Refused {
		t.Errorf("a peer that is not known any more is %s, status %d", r.Verdict, o.status)
	}
}

// The same rule in another group opens another host.
func TestCloud_RuleThatMovesToAnotherGroup_IsNew(t *testing.T) {
	moved := func(to string) planned {
		return byHand("a", func(p *planned, after object) {
			before := object{}
			maps.Copy(before, after)
			after["security_group_id"] = to
			p.action, p.before = "replace", before
		})
	}
	if r, _ := reviewed(t, planOf(t, nil, moved("sg-0"))); groupsOf(r) != "sg-0: "+ingressRule+".a" {
		t.Errorf("moved: %s", groupsOf(r))
	}
	if r, _ := reviewed(t, planOf(t, nil, moved(group))); len(r.Subjects) != 0 || len(r.Notes) != 1 {
		t.Errorf("replaced where it is: %s, %q", groupsOf(r), r.Notes)
	}
}

func TestCloud_WhatThePlanLeavesAlone(t *testing.T) {
	alone := byHand("a", func(p *planned, after object) { p.action, p.before = "no-op", after })
	gone := byHand("b", func(p *planned, after object) { p.action, p.before, p.after = "delete", after, nil })
	deposed := byHand("c", func(p *planned, _ object) { p.deposed = "0a1b2c3d" })
	r, o := reviewed(t, planOf(t, nil, alone, gone, deposed))
	if len(r.Subjects) != 0 || o.status != Accepted ||
		!slices.Equal(r.Notes, []string{"Resources with hand-written rules that the plan leaves as they are, not judged: 1. The option -unchanged judges them."}) {
		t.Errorf("%s, %q", groupsOf(r), r.Notes)
	}
	r, _ = reviewed(t, planOf(t, nil, alone, gone, deposed), "-unchanged")
	if groupsOf(r) != group+": "+ingressRule+".a" || len(r.Notes) != 0 {
		t.Errorf("with -unchanged: %s, %q", groupsOf(r), r.Notes)
	}
}

func TestCloud_WhatTheProviderFillsIn_IsNotUnknown(t *testing.T) {
	unknown := object{"id": true, "ingress": true, "egress": true}
	in := func(expressions object) object {
		return object{"configuration": object{"root_module": object{"resources": []any{
			object{"mode": "managed", "type": "aws_security_group", "name": "g", "expressions": expressions}}}}}
	}
	change := planned{resourceType: "aws_security_group", name: "g", after: object{"name": "g"}, unknown: unknown}
	for name, test := range map[string]struct {
		members  object
		change   planned
		subjects int
	}{
		"not written":               {in(object{"name": object{}}), change, 0},
		"written":                   {in(object{"ingress": object{"references": []string{"local.x"}}}), change, 1},
		"written in blocks":         {in(object{"egress": []any{object{}}}), change, 1},
		"not in the configuration":  {nil, change, 1},
		"partly known, not written": {in(object{}), planned{resourceType: "aws_security_group", name: "g", after: object{"ingress": []any{object{"self": false}}}, unknown: object{"ingress": []any{object{"cidr_blocks": true, "from_port": true}}, "egress": true}}, 1},
	} {
		r, o := reviewed(t, planOf(t, test.members, test.change))
		want, status := risk.Accept, Accepted
		if test.subjects > 0 {
			want, status = risk.Unknown, Refused
		}
		if len(r.Subjects) != test.subjects || r.Verdict != want || o.status != status {
			t.Errorf("%s: %s, %s, status %d", name, groupsOf(r), r.Verdict, o.status)
		}
	}
}

func TestCloud_OptionCloudRules(t *testing.T) {
	out := byHand("out", func(p *planned, _ object) { p.resourceType = egressRule })
	old := func(change func(p *planned, after object)) planned {
		after := object{"type": "egress", "security_group_id": group, "protocol": "tcp", "from_port": 27010, "to_port": 27010, "cidr_blocks": []any{"198.51.100.16/28"}}
		p := planned{resourceType: "aws_security_group_rule", name: "old", after: after}
		if change != nil {
			change(&p, after)
		}
		return p
	}
	noDirection := old(func(p *planned, after object) { delete(after, "type"); p.unknown = object{"type": true} })
	noPeer := old(func(p *planned, after object) { delete(after, "cidr_blocks"); p.unknown = object{"cidr_blocks": true} })
	noProtocol := old(func(_ *planned, after object) { after["protocol"] = "ah" })
	deny := planned{resourceType: "azurerm_network_security_rule", name: "deny", after: object{"direction": "Inbound", "access": "Deny", "protocol": "*",
		"destination_port_range": "*", "source_address_prefix": "*"}}
	const leftOut = "Hand-written rules that the option -cloud-rules leaves out, not judged: "
	const closes = "Hand-written rules that deny or are disabled, and count for nothing: 1."
	for _, test := range []struct {
		option  string
		changes []planned
		rules   int
		notes   []string
	}{
		{"all", []planned{byHand("in", nil), out, old(nil), deny}, 3, []string{closes}},
		{"ingress", []planned{byHand("in", nil), out, old(nil), deny}, 1, []string{closes, leftOut + "2."}},
		{"none", []planned{byHand("in", nil), out, old(nil), deny}, 0, []string{closes, leftOut + "3."}},
		{"ingress", []planned{noDirection}, 1, nil},
		{"none", []planned{noDirection}, 0, []string{leftOut + "1."}},
		{"ingress", []planned{noPeer}, 0, []string{leftOut + "1."}},
		{"ingress", []planned{noProtocol}, 0, []string{leftOut + "1."}},
	} {
		r, _ := reviewed(t, planOf(t, nil, test.changes...), "-cloud-rules", test.option)
		rules := 0
		for i := range r.Subjects {
			rules += len(r.Subjects[i].Rules)
		}
		if rules != test.rules || !slices.Equal(r.Notes, test.notes) {
			t.Errorf("-cloud-rules %s: %s with the notes %q", test.option, groupsOf(r), r.Notes)
		}
	}
}

func TestCloud_ForeignResources_AreNamed(t *testing.T) {
	var changes []planned
	for _, name := range []string{"a", "b"} {
		changes = append(changes, planned{resourceType: "aws_network_acl_rule", name: name, after: object{}})
	}
	changes = append(changes, planned{resourceType: "aws_network_acl_rule", name: "same", action: "no-op", before: object{}, after: object{}},
		planned{resourceType: "aws_instance", name: "i", after: object{}})
	r, _ := reviewed(t, planOf(t, nil, changes...))
	if !slices.Equal(r.Notes, []string{"Firewall resources that the review does not understand, not judged: aws_network_acl_rule (2). Look at them yourself."}) {
		t.Errorf("the notes are %q", r.Notes)
	}
}

// The provider's own limit holds for rules beside it, the strictest of several.
func TestCloud_LimitIsTheProviders(t *testing.T) {
	config := func(name string, constant any) object {
		return object{"name": name, "expressions": object{"max_score": object{"constant_value": constant}}}
	}
	for _, test := range []struct {
		providers object
		args      []string
		limit     int
	}{
		{nil, nil, risk.DefaultMaxScore},
		{object{"backupfw": config("backupfw", 7)}, nil, 7},
		{object{"backupfw": config("backupfw", 90)}, nil, 90},
		{object{"backupfw": config("backupfw", 90), "backupfw.b": config("backupfw", 12)}, nil, 12},
		{object{"other": config("other", 7)}, nil, risk.DefaultMaxScore},
		{object{"backupfw": config("backupfw", "x"), "backupfw.b": config("backupfw", 101), "backupfw.c": config("backupfw", -1)}, nil, risk.DefaultMaxScore},
		{object{"backupfw": object{"name": "backupfw", "expressions": object{"max_score": object{"references": []string{"var.x"}}}}}, nil, risk.DefaultMaxScore},
		{object{"backupfw": config("backupfw", 90)}, []string{"-max-score", "3"}, 3},
	} {
		members := object{"configuration": object{"provider_config": test.providers, "root_module": object{}}}
		r, _ := reviewed(t, planOf(t, members, byHand("a", nil)), test.args...)
		if r.Subjects[0].Limit != test.limit {
			t.Errorf("%v: the limit is %d, want %d", test.providers, r.Subjects[0].Limit, test.limit)
		}
	}
}

func TestBlockOf(t *testing.T) {
	for _, test := range []struct {
		references []string
		want       string
	}{
		{[]string{"var.a"}, "var.a"},
		{[]string{"t.a.id", "t.a"}, "t.a"},
		{[]string{"t.a[0].id", "t.a[0]", "t.a"}, "t.a"},
		{[]string{"t.a", "each.key"}, "t.a"},
		{[]string{"t.ab.id", "t.a"}, "t.ab.id"},
		{[]string{"t.a", "t.a"}, "t.a"},
		{[]string{"t.a.id", "t.a", "t.b.id", "t.b"}, "t.a"},
	} {
		if got := blockOf(test.references); got != test.want {
			t.Errorf("blockOf(%q) = %s, want %s", test.references, got, test.want)
		}
	}
}
