package terminal

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample has every code, a style beyond the end of a line, and texts that are
// none of XML's business.
const sample = "plain \x1b[1mbold\x1b[0m \x1b[4munderlined\x1b[24m not\n" +
	"\x1b[31m╷\x1b[0m\n\x1b[31m│\x1b[0m \x1b[1m\x1b[31mError: \x1b[0m\x1b[1mPolicy rejected\x1b[22m thin\n\n" +
	"  \x1b[32m+\x1b[0m added   \x1b[33m~\x1b[39m changed \x1b[1;34;4mboth\x1b[m \x1b[90mnull\n" +
	"still grey\x1b[0m  two  spaces  \n" +
	"<script>alert(\"1\")</script> & ]]> &amp; <!-- 'x'\n"

func window(text string) Window {
	return Window{Title: `Plan & "<title>"`, Description: "a description", Bar: "terraform plan", Text: text}
}

func TestGolden(t *testing.T) {
	got, err := window(sample).SVG()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "sample.svg")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed: look at it, then go test ./internal/terminal -update", file)
	}
}

// drawn is what a reader of XML sees of a picture, by our own elements alone.
type drawn struct {
	title, description, bar string
	width, height           float64
	lines                   []string
	bases                   []float64 // base lines of the lines
	colors                  []string  // of pieces of text, where they have one
}

// read fails for a picture that is not well-formed, or has an element that a
// terminal has no use for.
func read(t interface {
	Helper()
	Fatalf(string, ...any)
}, picture []byte) (d drawn) {
	t.Helper()
	var texts []string
	element := ""
	for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			at := map[string]string{}
			for _, a := range token.Attr {
				at[a.Name.Local] = a.Value
			}
			number := func(name string) float64 {
				f, err := strconv.ParseFloat(at[name], 64)
				if err != nil {
					t.Fatalf("%s=%q: %v", name, at[name], err)
				}
				return f
			}
			switch name := token.Name.Local; name {
			case "svg":
				d.width, d.height = number("width"), number("height")
			case "text":
				if len(texts) > 0 && at["space"] != "preserve" {
					t.Fatalf("a line that loses its spaces: %v", at)
				}
				element, texts, d.bases = name, append(texts, ""), append(d.bases, number("y"))
			case "tspan":
				d.colors = append(d.colors, at["fill"])
			case "title", "desc":
				element = name
			case "rect", "path", "circle":
			default:
				t.Fatalf("element %s in\n%s", name, picture)
			}
		case xml.EndElement:
			if token.Name.Local != "tspan" {
				element = ""
			}
		case xml.CharData:
			switch element {
			case "title":
				d.title += string(token)
			case "desc":
				d.description += string(token)
			case "text":
				texts[len(texts)-1] += string(token)
			default:
				if strings.TrimSpace(string(token)) != "" {
					t.Fatalf("%q stands outside of every text", token)
				}
			}
		}
	}
	if len(texts) == 0 {
		t.Fatalf("no text in\n%s", picture)
	}
	d.bar, d.lines, d.bases = texts[0], texts[1:], d.bases[1:]
	return d
}

var sequence = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestSVG_HostileTextIsText(t *testing.T) {
	w := window(sample)
	w.Description, w.Bar = `</desc><script href="x">`, `</text><a href="x">`
	picture, err := w.SVG()
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, picture)
	if d.title != w.Title || d.description != w.Description || d.bar != w.Bar {
		t.Errorf("read back: %q, %q, %q", d.title, d.description, d.bar)
	}
	want := strings.Split(strings.TrimSuffix(sequence.ReplaceAllString(sample, ""), "\n"), "\n")
	if !slices.Equal(d.lines, want) {
		t.Errorf("lines\n%q\nwant\n%q", d.lines, want)
	}
}

// Whatever was printed, every character of it stands in the picture, in its
// line and in order; lines lie in the picture and below each other; and the
// same text is the same bytes.
func TestSVG_Properties(t *testing.T) {
	piece := rapid.OneOf(
		rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S, unicode.Zs)),
		rapid.SampledFrom([]string{"\n", " ", "<", "&", "]]>", "╷", "\x1b[0m", "\x1b[1m", "\x1b[4;31m", "\x1b[32m", "\x1b[90m", "\x1b[39;22;24m", "\x1b[m"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
		text = strings.Repeat("x", rapid.IntRange(0, 200).Draw(t, "columns")) + text + "."
		w := window(text)
		picture, err := w.SVG()
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := w.SVG(); !bytes.Equal(picture, again) {
			t.Fatal("two pictures of one text differ")
		}
		d := read(t, picture)
		want := strings.Split(sequence.ReplaceAllString(text, ""), "\n")
		if !slices.Equal(d.lines, want) {
			t.Fatalf("lines\n%q\nwant\n%q", d.lines, want)
		}
		for i, base := range d.bases {
			if i > 0 && base != d.bases[i-1]+lineHeight || base < barHeight+ascent || base > d.height {
				t.Fatalf("base lines %v in a picture of height %v", d.bases, d.height)
			}
		}
		for _, line := range want {
			if needed := 0.6 * fontSize * float64(len([]rune(line))); needed+margin > d.width {
				t.Fatalf("a line of width %v in a picture of width %v", needed, d.width)
			}
		}
	})
}

func TestReadText_Styles(t *testing.T) {
	got, err := ReadText("\x1b[31m╷\x1b[0m\x1b[0m a\x1b[1;4mb\x1b[1mc\nd\x1b[22me\x1b[39;24mf\x1b[95mg\x1b[m\n\nh\n")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Run{
		{{"╷", Style{Color: 31}}, {" a", Style{}}, {"bc", Style{Bold: true, Underline: true}}},
		{{"d", Style{Bold: true, Underline: true}}, {"e", Style{Underline: true}}, {"f", Style{}}, {"g", Style{Color: 95}}},
		nil,
		{{"h", Style{}}},
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// To leave something out would not be what was printed; all faults come at once.
func TestSVG_RefusesWhatItCannotDraw(t *testing.T) {
	for _, tc := range []struct{ bar, text, want string }{
		{"", "", "a terminal without text"},
		{"", "\n", "a terminal without text"},
		{"", "a\n\x1b[7mb", `line 2: code 7 of "ESC[7m" is none that is drawn`},
		{"", "\x1b[38;5;1mred", `line 1: code 38 of "ESC[38;5;1m"`},
		{"", "\x1b[99999999999999999999m", `code 99999999999999999999 of`},
		{"", "a\x1b[2Jb", `line 1: '\x1b' has no picture`},
		{"", "a\tb", `'\t' has no picture`},
		{"", "a\r\nb", `line 1: '\r' has no picture`},
		{"", "a\u202eb", `'\u202e' has no picture`},
		{"", "a\xffb", "line 1: byte 0xff is not UTF-8"},
		{"", "a\x00\nb\nc\x07", "line 1: '\\x00' has no picture: only characters that are seen, spaces and line feeds are drawn\nline 3: '\\a'"},
		{"a\nb", "text", `title bar: "a\nb" is more than one line`},
		{"\a", "text", `title bar: line 1: '\a' has no picture`},
	} {
		w := window(tc.text)
		w.Bar = tc.bar
		if _, err := w.SVG(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q in %q: error %v, want one with %q", tc.text, tc.bar, err, tc.want)
		}
	}
}

// A wide letter takes two columns, and the replacement character may be meant.
func TestSVG_WidthIsThatOfTheLongestLine(t *testing.T) {
	width := func(text string) float64 {
		picture, err := window(text).SVG()
		if err != nil {
			t.Fatal(err)
		}
		return read(t, picture).width
	}
	if a, b := width("a"), width(strings.Repeat("a", 80)+"\nb"); a != b {
		t.Errorf("1 column has width %v and 80 have %v, want the same", a, b)
	}
	long, wide, replaced := width(strings.Repeat("a", 100)), width("\x1b[31m"+strings.Repeat("備", 50)), width(strings.Repeat("\ufffd", 50))
	if want := math.Ceil(100*columnWidth) + 2*margin; long != want || wide != want || replaced != want {
		t.Errorf("100 columns have widths %v, %v and %v, want %v", long, wide, replaced, want)
	}
}

// Every colour is readable on the ground and in the bar by WCAG 2, level AA.
func TestColors_HaveContrast(t *testing.T) {
	luminance := func(color string) float64 {
		rgb, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
		if err != nil || len(color) != 7 {
			t.Fatalf("colour %q: %v", color, err)
		}
		part := func(shift uint) float64 {
			c := float64(rgb>>shift&0xff) / 255
			if c <= 0.04045 {
				return c / 12.92
			}
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
	}
	for _, color := range append(palette[:], plain, plainBold) {
		for _, behind := range []string{ground, barColor} {
			if contrast := (luminance(color) + 0.05) / (luminance(behind) + 0.05); contrast < 4.5 {
				t.Errorf("%s on %s has a contrast of %.1f, want at least 4.5", color, behind, contrast)
			}
		}
	}
}

// A code has its colour, and only the characters that it is for.
func TestSVG_Colors(t *testing.T) {
	picture, err := window("\x1b[31mr\x1b[32mg\x1b[91mR\x1b[0m p \x1b[1mb").SVG()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, picture).colors, []string{palette[1], palette[2], palette[1], plainBold}; !slices.Equal(got, want) {
		t.Errorf("colours %v, want %v", got, want)
	}
	if !bytes.Contains(picture, []byte("</tspan> p <tspan")) {
		t.Errorf("the plain text has a style:\n%s", picture)
	}
}
