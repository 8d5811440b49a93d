package docs

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/plot"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// portPlotFile shows what the number of ports does to the points.
const portPlotFile = "internal/docs/pictures/ports.svg"

// portPlots are the pictures of the guide to the founding question; by path.
func portPlots(string) (map[string][]byte, error) {
	picture, err := portPlot().SVG()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", portPlotFile, err)
	}
	return map[string][]byte{portPlotFile: picture}, nil
}

// portSeries are what may listen on n ports.
var portSeries = []struct {
	name string
	of   func(n int) policy.Listener
}{
	{"one listener on a quiet range", func(n int) policy.Listener { return negotiated(run(29168, n)) }},
	{"nobody says what listens", func(n int) policy.Listener { return undeclared(run(29168, n)) }},
	{"well-known ports from 100", func(n int) policy.Listener { return undeclared(run(100, n)) }},
}

// portPlot draws the points of each series, for few peers and for everybody.
func portPlot() plot.LogLog {
	c := plot.LogLog{
		Title:       "Points by the number of open ports",
		Description: "The line of one listener on a quiet range is nearly level. That of well-known ports rises with every service. The tables on the page have the numbers.",
		XLabel:      "open ports",
		YLabel:      "points",
	}
	for _, s := range portSeries {
		c.Names = append(c.Names, s.name)
	}
	for _, to := range []struct {
		title string
		zone  policy.Zone
		cidr  string
	}{{"sixteen clients in a DMZ", policy.DMZ, clients}, {"a /24 on the internet", policy.Internet, "198.51.100.0/24"}} {
		panel := plot.Panel{Title: to.title}
		for _, s := range portSeries {
			var line []plot.Point
			for _, n := range []int{1, 2, 4, 10, 20, 40, 100, 200, 400} {
				line = append(line, plot.Point{X: float64(n), Y: assess(s.of(n), to.zone, to.cidr).Points})
			}
			panel.Series = append(panel.Series, line)
		}
		c.Panels = append(c.Panels, panel)
	}
	return c
}

// run is a range of n ports of TCP.
func run(first uint16, n int) string {
	return portset.Entry{Protocol: portset.TCP, Range: portset.Range{First: first, Last: first + uint16(n-1)}}.String()
}
