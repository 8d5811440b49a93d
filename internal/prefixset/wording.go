package prefixset

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
	list
	hostBits
	localNAT64Prefix
	leadingZero
	plusSign
	zone
	port
	brackets
	netmask
	badMask
	addressRange
	reversed
	short
	missingLength
	badLength
	tooLong
	octetRange
	hostName
	invisible
	foreignDigits
	fullWidth
	spaces
	foreign
	unreadable
)

// wording is the text of one kind. In problem, %[1]s is the quoted value and
// %[2]s the detail of the reading.
type wording struct {
	title, problem, why string
	// instead has one %s per corrected text or, if it ends in a colon, is
	// followed by all of them. Empty means what write says.
	instead string
	// without is the remedy when there is no corrected text; empty means
	// grammar.
	without string
}

// grammar is the remedy when no correction can be computed. Every quoted text
// in a remedy can be read by Parse.
const grammar = `Write an address or a prefix, such as "192.0.2.10/32", "192.0.2.0/24" or "2001:db8::/32".`

const (
	oneWay     = "There is one way to write each prefix, so that the same opening is always the same text."
	ambiguous  = "Where two readers understand different addresses, more is opened than one of them expects."
	networks   = "Write the network itself, such as "
	oneAddress = "Write %s for the one address, or "
)

var wordings = [...]wording{
	empty:            {"Empty prefix", `%[1]s names no address.`, "An empty text could mean no address or every address.", "", `Write an address or a prefix, such as "192.0.2.0/24", or leave the element out.`},
	wildcard:         {"Wildcard instead of prefix", `%[1]s does not say which family of addresses.`, "Some tools read it as all of IPv4 only, others as both families.", "Write %s for every IPv4 address, or %s for every IPv6 address; it will be judged as that.", ""},
	list:             {"List in one text", `%[1]s is written as a list.`, "Each list element is judged and reported by its place in the list.", "Write separate list elements:", `Write each element on its own, such as "192.0.2.0/24", "2001:db8::/32".`},
	hostBits:         {"Host bits set", `%[1]s has address bits set behind the prefix length.`, "It could mean the one host or its whole network.", "", ""},
	localNAT64Prefix: {"Local-use NAT64 prefix", `%[1]s lies in 64:ff9b:1::/48, which RFC 8215 leaves to local NAT64 translators.`, "Only their operator knows where the IPv4 address stands in it, so nobody else can say what it reaches.", "", `Write the IPv4 addresses themselves, such as "192.0.2.0/24".`},
	leadingZero:      {"Leading zero", `%[1]s has a number with a leading zero.`, "Some programs read such a number as octal, and open another network.", "", ""},
	plusSign:         {"Plus sign", `%[1]s has a plus sign.`, oneWay, "", ""},
	zone:             {"Zone in prefix", `%[1]s has a zone behind the percent sign.`, "A zone is an interface of one machine; packets and firewall rules do not carry it.", "", ""},
	port:             {"Port in prefix", `%[1]s has a port.`, "A prefix says who; on which ports is said by the port range.", "", ""},
	brackets:         {"Brackets in prefix", `%[1]s has brackets.`, oneWay, "", ""},
	netmask:          {"Netmask instead of length", `%[1]s has a netmask.`, "Masks and inverse masks are easily mistaken for each other, and one of them opens almost everything.", "", ""},
	badMask:          {"Invalid netmask", `%[1]s has a netmask that stands for no prefix length.`, ambiguous, "", networks + `"192.0.2.0/24".`},
	addressRange:     {"Range instead of prefix", `%[1]s is a range of addresses.`, "Most firewalls only take prefixes, and a range may need many of them.", "Write list elements:", ""},
	reversed:         {"Reversed address range", `%[1]s is a range that ends before it starts.`, ambiguous, "Write list elements:", ""},
	short:            {"Incomplete address", `%[1]s leaves out a part of the address.`, "Some programs fill it up with zeros at the end, others in the middle.", "", ""},
	missingLength:    {"Missing prefix length", `%[1]s has nothing behind the slash.`, "It could mean the one host or every address.", oneAddress + "a prefix length.", ""},
	badLength:        {"Invalid prefix length", `%[1]s has a prefix length that is not a number.`, ambiguous, oneAddress + "a decimal prefix length.", ""},
	tooLong:          {"Prefix length too long", `%[1]s has a prefix length beyond %[2]s.`, "No address can match, or the length is a typing error.", oneAddress + "a shorter prefix length.", ""},
	octetRange:       {"Number out of range", `%[1]s has a number above 255 in an IPv4 address.`, "Programs that cut the number to 8 bits open another address.", "", ""},
	hostName:         {"Name instead of address", `%[1]s is not an address.`, "A name can stand for other addresses after the plan was reviewed.", "", ""},
	invisible:        {"Invisible character", `%[1]s has a character that does not show.`, "What cannot be seen cannot be reviewed.", "", ""},
	foreignDigits:    {"Non-ASCII digits", `%[1]s has digits other than 0 to 9.`, "Programs differ in how they read them, and some look like another digit.", "", ""},
	fullWidth:        {"Full-width characters", `%[1]s has full-width characters.`, oneWay, "", ""},
	spaces:           {"Spaces in prefix", `%[1]s has spaces.`, oneWay, "", ""},
	foreign:          {"Non-ASCII character", `%[1]s has the character %[2]s.`, "It may look like an ASCII one, but it is another.", "", ""},
	unreadable:       {"Unreadable prefix", `%[1]s is not an address or a prefix.`, ambiguous, "", ""},
}

// fault words a reading of the text.
func (k kind) fault(text string, r reading) *fault.Fault {
	w := wordings[k]
	return fault.New(w.title, fmt.Sprintf(w.problem, rawtext.Quote(text), r.detail), w.why, w.remedy(r))
}

// remedy fills in the corrected texts.
func (w wording) remedy(r reading) string {
	quoted := make([]any, len(r.texts))
	for i, text := range r.texts {
		quoted[i] = strconv.Quote(text)
	}
	switch {
	case len(quoted) == 0 && w.without != "":
		return w.without
	case len(quoted) == 0:
		return grammar
	case strings.HasSuffix(w.instead, ":"):
		all := strings.TrimSuffix(strings.Repeat(" %s,", len(quoted)), ",")
		if r.cut {
			all += " and so on"
		}
		return w.instead + fmt.Sprintf(all, quoted...) + "."
	case w.instead != "":
		return fmt.Sprintf(w.instead, quoted...)
	case len(quoted) == 2:
		return fmt.Sprintf("Write %s for the network or %s for the host.", quoted...)
	}
	return fmt.Sprintf("Write %s.", quoted[0])
}
