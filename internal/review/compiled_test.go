package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

const (
	ingressRule = "aws_vpc_security_group_ingress_rule"
	egressRule  = "aws_vpc_security_group_egress_rule"
	group       = "sg-0123456789abcdef0"
)

// policyChange is the policy of the recorded plan "mixed", which opens 1556/tcp
// to 198.51.100.16/28, to 2001:db8:40::/64 and to the security group "media".
func policyChange(t testing.TB) planned {
	return planned{resourceType: "backupfw_policy", name: "primary", after: recordedPolicy(t, "mixed.json")}
}

// rowOf is the rule that the policy compiles to for its IPv4 peers.
func rowOf(change func(*planned, object)) planned {
	after := object{"security_group_id": group, "ip_protocol": "tcp", "from_port": 1556, "to_port": 1556,
		"cidr_ipv4": "198.51.100.16/28", "cidr_ipv6": nil, "prefix_list_id": nil, "referenced_security_group_id": nil,
		"description": "primary-server: dmz_clients"}
	p := planned{resourceType: ingressRule, name: "primary", key: "tcp-1556-198.51.100.16/28", after: after}
	if change != nil {
		change(&p, after)
	}
	return p
}

// judgedApart reports whether a rule beside the policy is judged by itself.
func judgedApart(t *testing.T, changes ...planned) bool {
	t.Helper()
	r, o := reviewed(t, planOf(t, nil, changes...))
	apart := slices.ContainsFunc(r.Subjects, func(s report.Subject) bool { return s.Kind == report.CloudRulesKind })
	noted := slices.Contains(r.Notes, "Cloud rules that the policies above compile to, and that are judged with them: 1.")
	if apart == noted {
		t.Fatalf("judged apart is %t, noted as compiled is %t\n%s%s", apart, noted, o.stdout, o.stderr)
	}
	return apart
}

func TestCompiled_OnlyWhatThePolicyOpens_IsTakenOut(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*planned, object)
		apart  bool
	}{
		"the row itself":      {nil, false},
		"with another key":    {func(p *planned, _ object) { p.key = "mine" }, false},
		"without a key":       {func(p *planned, _ object) { p.key = "" }, false},
		"another description": {func(_ *planned, after object) { after["description"] = "backup" }, false},
		"no description":      {func(_ *planned, after object) { after["description"] = nil }, false},
		"in a module":         {func(p *planned, _ object) { p.module = "module.net" }, false},
		"updated":             {func(p *planned, _ object) { p.action = "update"; p.before = object{"ip_protocol": "tcp"} }, false},
		"replaced":            {func(p *planned, _ object) { p.action = "replace" }, false},
		"an unknown group": {func(p *planned, after object) {
			delete(after, "security_group_id")
			p.unknown = object{"security_group_id": true}
		}, false},
		"a part of the peers": {func(_ *planned, after object) { after["cidr_ipv4"] = "198.51.100.20/32" }, false},

		"another key and description": {func(p *planned, after object) { p.key, after["description"] = "mine", "backup" }, true},
		"a wider port":                {func(_ *planned, after object) { after["to_port"] = 1557 }, true},
		"another port":                {func(_ *planned, after object) { after["from_port"], after["to_port"] = 1557, 1557 }, true},
		"a wider prefix":              {func(_ *planned, after object) { after["cidr_ipv4"] = "198.51.100.0/27" }, true},
		"another prefix":              {func(_ *planned, after object) { after["cidr_ipv4"] = "198.51.100.32/28" }, true},
		"everybody":                   {func(_ *planned, after object) { after["cidr_ipv4"] = "0.0.0.0/0" }, true},
		"IPv6 as well":                {func(_ *planned, after object) { after["cidr_ipv6"] = "::/0" }, true},
		"another protocol":            {func(_ *planned, after object) { after["ip_protocol"] = "udp" }, true},
		"every protocol": {func(_ *planned, after object) {
			after["ip_protocol"], after["from_port"], after["to_port"] = "-1", nil, nil
		}, true},
		"the other direction":       {func(p *planned, _ object) { p.resourceType = egressRule }, true},
		"a group as well":           {func(_ *planned, after object) { after["referenced_security_group_id"] = "sg-1" }, true},
		"the port is not known":     {func(p *planned, after object) { delete(after, "to_port"); p.unknown = object{"to_port": true} }, true},
		"the peer is not known":     {func(p *planned, after object) { delete(after, "cidr_ipv4"); p.unknown = object{"cidr_ipv4": true} }, true},
		"another peer is not known": {func(p *planned, after object) { delete(after, "cidr_ipv6"); p.unknown = object{"cidr_ipv6": true} }, true},
		"a list may come as a peer": {func(p *planned, after object) {
			delete(after, "prefix_list_id")
			p.unknown = object{"prefix_list_id": true}
		}, true},
		"a prefix that cannot be read": {func(_ *planned, after object) { after["cidr_ipv4"] = "198.51.100.300/28" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			if apart := judgedApart(t, policyChange(t), rowOf(test.change)); apart != test.apart {
				t.Errorf("judged apart is %t", apart)
			}
		})
	}
}

// reference makes the row for the security group of the policy.
func reference(change func(*planned, object)) planned {
	return rowOf(func(p *planned, after object) {
		p.key, after["description"] = "tcp-1556-ref:media", "primary-server: media_servers"
		after["cidr_ipv4"], after["referenced_security_group_id"] = nil, "sg-media"
		if change != nil {
			change(p, after)
		}
	})
}

// Which id a reference has only the author's map knows, but it must be as many
// of the same kind.
func TestCompiled_References(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*planned, object)
		apart  bool
	}{
		"the row itself": {nil, false},
		"an id not yet known": {func(p *planned, after object) {
			delete(after, "referenced_security_group_id")
			p.unknown = object{"referenced_security_group_id": true}
		}, false},
		"another key":        {func(p *planned, _ object) { p.key = "mine" }, false},
		"another port":       {func(_ *planned, after object) { after["to_port"] = 1560 }, true},
		"an address as well": {func(_ *planned, after object) { after["cidr_ipv4"] = "203.0.113.0/24" }, true},
		"a list instead": {func(_ *planned, after object) {
			after["referenced_security_group_id"], after["prefix_list_id"] = nil, "pl-1"
		}, true},
		"a list as well": {func(_ *planned, after object) { after["prefix_list_id"] = "pl-1" }, true},
		"an address instead": {func(_ *planned, after object) {
			after["referenced_security_group_id"], after["cidr_ipv4"] = nil, "203.0.113.0/24"
		}, true},
		"under the key of addresses": {func(p *planned, after object) {
			p.key, after["description"] = "tcp-1556-198.51.100.16/28", "primary-server: dmz_clients"
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if apart := judgedApart(t, policyChange(t), reference(test.change)); apart != test.apart {
				t.Errorf("judged apart is %t", apart)
			}
		})
	}
}

func TestCompiled_WhichPoliciesCount(t *testing.T) {
	value := recordedPolicy(t, "mixed.json")
	for name, test := range map[string]struct {
		policy *planned
		apart  bool
	}{
		"none":                    {nil, true},
		"created":                 {&planned{after: value}, false},
		"left alone":              {&planned{action: "no-op", before: value, after: value}, false},
		"updated":                 {&planned{action: "update", before: recordedPolicy(t, "good.json"), after: value}, false},
		"deleted":                 {&planned{action: "delete", before: value}, true},
		"forgotten":               {&planned{action: "forget", before: value}, true},
		"changed to open another": {&planned{action: "update", before: value, after: recordedPolicy(t, "good.json")}, true},
		"left over":               {&planned{action: "delete", before: value, after: value, deposed: "0a1b2c3d"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			changes := []planned{rowOf(nil)}
			if test.policy != nil {
				test.policy.resourceType, test.policy.name = "backupfw_policy", "primary"
				changes = append(changes, *test.policy)
			}
			if apart := judgedApart(t, changes...); apart != test.apart {
				t.Errorf("judged apart is %t", apart)
			}
		})
	}
}

// A policy whose peers are not all known covers what is known of it and not
// what may come.
func TestCompiled_PartialPolicy_CoversWhatIsKnown(t *testing.T) {
	change := recordedChange(t, "unknown.json")
	rules := change["after"].(object)["rules"].(object)
	if len(rules) != 1 {
		t.Fatalf("the policy has the rules %v", rules)
	}
	unknownPolicy := planned{resourceType: "backupfw_policy", name: "primary", after: change["after"], unknown: change["after_unknown"]}
	row := func(cidr string) planned {
		return rowOf(func(p *planned, after object) {
			p.key, after["description"] = "tcp-26490-26529-"+cidr, "primary-server: dmz_clients"
			after["from_port"], after["to_port"], after["cidr_ipv4"] = 26490, 26529, cidr
		})
	}
	if !judgedApart(t, unknownPolicy, row("198.51.100.16/28")) {
		t.Error("a rule is taken for one of which the policy does not know the peer yet")
	}
}

// Authors choose how rules are compiled, and the plan does not say which way.
func TestCompiled_EitherWayOfCompiling(t *testing.T) {
	value := recordedPolicy(t, "good.json")
	rule := func(name, ports, cidr string) object {
		return object{"description": nil, "direction": "ingress",
			"peers": []any{object{"except": nil, "name": name, "prefixes": []any{cidr}, "references": nil, "zone": "dmz", "zone_reason": nil}},
			"port_ranges": []any{object{"name": name, "sizing": nil, "listeners": []any{object{"encrypted": nil, "flow": nil, "kind": "undeclared", "name": name,
				"negotiated": false, "ports": []any{ports}, "product": nil}}}}}
	}
	value["rules"] = object{"a": rule("a", "30100-30200/tcp", "198.51.100.0/28"), "b": rule("b", "30150-30300/tcp", "198.51.100.0/29")}
	covering := planned{resourceType: "backupfw_policy", name: "primary", after: value}
	for name, test := range map[string]struct {
		from  int
		apart bool
	}{"stable": {30150, false}, "minimal": {30100, false}, "neither": {30120, true}} {
		row := rowOf(func(p *planned, after object) {
			after["from_port"], after["to_port"], after["cidr_ipv4"], after["description"] = test.from, 30300, "198.51.100.0/29", nil
			p.key = fmt.Sprintf("tcp-%d-30300-198.51.100.0/29", test.from)
		})
		if apart := judgedApart(t, covering, row); apart != test.apart {
			t.Errorf("%s: judged apart is %t", name, apart)
		}
	}
}

// planOfRows writes every row of a policy for a target as an author would, with
// for_each.
func planOfRows(t *testing.T, target string, p *policy.Policy) []planned {
	t.Helper()
	at := slices.IndexFunc(emit.Targets(), func(e emit.Target) bool { return e.Name == target })
	e := emit.Targets()[at]
	result, faults := e.Emit(p, emit.Options{Limits: map[string]int{}, Optimize: cover.Stable, Arguments: map[string]any{}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var changes []planned
	for _, row := range slices.Concat(result.Ingress, result.Egress) {
		after := object{}
		for i, c := range e.Columns {
			after[c.Name] = jsonOf(c, row.Values[i])
		}
		changes = append(changes, planned{resourceType: e.Resources[0], name: "rows", key: row.Key, after: after})
	}
	return changes
}

// jsonOf writes the value of a column, and objects with their names.
func jsonOf(c emit.Column, v any) any {
	named := func(values []any) object {
		o := object{}
		for i, below := range c.Columns {
			o[below.Name] = jsonOf(below, values[i])
		}
		return o
	}
	switch values := v.(type) {
	case [][]any:
		all := []any{}
		for _, one := range values {
			all = append(all, named(one))
		}
		return all
	case []any:
		return named(values)
	}
	return v
}

func TestCompiled_AzureAndGoogle(t *testing.T) {
	value := recordedPolicy(t, "good.json")
	p := policyOf(t, value)
	for _, test := range []struct {
		target string
		extra  object
		wider  func(after object)
		apart  string
	}{
		{"azure_network_security_rules", object{"resource_group_name": "backup", "network_security_group_name": "primary"},
			func(after object) { after["source_address_prefixes"] = []any{"198.51.100.0/24"} }, "backup/primary"},
		{"azure_network_security_rules", object{"resource_group_name": "backup", "network_security_group_name": "primary"},
			func(after object) { after["destination_port_range"], after["destination_port_ranges"] = "*", nil }, "backup/primary"},
		{"google_firewall_rules", object{"network": "backup"}, func(after object) { after["source_ranges"] = []any{"198.51.100.0/24"} }, "backup"},
		{"google_firewall_rules", object{"network": "backup"}, func(after object) { after["source_ranges"] = nil }, "backup"},
	} {
		rows := planOfRows(t, test.target, p)
		if len(rows) == 0 {
			t.Fatalf("%s has no rows", test.target)
		}
		for i := range rows {
			maps.Copy(rows[i].after.(object), test.extra)
		}
		covering := planned{resourceType: "backupfw_policy", name: "primary", after: value}
		r, o := reviewed(t, planOf(t, nil, append([]planned{covering}, rows...)...))
		if len(r.Subjects) != 1 || !slices.Contains(r.Notes, fmt.Sprintf("Cloud rules that the policies above compile to, and that are judged with them: %d.", len(rows))) {
			t.Errorf("%s: %s%s", test.target, o.stdout, o.stderr)
		}
		test.wider(rows[0].after.(object))
		r, o = reviewed(t, planOf(t, nil, append([]planned{covering}, rows...)...))
		if s := subjectNamed(r, test.apart); s == nil || len(s.Rules) != 1 || s.Rules[0].Address != rows[0].address() {
			t.Errorf("%s, a wider rule: %s%s", test.target, o.stdout, o.stderr)
		}
	}
}

// azureReference is a policy for an application security group, and the row that
// it compiles to with the peers of the rule.
func azureReference(t *testing.T, peers object) []planned {
	t.Helper()
	value := recordedPolicy(t, "mixed.json")
	rules := value["rules"].(object)
	delete(rules, "dmz_clients")
	rules["media_servers"].(object)["peers"].([]any)[0].(object)["references"].(object)["media"].(object)["kind"] = "azure_application_security_group"
	rows := planOfRows(t, "azure_network_security_rules", policyOf(t, value))
	if len(rows) != 1 {
		t.Fatalf("the policy compiles to %v", rows)
	}
	maps.Copy(rows[0].after.(object), peers)
	return []planned{{resourceType: "backupfw_policy", name: "primary", after: value}, rows[0]}
}

// A service tag stands for other customers' hosts as well, and is read as a
// reference like the groups of the author's own.
func TestCompiled_AzureServiceTag_IsNoSecurityGroup(t *testing.T) {
	asg := "/subscriptions/0/resourceGroups/backup/providers/Microsoft.Network/applicationSecurityGroups/media"
	if judgedApart(t, azureReference(t, object{"source_application_security_group_ids": []any{asg}})...) {
		t.Error("the row of the policy is judged by itself")
	}
	if judgedApart(t, azureReference(t, nil)...) != true {
		t.Error("a rule without peers is taken for the row")
	}
	for _, tag := range []string{"AzureCloud", "VirtualNetwork", "Storage.WestEurope"} {
		if !judgedApart(t, azureReference(t, object{"source_address_prefix": tag})...) {
			t.Errorf("%s is taken for the security group of the policy", tag)
		}
	}
}

// policyOf reads a planned value.
func policyOf(t *testing.T, value object) *policy.Policy {
	t.Helper()
	var p *policy.Policy
	plan := planOf(t, nil, planned{resourceType: "backupfw_policy", name: "p", after: value})
	_, err := tfplan.Read(strings.NewReader(string(plan)), func(c *tfplan.Change) error {
		v, err := c.After(provider.PolicyType())
		if err != nil {
			return err
		}
		if !v.IsWhollyKnown() || v.Type() == cty.DynamicPseudoType {
			t.Fatalf("the policy is %#v", v)
		}
		read, faults, err := provider.ReadPolicy(v)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		p = read
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
