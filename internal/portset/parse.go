package portset

import (
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// anyText is the text of every port of every protocol.
const anyText = "any"

// Parse reads one text of the grammar:
//
//	PORT/PROTO | FROM-TO/PROTO   PROTO one of tcp, udp, sctp
//	icmp | icmpv6 | esp | any
//
// Ports are 0 to 65535, in decimal without leading zeros. Everything else is
// refused with a *fault.Fault that prints the corrected text where one can be
// computed: what one reader takes for a small opening, another may take for a
// large one. The time is linear in the length of the text.
func Parse(text string) (Ports, error) {
	ports, ok := parseStrict(text)
	if !ok {
		return Ports{}, explain(text)
	}
	return ports, nil
}

// ParseList reads a list of texts and returns the union of what was readable,
// and one fault, placed by its index, for each text that was not.
func ParseList(texts []string) (Ports, fault.List) {
	var faults fault.List
	read := make([]Ports, 0, len(texts))
	for i, text := range texts {
		ports, ok := parseStrict(text)
		if !ok {
			faults.Add(explain(text), fault.Index(i))
			continue
		}
		read = append(read, ports)
	}
	return Merge(read), faults
}

// parseStrict reads the grammar and nothing else.
func parseStrict(text string) (Ports, bool) {
	if text == anyText {
		return Any(), true
	}
	portText, name, slash := strings.Cut(text, "/")
	if !slash {
		proto, ok := protocolNamed(text)
		if !ok || proto.HasPorts() {
			return Ports{}, false
		}
		return WholeProtocol(proto), true
	}
	proto, ok := protocolNamed(name)
	if !ok || !proto.HasPorts() {
		return Ports{}, false
	}
	firstText, lastText, hyphen := strings.Cut(portText, "-")
	if !hyphen {
		lastText = firstText
	}
	first, firstOK := parsePort(firstText)
	last, lastOK := parsePort(lastText)
	if !firstOK || !lastOK || first > last {
		return Ports{}, false
	}
	return PortsOf(proto, Of(Range{First: first, Last: last})), true
}

// parsePort reads a decimal port without sign or leading zero. strconv is not
// used, because it also takes a plus sign.
func parsePort(text string) (uint16, bool) {
	if len(text) == 0 || len(text) > len("65535") || len(text) > 1 && text[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return uint16(n), n <= maxPort
}
