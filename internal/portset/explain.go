package portset

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/rawtext"
)

// maxListed is how many elements of a list in one string are written out.
const maxListed = 8

// reading is what a refused text was taken to mean.
type reading struct {
	kind kind
	// texts are the corrected texts; the wording of the kind says how they
	// relate. Empty when no correction can be computed.
	texts []string
	// detail is the part of the text that the message names.
	detail string
	// cut says that texts leaves out the rest of a long list.
	cut bool
}

// explain says what is wrong with a text that parseStrict refused.
func explain(text string) *fault.Fault {
	clean, marks := rawtext.Clean(text)
	if marks.Foreign != 0 {
		// Such a character often only looks like the right one, so no guess
		// is made.
		return foreign.fault(text, reading{detail: fmt.Sprintf("%U", marks.Foreign)})
	}
	lower := strings.ToLower(clean)
	r := readAny(lower)
	// What is wrong with the meaning comes before how it is written.
	switch {
	case r.kind != none:
	case marks.Invisible:
		r.kind = invisible
	case marks.Digit:
		r.kind = foreignDigits
	case marks.Dash:
		r.kind = dash
	case marks.Wide:
		r.kind = fullWidth
	case marks.Space:
		r.kind = spaces
	case clean != lower:
		r.kind = upperCase
	}
	return r.kind.fault(text, r)
}

// readAny reads lower-case text that may be a list and have spaces.
func readAny(text string) reading {
	items := splitList(text)
	switch len(items) {
	case 0:
		return reading{kind: empty}
	case 1:
		r := readItem(items[0])
		if r.kind == none && strings.ContainsAny(text, listSeparators) {
			r.kind = list
		}
		return r
	case 2:
		// "22 tcp" and "tcp 22" lack the slash; "22 23" is a list.
		_, firstKnown := lookUpProtocol(items[0])
		_, secondKnown := lookUpProtocol(items[1])
		if firstKnown != secondKnown && !strings.ContainsAny(text, listSeparators) {
			return readItem(items[0] + "/" + items[1]).or(misplaced)
		}
	}
	return readList(items)
}

const listSeparators = ",;"

// splitList splits at commas, semicolons and those spaces that do not merely
// stand around the punctuation of one element, as in "22 - 25 / tcp".
func splitList(text string) []string {
	words := strings.Fields(text)
	var b strings.Builder
	b.Grow(len(text))
	for i, word := range words {
		if i > 0 && !strings.ContainsRune("-/:.+", rune(word[0])) && !endsOpen(words[i-1]) {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool {
		return r == ' ' || strings.ContainsRune(listSeparators, r)
	})
}

// endsOpen reports whether the word must go on after a space.
func endsOpen(word string) bool { return strings.ContainsRune("-/:.", rune(word[len(word)-1])) }

// readList reads the elements of a list in one string. Elements without a
// protocol take the next one written, as in "22,80/tcp", or else the last.
func readList(items []string) reading {
	protocols := make([]string, len(items))
	name := ""
	for i := len(items) - 1; i >= 0; i-- {
		if _, written, slash := strings.Cut(items[i], "/"); slash {
			name = written
		}
		protocols[i] = name
	}
	r := reading{kind: list}
	// Cut only now: the protocol may stand behind the last element shown.
	if len(items) > maxListed {
		items, r.cut = items[:maxListed], true
	}
	for i, item := range items {
		element := readItem(item)
		if element.kind == missingProtocol {
			if protocols[i] == "" {
				protocols[i] = protocolBefore(items[:i])
			}
			if protocols[i] != "" {
				element = readItem(item + "/" + protocols[i])
			}
		}
		// Alternatives would turn into elements that nobody asked for.
		if len(element.texts) != 1 && element.kind != missingProtocol {
			return reading{kind: list}
		}
		r.texts = append(r.texts, element.texts[0])
	}
	return r
}

// protocolBefore is the last protocol written in the items, or "".
func protocolBefore(items []string) string {
	for i := len(items) - 1; i >= 0; i-- {
		if _, name, slash := strings.Cut(items[i], "/"); slash {
			return name
		}
	}
	return ""
}

// readItem reads one element without spaces; kind none means that it only has
// to be written as texts has it.
func readItem(item string) reading {
	if ports, ok := parseStrict(item); ok {
		return reading{texts: ports.Strings()}
	}
	if isWildcard(item) || item == "-1" || item == "any/any" || item == "all/all" || item == "*/*" {
		return reading{kind: wildcard, texts: []string{anyText}}
	}
	portText, name, slash := strings.Cut(item, "/")
	proto, known := lookUpProtocol(name)
	first, firstKnown := lookUpProtocol(portText)
	switch {
	case item == Other.String() || slash && name == Other.String():
		return reading{kind: otherProtocol}
	case firstKnown && !first.HasPorts(): // "icmp/8", "icmp6"
		if !slash {
			return reading{kind: renamed, texts: []string{first.String()}, detail: first.String()}
		}
		return reading{kind: portless, texts: []string{first.String()}, detail: first.String()}
	case !slash:
		return readWithoutSlash(item)
	case strings.Contains(name, "/"):
		return reading{kind: unreadable}
	case known && !proto.HasPorts():
		return reading{kind: portless, texts: []string{proto.String()}, detail: proto.String()}
	case firstKnown && name != "" && !known:
		return readItem(name + "/" + portText).or(misplaced)
	case portText == "" && known, firstKnown && name == "":
		return reading{kind: missingPort}
	}
	return readPortAndProtocol(portText, name)
}

// or gives the reading a kind if nothing else is wrong with it.
func (r reading) or(k kind) reading {
	if r.kind == none {
		r.kind = k
	}
	return r
}

func isWildcard(text string) bool { return text == anyText || text == "all" || text == "*" }

// protocolNumbers are the numbers that other tools take in place of the names.
var protocolNumbers = map[string]Protocol{"6": TCP, "17": UDP, "132": SCTP, "1": ICMP, "58": ICMPv6, "50": ESP}

// lookUpProtocol finds a protocol by its name here or elsewhere.
func lookUpProtocol(name string) (Protocol, bool) {
	switch name {
	case "icmpv4":
		return ICMP, true
	case "icmp6", "ipv6-icmp":
		return ICMPv6, true
	}
	return protocolNamed(name)
}

// readWithoutSlash reads an element that has a port or a protocol, or both in
// another form such as "tcp:22" or "22tcp".
func readWithoutSlash(item string) reading {
	const joints = ":-_."
	for proto := range Other {
		name := proto.String()
		portText, found := strings.CutSuffix(item, name)
		if portText = strings.TrimRight(portText, joints); !found {
			portText, found = strings.CutPrefix(item, name)
			portText = strings.TrimLeft(portText, joints)
		}
		if !found {
			continue
		}
		if portText == "" {
			return reading{kind: missingPort}
		}
		if r := readPortAndProtocol(portText, name); len(r.texts) > 0 {
			return r.or(misplaced)
		}
	}
	r := readPortAndProtocol(item, "")
	if r.kind == unreadable && isWord(item) {
		r.kind = unknownWord
	}
	return r
}

// isWord reports whether the text could be the name of a service or protocol.
func isWord(text string) bool {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
