package emit

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func awsNetworkACLRules() Target {
	return Target{
		Name:      awsACL.name,
		Resources: []string{"aws_network_acl_rule"},
		Title:     awsACL.title,
		Description: "One allow rule per run of ports and per prefix, and the rules for the answers. " +
			"A network ACL keeps no state, so the answers to each connection need a rule of their own in the other direction, to the ephemeral ports of whoever dialled. " +
			"Such a rule lets in anything on these ports and not only answers, so what it opens is scored too: see `score` and `added_points`. " +
			"A security group keeps state and needs none of this. " +
			"Ports of TCP and UDP are filtered only, so SCTP is open whole or not at all; security groups and prefix lists cannot be named.",
		Arguments: []Column{
			{Name: peerEphemeral, Kind: String, Description: "Ports from which the peers of ingress rules dial, as `FROM-TO`: answers go there. " +
				"Default `1024-65535`, which is what a NAT gateway or a load balancer uses. Linux uses 32768-60999, Windows 49152-65535."},
			{Name: hostEphemeral, Kind: String, Description: "Ports from which the hosts behind the ACL dial in egress rules, as `FROM-TO`: answers come in there. Default `1024-65535`."},
			{Name: firstRuleNumber, Kind: Number, Description: "Lowest rule number to use, 1 to 32766. Default 1000."},
			{Name: lastRuleNumber, Kind: Number, Description: "Highest rule number to use, 1 to 32766. Default 29999."},
		},
		Columns: []Column{
			{Name: "rule_number", Kind: Number, Description: "Unique in its direction and made from the key, so that it stays when other rules come and go."},
			{Name: "egress", Kind: Bool, Description: "Whether the rule is for what goes out."},
			{Name: "protocol", Kind: String, Description: "The protocol by number; \"-1\" is every protocol."},
			{Name: "rule_action", Kind: String, Description: "`allow`."},
			{Name: "cidr_block", Kind: String, Description: "The peer's IPv4 prefix, or null."},
			{Name: "ipv6_cidr_block", Kind: String, Description: "The peer's IPv6 prefix, or null."},
			{Name: "from_port", Kind: Number, Description: "The first port; null for protocols other than TCP and UDP."},
			{Name: "to_port", Kind: Number, Description: "The last port; null for protocols other than TCP and UDP."},
			{Name: "icmp_type", Kind: Number, Description: "-1, every type, for ICMP and ICMPv6; otherwise null."},
			{Name: "icmp_code", Kind: Number, Description: "-1, every code, for ICMP and ICMPv6; otherwise null."},
		},
		Limits: awsACLLimits,
		Opens:  awsACLOpens,
		Emit:   emitAWSNetworkACLRules,
	}
}

var awsACL = capability{
	title:     "AWS network ACL",
	name:      "aws_network_acl_rules",
	wholeOnly: []portset.Protocol{portset.SCTP},
}

var awsACLLimits = []Limit{
	{
		Name: rulesLimit, Value: 20, Unit: "rules per direction and address family",
		Source: awsQuotas, Date: "2026-11-25", Raisable: true, Min: 2, Max: 40,
		Description: "The default rule that denies is one of them, so 19 are left. `rules_elsewhere` does not count it.",
	},
}

// Arguments of the target's own.
const (
	peerEphemeral   = "peer_ephemeral_ports"
	hostEphemeral   = "host_ephemeral_ports"
	firstRuleNumber = "first_rule_number"
	lastRuleNumber  = "last_rule_number"
)

var awsACLNumbers = band{first: firstRuleNumber, last: lastRuleNumber, lowest: 1, highest: 32766, defaultFirst: 1000, defaultLast: 29999,
	what: "rule number", why: "AWS refuses other numbers; 32767 is the default rule that denies."}

// defaultEphemeral holds the ephemeral ports of every system that AWS names.
var defaultEphemeral = portset.Range{First: 1024, Last: 65535}

// awsACLOpens implements Target.Opens: for each rule it adds one in the other
// direction with the answers. It has the name of the rule that it serves, which
// stays unique in its direction, since no two rules of a policy have one name.
func awsACLOpens(p *policy.Policy, o Options) (*policy.Policy, fault.List) {
	var faults fault.List
	ephemeral := map[policy.Direction]portset.Range{}
	for _, direction := range policy.Directions() {
		name := peerEphemeral
		if direction == policy.Egress {
			name = hostEphemeral
		}
		ports, f := ephemeralPorts(o, name)
		ephemeral[direction] = ports
		faults.Add(f, fault.Attribute(name))
	}
	if len(faults) > 0 {
		// Whatever else is wrong is said now, and not one fault after the other.
		_, more := emitAWSNetworkACLRules(p, o)
		faults.AddAll(more)
		return nil, faults
	}
	opened := *p
	opened.Rules = nil
	for i := range p.Rules {
		r := p.Rules[i]
		back := policy.Rule{Name: r.Name, Description: r.Description, Direction: policy.Egress, Peers: r.Peers, Partial: r.Partial}
		if r.Direction == policy.Egress {
			back.Direction = policy.Ingress
		}
		back.PortRanges = []policy.PortRange{{Name: "answers", Listeners: []policy.Listener{{
			Name: "answers", Kind: policy.Undeclared, Ports: answersTo(r.Ports(), ephemeral[r.Direction])}}}}
		opened.Rules = append(opened.Rules, r, back)
	}
	return &opened, nil
}

// answersTo returns where the answers to packets to these ports go.
func answersTo(ports portset.Ports, ephemeral portset.Range) portset.Ports {
	if ports.Equal(portset.Any()) {
		return ports
	}
	var answers portset.Ports
	for _, protocol := range portset.Protocols() {
		back := ports.Of(protocol)
		if !back.IsEmpty() && (protocol == portset.TCP || protocol == portset.UDP) {
			back = portset.Of(ephemeral)
		}
		// The others are open whole, here and back. A part of SCTP stays a part:
		// made whole, it would hide that the other direction asks for a part only,
		// which is a fault.
		answers = answers.Union(portset.PortsOf(protocol, back))
	}
	return answers
}

// ephemeralPorts reads an argument such as "32768-60999".
func ephemeralPorts(o Options, name string) (portset.Range, *fault.Fault) {
	text, given := o.Arguments[name].(string)
	if !given {
		return defaultEphemeral, nil
	}
	ports, faults := portset.ParseList([]string{text + "/tcp"})
	runs := ports.Of(portset.TCP).Ranges()
	if len(faults) > 0 || len(runs) != 1 || !ports.Equal(portset.PortsOf(portset.TCP, portset.Of(runs[0]))) {
		return defaultEphemeral, fault.New("Not a range of ports",
			fmt.Sprintf("%s = %s is not a range of ports.", name, policy.Quote(text)),
			"Answers to ports outside of the range are dropped, and connections hang.",
			fmt.Sprintf("Write two ports, such as \"32768-60999\" for Linux, or leave it out for %s.", defaultEphemeral))
	}
	return runs[0], nil
}

// emitAWSNetworkACLRules implements Target.Emit.
func emitAWSNetworkACLRules(p *policy.Policy, o Options) (*Result, fault.List) {
	boxes := compile.Boxes(p, o.Optimize)
	limits, faults := applyLimits(awsACL.name, awsACLLimits, o)
	numbers, more := awsACLNumbers.of(o)
	faults.AddAll(more)
	faults.AddAll(awsACL.check(p, partsOfBoxes(boxes)))
	if len(faults) > 0 {
		return nil, faults
	}
	given, faults := numbers.assign(len(boxes), func(i int) (policy.Direction, string) { return boxes[i].Direction, flatKey(&boxes[i]) })
	if len(faults) > 0 {
		return nil, faults
	}
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	for i := range boxes {
		result.add(boxes[i].Direction, awsACLRow(&boxes[i], given[i]))
	}
	result.finish()
	quota := awsACLQuota(result.Limit)
	result.Limit -= awsACLDefaultRules
	faults = quota.settle(result, awsCosts(boxes).fuller(), o.RulesElsewhere)
	result.Limit += awsACLDefaultRules
	if len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// awsACLRow writes one box; values stand in the order of the target's columns.
func awsACLRow(b *compile.Box, number int) Row {
	row := flatRow(b)
	cidr4, cidr6 := prefixColumns(b)
	protocol, from, to, icmp := "-1", any(nil), any(nil), any(nil)
	if !b.Any {
		protocol = protocolNumbers[b.Protocol]
		switch b.Protocol {
		case portset.TCP, portset.UDP:
			from, to = int64(b.Ports.First), int64(b.Ports.Last)
		case portset.ICMP, portset.ICMPv6:
			icmp = int64(-1)
		}
	}
	row.Values = []any{int64(number), b.Direction == policy.Egress, protocol, "allow", cidr4, cidr6, from, to, icmp, icmp}
	return row
}

// protocolNumbers are the numbers that IANA has assigned, as text.
var protocolNumbers = map[portset.Protocol]string{
	portset.TCP: "6", portset.UDP: "17", portset.SCTP: "132",
	portset.ICMP: "1", portset.ICMPv6: "58", portset.ESP: "50",
}

// awsACLDefaultRules take a place in each family and direction: the rule that
// denies the rest.
const awsACLDefaultRules = 1

// awsACLQuota offers no second ACL: a subnet has one.
func awsACLQuota(limit int) *quota {
	return &quota{
		container: "AWS network ACL",
		why: fmt.Sprintf("AWS counts the default rule that denies too, so a quota of %d leaves %d, and it refuses the rules beyond after others have been applied. "+
			"Rules for answers count like others.", limit, limit-awsACLDefaultRules),
		ways: func(needed, _ int) []string {
			ways := []string{"use a security group, which needs no rules for answers and takes more rules", "list fewer or wider prefixes",
				"open the same ports to all peers, which needs fewer rules"}
			return append(ways, raise(&awsACLLimits[0], needed+awsACLDefaultRules)...)
		},
		note: " A subnet has only one network ACL, so the policy cannot be split over several.",
	}
}
