package portset

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/rawtext"
)

// kind is one way in which a text can be wrong.
type kind uint8

const (
	none kind = iota
	empty
	wildcard
	otherProtocol
	list
	misplaced
	portless
	renamed
	missingProtocol
	missingPort
	protocolNumber
	everyProtocol
	unknownProtocol
	unknownWord
	reversed
	rangeSeparator
	openEnded
	negative
	outOfRange
	wildcardPort
	leadingZero
	plusSign
	invisible
	foreignDigits
	dash
	fullWidth
	spaces
	upperCase
	foreign
	unreadable
)

// wording is the text of one kind. In problem, %[1]s is the quoted value and
// %[2]s the detail of the reading.
type wording struct {
	title, problem, why string
	// instead has one %s per corrected text, or a single %s for all of them
	// when inLists is set. Without corrected texts the grammar is shown.
	instead string
	inLists bool
	// without replaces grammar as the remedy without corrected texts.
	without string
}

// grammar is the remedy when no correction can be computed. Every quoted text
// in a remedy can be read by Parse.
const grammar = `Write PORT/PROTO or FROM-TO/PROTO with tcp, udp or sctp, such as "22/tcp" or "2500-3300/tcp", or one of "icmp", "icmpv6" and "esp".`

const (
	oneWay    = "There is one way to write each opening, so that the same opening is always the same text."
	ambiguous = "Where two readers understand different ports, more is opened than one of them expects."
	write     = "Write %s."
)

var wordings = [...]wording{
	empty: {"Empty port", `%[1]s names no port.`, "An empty text could mean no port or every port.", "", false,
		`Write a port, such as "22/tcp", or leave the element out.`},
	wildcard:      {"Unclear wildcard", `%[1]s is not how every port is written.`, "Elsewhere it means every port of one protocol, every protocol, or nothing.", `Write %s, which is scored as every port of every protocol.`, false, ""},
	otherProtocol: {"Protocol without a name", `%[1]s stands for the IP protocols that have no name here.`, `Only "any" opens them, together with everything else.`, "", false, ""},
	list: {"List in one text", `%[1]s is written as a list.`, "Each list element is judged and reported by its place in the list.", "Write separate list elements: %s.", true,
		`Write each element on its own, such as "22/tcp", "2500-3300/tcp".`},
	misplaced: {"Misplaced protocol", `%[1]s does not have its protocol behind a slash.`, oneWay, write, false, ""},
	portless:  {"Protocol without ports", `%[1]s gives a port or a type to %[2]s, which stands alone.`, "It has no ports, and the whole protocol is opened.", write, false, ""},
	renamed:   {"Other protocol name", `%[1]s is not the name used here for %[2]s.`, oneWay, write, false, ""},
	missingProtocol: {"Missing protocol", `%[1]s has no protocol.`, "The same number is another service on another protocol.",
		`Write %s, or %s where the service uses UDP.`, false, ""},
	missingPort:    {"Missing port", `%[1]s has no port.`, "It could mean every port or none.", "", false, ""},
	protocolNumber: {"Protocol number", `%[1]s gives the protocol by its number.`, "A number there is easily taken for a second port.", write, false, ""},
	everyProtocol:  {"Wildcard protocol", `%[1]s does not say which protocol.`, "The same number is another service on another protocol.", "Write those that are needed as separate list elements: %s.", true, ""},
	unknownProtocol: {"Unknown protocol", `%[1]s has the protocol %[2]s, which is not tcp, udp or sctp.`, "Only protocols with ports can stand behind a port.",
		`Write %s, or %s where the service uses UDP.`, false, ""},
	unknownWord:    {"Unknown port name", `%[1]s is not a port.`, "Names of services are not read: they stand for other ports on other machines.", "", false, ""},
	reversed:       {"Reversed port range", `%[1]s ends before it starts.`, "Other tools read it as no port, as one port, or turned round.", write, false, ""},
	rangeSeparator: {"Unclear range separator", `%[1]s does not join its two ports with a hyphen.`, oneWay, write, false, ""},
	openEnded:      {"Open-ended port range", `%[1]s has a first port and no last one.`, "It opens every port above, most of which no backup uses.", "Write %s, or the last port that is needed.", false, ""},
	negative:       {"Negative port", `%[1]s starts with a minus sign.`, ambiguous, "Write %s for the one port, or %s for every port up to it.", false, ""},
	outOfRange: {"Port out of range", `%[1]s has the port %[2]s, and ports end at 65535.`, "Programs that cut the number to 16 bits open another port.", "Write %s to end at the last port.", false,
		`Write ports from 0 to 65535, such as "2500-3300/tcp".`},
	wildcardPort:  {"Wildcard port", `%[1]s does not say which ports.`, "Elsewhere it means every port or none.", "Write %s for every port, or the ports that are needed.", true, ""},
	leadingZero:   {"Leading zero", `%[1]s has a port with a leading zero.`, "Some programs read such a number as octal, and open another port.", write, false, ""},
	plusSign:      {"Plus sign", `%[1]s has a plus sign.`, oneWay, write, false, ""},
	invisible:     {"Invisible character", `%[1]s has a character that does not show.`, "What cannot be seen cannot be reviewed.", write, false, ""},
	foreignDigits: {"Non-ASCII digits", `%[1]s has digits other than 0 to 9.`, "Programs differ in how they read them, and some look like another digit.", write, false, ""},
	dash:          {"Dash instead of hyphen", `%[1]s has a dash where a hyphen belongs.`, oneWay, write, false, ""},
	fullWidth:     {"Full-width characters", `%[1]s has full-width characters.`, oneWay, write, false, ""},
	spaces:        {"Spaces in port", `%[1]s has spaces.`, oneWay, write, false, ""},
	upperCase:     {"Upper case in port", `%[1]s has upper-case letters.`, oneWay, write, false, ""},
	foreign:       {"Non-ASCII character", `%[1]s has the character %[2]s.`, "It may look like an ASCII one, but it is another.", "", false, ""},
	unreadable:    {"Unreadable port", `%[1]s is not a port.`, ambiguous, "", false, ""},
}

// fault words a reading of the text.
func (k kind) fault(text string, r reading) *fault.Fault {
	w := wordings[k]
	return fault.New(w.title, fmt.Sprintf(w.problem, rawtext.Quote(text), r.detail), w.why, w.remedy(r))
}

// remedy fills in the corrected texts.
func (w wording) remedy(r reading) string {
	switch {
	case len(r.texts) == 0 && w.without != "":
		return w.without
	case len(r.texts) == 0 || w.instead == "":
		return grammar
	}
	quoted := make([]any, len(r.texts))
	for i, text := range r.texts {
		quoted[i] = strconv.Quote(text)
	}
	if !w.inLists {
		return fmt.Sprintf(w.instead, quoted[:strings.Count(w.instead, "%s")]...)
	}
	joined := strings.TrimSuffix(strings.Repeat("%s, ", len(quoted)), ", ")
	if r.cut {
		joined += " and so on"
	}
	return fmt.Sprintf(w.instead, fmt.Sprintf(joined, quoted...))
}
