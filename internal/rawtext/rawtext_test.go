package rawtext

import (
	"strings"
	"testing"
	"unicode"
)

func TestQuote_ShowsWhatDoesNotShow(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", `""`},
		{"22/tcp", `"22/tcp"`},
		{`say "22"`, `"say \"22\""`},
		{"٢٢/tcp", `"٢٢/tcp"`}, // digits are shown as the author sees them
		{"22\u200b/tcp", `"22\u200b/tcp"`},
		{"22\u00a0/tcp", `"22\u00a0/tcp"`},
		{"22\x00\n\xff", `"22\x00\n\xff"`},
		{"\u202e22", `"\u202e22"`},
		{"22\u3164é", `"22\u3164\u00e9"`}, // a letter that is drawn empty
		{"22\u2800", `"22\u2800"`},
		{"22\u0332", `"22\u0332"`}, // drawn below the digit before it
		{"22\ufe0f", `"22\ufe0f"`},
	} {
		if got := Quote(tt.text); got != tt.want {
			t.Errorf("Quote(%+q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestQuote_CutsAfterEightyCharacters(t *testing.T) {
	digit := "٢" // two bytes
	if got, want := Quote(strings.Repeat(digit, 80)), `"`+strings.Repeat(digit, 80)+`"`; got != want {
		t.Errorf("80 characters: got %s, want %s", got, want)
	}
	if got, want := Quote(strings.Repeat(digit, 81)), `"`+strings.Repeat(digit, 80)+`…"`; got != want {
		t.Errorf("81 characters: got %s, want %s", got, want)
	}
	// A quotation mark at the cut must not be taken for the closing one.
	if got, want := Quote(strings.Repeat(`"`, 81)), `"`+strings.Repeat(`\"`, 80)+`…"`; got != want {
		t.Errorf("81 quotation marks: got %s, want %s", got, want)
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{{"12345", 5, "12345"}, {"123456", 5, "12345…"}, {"", 5, ""}, {"٢٢٢", 2, "٢٢…"}} {
		if got := Shorten(tt.text, tt.n); got != tt.want {
			t.Errorf("Shorten(%q, %d) = %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		marks      Marks
	}{
		{"22/tcp", "22/tcp", Marks{}},
		{"\t22\u00a0/tcp\n", " 22 /tcp ", Marks{Space: true}},
		{"2\u200b2\x00\ufeff\xff\u3164\u2800\u00ad", "22", Marks{Invisible: true}},
		{"\uFFFD", "\uFFFD", Marks{Foreign: '\uFFFD'}},
		{"٢۲２𝟐𝟮", "22222", Marks{Digit: true}},
		{"1–2—3−4‐5﹣6", "1-2-3-4-5-6", Marks{Dash: true}},
		{"２２／ｔｃｐ", "22/tcp", Marks{Digit: true, Wide: true}},
		{"22/tсp\u00e9", "22/tсp\u00e9", Marks{Foreign: '\u0441'}},
		{"２２－２３", "22-23", Marks{Digit: true, Dash: true}},
	} {
		got, marks := Clean(tt.text)
		if got != tt.want || marks != tt.marks {
			t.Errorf("Clean(%+q) = %+q %+v, want %+q %+v", tt.text, got, marks, tt.want, tt.marks)
		}
	}
}

// digitValue counts from the start of a run of the Unicode table, which is
// right only as long as runs hold whole sets of ten.
func TestDigitValue_RunsHoldWholeSetsOfTen(t *testing.T) {
	for _, run := range unicode.Nd.R16 {
		if run.Stride != 1 || (run.Hi-run.Lo+1)%10 != 0 {
			t.Errorf("run %U-%U with stride %d", run.Lo, run.Hi, run.Stride)
		}
	}
	for _, run := range unicode.Nd.R32 {
		if run.Stride != 1 || (run.Hi-run.Lo+1)%10 != 0 {
			t.Errorf("run %U-%U with stride %d", run.Lo, run.Hi, run.Stride)
		}
	}
	for i, r := range []rune("٠١٢٣٤٥٦٧٨٩") {
		if got := digitValue(r); int(got) != i {
			t.Errorf("digitValue(%c) = %d, want %d", r, got, i)
		}
	}
	// Five sets of mathematical digits make up one run.
	for i := range rune(50) {
		if got := digitValue('\U0001D7CE' + i); rune(got) != i%10 {
			t.Errorf("digitValue(%U) = %d, want %d", '\U0001D7CE'+i, got, i%10)
		}
	}
}
