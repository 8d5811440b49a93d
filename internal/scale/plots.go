package scale

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/plot"
)

// The files of the plots.
const (
	GrowthFile = "growth.svg"
	RatiosFile = "ratios.svg"
	EngineFile = "engine.svg"
)

// Plots draws the record, and the engine unless that is nil. The result is by
// file name.
func Plots(r *Record, e *Engine) (map[string][]byte, error) {
	plots := map[string][]byte{}
	add := func(file string, picture []byte, err error) error {
		plots[file] = picture
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return nil
	}
	growth, err := r.growthPlot().SVG()
	if err := add(GrowthFile, growth, err); err != nil {
		return nil, err
	}
	ratios, err := r.ratioPlot().SVG()
	if err := add(RatiosFile, ratios, err); err != nil {
		return nil, err
	}
	if e == nil {
		return plots, nil
	}
	engine, err := e.plot().SVG()
	if err := add(EngineFile, engine, err); err != nil {
		return nil, err
	}
	return plots, nil
}

// panels are the titles of the steps.
var panels = map[string]string{
	stepPlan:        "plan, nothing there",
	stepApply:       "apply, state in a local file",
	stepRemoteApply: "apply, state behind HTTP",
	stepNoOp:        "plan, nothing to do",
}

// growthPlot shows what one resource instance costs in fleets of every size.
func (r *Record) growthPlot() plot.LogLog {
	c := plot.LogLog{
		Title:       "Processor time per resource instance",
		Description: "A line that is level costs the same in fleets of every size. The table on the page has the numbers.",
		XLabel:      "triples of a port range, a peer group and a policy",
		YLabel:      "processor time per instance",
		Names:       kindNames(kinds),
		YTick:       plot.Seconds,
	}
	for _, step := range steps {
		panel := plot.Panel{Title: panels[step]}
		for _, kind := range kinds {
			var points []plot.Point
			for _, size := range r.Sizes() {
				if s := r.find(size, step, kind); s != nil {
					points = append(points, plot.Point{X: float64(size), Y: s.median(cpu) / float64(s.Instances)})
				}
			}
			panel.Series = append(panel.Series, points)
		}
		c.Panels = append(c.Panels, panel)
	}
	return c
}

// typical is the size at which the bars compare, if it was measured.
const typical = 1000

// ratioPlot compares the provider with the yardsticks at one size.
func (r *Record) ratioPlot() plot.Bars {
	sizes := r.Sizes()
	size := sizes[len(sizes)-1]
	if slices.Contains(sizes, typical) {
		size = typical
	}
	c := plot.Bars{
		Title:       fmt.Sprintf("backupfw at %s triples, in multiples of a yardstick", plot.Number(float64(size))),
		Description: "Processor time, time from start to end and memory of each step. The tables on the page have the numbers.",
		XLabel:      "ratio; 1 costs the same",
		Names:       []string{"÷ " + names[kindBuiltIn], "÷ " + names[kindMinimal]},
		Mark:        1, MarkLabel: "1",
		Write: times,
	}
	peak := largestPeak
	if r.MemoryPerProcess {
		peak = func(run Run) float64 { return cliPeak(run) + providerPeak(run) }
	}
	for _, step := range steps {
		if r.find(size, step, kindBackupfw) == nil {
			continue
		}
		for _, f := range []struct {
			name string
			of   figure
		}{{"processor time", cpu}, {"time", wall}, {"memory", peak}} {
			c.Groups = append(c.Groups, plot.Group{Title: step + ": " + f.name,
				Values: []float64{r.ratio(size, step, kindBuiltIn, f.of), r.ratio(size, step, kindMinimal, f.of)}})
		}
	}
	return c
}

// plot shows the time of each benchmark by its size.
func (e *Engine) plot() plot.LogLog {
	c := plot.LogLog{
		Title:       "Judging and compiling one policy",
		Description: "Time by the number of rules or peers, without Terraform. The table on the page has the numbers.",
		XLabel:      "rules, or peers where one rule has all",
		YLabel:      "time",
		YTick:       plot.Seconds,
		Panels:      []plot.Panel{{}},
	}
	for _, line := range e.Lines {
		_, shape, _ := strings.Cut(line.Name, "/")
		c.Names = append(c.Names, shape)
		c.Panels[0].Series = append(c.Panels[0].Series, line.Points)
	}
	return c
}
