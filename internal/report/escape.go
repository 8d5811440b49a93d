package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names, reasons and keys are other people's texts. In a comment they must
// stay texts: no table cell, fold, link, image, mention or picture may begin
// or end in them. Escapes are character references, since these mean the same
// in Markdown, in a table and in HTML.

// markup are the characters with a meaning inside a line of GitHub's Markdown.
var markup = map[rune]string{
	'&': "&amp;", '<': "&lt;", '>': "&gt;", '`': "&#96;", '*': "&#42;", '_': "&#95;",
	'[': "&#91;", ']': "&#93;", '|': "&#124;", '~': "&#126;", '$': "&#36;", '\\': "&#92;", '@': "&#64;",
}

// autolink is what GitHub rewrites without any markup: addresses, mentions of
// people, numbers of issues, and names between colons, which are emoji. IPv6
// addresses have such names in them.
var autolink = regexp.MustCompile(`(?i)(?:https?|ftp)://|www\.|\bGH-\d+|#\d+|@[a-z0-9][a-z0-9/_-]*|[0-9a-f]*:[0-9a-f]*:[0-9a-f:./]*|:[a-z0-9_+-]+:`)

// text escapes a text for a line of Markdown, a table cell or HTML.
func text(s string) string {
	var b strings.Builder
	for {
		at := autolink.FindStringIndex(s)
		if at == nil {
			escape(&b, s)
			return b.String()
		}
		// An @ inside a word is an e-mail address.
		last, _ := utf8.DecodeLastRuneInString(s[:at[0]])
		isMail := s[at[0]] == '@' && at[0] > 0 && (unicode.IsLetter(last) || unicode.IsDigit(last))
		escape(&b, s[:at[0]])
		if isMail {
			escape(&b, s[at[0]:at[1]])
		} else {
			b.WriteString("<code>")
			escape(&b, s[at[0]:at[1]])
			b.WriteString("</code>")
		}
		s = s[at[1]:]
	}
}

// strong and emphasis write a text in bold and in italics, which takes a text
// that neither begins nor ends with a space.
func strong(s string) string { return "**" + trimmed(s) + "**" }

func emphasis(s string) string { return "*" + trimmed(s) + "*" }

func trimmed(s string) string {
	if s = strings.TrimSpace(visible(s)); s != "" {
		return text(s)
	}
	return "(blank)"
}

// quote writes a text as a line of its own in a quotation. No heading, list or
// block of code begins there: all of them begin with something that is no letter.
func quote(s string) string {
	s = strings.TrimSpace(visible(s))
	link := autolink.FindStringIndex(s)
	if first, size := utf8.DecodeRuneInString(s); size == 1 && !unicode.IsLetter(first) && (link == nil || link[0] > 0) {
		return fmt.Sprintf("> &#%d;%s\n", first, text(s[size:]))
	}
	return "> " + text(s) + "\n"
}

func escape(b *strings.Builder, s string) {
	s = visible(s)
	for i, r := range s {
		// Even in HTML, an address would become a link.
		if strings.HasPrefix(s[i:], "://") {
			b.WriteString("&#58;")
			continue
		}
		if r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www") {
			b.WriteString("&#46;")
			continue
		}
		if reference, special := markup[r]; special {
			b.WriteString(reference)
		} else {
			b.WriteRune(r)
		}
	}
}

// visible replaces what cannot be seen: line breaks become spaces, control and
// format characters, which reorder or hide text, their numbers.
func visible(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "�") {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector) || r == 0x3164 || r == 0xffa0 || r == 0x115f || r == 0x1160:
			fmt.Fprintf(&b, "(U+%04X)", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain are the characters that need no escape in a code span, not even in a
// table.
var plain = regexp.MustCompile(`^[A-Za-z0-9 _./:,+=@()#-]*[A-Za-z0-9_./:,+=@()#-]$`)

// code writes a name as code. Names that would not survive a code span are
// written with character references.
func code(s string) string {
	if strings.TrimSpace(s) == "" {
		return "(blank)"
	}
	if plain.MatchString(s) && s[0] != ' ' {
		return "`" + s + "`"
	}
	var b strings.Builder
	escape(&b, s)
	return "<code>" + b.String() + "</code>"
}

// codes writes names as a list of at most the given number, and says how many
// more there are.
func codes(names []string, most int) string {
	shown := names
	if len(shown) > most {
		shown = shown[:most]
	}
	texts := make([]string, len(shown))
	for i, name := range shown {
		texts[i] = code(name)
	}
	list := strings.Join(texts, ", ")
	if more := len(names) - len(shown); more > 0 {
		list += fmt.Sprintf(" and %s more", number(more))
	}
	return list
}

// label escapes a text for a quoted label of a Mermaid diagram, which takes
// character references with a # in place of the &#.
func label(s string) string {
	var b strings.Builder
	// Two dollars begin a formula, whether they are escaped or not; a word
	// joiner between them is not seen.
	for _, r := range strings.ReplaceAll(visible(s), "$$", "$\u2060$") {
		switch {
		case r < utf8.RuneSelf && !isLabel(r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isLabel(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" _./:,+()-", r)
}

// number writes a whole number with commas between the thousands.
func number(n int) string {
	if n < 0 {
		return "-" + number(-n)
	}
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

var plurals = map[string]string{
	"policy":                       "policies",
	"group of hand-written rules":  "groups of hand-written rules",
	"row of the table":             "rows of the table",
	"error of the plan":            "errors of the plan",
	"list of findings":             "lists of findings",
	"list of openings":             "lists of openings",
	"list of advice":               "lists of advice",
	"list of services":             "lists of services",
	"list of compiled rules":       "lists of compiled rules",
	"table of waivers":             "tables of waivers",
	"more pair of ports and peers": "more pairs of ports and peers",
}

// count writes a number of things: "1 finding", "2,000 findings".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if plural, irregular := plurals[thing]; irregular {
		return number(n) + " " + plural
	}
	return number(n) + " " + thing + "s"
}

// shorten keeps a text to the given number of runes and says so.
func shorten(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "… (shortened)"
}
