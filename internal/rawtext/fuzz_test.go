package rawtext

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzQuote: everything in the quoted text can be seen, and it is what the text
// begins with.
func FuzzQuote(f *testing.F) {
	for _, text := range []string{"22/tcp", "٢٢/tcp", "22\u200b/tcp", "22\x00\n\xff", "\u202e22", "22\u3164é", `say "22"`, strings.Repeat("٢", 81), strings.Repeat(`"`, 81)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := Quote(text)
		inner, cut := quoted, false
		if utf8.RuneCountInString(text) > MaxQuoted {
			inner, cut = strings.TrimSuffix(quoted, `…"`)+`"`, true
		}
		read, err := strconv.Unquote(inner)
		if err != nil || !strings.HasPrefix(text, read) || !cut && read != text || cut && utf8.RuneCountInString(read) != MaxQuoted {
			t.Errorf("%+q is quoted as %s, which is %+q, %v", text, quoted, read, err)
		}
		if !utf8.ValidString(quoted) || strings.ContainsFunc(quoted, func(r rune) bool { return misleading(r) }) {
			t.Errorf("%+q is quoted as %+q", text, quoted)
		}
		short := Shorten(text, MaxQuoted)
		if !strings.HasPrefix(text, strings.TrimSuffix(short, "…")) || utf8.RuneCountInString(short) > MaxQuoted+1 {
			t.Errorf("%+q is shortened to %+q", text, short)
		}
	})
}

// FuzzClean: a clean text is clean, and the marks say what it was cleaned of.
func FuzzClean(f *testing.F) {
	for _, text := range []string{"22/tcp", "\t22\u00a0/tcp\n", "2\u200b2\x00\ufeff\xff", "\uFFFD", "٢۲２𝟐𝟮", "1–2—3−4‐5﹣6", "２２／ｔｃｐ", "22/tсp\u00e9"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, marks := Clean(text)
		if !utf8.ValidString(clean) || len(clean) > len(text) {
			t.Errorf("%+q is cleaned to %+q", text, clean)
		}
		ascii := !strings.ContainsFunc(clean, func(r rune) bool { return r >= utf8.RuneSelf })
		if ascii != (marks.Foreign == 0) || marks.Foreign != 0 && !strings.ContainsRune(clean, marks.Foreign) {
			t.Errorf("%+q is cleaned to %+q, marks %+v", text, clean, marks)
		}
		again, rest := Clean(clean)
		if again != clean || rest.Invisible || rest.Digit || rest.Dash || rest.Wide || rest.Foreign != marks.Foreign || rest.Space && !marks.Space {
			t.Errorf("%+q is cleaned to %+q, and that to %+q, marks %+v", text, clean, again, rest)
		}
		if unchanged := !marks.Invisible && !marks.Digit && !marks.Dash && !marks.Wide; unchanged && !marks.Space && clean != text || !unchanged && clean == text {
			t.Errorf("%+q is cleaned to %+q, marks %+v", text, clean, marks)
		}
	})
}
