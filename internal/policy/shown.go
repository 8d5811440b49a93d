package policy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// CheckShown refuses a text that findings repeat word for word and in which
// something does not show, such as a line break or a mark that turns the
// direction of writing: a finding could then say something else than it does.
func CheckShown(what, text string) *fault.Fault {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.ValidString(text) && !strings.ContainsFunc(text, hidden) {
		return nil
	}
	return fault.New("Text with hidden characters",
		fmt.Sprintf("%s %+q has characters that do not show.", what, shortened(text)),
		"Findings repeat it, and would say something else than they mean.",
		"Write one line of letters, digits, spaces and punctuation.")
}

// shortened keeps at most 80 runes of the text.
func shortened(text string) string {
	n := 0
	for i := range text {
		if n++; n > 80 {
			return text[:i]
		}
	}
	return text
}
