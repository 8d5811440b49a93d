package cloudrules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// resource is a planned resource as JSON has it.
type resource struct {
	resourceType string
	after        map[string]any
}

// form is how an author writes the rows of a target as resources.
type form struct {
	target   string
	policies compiletest.Options
	options  emit.Options
	// ids are what the author's map turns the names of references into.
	ids   map[string]string
	write func(f *form, target emit.Target, result *emit.Result) []resource
}

var (
	awsPolicies = compiletest.Options{WholeSCTP: true, NoPortZero: true, References: []policy.Reference{
		{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 2},
		{Name: "elsewhere", Kind: policy.AWSSecurityGroup, MaxHosts: 2},
		{Name: "offices", Kind: policy.AWSPrefixList, MaxHosts: 50, MaxEntries: 7},
	}}
	awsIDs     = map[string]string{"bastion": "sg-0bastion", "elsewhere": "123456789012/sg-0bastion", "offices": "pl-0offices"}
	awsOptions = emit.Options{Limits: map[string]int{"rules": 1000}}

	azurePolicies = compiletest.Options{NoPortZero: true, Without: []portset.Protocol{portset.SCTP, portset.ICMPv6}, References: []policy.Reference{
		{Name: "apps", Kind: policy.AzureApplicationSecurityGroup, MaxHosts: 4},
		{Name: "proxies", Kind: policy.AzureApplicationSecurityGroup, MaxHosts: 2},
	}}
	azureIDs = map[string]string{
		"apps":    "/subscriptions/0/resourceGroups/a/providers/Microsoft.Network/applicationSecurityGroups/hosts",
		"proxies": "/subscriptions/0/resourceGroups/b/providers/Microsoft.Network/applicationSecurityGroups/hosts",
	}
)

var forms = map[string]form{
	"aws_vpc_security_group_rules": {target: "aws_security_group_rules", policies: awsPolicies, options: awsOptions, ids: awsIDs, write: writeAWSRules},
	"aws_security_group_rule":      {target: "aws_security_group_rules", policies: awsPolicies, options: awsOptions, ids: awsIDs, write: writeAWSOldRules},
	"aws_security_group":           {target: "aws_security_group_rules", policies: awsPolicies, options: awsOptions, ids: awsIDs, write: writeAWSGroup},
	"azurerm_network_security_rule": {
		target: "azure_network_security_rules", policies: azurePolicies, ids: azureIDs, write: writeAzureRules},
	"azurerm_network_security_group": {
		target: "azure_network_security_rules", policies: azurePolicies, ids: azureIDs, write: writeAzureGroup},
	"google_compute_firewall": {
		target: "google_firewall_rules",
		policies: compiletest.Options{WholeSCTP: true, NoPortZero: true, IngressReferences: true, References: []policy.Reference{
			{Name: "apps", Kind: policy.GoogleNetworkTag, MaxHosts: 3},
			{Name: "runner", Kind: policy.GoogleServiceAccount, MaxHosts: 2},
		}},
		options: emit.Options{Limits: map[string]int{"rules": 1000}},
		ids:     map[string]string{"apps": "apps", "runner": "apps@project.iam.gserviceaccount.com"},
		write:   writeGoogleFirewalls,
	},
}

// arguments are the columns of a row, which are named as the arguments of the
// target's resource.
func arguments(columns []emit.Column, values []any) map[string]any {
	named := map[string]any{}
	for i, c := range columns {
		objects, isList := values[i].([][]any)
		if !isList {
			named[c.Name] = values[i]
			continue
		}
		blocks := make([]any, len(objects))
		for j := range objects {
			blocks[j] = arguments(c.Columns, objects[j])
		}
		named[c.Name] = blocks
	}
	return named
}

// each calls write for every row, with the ids of its references.
func (f *form) each(target emit.Target, result *emit.Result, write func(d policy.Direction, row map[string]any, kind string, ids []any)) {
	for _, d := range policy.Directions() {
		rows := result.Ingress
		if d == policy.Egress {
			rows = result.Egress
		}
		for _, row := range rows {
			var ids []any
			for _, name := range row.References {
				ids = append(ids, f.ids[name])
			}
			write(d, arguments(target.Columns, row.Values), row.ReferenceKind, ids)
		}
	}
}

func writeAWSRules(f *form, target emit.Target, result *emit.Result) []resource {
	var all []resource
	f.each(target, result, func(d policy.Direction, row map[string]any, kind string, ids []any) {
		row["security_group_id"] = "sg-0own"
		switch kind {
		case "aws_security_group":
			row["referenced_security_group_id"] = ids[0]
		case "aws_prefix_list":
			row["prefix_list_id"] = ids[0]
		}
		all = append(all, resource{"aws_vpc_security_group_" + d.String() + "_rule", row})
	})
	return all
}

// awsBlock writes a row with the arguments of the older resources.
func awsBlock(row map[string]any, kind string, ids []any) map[string]any {
	block := map[string]any{"protocol": row["ip_protocol"], "from_port": row["from_port"], "to_port": row["to_port"],
		"description": row["description"], "self": false}
	if row["from_port"] == nil {
		block["from_port"], block["to_port"] = 0, 0
	}
	for from, to := range map[string]string{"cidr_ipv4": "cidr_blocks", "cidr_ipv6": "ipv6_cidr_blocks"} {
		block[to] = []any{}
		if row[from] != nil {
			block[to] = []any{row[from]}
		}
	}
	block["prefix_list_ids"] = []any{}
	if kind == "aws_prefix_list" {
		block["prefix_list_ids"] = ids
	}
	return block
}

func writeAWSOldRules(f *form, target emit.Target, result *emit.Result) []resource {
	var all []resource
	f.each(target, result, func(d policy.Direction, row map[string]any, kind string, ids []any) {
		block := awsBlock(row, kind, ids)
		block["type"], block["security_group_id"] = d.String(), "sg-0own"
		if kind == "aws_security_group" {
			block["source_security_group_id"] = ids[0]
		}
		all = append(all, resource{"aws_security_group_rule", block})
	})
	return all
}

func writeAWSGroup(f *form, target emit.Target, result *emit.Result) []resource {
	blocks := map[policy.Direction][]any{}
	f.each(target, result, func(d policy.Direction, row map[string]any, kind string, ids []any) {
		block := awsBlock(row, kind, ids)
		block["security_groups"] = []any{}
		if kind == "aws_security_group" {
			block["security_groups"] = ids
		}
		blocks[d] = append(blocks[d], block)
	})
	return []resource{{"aws_security_group", map[string]any{"id": "sg-0own", "ingress": blocks[policy.Ingress], "egress": blocks[policy.Egress]}}}
}

func azureRule(d policy.Direction, row map[string]any, ids []any) map[string]any {
	row["source_application_security_group_ids"], row["destination_application_security_group_ids"] = nil, nil
	if len(ids) > 0 {
		side := map[policy.Direction]string{policy.Ingress: "source", policy.Egress: "destination"}[d]
		row[side+"_application_security_group_ids"] = ids
	}
	return row
}

func writeAzureRules(f *form, target emit.Target, result *emit.Result) []resource {
	var all []resource
	f.each(target, result, func(d policy.Direction, row map[string]any, _ string, ids []any) {
		rule := azureRule(d, row, ids)
		rule["resource_group_name"], rule["network_security_group_name"] = "group", "nsg"
		all = append(all, resource{"azurerm_network_security_rule", rule})
	})
	return all
}

func writeAzureGroup(f *form, target emit.Target, result *emit.Result) []resource {
	var blocks []any
	f.each(target, result, func(d policy.Direction, row map[string]any, _ string, ids []any) {
		blocks = append(blocks, azureRule(d, row, ids))
	})
	return []resource{{"azurerm_network_security_group", map[string]any{"resource_group_name": "group", "name": "nsg", "security_rule": blocks}}}
}

func writeGoogleFirewalls(f *form, target emit.Target, result *emit.Result) []resource {
	var all []resource
	f.each(target, result, func(_ policy.Direction, row map[string]any, kind string, ids []any) {
		row["network"], row["deny"], row["disabled"], row["source_tags"], row["source_service_accounts"] = "default", []any{}, nil, nil, nil
		switch kind {
		case "google_network_tag":
			row["source_tags"] = ids
		case "google_service_account":
			row["source_service_accounts"] = ids
		}
		all = append(all, resource{"google_compute_firewall", row})
	})
	return all
}

// readResources reads the rules of all resources and names them r1, r2, ....
func readResources(t testing.TB, resources []resource) []cloudrules.Rule {
	t.Helper()
	var all []cloudrules.Rule
	count := 0
	for _, r := range resources {
		raw, err := json.Marshal(r.after)
		if err != nil {
			t.Fatal(err)
		}
		v, err := planned(r.resourceType, raw, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cloudrules.Read(r.resourceType, v, func(string) string {
			count++
			return fmt.Sprintf("r%d", count)
		})...)
	}
	return all
}

// nameOf is the name that an id has in what is read.
func nameOf(t testing.TB, id string, kind policy.ReferenceKind) string {
	t.Helper()
	with := map[policy.ReferenceKind]resource{
		policy.AWSSecurityGroup: {"aws_security_group_rule", map[string]any{"type": "ingress", "protocol": "-1", "source_security_group_id": id}},
		policy.AWSPrefixList:    {"aws_security_group_rule", map[string]any{"type": "ingress", "protocol": "-1", "prefix_list_ids": []any{id}}},
		policy.AzureApplicationSecurityGroup: {"azurerm_network_security_rule", map[string]any{"direction": "Inbound", "access": "Allow", "protocol": "*",
			"destination_port_range": "*", "source_application_security_group_ids": []any{id}}},
		policy.GoogleNetworkTag:     {"google_compute_firewall", map[string]any{"source_tags": []any{id}, "allow": []any{map[string]any{"protocol": "all"}}}},
		policy.GoogleServiceAccount: {"google_compute_firewall", map[string]any{"source_service_accounts": []any{id}, "allow": []any{map[string]any{"protocol": "all"}}}},
	}[kind]
	with.after["description"] = "x"
	raw, err := json.Marshal(with.after)
	if err != nil {
		t.Fatal(err)
	}
	v, err := planned(with.resourceType, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	rules := read(with.resourceType, v)
	if len(rules) != 1 || len(rules[0].Rule.References()) != 1 {
		t.Fatalf("%s: %+v", id, rules)
	}
	return rules[0].Rule.References()[0].Name
}

// TestRead_OpensWhatWasEmitted: the rules that a policy compiles to are read
// back as exactly the policy.
func TestRead_OpensWhatWasEmitted(t *testing.T) {
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			target, known := emit.TargetNamed(f.target)
			if !known {
				t.Fatalf("no target %s", f.target)
			}
			names := map[string]string{}
			for _, r := range f.policies.References {
				names[r.Name] = nameOf(t, f.ids[r.Name], r.Kind)
			}
			rapid.Check(t, func(rt *rapid.T) {
				p := compiletest.Policies(f.policies).Draw(rt, "policy")
				result, faults := target.Emit(p, f.options)
				if len(faults) > 0 && faults[0].Title == "Too many rules" {
					rt.Skip("over the limit")
				}
				if len(faults) > 0 {
					rt.Fatalf("%v", faults)
				}
				rules := readResources(t, f.write(&f, target, result))
				for i := range rules {
					if r := &rules[i]; r.Closes != "" || r.Rule.IsPartial() || len(r.Faults) > 0 || len(r.Unknown) > 0 {
						rt.Fatalf("not read whole: %+v", r)
					}
				}
				sameOpenings(rt, assembled(rules), renamed(p, names))
			})
		})
	}
}

// renamed is the policy with its references under other names.
func renamed(p *policy.Policy, names map[string]string) *policy.Policy {
	q := *p
	q.Rules = slices.Clone(p.Rules)
	for i := range q.Rules {
		q.Rules[i].Peers = slices.Clone(q.Rules[i].Peers)
		for j := range q.Rules[i].Peers {
			g := &q.Rules[i].Peers[j]
			g.References = slices.Clone(g.References)
			for k := range g.References {
				g.References[k].Name = names[g.References[k].Name]
			}
		}
	}
	return &q
}

// sameOpenings compares packet by packet, and by difference.
func sameOpenings(t *rapid.T, got, want *policy.Policy) {
	if more := compile.Difference(got, want); len(more) > 0 {
		t.Fatalf("opens more: %+v", more)
	}
	if less := compile.Difference(want, got); len(less) > 0 {
		t.Fatalf("opens less: %+v", less)
	}
	for _, packet := range compiletest.Packets(want, compiletest.Extra{}) {
		if g, w := compiletest.AllowedBy(got, packet), compiletest.AllowedBy(want, packet); (len(g) > 0) != (len(w) > 0) {
			t.Fatalf("%v: %v allow it, and %v of the policy", packet, g, w)
		}
	}
}
