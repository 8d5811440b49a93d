package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sampleLines() LogLog {
	return LogLog{
		Title: "Cost & growth <of> \"all\"", Description: "a description", XLabel: "size", YLabel: "time", YTick: Seconds,
		Names: []string{"built in", "a&b", "third"},
		Panels: []Panel{
			{Title: "first", Series: [][]Point{{{1, 0.004}, {100, 0.0005}, {1000, 0.0004}}, {{1, 0.02}, {100, 0.002}}, nil}},
			{Title: "second", Series: [][]Point{nil, {{3000, 0.0007}}, {{1, 0.09}, {3000, 0.001}}}},
		},
	}
}

func sampleBars() Bars {
	return Bars{
		Title: "Ratios", Description: "a description", XLabel: "ratio", Names: []string{"÷ one", "÷ two"}, Mark: 1, MarkLabel: "1",
		Groups: []Group{{"plan: time", []float64{1.25, 7}}, {"apply: a longer name", []float64{0.5, 0}}},
		Write:  func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
	}
}

func TestGolden(t *testing.T) {
	single := sampleLines()
	single.Panels, single.YTick = single.Panels[:1], nil
	for name, chart := range map[string]interface{ SVG() ([]byte, error) }{
		"lines": sampleLines(), "one_panel": single, "bars": sampleBars(),
	} {
		got, err := chart.SVG()
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, got)
		file := filepath.Join("testdata", name+".svg")
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
			t.Errorf("%s has changed: look at it, then go test ./internal/plot -update", file)
		}
	}
}

// element is what the tests want to know of an element.
type element struct {
	name string
	at   map[string]float64 // attributes that are numbers
	text string
}

// wellFormed reads the picture as XML and returns its elements.
func wellFormed(t interface {
	Helper()
	Fatalf(string, ...any)
}, picture []byte) []element {
	t.Helper()
	var all []element
	for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			if len(all) == 0 || all[0].name != "svg" {
				t.Fatalf("no picture: %.80s", picture)
			}
			return all
		case err != nil:
			t.Fatalf("%v in\n%s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, at: map[string]float64{}}
			for _, a := range token.Attr {
				if f, err := strconv.ParseFloat(a.Value, 64); err == nil {
					e.at[a.Name.Local] = f
				}
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("%s has %s=%q", e.name, a.Name.Local, a.Value)
				}
			}
			all = append(all, e)
		case xml.CharData:
			all[max(len(all)-1, 0)].text += strings.TrimSpace(string(token))
		}
	}
}

// Whatever the values, every marker and text lies in the picture, a larger
// value is higher up, and the same chart has the same bytes.
func TestLogLog_Properties(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) float64 { return math.Pow(10, rapid.Float64Range(-9, 9).Draw(t, "exponent")) })
	rapid.Check(t, func(t *rapid.T) {
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		c := LogLog{Title: rapid.String().Draw(t, "title"), Names: []string{"series"},
			Panels: []Panel{{Series: [][]Point{{{value.Draw(t, "x"), a}, {value.Draw(t, "x"), b}}}}}}
		got, err := c.SVG()
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := c.SVG(); !bytes.Equal(got, again) {
			t.Fatal("two pictures of one chart differ")
		}
		var discs []element
		for _, e := range wellFormed(t, got) {
			for _, name := range []string{"x", "cx", "x1", "x2"} {
				if v, has := e.at[name]; has && (v < 0 || v > leftMargin+2*panelWidth+rightMargin+1) {
					t.Fatalf("%s at %s=%v is not in the picture", e.name, name, v)
				}
			}
			if e.name == "circle" {
				discs = append(discs, e)
			}
		}
		if len(discs) != 3 { // one in the legend
			t.Fatalf("%d markers, want 3", len(discs))
		}
		if ya, yb := discs[1].at["cy"], discs[2].at["cy"]; a < b && ya < yb || a > b && ya > yb {
			t.Fatalf("%v is drawn at %v and %v at %v", a, ya, b, yb)
		}
	})
}

// A bar is as long as its value.
func TestBars_LengthsAreProportional(t *testing.T) {
	got, err := sampleBars().SVG()
	if err != nil {
		t.Fatal(err)
	}
	var widths []float64
	for _, e := range wellFormed(t, got) {
		if e.name == "rect" && e.at["height"] == barHeight {
			widths = append(widths, e.at["width"])
		}
	}
	if len(widths) != 4 || widths[1] != barsWidth || math.Abs(widths[0]/widths[1]-1.25/7) > 1e-3 || math.Abs(widths[2]/widths[1]-0.5/7) > 1e-3 || widths[3] != 0 {
		t.Errorf("widths %v", widths)
	}
}

func TestSVG_RefusesWhatHasNoPlace(t *testing.T) {
	lines := func(p ...Point) LogLog {
		return LogLog{Names: []string{"s"}, Panels: []Panel{{Title: "p", Series: [][]Point{p}}}}
	}
	bars := func(v ...float64) Bars { return Bars{Names: []string{"s"}, Groups: []Group{{"g", v}}} }
	for _, tc := range []struct {
		chart interface{ SVG() ([]byte, error) }
		want  string
	}{
		{lines(), "without points"},
		{lines(Point{0, 1}), "(0, 1) has no place"},
		{lines(Point{1, -1}), "(1, -1) has no place"},
		{lines(Point{1, math.NaN()}), "has no place"},
		{lines(Point{math.Inf(1), 1}), "has no place"},
		{LogLog{Names: []string{"a", "b"}, Panels: []Panel{{Title: "p"}}}, `panel "p" has 0 series, and there are 2 names`},
		{Bars{}, "without bars"},
		{bars(0), "all bars are zero"},
		{bars(-1), "-1 is no length"},
		{bars(math.NaN()), "is no length"},
		{bars(1, 2), `group "g" has 2 values, and there are 1 names`},
	} {
		if _, err := tc.chart.SVG(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("error %v, want one with %q", err, tc.want)
		}
	}
}

// Names that do not fit beside each other get rows, and all stays in the picture.
func TestLegend_TakesRows(t *testing.T) {
	c := LogLog{Names: []string{"a name of some length", "another name of some length", "the third name of some length", "d"}}
	c.Panels = []Panel{{Series: [][]Point{{{1, 1}}, {{1, 2}}, {{1, 3}}, {{10, 4}}}}}
	got, err := c.SVG()
	if err != nil {
		t.Fatal(err)
	}
	rows, height := map[float64]int{}, 0.0
	for _, e := range wellFormed(t, got) {
		if e.name == "svg" {
			height = e.at["height"]
		}
		for _, name := range c.Names {
			if e.name == "text" && e.text == name {
				rows[e.at["y"]]++
				if right := e.at["x"] + textWidth(name); right > leftMargin+2*panelWidth+rightMargin {
					t.Errorf("%q ends at %v", name, right)
				}
			}
		}
	}
	if len(rows) != 2 || height != headHeight+legendRow+panelHeight+footHeight {
		t.Errorf("rows %v in a picture of height %v", rows, height)
	}
}

func TestTexts(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{Number(1), "1"}, {Number(0.25), "0.25"}, {Number(999), "999"}, {Number(3000), "3,000"}, {Number(1234567), "1,234,567"},
		{Seconds(1.2345), "1.23 s"}, {Seconds(75), "75 s"}, {Seconds(1234), "1,230 s"}, {Seconds(0.0012), "1.2 ms"}, {Seconds(0.05), "50 ms"}, {Seconds(4.2e-5), "42 µs"}, {Seconds(3e-9), "3 ns"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestAxis_EndsAtTicksAndHoldsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(1e-9, 1e9), 1, 5).Draw(t, "values")
		a := newAxis(values)
		if len(a.ticks) < 2 || a.ticks[0] != a.low || a.ticks[len(a.ticks)-1] != a.high {
			t.Fatalf("ticks %v of an axis from %v to %v", a.ticks, a.low, a.high)
		}
		for _, v := range values {
			if p := a.place(v, 0, 1); p < 0 || p > 1 {
				t.Fatalf("%v is at %v of an axis from %v to %v", v, p, a.low, a.high)
			}
		}
		tight := tightAxis(values)
		if len(tight.ticks) == 0 {
			t.Fatal("a tight axis without ticks")
		}
		for _, v := range append(tight.ticks, values...) {
			if p := tight.place(v, 0, 1); p <= 0 || p >= 1 {
				t.Fatalf("%v is at %v of a tight axis from %v to %v", v, p, tight.low, tight.high)
			}
		}
	})
}
