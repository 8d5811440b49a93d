package prefixset

import (
	"fmt"
	"net/netip"
	"strings"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/rawtext"
)

// maxListed is how many elements of a list in one text, or prefixes of a
// range, are written out.
const maxListed = 16

// reading is what a refused text was taken to mean.
type reading struct {
	kind kind
	// texts are the corrected texts: one, or the network and the host if both
	// may be meant, or the elements of a list. Empty when there is none.
	texts []string
	// detail is the part of the text that the message names.
	detail string
	// cut says that texts leaves out the rest of a long list.
	cut bool
}

// or gives the reading a kind if nothing else is wrong with it.
func (r reading) or(k kind) reading {
	if r.kind == none {
		r.kind = k
	}
	return r
}

// explain says what is wrong with a text that parseStrict refused.
func explain(text string) *fault.Fault {
	clean, marks := rawtext.Clean(text)
	if marks.Foreign != 0 {
		// Such a character often only looks like the right one, so no guess
		// is made.
		return foreign.fault(text, reading{detail: fmt.Sprintf("%U", marks.Foreign)})
	}
	r := readAny(strings.ToLower(clean))
	// What is wrong with the meaning comes before how it is written.
	switch {
	case marks.Invisible:
		r = r.or(invisible)
	case marks.Digit:
		r = r.or(foreignDigits)
	case marks.Wide:
		r = r.or(fullWidth)
	default:
		r = r.or(spaces)
	}
	return r.kind.fault(text, r)
}

const listSeparators = ",;"

// readAny reads lower-case text that may be a list and have spaces.
func readAny(text string) reading {
	items := splitList(text)
	switch len(items) {
	case 0:
		return reading{kind: empty}
	case 1:
		r := readItem(items[0])
		if strings.ContainsAny(text, listSeparators) {
			r = r.or(list)
		}
		return r
	case 2:
		// "10.0.0.0 255.255.255.0" is how routers write a prefix.
		if r := readItem(items[0] + "/" + items[1]); r.kind == netmask && !strings.ContainsAny(text, listSeparators) {
			return r
		}
	}
	r := reading{kind: list}
	if len(items) > maxListed {
		items, r.cut = items[:maxListed], true
	}
	for _, item := range items {
		// With two readings of one element, none is offered for the list.
		element := readItem(item)
		if len(element.texts) != 1 {
			return reading{kind: list}
		}
		r.texts = append(r.texts, element.texts[0])
	}
	return r
}

// splitList splits at commas, semicolons and those spaces that do not merely
// stand around a slash or hyphen.
func splitList(text string) []string {
	words := strings.Fields(text)
	var b strings.Builder
	b.Grow(len(text))
	for i, word := range words {
		if i > 0 && !strings.ContainsRune("-/", rune(word[0])) &&
			!strings.HasSuffix(words[i-1], "-") && !strings.HasSuffix(words[i-1], "/") {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool {
		return r == ' ' || strings.ContainsRune(listSeparators, r)
	})
}

// readItem reads one element without spaces; kind none means that it only has
// to be written as texts has it.
func readItem(item string) reading {
	switch item {
	case "any", "all", "*", "0/0", "*/0", "any/0", "default", "internet", "anywhere", "everywhere":
		return reading{kind: wildcard, texts: []string{"0.0.0.0/0", "::/0"}}
	}
	text, decoration := undecorate(item)
	if strings.Contains(text, "-") {
		if r, ok := readRange(text); ok {
			return r
		}
	}
	return readPrefix(text).decorated(decoration)
}

// decorated names what was taken off the text; that comes before everything
// that can be corrected, because it was most likely written on purpose.
func (r reading) decorated(k kind) reading {
	if k != none && len(r.texts) > 0 {
		r.kind = k
	}
	return r
}

// undecorate takes off brackets, a port and a zone, and names the last of
// them that was there.
func undecorate(text string) (string, kind) {
	decoration := none
	if inside, rest, closed := strings.Cut(strings.TrimPrefix(text, "["), "]"); closed && text[0] == '[' {
		if rest == "" || rest[0] == '/' {
			text, decoration = inside+rest, brackets
		} else if rest[0] == ':' && isPort(rest[1:]) {
			text, decoration = inside, port
		}
	} else if host, rest, colon := strings.Cut(text, ":"); colon && strings.Contains(host, ".") && isPort(rest) {
		text, decoration = host, port
	}
	if start := strings.IndexByte(text, '%'); start >= 0 {
		_, length, slash := strings.Cut(text[start:], "/")
		if text = text[:start]; slash {
			text += "/" + length
		}
		decoration = zone
	}
	return text, decoration
}

// isPort reports whether the text is a port, a port range or either with its
// protocol.
func isPort(text string) bool {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "/tcp"), "/udp")
	return text != "" && strings.Trim(text, "0123456789-") == "" && text[0] != '-'
}

// readRange reads two addresses joined by a hyphen; the second may be only
// the last octet.
func readRange(text string) (reading, bool) {
	fromText, toText, _ := strings.Cut(text, "-")
	from, _, ok := readAddress(fromText)
	if !ok {
		return reading{}, false
	}
	to, _, ok := readAddress(toText)
	if octet, short := parseLength(toText); short && octet <= 255 && from.Is4() {
		first := from.As4()
		first[3] = byte(octet)
		to, ok = netip.AddrFrom4(first), true
	}
	if !ok || from.BitLen() != to.BitLen() {
		return reading{}, false
	}
	r := reading{kind: addressRange}
	if to.Less(from) {
		from, to = to, from
		r.kind = reversed
	}
	for _, prefix := range netipx.IPRangeFrom(from, to).Prefixes() {
		if len(r.texts) == maxListed {
			r.cut = true
			break
		}
		corrected := unmap(prefix).String()
		if _, ok := parseStrict(corrected); !ok {
			return reading{kind: localNAT64Prefix}, true
		}
		r.texts = append(r.texts, corrected)
	}
	return r, true
}
