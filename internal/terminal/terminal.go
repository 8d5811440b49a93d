// Package terminal draws what a command line has printed, colours included, as
// an SVG that looks like a terminal. The same text is the same bytes.
package terminal

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Window is a terminal with a text in it.
type Window struct {
	// Title and Description are read to those who do not see the picture.
	Title, Description string
	// Bar stands in the title bar, such as the command.
	Bar string
	// Text may have the codes of ReadText. Lines are never wrapped.
	Text string
}

const (
	ground   = "#0d1117"
	barColor = "#21262d"
	border   = "#484f58"
	font     = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"

	fontSize = 13
	// The widest of the fonts has columns of 0.62 em. What a narrower one
	// leaves over is margin.
	columnWidth = 0.62 * fontSize
	// As little above the font's height as can be, so that the vertical bars
	// beside a diagnostic meet.
	lineHeight = 16
	ascent     = 12 // of a line's top above its base line
	margin     = 16
	barHeight  = 30
	// A terminal of a standard width, so that pictures of short texts are alike.
	leastColumns = 80
)

// SVG draws the window, wide enough for the longest line and for 80 columns.
// It fails for a text without characters, and with everything that ReadText
// refuses in the bar or in the text.
func (w Window) SVG() ([]byte, error) {
	lines, err := ReadText(w.Text)
	bar, barErr := ReadText(w.Bar)
	if barErr != nil {
		barErr = fmt.Errorf("title bar: %w", barErr)
	} else if len(bar) > 1 {
		barErr = fmt.Errorf("title bar: %q is more than one line", w.Bar)
	}
	if err := errors.Join(err, barErr); err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, errors.New("a terminal without text")
	}
	columns := leastColumns
	for _, line := range lines {
		columns = max(columns, columnsOf(line))
	}
	width := 2*margin + int(math.Ceil(float64(columns)*columnWidth))
	top := barHeight + margin/2
	height := top + len(lines)*lineHeight + margin

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="%s" font-size="%d" fill="%s">`+"\n",
		width, height, font, fontSize, plain)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", escape(w.Title), escape(w.Description))
	// The border sets the window off from dark pages.
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, ground, border)
	fmt.Fprintf(&b, `<path d="M1 %d V8 a7 7 0 0 1 7 -7 H%d a7 7 0 0 1 7 7 V%[1]d z" fill="%[3]s"/>`+"\n", barHeight, width-8, barColor)
	for i := range 3 {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="5" fill="%s"/>`+"\n", margin+4+i*16, barHeight/2, border)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">`, width/2, barHeight/2+5)
	for _, line := range bar {
		writeRuns(&b, line)
	}
	b.WriteString("</text>\n")
	for i, line := range lines {
		fmt.Fprintf(&b, `<text x="%d" y="%d" xml:space="preserve">`, margin, top+i*lineHeight+ascent)
		writeRuns(&b, line)
		b.WriteString("</text>\n")
	}
	b.WriteString("</svg>\n")
	return []byte(b.String()), nil
}

// columnsOf is how many columns a line takes, rather more than less: letters
// from the East Asian scripts upwards are counted as wide.
func columnsOf(line []Run) int {
	columns := 0
	for _, run := range line {
		for _, r := range run.Text {
			columns++
			if r >= 0x2e80 || r >= 0x1100 && r < 0x1160 {
				columns++
			}
		}
	}
	return columns
}

func writeRuns(b *strings.Builder, line []Run) {
	for _, run := range line {
		attributes := ""
		if colour := run.Style.colour(); colour != plain {
			attributes += ` fill="` + colour + `"`
		}
		if run.Style.Bold {
			attributes += ` font-weight="bold"`
		}
		if run.Style.Underline {
			attributes += ` text-decoration="underline"`
		}
		if attributes == "" {
			b.WriteString(escape(run.Text))
		} else {
			b.WriteString("<tspan" + attributes + ">" + escape(run.Text) + "</tspan>")
		}
	}
}

// escape writes a text for XML. Characters that XML does not have are replaced;
// ReadText lets none of them through.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes all
	return b.String()
}
