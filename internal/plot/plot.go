// Package plot draws charts as SVG: lines on logarithmic axes, and bars. The
// same chart is the same bytes.
package plot

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Point is a value at a place of the horizontal axis, both above zero.
type Point struct{ X, Y float64 }

// palette has the colours of series, which also those tell apart who see few,
// and dark enough for a white ground. Each series has a marker of its own too.
var palette = []string{"#6b6b6b", "#0072b2", "#c4500a", "#117733", "#882255", "#8a6d00"}

const (
	ink      = "#1f2328"
	faintInk = "#59636e"
	grid     = "#d8dee4"
	font     = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
)

// canvas collects the elements of a picture.
type canvas struct {
	width, height float64
	body          strings.Builder
}

// render closes the picture. A white ground makes it readable on dark pages.
func (c *canvas) render(title, description string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img" font-family="%s" font-size="13">`+"\n",
		num(c.width), num(c.height), font)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", escape(title), escape(description))
	fmt.Fprintf(&b, `<rect width="%s" height="%s" fill="#ffffff"/>`+"\n", num(c.width), num(c.height))
	b.WriteString(c.body.String())
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (c *canvas) line(x1, y1, x2, y2 float64, colour string, width float64, dash string) {
	if dash != "" {
		dash = ` stroke-dasharray="` + dash + `"`
	}
	fmt.Fprintf(&c.body, `<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="%s"%s/>`+"\n",
		num(x1), num(y1), num(x2), num(y2), colour, num(width), dash)
}

func (c *canvas) rect(x, y, width, height float64, colour string) {
	fmt.Fprintf(&c.body, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", num(x), num(y), num(width), num(height), colour)
}

// Where a text has its anchor.
const (
	start  = "start"
	middle = "middle"
	end    = "end"
)

// text is a text with its base line at y.
func (c *canvas) text(x, y float64, anchor, colour, weight, text string) {
	if weight != "" {
		weight = ` font-weight="` + weight + `"`
	}
	fmt.Fprintf(&c.body, `<text x="%s" y="%s" text-anchor="%s" fill="%s"%s>%s</text>`+"\n",
		num(x), num(y), anchor, colour, weight, escape(text))
}

// upright is a text that is read from below, centred.
func (c *canvas) upright(x, y float64, colour, text string) {
	fmt.Fprintf(&c.body, `<text transform="translate(%s %s) rotate(-90)" text-anchor="middle" fill="%s">%s</text>`+"\n",
		num(x), num(y), colour, escape(text))
}

// path is a line through points of the picture.
func (c *canvas) path(points []Point, colour string) {
	var d strings.Builder
	for i, p := range points {
		command := " L"
		if i == 0 {
			command = "M"
		}
		d.WriteString(command + num(p.X) + " " + num(p.Y))
	}
	fmt.Fprintf(&c.body, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", d.String(), colour)
}

// marker is the sign of a series: a disc, a square, a triangle and so on.
func (c *canvas) marker(series int, x, y float64) {
	colour := colourOf(series)
	switch series % 3 {
	case 0:
		fmt.Fprintf(&c.body, `<circle cx="%s" cy="%s" r="4" fill="%s"/>`+"\n", num(x), num(y), colour)
	case 1:
		c.rect(x-3.5, y-3.5, 7, 7, colour)
	default:
		fmt.Fprintf(&c.body, `<path d="M%s %s l5 9 h-10 z" fill="%s"/>`+"\n", num(x), num(y-5.5), colour)
	}
}

// Places of the legend: the first base line, and from one row to the next.
const legendTop, legendRow = 54.0, 22.0

// legend writes the names of series in rows that are no wider than the picture,
// each behind its sign, and returns how many rows it took.
func (c *canvas) legend(names []string, sign func(series int, x, y float64) (width float64)) (rows int) {
	const left, gap = 16.0, 22.0
	x, y := left, legendTop
	for i, name := range names {
		const signs = 30 // the widest, with its distance
		if x > left && x+signs+textWidth(name) > c.width-left {
			x, y = left, y+legendRow
		}
		x += sign(i, x, y)
		c.text(x, y, start, ink, "", name)
		x += textWidth(name) + gap
	}
	return 1 + int((y-legendTop)/legendRow)
}

func colourOf(series int) string { return palette[series%len(palette)] }

// textWidth is about the width of a text, rather more than less: fonts differ.
func textWidth(text string) float64 { return 7.4 * float64(len([]rune(text))) }

// escape writes a text for XML. Characters that XML does not have are replaced.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes all
	return b.String()
}

// num writes a number with at most two digits behind the point.
func num(f float64) string {
	text := strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
	if text == "-0" {
		return "0"
	}
	return text
}
