package plot

import (
	"errors"
	"fmt"
	"math"
)

// Bars is a chart of horizontal bars in groups, from zero.
type Bars struct {
	Title, Description string
	XLabel             string
	Names              []string // of the bars of a group
	Groups             []Group
	// Mark is a value with a line through all bars, and MarkLabel what it is;
	// 0 for none.
	Mark      float64
	MarkLabel string
	// Write writes a value at the end of its bar.
	Write func(float64) string
}

// Group is a group of bars, one value for each name.
type Group struct {
	Title  string
	Values []float64
}

const (
	barHeight, barGap, groupGap = 18.0, 4.0, 20.0
	barsWidth                   = 560.0
	valueWidth                  = 70.0 // behind the longest bar
)

// SVG draws the chart. It fails for values below zero and for none at all.
func (c Bars) SVG() ([]byte, error) {
	if len(c.Groups) == 0 {
		return nil, errors.New("a chart without bars")
	}
	most, labels := c.Mark, 0.0
	for _, g := range c.Groups {
		if len(g.Values) != len(c.Names) {
			return nil, fmt.Errorf("group %q has %d values, and there are %d names", g.Title, len(g.Values), len(c.Names))
		}
		for i, v := range g.Values {
			if !(v >= 0) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("group %q, %s: %v is no length", g.Title, c.Names[i], v)
			}
			most = max(most, v)
		}
		labels = max(labels, textWidth(g.Title))
	}
	if most == 0 {
		return nil, errors.New("all bars are zero")
	}
	left := 24 + labels
	cv := &canvas{width: left + barsWidth + valueWidth}
	cv.text(16, 26, start, ink, "600", c.Title)
	rows := cv.legend(c.Names, func(series int, x, y float64) float64 {
		cv.rect(x, y-12, 14, 14, colourOf(series))
		return 20
	})
	top := headHeight + float64(rows-1)*legendRow
	group := float64(len(c.Names))*(barHeight+barGap) - barGap
	bottom := top + float64(len(c.Groups))*(group+groupGap)
	cv.height = bottom + 52
	place := func(v float64) float64 { return left + barsWidth*v/most }
	step := tickStep(most)
	for i := 0; float64(i)*step <= most; i++ {
		v := float64(i) * step
		cv.line(place(v), top-8, place(v), bottom-groupGap+8, grid, 1, "")
		cv.text(place(v), bottom+7, middle, faintInk, "", trim(v))
	}
	for i, g := range c.Groups {
		y := top + float64(i)*(group+groupGap)
		cv.text(left-10, y+group/2+4.5, end, ink, "", g.Title)
		for j, v := range g.Values {
			cv.rect(left, y, place(v)-left, barHeight, colourOf(j))
			cv.text(place(v)+6, y+barHeight-4.5, start, ink, "", c.Write(v))
			y += barHeight + barGap
		}
	}
	if c.Mark > 0 {
		cv.line(place(c.Mark), top-10, place(c.Mark), bottom-groupGap+8, ink, 1.5, "5 4")
		cv.text(place(c.Mark), top-14, middle, ink, "", c.MarkLabel)
	}
	cv.text(left+barsWidth/2, bottom+36, middle, ink, "", c.XLabel)
	return cv.render(c.Title, c.Description), nil
}

// tickStep gives four to ten ticks.
func tickStep(most float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for _, s := range []float64{1, 0.5, 0.2} {
		if most/(step*s) >= 4 {
			return step * s
		}
	}
	return step * 0.2
}
