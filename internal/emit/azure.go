package emit

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Where the limits below were read.
const (
	azureLimits    = "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-resource-manager-virtual-networking-limits"
	azureIPv6      = "https://learn.microsoft.com/azure/virtual-network/ip-services/ipv6-overview"
	azureOverview  = "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"
	azureRuleModel = "https://learn.microsoft.com/azure/templates/microsoft.network/networksecuritygroups/securityrules"
)

func azureNetworkSecurityRules() Target {
	return Target{
		Name:      azureNSG.name,
		Resources: []string{"azurerm_network_security_rule"},
		Title:     azureNSG.title,
		Description: "One allow rule per protocol and address family, with lists of ports and of prefixes or application security groups. " +
			"It knows TCP, UDP, ICMP for IPv4, ESP and every protocol together; SCTP and ICMPv6 cannot be named. " +
			"Below these rules stand the group's own default rules, which allow everything inside the virtual network, from the load balancer and to the internet: " +
			"add a rule that denies the rest after them, as the example does, or the policy is only a part of what is open.",
		Arguments: []Column{
			{Name: firstPriority, Kind: Number, Description: "Lowest priority number to use, 100 to 4096. Default 1000. Policies of one group need bands of their own, since a priority follows from the key."},
			{Name: lastPriority, Kind: Number, Description: "Highest priority number to use, 100 to 4096. Default 3999, so that numbers are left for rules that deny the rest."},
		},
		Columns: []Column{
			{Name: "name", Kind: String, Description: "Name of the rule, made from the policy, the direction and the key; at most 80 characters."},
			{Name: "priority", Kind: Number, Description: "Unique in its direction and made from the key, so that it stays when other rules come and go."},
			{Name: "direction", Kind: String, Description: "`Inbound` or `Outbound`."},
			{Name: "access", Kind: String, Description: "`Allow`."},
			{Name: "protocol", Kind: String, Description: "`Tcp`, `Udp`, `Icmp`, `Esp`, or `*` for every protocol."},
			{Name: "source_port_range", Kind: String, Description: "`*`: the dialler's port says nothing."},
			{Name: "destination_port_range", Kind: String, Description: "`*` for every port and for protocols without ports, otherwise null."},
			{Name: "destination_port_ranges", Kind: StringList, Description: "Ports and ranges of ports, or null."},
			{Name: "source_address_prefix", Kind: String, Description: "`*` for outbound rules, otherwise null."},
			{Name: "source_address_prefixes", Kind: StringList, Description: "The peers of an inbound rule, every address of a family as two halves; null where they are application security groups."},
			{Name: "destination_address_prefix", Kind: String, Description: "`*` for inbound rules, otherwise null."},
			{Name: "destination_address_prefixes", Kind: StringList, Description: "The peers of an outbound rule, likewise; null where they are application security groups."},
			{Name: "description", Kind: String, Description: "The policy and the rules of it that the rule serves; at most 140 characters."},
		},
		Lists:  true,
		Limits: azureNSGLimits,
		Emit:   emitAzureNetworkSecurityRules,
	}
}

var azureNSG = capability{
	title: "Azure network security group",
	name:  "azure_network_security_rules",
	lacks: map[portset.Protocol]string{
		portset.SCTP:   "they name TCP, UDP, ICMP and ESP only",
		portset.ICMPv6: "network security groups do not support ICMPv6 (" + azureIPv6 + ")",
	},
	references: []policy.ReferenceKind{policy.AzureApplicationSecurityGroup},
}

var azureNSGLimits = []Limit{
	{
		Name: rulesLimit, Value: 1000, Unit: "rules per group, both directions together",
		Source: azureLimits, Date: "2026-11-25", Max: 1000,
		Description: "`rules_elsewhere` counts the group's other rules of both directions, those that deny included.",
	},
	{
		Name: "prefixes", Value: 4000, Unit: "prefixes per direction in all rules of a group",
		Source: azureLimits, Date: "2026-11-25", Raisable: true,
		Description: "Azure counts source and destination apart, over all rules of the group.",
	},
	{
		Name: "port_ranges_per_rule", Value: 4000, Unit: "ports and ranges of ports in one rule",
		Source: azureOverview, Date: "2026-11-25", Raisable: true,
		Description: "Azure says that there is a limit and gives the number for prefixes only, which is taken for ports too: lower it if Azure refuses a rule. A longer list becomes several rules.",
	},
	{
		Name: "application_security_groups_per_rule", Value: 10, Unit: "application security groups in one rule",
		Source: azureLimits, Date: "2026-11-25", Max: 10,
		Description: "A longer list becomes several rules.",
	},
	{
		Name: "application_security_groups", Value: 100, Unit: "application security groups in all rules of a group",
		Source: azureLimits, Date: "2026-11-25", Max: 100,
		Description: "A group that stands in several rules counts once.",
	},
	{
		Name: "description_length", Value: 140, Unit: "characters",
		Source: azureRuleModel, Date: "2026-11-25", Min: 140, Max: 140,
		Description: "A longer list of rules is shortened and ends in \"and 3 more\"; the list in rules is whole.",
	},
}

// Arguments of the target's own.
const (
	firstPriority = "first_priority"
	lastPriority  = "last_priority"
)

// azurePriorities is what Azure takes.
var azurePriorities = band{first: firstPriority, last: lastPriority, lowest: 100, highest: 4096, defaultFirst: 1000, defaultLast: 3999,
	what: "priority", why: "Azure refuses other priorities."}

// emitAzureNetworkSecurityRules implements Target.Emit.
func emitAzureNetworkSecurityRules(p *policy.Policy, o Options) (*Result, fault.List) {
	products, _ := compile.Products(p, compile.ProductShape{OneProtocol: true, OneFamily: true}, o.Optimize)
	limits, faults := applyLimits(azureNSG.name, azureNSGLimits, o)
	numbers, more := azurePriorities.of(o)
	faults.AddAll(more)
	faults.AddAll(azureNSG.check(p, partsOfProducts(products)))
	if len(faults) > 0 {
		return nil, faults
	}
	rules := listRules(p, products, func(p *compile.Product) listLimits {
		ports := limitValue(limits, "port_ranges_per_rule")
		if len(p.References) > 0 {
			return listLimits{peers: limitValue(limits, "application_security_groups_per_rule"), ports: ports}
		}
		return listLimits{peers: limitValue(limits, "prefixes"), ports: ports} // of the whole group, see azureListFaults
	})
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	priorities, more := numbers.assign(len(rules), func(i int) (policy.Direction, string) { return rules[i].direction, rules[i].key })
	if faults.AddAll(more); len(more) > 0 {
		priorities = make([]int, len(rules)) // for the other faults
	}
	for i := range rules {
		result.add(rules[i].direction, azureRow(p.Name, &rules[i], priorities[i], limitValue(limits, "description_length")))
	}
	result.finish()
	faults.AddAll(azureQuota.settle(result, together(tallies(result)), o.RulesElsewhere))
	faults.AddAll(azureListFaults(rules, limits))
	if len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// azureProtocols are the names that security rules have.
var azureProtocols = map[portset.Protocol]string{
	portset.TCP: "Tcp", portset.UDP: "Udp", portset.ICMP: "Icmp", portset.ESP: "Esp",
}

// azureRow writes a rule; values stand in the order of the target's columns.
func azureRow(policyName string, r *listRule, priority, maxDescription int) Row {
	row := r.row()
	var source, destination any
	if len(r.prefixes) > 0 {
		source = azurePrefixes(r)
	}
	direction := "Inbound"
	var anySource, anyDestination any = nil, "*"
	if r.direction == policy.Egress {
		direction, source, destination = "Outbound", nil, source
		anySource, anyDestination = "*", nil
	}
	protocol, allPorts, ports := azurePorts(r)
	row.Values = []any{
		azureName(policyName, r), int64(priority), direction, "Allow", protocol, "*", allPorts, ports,
		anySource, source, anyDestination, destination,
		joinedNames(policyName, r.rules, maxDescription),
	}
	return row
}

// azurePorts writes the protocol and its ports; every port is a "*".
func azurePorts(r *listRule) (protocol string, all, ranges any) {
	if r.any {
		return "*", "*", nil
	}
	p := r.protocol()
	ports := r.ports.Of(p)
	if !p.HasPorts() || ports.Equal(portset.AllPorts()) {
		return azureProtocols[p], "*", nil
	}
	return azureProtocols[p], nil, runTexts(ports)
}

// azurePrefixes writes "every address" of a family as its two halves. Azure
// says that 0.0.0.0/0 represents all IP addresses, which would be both
// families, and its portal refuses it; nobody reads more into a half.
func azurePrefixes(r *listRule) []string {
	var texts []string
	for _, prefix := range r.prefixes {
		if prefix.Bits() > 0 {
			texts = append(texts, prefix.String())
			continue
		}
		halves := []string{"0.0.0.0/1", "128.0.0.0/1"}
		if prefix.Addr().Is6() {
			halves = []string{"::/1", "8000::/1"}
		}
		texts = append(texts, halves...)
	}
	return texts
}

// azureName is unique in the group, which has the rules of both directions.
func azureName(policyName string, r *listRule) string {
	return safeName(policyName+"-"+r.direction.String()+"-"+r.key, 80, func(c rune) bool {
		return c == '-' || c == '_' || c == '.' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	})
}

var azureQuota = &quota{
	container: "Azure network security group",
	why:       "Azure refuses the rules beyond its limit, after others have been applied.",
	ways: func(needed, limit int) []string {
		return []string{
			fmt.Sprintf("split the policy over at least %d groups, on subnets or network interfaces of their own", containers(needed, limit)),
			"give rules of the policy the same ports or the same peers, which makes them one rule",
		}
	},
}

// azureListFaults are about what the lists of all rules hold together, which no
// cut makes less.
func azureListFaults(rules []listRule, limits []Limit) fault.List {
	var faults fault.List
	groups := map[string]bool{}
	var prefixes [2]tally
	for _, d := range policy.Directions() {
		prefixes[d] = newTally(d, "prefixes")
	}
	for i := range rules {
		r := &rules[i]
		prefixes[r.direction].add(len(azurePrefixes(r)), r.rules)
		for _, ref := range r.references {
			groups[ref.Name] = true
		}
	}
	for i := range prefixes {
		t := &prefixes[i]
		if most := limitValue(limits, "prefixes"); t.total > most {
			faults.Add(fault.New("Too many prefixes",
				fmt.Sprintf("The %s rules have %d prefixes; the limit is %d.", t.direction, t.total, most),
				fmt.Sprintf("Azure counts the prefixes of all rules of a group and refuses more. Most of them come from %s.", costliest(t.byRule)),
				"List fewer or wider prefixes, split the policy over groups, or use application security groups. If your limit has been raised, write it as limits = { prefixes = … }."),
				fault.Attribute("policy"))
		}
	}
	if most := limitValue(limits, "application_security_groups"); len(groups) > most {
		faults.Add(fault.New("Too many references",
			fmt.Sprintf("The rules name %d application security groups; the limit is %d.", len(groups), most),
			"Azure refuses more in one network security group.",
			"Use one application security group for hosts that need the same, or split the policy over groups."), fault.Attribute("policy"))
	}
	return faults
}

// protocol is that of a rule with ports of one protocol.
func (r *listRule) protocol() portset.Protocol {
	entries := r.ports.Entries()
	if len(entries) == 0 || entries[0].Protocol != entries[len(entries)-1].Protocol {
		panic("emit: not one protocol: " + strings.Join(r.ports.Strings(), ", "))
	}
	return entries[0].Protocol
}
