// Package rawtext looks at a text as its author typed it: it quotes the text
// so that everything in it can be seen, and finds the ASCII text that it
// resembles. Parsers use it to explain what they refuse, never to accept it.
package rawtext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxQuoted is the number of characters of a text that a message shows.
const MaxQuoted = 80

// Quote returns the text in double quotes, with an escape for everything that
// does not show and at most MaxQuoted characters of it. Its time does not
// depend on the length of the text.
func Quote(text string) string {
	shown, cut := firstRunes(text, MaxQuoted)
	quote := strconv.Quote
	if strings.ContainsFunc(shown, misleading) {
		quote = strconv.QuoteToASCII
	}
	quoted := quote(shown)
	if cut {
		quoted = strings.TrimSuffix(quoted, `"`) + `…"`
	}
	return quoted
}

// Shorten returns the text without quotes, cut to n characters.
func Shorten(text string, n int) string {
	shown, cut := firstRunes(text, n)
	if cut {
		return shown + "…"
	}
	return shown
}

func firstRunes(text string, n int) (shown string, cut bool) {
	for i := range text {
		if n == 0 {
			return text[:i], true
		}
		n--
	}
	return text, false
}

// misleading reports whether r may count as printable and yet not show, or
// show as part of the character before it.
func misleading(r rune) bool { return unicode.Is(unicode.M, r) || blank(r) }

// blank reports whether r leaves no ink: control and format characters, such
// as the zero-width space, and letters and symbols that are drawn empty.
func blank(r rune) bool {
	const emptyBraille = '\u2800'
	return !unicode.IsGraphic(r) || r == emptyBraille ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Marks says what Clean found that is not plain ASCII text. A rune is 0 when
// there was none, otherwise the first of its kind.
type Marks struct {
	Invisible bool // characters that do not show, or bytes that are not UTF-8; left out
	Space     bool // white space of any kind; became single spaces
	Digit     bool // digits of another script; became ASCII digits
	Dash      bool // dashes and minus signs; became hyphens
	Wide      bool // full-width forms other than digits; became ASCII
	Foreign   rune // any other character outside ASCII; left in
}

// Clean returns the plain text that the text resembles. The time is linear.
func Clean(text string) (string, Marks) {
	var marks Marks
	var b strings.Builder
	b.Grow(len(text))
	for i, r := range text {
		switch {
		case unicode.IsSpace(r):
			marks.Space = true
			b.WriteByte(' ')
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)), blank(r):
			marks.Invisible = true
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case unicode.IsDigit(r):
			marks.Digit = true
			b.WriteByte('0' + digitValue(r))
		case unicode.Is(unicode.Pd, r), r == '\u2212': // MINUS SIGN is no dash
			marks.Dash = true
			b.WriteByte('-')
		case '\uFF01' <= r && r <= '\uFF5E':
			marks.Wide = true
			b.WriteByte(byte(r - '\uFF01' + '!'))
		default:
			if marks.Foreign == 0 {
				marks.Foreign = r
			}
			b.WriteRune(r)
		}
	}
	return b.String(), marks
}

// digitValue is the value of a decimal digit of any script. Unicode keeps the
// ten digits of a script together and in order, so it is the distance from
// the start of the run, of which some are several scripts long.
func digitValue(r rune) byte {
	for _, run := range unicode.Nd.R16 {
		if rune(run.Lo) <= r && r <= rune(run.Hi) {
			return byte((r - rune(run.Lo)) % 10)
		}
	}
	for _, run := range unicode.Nd.R32 {
		if rune(run.Lo) <= r && r <= rune(run.Hi) {
			return byte((r - rune(run.Lo)) % 10)
		}
	}
	return 0
}
