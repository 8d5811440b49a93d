package portset

import (
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/rawtext"
)

// readPortAndProtocol reads the two sides of the slash; name is empty when the
// protocol is missing. What is wrong with the ports is told first.
func readPortAndProtocol(portText, name string) reading {
	r := readPorts(portText)
	if len(r.texts) == 0 {
		return r
	}
	var names []string
	otherKind := none
	proto, known := protocolNamed(name)
	numbered, isNumber := protocolNumbers[name]
	switch {
	case known && proto.HasPorts():
		names = []string{name}
	case name == "":
		otherKind, names = missingProtocol, []string{"tcp", "udp"}
	case known:
		return reading{kind: portless, texts: []string{name}, detail: name}
	case isNumber && !numbered.HasPorts():
		return reading{kind: portless, texts: []string{numbered.String()}, detail: numbered.String()}
	case isNumber:
		otherKind, names = protocolNumber, []string{numbered.String()}
	case isWildcard(name):
		otherKind, names = everyProtocol, []string{"tcp", "udp", "sctp"}
	default:
		otherKind, names = unknownProtocol, []string{"tcp", "udp"}
		r.detail = rawtext.Quote(name)
	}
	// An unknown protocol counts more than the form of the ports: there may
	// be nothing to correct it to.
	if r.kind == none || otherKind == unknownProtocol || otherKind == everyProtocol {
		r.kind = otherKind
	} else {
		names = names[:1]
	}
	texts := make([]string, 0, len(names)*len(r.texts))
	for _, port := range r.texts {
		for _, name := range names {
			texts = append(texts, port+"/"+name)
		}
	}
	r.texts = texts
	return r
}

// rangeSeparators turns the separators of other tools into a hyphen.
var rangeSeparators = strings.NewReplacer("...", "-", "..", "-", ":", "-")

// readPorts reads the part before the slash; texts are without protocol.
func readPorts(text string) reading {
	if isWildcard(text) || text == "-1" {
		return reading{kind: wildcardPort, texts: []string{AllPorts().String()}}
	}
	hyphenated := rangeSeparators.Replace(text)
	firstText, lastText, hyphen := strings.Cut(hyphenated, "-")
	if open, plus := strings.CutSuffix(hyphenated, "+"); plus && !hyphen {
		firstText, lastText, hyphen = open, "", true
	}
	first := readNumber(firstText)
	last := first
	switch {
	case hyphen && firstText == "" && text[0] != '-':
		return reading{kind: unreadable} // ":5", "..5"
	case hyphen && firstText == "":
		// "-5": a negative port, or a range whose start is missing.
		last = readNumber(lastText)
		if last.kind == none && last.value > 0 {
			port := strconv.Itoa(last.value)
			return reading{kind: negative, texts: []string{port, "0-" + port}}
		}
		if last.kind != outOfRange {
			return reading{kind: unreadable}
		}
		return reading{kind: outOfRange, detail: last.text}
	case hyphen && (lastText == "" || lastText == "*"):
		if !first.readable() {
			return reading{kind: first.kind, detail: first.text}
		}
		return reading{kind: openEnded, texts: []string{toTheEnd(first)}}
	case hyphen:
		last = readNumber(lastText)
	}
	switch {
	case first.kind == unreadable || last.kind == unreadable:
		return reading{kind: unreadable}
	case first.kind == outOfRange:
		return reading{kind: outOfRange, detail: first.text}
	case last.kind == outOfRange:
		return reading{kind: outOfRange, detail: last.text, texts: []string{toTheEnd(first)}}
	}

	r := reading{kind: first.kind}
	switch {
	case first.value > last.value:
		first, last = last, first
		r.kind = reversed
	case r.kind == none && last.kind != none:
		r.kind = last.kind
	case r.kind == none && hyphenated != text:
		r.kind = rangeSeparator
	}
	r.texts = []string{Range{First: uint16(first.value), Last: uint16(last.value)}.String()}
	return r
}

// number is one port as written.
type number struct {
	value int
	text  string // the digits without leading zeros, shortened
	kind  kind   // none, plusSign, leadingZero, outOfRange or unreadable
}

func (n number) readable() bool { return n.kind != outOfRange && n.kind != unreadable }

// toTheEnd is the range from the number up to the highest port.
func toTheEnd(n number) string {
	return Range{First: uint16(n.value), Last: maxPort}.String()
}

// readNumber reads a decimal number of any length.
func readNumber(text string) number {
	digits, plus := strings.CutPrefix(text, "+")
	if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return number{kind: unreadable}
	}
	// The last digit stays, so that "00" is 0.
	end := len(digits) - 1
	significant := strings.TrimLeft(digits[:end], "0") + digits[end:]
	value, ok := parsePort(significant)
	n := number{value: int(value), text: rawtext.Shorten(significant, 20)}
	switch {
	case !ok:
		n.kind = outOfRange
	case plus:
		n.kind = plusSign
	case len(significant) < len(digits):
		n.kind = leadingZero
	}
	return n
}
