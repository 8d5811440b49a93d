package emit

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Where the limits below were read.
const (
	openstackQuotas = "https://docs.openstack.org/neutron/latest/admin/ops-quotas.html"
	openstackAPI    = "https://docs.openstack.org/api-ref/network/v2/#security-group-rules-security-group-rules"
)

func openstackSecurityGroupRules() Target {
	return Target{
		Name:      openstack.name,
		Resources: []string{"openstack_networking_secgroup_rule_v2"},
		Title:     openstack.title,
		Description: "One rule per run of ports and per prefix. It knows none of the references of other clouds. " +
			"A new security group of OpenStack has rules of its own that allow all egress: remove them, for example with `delete_default_rules`, or the policy is only a part of what is open.",
		Columns: []Column{
			{Name: "direction", Kind: String, Description: "`ingress` or `egress`."},
			{Name: "ethertype", Kind: String, Description: "`IPv4` or `IPv6`."},
			{Name: "protocol", Kind: String, Description: "The protocol by name; null for every protocol."},
			{Name: "port_range_min", Kind: Number, Description: "The first port; null for every port and for protocols without ports."},
			{Name: "port_range_max", Kind: Number, Description: "The last port; null for every port and for protocols without ports."},
			{Name: "remote_ip_prefix", Kind: String, Description: "The peer's prefix."},
			{Name: "description", Kind: String, Description: "The policy and the rules of it that the rule serves."},
		},
		Limits: openstackLimits,
		Emit:   emitOpenStackSecurityGroupRules,
	}
}

var openstack = capability{
	title:   "OpenStack security group",
	name:    "openstack_security_group_rules",
	noPort0: "an OpenStack security group",
}

var openstackLimits = []Limit{
	{
		Name: rulesLimit, Value: 100, Unit: "rules per project by default, both directions together",
		Source: openstackQuotas, Date: "2026-11-25", Raisable: true,
		Description: "The quota is the project's, over all of its groups; look yours up. `rules_elsewhere` counts the project's other rules of both directions.",
	},
	{
		Name: "description_length", Value: 255, Unit: "characters",
		Source: openstackAPI, Date: "2026-11-25", Min: 150, Max: 255,
		Description: "A longer list of rules is shortened and ends in \"and 3 more\"; the list in rules is whole.",
	},
}

// openstackProtocols are the names of the API.
var openstackProtocols = map[portset.Protocol]string{
	portset.TCP: "tcp", portset.UDP: "udp", portset.SCTP: "sctp",
	portset.ICMP: "icmp", portset.ICMPv6: "ipv6-icmp", portset.ESP: "esp",
}

// emitOpenStackSecurityGroupRules implements Target.Emit.
func emitOpenStackSecurityGroupRules(p *policy.Policy, o Options) (*Result, fault.List) {
	boxes := openstack.boxes(p, o.Optimize)
	limits, faults := applyLimits(openstack.name, openstackLimits, o)
	faults.AddAll(openstack.check(p, partsOfBoxes(boxes)))
	faults.AddAll(placed(openstackAllButZero(boxes)))
	if len(faults) > 0 {
		return nil, faults
	}
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	for i := range boxes {
		result.add(boxes[i].Direction, openstackRow(p.Name, &boxes[i], limitValue(limits, "description_length")))
	}
	result.finish()
	if faults := openstackQuota.settle(result, together(tallies(result)), o.RulesElsewhere); len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// openstackAllButZero finds the one run of ports that Neutron does not keep: it
// stores 1 to 65535 as every port, which the next plan shows as a difference.
func openstackAllButZero(boxes []compile.Box) []problem {
	var problems []problem
	for i := range boxes {
		b := &boxes[i]
		if b.Any || !b.Protocol.HasPorts() || b.Ports != (portset.Range{First: 1, Last: 65535}) {
			continue
		}
		run := portset.Entry{Protocol: b.Protocol, Range: b.Ports}
		for _, rule := range b.Rules {
			problems = append(problems, problem{rule: rule, order: 6, what: run.String(), fault: fault.New("All ports but one",
				fmt.Sprintf("Rule %q takes part in %q, which Neutron stores as every port.", rule, run),
				"Every later plan would replace the rule.",
				fmt.Sprintf("Write \"0-65535/%s\", which says the same as what is stored.", b.Protocol))})
		}
	}
	return problems
}

// openstackRow writes one box; values stand in the order of the target's
// columns.
func openstackRow(policyName string, b *compile.Box, maxDescription int) Row {
	row := flatRow(b)
	ethertype, protocol, from, to := "IPv6", any(nil), any(nil), any(nil)
	if b.Prefix.Addr().Is4() {
		ethertype = "IPv4"
	}
	if !b.Any {
		protocol = openstackProtocols[b.Protocol]
		if b.Protocol.HasPorts() && b.Ports.Len() < portset.AllPorts().Len() {
			from, to = int64(b.Ports.First), int64(b.Ports.Last)
		}
	}
	row.Values = []any{b.Direction.String(), ethertype, protocol, from, to, b.Prefix.String(), joinedNames(policyName, b.Rules, maxDescription)}
	return row
}

var openstackQuota = &quota{
	container: "OpenStack project",
	why:       "OpenStack refuses the rules beyond the quota, after others have been applied.",
	ways: func(needed, _ int) []string {
		ways := []string{"list fewer or wider prefixes", "open the same ports to all peers, which needs fewer rules"}
		return append(ways, raise(&openstackLimits[0], needed)...)
	},
}
