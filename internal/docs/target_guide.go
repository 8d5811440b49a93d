package docs

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// commonExample is the example whose policy the guide to other targets shows
// once for all of them.
const commonExample = "data-sources/backupfw_openstack_security_group_rules/data-source.tf"

// targetParts are the parts of the guides to targets.
func targetParts(root string) []Part {
	var parts []Part
	for _, target := range targets() {
		parts = append(parts,
			Part{Name: "keys of " + target.Name, Text: func() (string, error) { return keyTable(&target) }},
			Part{Name: "refused by " + target.Name, Text: func() (string, error) { return refusalTable(&target), nil }},
			Part{Name: "target " + target.Name, Text: func() (string, error) { return oneTarget(&target), nil }},
		)
	}
	parts = append(parts, exampleParts(root,
		"data-sources/backupfw_aws_security_group_rules/data-source.tf",
		"data-sources/backupfw_aws_security_group_rules/data-source_references.tf",
		"data-sources/backupfw_aws_network_acl_rules/data-source.tf",
		"data-sources/backupfw_azure_network_security_rules/data-source.tf",
		"data-sources/backupfw_google_firewall_rules/data-source.tf",
	)...)
	parts = append(parts, excerptPart(root, "policy of the other targets", commonExample, ours))
	for _, name := range []string{"oci_network_security_group_rules", "openstack_security_group_rules",
		"kubernetes_network_policy", "nftables_ruleset"} {
		parts = append(parts, excerptPart(root, "rules of "+name, "data-sources/backupfw_"+name+"/data-source.tf",
			func(header string) bool { return !ours(header) }))
	}
	return parts
}

// oneTarget says which data source and which function write for a target.
func oneTarget(target *emit.Target) string {
	rows := [][]string{
		{"data source", "[`backupfw_" + target.Name + "`](../data-sources/" + target.Name + ".md)"},
		{"function", "[`" + target.Name + "`](../functions/" + target.Name + ".md)"},
	}
	what := codes(target.Resources)
	if what == "" {
		what = "a file for `nft -f`"
	}
	rows = append(rows, []string{"writes", what})
	references := "none"
	if kinds := knownReferences(target); len(kinds) > 0 {
		references = codes(kinds)
	}
	rows = append(rows, []string{"references", references}, []string{"rules that fit", limitText(target)})
	return table([]string{target.Title, ""}, rows)
}

// arguments are what a target does not do without.
func arguments(target *emit.Target) map[string]any {
	if slices.ContainsFunc(target.Arguments, func(c emit.Column) bool { return c.Name == "pod_selector" }) {
		return map[string]any{"pod_selector": map[string]string{"app": "backup"}}
	}
	return nil
}

// emitted compiles a policy for a target, as the data source does.
func emitted(target *emit.Target, p *policy.Policy) (*emit.Result, fault.List) {
	options := emit.Options{Arguments: arguments(target)}
	if target.Opens != nil {
		opened, faults := target.Opens(p, options)
		if len(faults) > 0 {
			return nil, faults
		}
		p = opened
	}
	return target.Emit(p, options)
}

// asked is something that a policy may ask for.
type asked struct {
	what      string
	direction policy.Direction
	ports     string
	group     policy.PeerGroup
}

// asks are what some target or other cannot express.
func asks() []asked {
	network := policy.PeerGroup{Prefixes: prefixes(clients)}
	all := []asked{
		{"ports of SCTP, `3868/sctp`", policy.Ingress, "3868/sctp", network},
		{"all of SCTP, `0-65535/sctp`", policy.Ingress, "0-65535/sctp", network},
		{"`icmp`", policy.Ingress, "icmp", network},
		{"`icmpv6`", policy.Ingress, "icmpv6", policy.PeerGroup{Prefixes: prefixes("2001:db8:40::/64")}},
		{"`esp`", policy.Ingress, "esp", network},
		{"every protocol, `any`", policy.Ingress, "any", network},
		{"ports from 0, `0-1023/tcp`", policy.Ingress, "0-1023/tcp", network},
		{"every port above 0, `1-65535/tcp`", policy.Ingress, "1-65535/tcp", network},
	}
	for _, kind := range policy.ReferenceKinds() {
		all = append(all,
			asked{"a peer of kind " + code(string(kind)), policy.Ingress, "1556/tcp", referenced(kind, 8, policy.ByAddress)},
			asked{"the same, dialled by this host", policy.Egress, "1556/tcp", referenced(kind, 8, policy.ByAddress)})
	}
	return all
}

// policyOf is a policy with one rule.
func (a *asked) policyOf() *policy.Policy {
	group := a.group
	group.Name = "peers"
	return &policy.Policy{Name: "server", Rules: []policy.Rule{{
		Name: "clients", Direction: a.direction,
		PortRanges: []policy.PortRange{{Name: "ports", Listeners: []policy.Listener{undeclared(a.ports)}}},
		Peers:      []policy.PeerGroup{group},
	}}}
}

// knownReferences are the kinds of reference that a target can name.
func knownReferences(target *emit.Target) []string {
	var kinds []string
	for _, kind := range policy.ReferenceKinds() {
		a := asked{direction: policy.Ingress, ports: "1556/tcp", group: referenced(kind, 8, policy.ByAddress)}
		if _, faults := emitted(target, a.policyOf()); len(faults) == 0 {
			kinds = append(kinds, string(kind))
		}
	}
	return kinds
}

// refusalTable compiles what is asked for and lists what the plan refuses, in
// its own words. References that it does not know stand in one row.
func refusalTable(target *emit.Target) string {
	known := knownReferences(target)
	var rows [][]string
	var foreign []string
	for _, a := range asks() {
		_, faults := emitted(target, a.policyOf())
		if len(faults) == 0 {
			continue
		}
		if len(a.group.References) > 0 {
			kind := string(a.group.References[0].Kind)
			if !slices.Contains(known, kind) {
				if a.direction == policy.Ingress {
					foreign = append(foreign, kind)
				}
				continue
			}
			a.what = "a host dials a peer of kind " + code(kind)
		}
		rows = append(rows, []string{a.what, faults[0].Title, prose(faults[0].Instead)})
	}
	if len(foreign) > 0 {
		a := asked{direction: policy.Ingress, ports: "1556/tcp", group: referenced(policy.ReferenceKind(foreign[0]), 8, policy.ByAddress)}
		_, faults := emitted(target, a.policyOf())
		rows = append(rows, []string{"peers of kind " + codes(foreign), faults[0].Title, prose(faults[0].Instead)})
	}
	return table([]string{"what a policy asks for", "error in the plan", "what to write instead"}, rows)
}

// keyTable compiles a policy before and after one network joins its peers, and
// says what becomes of each key.
func keyTable(target *emit.Target) (string, error) {
	compiled := func(cidrs ...string) (*emit.Result, error) {
		p := &policy.Policy{Name: "primary-server", Rules: []policy.Rule{{
			Name: "clients",
			PortRanges: []policy.PortRange{{Name: "ports", Listeners: []policy.Listener{
				{Name: "control", Kind: policy.Undeclared, Ports: ports("1556/tcp")}, negotiated(fortyPorts)}}},
			Peers: []policy.PeerGroup{{Name: "peers", Zone: policy.DMZ, ZoneReason: "an example", Prefixes: prefixes(cidrs...)}},
		}}}
		result, faults := emitted(target, p)
		if len(faults) > 0 {
			return nil, faults
		}
		return result, nil
	}
	before, err := compiled(clients)
	if err != nil {
		return "", err
	}
	after, err := compiled(clients, "203.0.113.64/28")
	if err != nil {
		return "", err
	}
	var rows [][]string
	for _, d := range []struct {
		name          string
		before, after []emit.Row
	}{{"ingress", before.Ingress, after.Ingress}, {"egress", before.Egress, after.Egress}} {
		old, now := byKey(d.before), byKey(d.after)
		for _, key := range slices.Sorted(maps.Keys(now)) {
			row, was := old[key]
			rows = append(rows, []string{d.name, code(key), fate(target, row, now[key], was)})
		}
		for _, key := range slices.Sorted(maps.Keys(old)) {
			if _, stays := now[key]; !stays {
				rows = append(rows, []string{d.name, code(key), "gone"})
			}
		}
	}
	return table([]string{"direction", "key", "when `203.0.113.64/28` joins"}, rows), nil
}

func byKey(rows []emit.Row) map[string]emit.Row {
	found := map[string]emit.Row{}
	for _, row := range rows {
		found[row.Key] = row
	}
	return found
}

// fate says what an edit does to a rule.
func fate(target *emit.Target, old, now emit.Row, was bool) string {
	if !was {
		return "new"
	}
	var changed []string
	for i, column := range target.Columns {
		if !reflect.DeepEqual(old.Values[i], now.Values[i]) {
			changed = append(changed, column.Name)
		}
	}
	if len(changed) == 0 {
		return "untouched"
	}
	return fmt.Sprintf("changed in place: %s", codes(changed))
}
