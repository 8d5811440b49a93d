package existing

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// everything are the words of clouds for every protocol.
var everything = map[string]bool{"-1": true, "all": true, "any": true, "*": true}

// protocols are the other words of clouds, and IANA's numbers.
var protocols = map[string]portset.Protocol{
	"tcp": portset.TCP, "6": portset.TCP,
	"udp": portset.UDP, "17": portset.UDP,
	"sctp": portset.SCTP, "132": portset.SCTP,
	"icmp": portset.ICMP, "1": portset.ICMP,
	"icmpv6": portset.ICMPv6, "ipv6-icmp": portset.ICMPv6, "58": portset.ICMPv6,
	"esp": portset.ESP, "50": portset.ESP,
}

// readPorts reads what the rule opens: its protocol and its ports.
func (r *Rule) readPorts() (portset.Ports, fault.List) {
	var faults fault.List
	name := word(r.Protocol)
	protocol, known := protocols[name]
	switch {
	case everything[name]:
		return portset.Any(), r.checkNoPorts(fmt.Sprintf("protocol = %s means every protocol", policy.Quote(r.Protocol)))
	case name == "":
		faults.Add(fault.New("Missing protocol", "protocol is missing.",
			"Several clouds read a missing protocol as every protocol.",
			`Write "tcp", "udp" or another one, or "any" if it is every protocol.`), fault.Attribute("protocol"))
	case !known:
		faults.Add(fault.New("Protocol without a name here",
			fmt.Sprintf("protocol = %s cannot be named in the grammar of ports.", policy.Quote(r.Protocol)),
			"The grammar knows tcp, udp, sctp, icmp, icmpv6 and esp, so nothing else can be scored by itself.",
			`Write protocol = "any" without ports to have it judged as at least that exposed, or leave the rule out and say so beside the score.`),
			fault.Attribute("protocol"))
	case protocol.HasPorts():
		set, wrong := r.readNumbers(protocol)
		return portset.PortsOf(protocol, set), wrong
	case protocol == portset.ESP:
		return portset.WholeProtocol(protocol), r.checkNoPorts("ESP has no ports")
	default:
		return portset.WholeProtocol(protocol), r.checkICMP()
	}
	return portset.Ports{}, faults
}

// readNumbers reads the ports of a protocol that has ports.
func (r *Rule) readNumbers(protocol portset.Protocol) (portset.Set, fault.List) {
	var faults fault.List
	texts, places := items(r.Ports)
	from, to := strings.TrimSpace(r.FromPort), strings.TrimSpace(r.ToPort)
	switch {
	case len(texts) > 0 && (from != "" || to != ""):
		faults.Add(fault.New("Ports given twice",
			fmt.Sprintf("Both ports and from_port or to_port are given (%s and %s to %s).", policy.Quote(strings.Join(texts, " ")), policy.Quote(from), policy.Quote(to)),
			"The two can contradict each other.",
			"Keep one form: ports, or from_port and to_port."), fault.Attribute("ports"))
	case len(texts) > 0:
		var sets []portset.Set
		for i, text := range texts {
			set, f := readRange(text)
			faults.Add(f, fault.Attribute("ports"), fault.Index(places[i]))
			sets = append(sets, set)
		}
		return portset.UnionAll(sets), faults
	case from == "" && to == "":
		faults.Add(fault.New("Missing ports",
			fmt.Sprintf("Neither from_port and to_port nor ports are given, with protocol = %q.", protocol),
			"Several clouds read a rule without ports as one for all ports.",
			`Write ports = ["*"] if it is, or from_port and to_port.`), fault.Attribute("from_port"))
	case from == "" || to == "":
		missing, other, given := "from_port", "to_port", to
		if to == "" {
			missing, other, given = "to_port", "from_port", from
		}
		faults.Add(fault.New("Half a range",
			fmt.Sprintf("%s = %s is given, and %s is not.", other, policy.Quote(given), missing),
			"Clouds differ in what they make of half a range.",
			fmt.Sprintf("Write %s too; for one port it is the same number.", missing)), fault.Attribute(missing))
	default:
		return readFromTo(protocol, from, to)
	}
	return portset.Set{}, faults
}

// readFromTo reads AWS's form of a range.
func readFromTo(protocol portset.Protocol, from, to string) (portset.Set, fault.List) {
	var faults fault.List
	first, f := readPort("from_port", from)
	faults.Add(f, fault.Attribute("from_port"))
	last, f := readPort("to_port", to)
	faults.Add(f, fault.Attribute("to_port"))
	switch {
	case len(faults) > 0:
	case first == -1 && last == -1:
		return portset.AllPorts(), nil
	case first == -1 || last == -1:
		faults.Add(fault.New("Half of all ports",
			fmt.Sprintf("from_port = %s and to_port = %s do not make a range.", from, to),
			"-1 stands for all ports, and only when both are -1.",
			`Write the two ends of the range, or ports = ["*"].`), fault.Attribute("from_port"))
	case first == 0 && last == 0:
		faults.Add(fault.New("Port zero",
			fmt.Sprintf("from_port = 0 and to_port = 0 with protocol = %q.", protocol),
			"Some tools write this for all ports, and nothing listens on port 0.",
			`Write ports = ["*"] if it is all ports, or the ports that are meant.`), fault.Attribute("from_port"))
	case first > last:
		faults.Add(fault.New("Reversed port range",
			fmt.Sprintf("from_port = %d is above to_port = %d.", first, last),
			"Clouds differ in what they make of such a range.",
			fmt.Sprintf("Write from_port = %d and to_port = %d.", last, first)), fault.Attribute("from_port"))
	default:
		return portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}), nil
	}
	return portset.Set{}, faults
}

const highest = 65535

// readPort reads a port, or -1.
func readPort(name, text string) (int, *fault.Fault) {
	n, err := strconv.Atoi(text)
	if err != nil || n < -1 || n > highest {
		return 0, fault.New("Unreadable port",
			fmt.Sprintf("%s = %s is not a port.", name, policy.Quote(text)),
			"What the rule opens would be guesswork.",
			"Write a whole number from 0 to 65535, or -1 at both ends for all ports.")
	}
	return n, nil
}

// readRange reads an element of ports.
func readRange(text string) (portset.Set, *fault.Fault) {
	switch word(text) {
	case "*", "any", "all":
		return portset.AllPorts(), nil
	}
	unreadable := func(instead string) *fault.Fault {
		return fault.New("Unreadable ports",
			policy.Quote(text)+" is not a port, a range of ports or *.",
			"What the rule opens would be guesswork.", instead)
	}
	fromText, toText, isRange := strings.Cut(text, "-")
	if !isRange {
		toText = fromText
	}
	first, err := strconv.ParseUint(fromText, 10, 16)
	last, lastErr := strconv.ParseUint(toText, 10, 16)
	switch {
	case err == nil && lastErr == nil && first > last:
		return portset.Set{}, fault.New("Reversed port range",
			fmt.Sprintf("%s begins above its end.", policy.Quote(text)),
			"Clouds differ in what they make of such a range.",
			fmt.Sprintf("Write %q.", fmt.Sprintf("%d-%d", last, first)))
	case err == nil && lastErr == nil && last == 0:
		return portset.Set{}, fault.New("Port zero",
			policy.Quote(text)+" is port 0.",
			"Some tools write this for all ports, and nothing listens on port 0.",
			`Write "*" if it is all ports, or the ports that are meant.`)
	case err == nil && lastErr == nil:
		return portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}), nil
	}
	if bare, protocol, hasProtocol := strings.Cut(text, "/"); hasProtocol {
		if _, f := readRange(bare); f == nil {
			return portset.Set{}, unreadable(fmt.Sprintf("Write %q, and %q in protocol.", bare, protocol))
		}
	}
	if hyphen := strings.NewReplacer(":", "-", "..", "-", "–", "-").Replace(text); hyphen != text {
		if _, f := readRange(hyphen); f == nil {
			return portset.Set{}, unreadable(fmt.Sprintf("Write %q.", hyphen))
		}
	}
	return portset.Set{}, unreadable(`Write "443", "8000-8100" or "*", with numbers from 0 to 65535.`)
}

// checkNoPorts refuses ports beside a protocol that has none. What clouds and
// tools fill in for none, or for all, is let pass.
func (r *Rule) checkNoPorts(because string) fault.List {
	var faults fault.List
	from, to := strings.TrimSpace(r.FromPort), strings.TrimSpace(r.ToPort)
	blank := func(s string) bool { return s == "" || s == "-1" || s == "0" }
	if !blank(from) || !blank(to) && to != strconv.Itoa(highest) {
		faults.Add(portsBeside(because, fmt.Sprintf("from_port = %s and to_port = %s", policy.Quote(from), policy.Quote(to))), fault.Attribute("from_port"))
	}
	faults.AddAll(r.checkNoList(because))
	return faults
}

// checkICMP lets the type and the code pass that AWS keeps in the place of
// ports.
func (r *Rule) checkICMP() fault.List {
	var faults fault.List
	for _, given := range []struct{ name, text string }{{"from_port", r.FromPort}, {"to_port", r.ToPort}} {
		text := strings.TrimSpace(given.text)
		if n, err := strconv.Atoi(text); text != "" && (err != nil || n < -1 || n > highest) {
			faults.Add(fault.New("Unreadable type or code",
				fmt.Sprintf("%s = %s is not an ICMP type or code.", given.name, policy.Quote(given.text)),
				"The rule counts as all of ICMP, but such a text may belong to another attribute.",
				"Write the number, -1, or leave it out."), fault.Attribute(given.name))
		}
	}
	faults.AddAll(r.checkNoList("ICMP has no ports"))
	return faults
}

func (r *Rule) checkNoList(because string) fault.List {
	var faults fault.List
	texts, places := items(r.Ports)
	for i, text := range texts {
		if set, f := readRange(text); f != nil || !set.Equal(portset.AllPorts()) {
			faults.Add(portsBeside(because, "ports has "+policy.Quote(text)), fault.Attribute("ports"), fault.Index(places[i]))
		}
	}
	return faults
}

func portsBeside(because, what string) *fault.Fault {
	return fault.New("Ports without protocol", because+", and "+what+".",
		"Some clouds ignore such ports and open everything, others open these ports of each protocol.",
		"Leave the ports out to have everything judged, or write a rule for each protocol (tcp and udp) with these ports.")
}
