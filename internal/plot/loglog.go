package plot

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// LogLog is a chart of lines in one panel or several beside each other. All
// panels have the same axes, so that they can be compared by eye.
type LogLog struct {
	Title, Description string
	XLabel, YLabel     string
	Names              []string // of the series, in each panel the same
	Panels             []Panel
	// YTick writes a value of the vertical axis; nil writes the number.
	YTick func(float64) string
}

// Panel has the points of each series by X. A series may have none.
type Panel struct {
	Title  string
	Series [][]Point
}

const (
	panelWidth, panelHeight = 280.0, 270.0
	panelGap                = 26.0
	leftMargin, rightMargin = 96.0, 22.0
	headHeight              = 92.0 // title, one row of the legend and the titles of panels
	footHeight              = 54.0
)

// SVG draws the chart. It fails for values that a logarithmic axis does not
// have, and for a chart without points.
func (c LogLog) SVG() ([]byte, error) {
	var xs, ys []float64
	for _, panel := range c.Panels {
		if len(panel.Series) != len(c.Names) {
			return nil, fmt.Errorf("panel %q has %d series, and there are %d names", panel.Title, len(panel.Series), len(c.Names))
		}
		for i, series := range panel.Series {
			for _, p := range series {
				if !(p.X > 0 && p.Y > 0) || math.IsInf(p.X, 0) || math.IsInf(p.Y, 0) {
					return nil, fmt.Errorf("panel %q, %s: (%v, %v) has no place on logarithmic axes", panel.Title, c.Names[i], p.X, p.Y)
				}
				xs, ys = append(xs, p.X), append(ys, p.Y)
			}
		}
	}
	if len(xs) == 0 {
		return nil, errors.New("a chart without points")
	}
	width := panelWidth
	if len(c.Panels) == 1 {
		width = 2 * panelWidth
	}
	x, y := tightAxis(xs), newAxis(ys)
	n := float64(len(c.Panels))
	cv := &canvas{width: leftMargin + n*width + (n-1)*panelGap + rightMargin}
	cv.text(16, 26, start, ink, "600", c.Title)
	rows := cv.legend(c.Names, func(series int, x, y float64) float64 {
		cv.line(x, y-4.5, x+24, y-4.5, colourOf(series), 2, "")
		cv.marker(series, x+12, y-4.5)
		return 30
	})
	top := headHeight + float64(rows-1)*legendRow
	bottom := top + panelHeight
	cv.height = bottom + footHeight
	tick := c.YTick
	if tick == nil {
		tick = Number
	}
	for i, panel := range c.Panels {
		left := leftMargin + float64(i)*(width+panelGap)
		panel.draw(cv, frame{left, left + width, top, bottom}, x, y)
		if i == 0 {
			for _, v := range y.ticks {
				cv.text(left-8, y.place(v, bottom, top)+4.5, end, faintInk, "", tick(v))
			}
		}
	}
	cv.upright(22, (top+bottom)/2, ink, c.YLabel)
	cv.text(leftMargin+(cv.width-leftMargin-rightMargin)/2, cv.height-12, middle, ink, "", c.XLabel)
	return cv.render(c.Title, c.Description), nil
}

// frame is where a panel lies.
type frame struct{ left, right, top, bottom float64 }

func (p Panel) draw(cv *canvas, f frame, x, y axis) {
	for _, v := range y.ticks {
		at := y.place(v, f.bottom, f.top)
		cv.line(f.left, at, f.right, at, grid, 1, "")
	}
	last := math.Inf(-1)
	for _, v := range x.ticks {
		at := x.place(v, f.left, f.right)
		cv.line(at, f.top, at, f.bottom, grid, 1, "")
		label := Number(v)
		if at-textWidth(label)/2 < last+6 {
			continue // its neighbour has the room; the line stays
		}
		cv.text(at, f.bottom+19, middle, faintInk, "", label)
		last = at + textWidth(label)/2
	}
	cv.line(f.left, f.bottom, f.right, f.bottom, faintInk, 1, "")
	if p.Title != "" {
		cv.text(f.left, f.top-10, start, ink, "600", p.Title)
	}
	for i, series := range p.Series {
		places := make([]Point, len(series))
		for j, point := range series {
			places[j] = Point{x.place(point.X, f.left, f.right), y.place(point.Y, f.bottom, f.top)}
		}
		if len(places) > 1 {
			cv.path(places, colourOf(i))
		}
		for _, at := range places {
			cv.marker(i, at.X, at.Y)
		}
	}
}

// axis is a logarithmic axis.
type axis struct {
	low, high float64
	ticks     []float64
}

// newAxis has room for all values, and ends at ticks.
func newAxis(values []float64) axis {
	least, most := slices.Min(values), slices.Max(values)
	// Decades alone are few ticks when the values span less than two of them.
	steps := []float64{1}
	if most/least < 100 {
		steps = []float64{1, 2, 5}
	}
	var all []float64
	for e := int(math.Floor(math.Log10(least))) - 1; e <= int(math.Ceil(math.Log10(most)))+1; e++ {
		for _, s := range steps {
			// Read and not computed: 10⁻³ is then the same everywhere.
			v, _ := strconv.ParseFloat(fmt.Sprintf("%ge%d", s, e), 64)
			all = append(all, v)
		}
	}
	first, last := 0, len(all)-1
	for all[first+1] <= least {
		first++
	}
	for all[last-1] >= most {
		last--
	}
	if first == last {
		last++
	}
	return axis{low: all[first], high: all[last], ticks: all[first : last+1]}
}

// tightAxis ends just outside the values, so that labels at the ends of panels
// beside each other do not meet. A value is a tick if no round number is.
func tightAxis(values []float64) axis {
	const margin = 1.3
	least, most := slices.Min(values), slices.Max(values)
	ticks := slices.DeleteFunc(newAxis(values).ticks, func(v float64) bool { return v < least || v > most })
	if len(ticks) == 0 {
		ticks = []float64{least}
	}
	return axis{low: least / margin, high: most * margin, ticks: ticks}
}

// place is where a value lies between from and to.
func (a axis) place(v, from, to float64) float64 {
	return from + (to-from)*math.Log(v/a.low)/math.Log(a.high/a.low)
}

// Number writes a number with commas, and small ones without needless zeros.
func Number(v float64) string {
	if v < 1000 || v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Seconds writes a time in the unit that fits.
func Seconds(v float64) string {
	switch {
	case v >= 1:
		return trim(v) + " s"
	case v >= 1e-3:
		return trim(v*1e3) + " ms"
	case v >= 1e-6:
		return trim(v*1e6) + " µs"
	default:
		return trim(v*1e9) + " ns"
	}
}

// trim writes a number of some size with three digits that count.
func trim(v float64) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return Number(f)
}
