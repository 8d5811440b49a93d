package scale

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/plot"
)

// Engine is what Go benchmarks say about growth: for each of them the median
// seconds by size.
type Engine struct {
	Commit string // of the text; empty if it does not say
	Lines  []Line
}

// Line is a benchmark that was run at several sizes, rising.
type Line struct {
	Name   string // without the size, such as "Engine/hosts"
	Points []plot.Point
}

// sized is the name of a benchmark whose last part is a size, such as
// "Engine/hosts/10000-2" or "Engine/hosts/rules=10000-2".
var sized = regexp.MustCompile(`^(.+)/(?:[a-z]+=)?([0-9]+)(?:-[0-9]+)?$`)

// ReadEngine reads the text of go test -bench and keeps the benchmarks whose
// name begins so and ends in a size, in the order of the text.
func ReadEngine(text io.Reader, prefix string) (*Engine, error) {
	e := &Engine{}
	times := map[string]map[int][]float64{}
	var faults []error
	for reader := benchfmt.NewReader(text, "benchmarks"); reader.Scan(); {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			faults = append(faults, record)
		case *benchfmt.Result:
			if commit := record.GetConfig("commit"); commit != "" {
				e.Commit = commit
			}
			match := sized.FindStringSubmatch(record.Name.String())
			seconds, timed := record.Value("sec/op")
			if match == nil || !timed || !strings.HasPrefix(match[1], prefix) {
				continue
			}
			size, err := strconv.Atoi(match[2])
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", record.Name, err))
				continue
			}
			if times[match[1]] == nil {
				times[match[1]] = map[int][]float64{}
				e.Lines = append(e.Lines, Line{Name: match[1]})
			}
			times[match[1]][size] = append(times[match[1]][size], seconds)
		}
	}
	if len(e.Lines) == 0 {
		faults = append(faults, fmt.Errorf("no benchmark begins with %q and ends in a size", prefix))
	}
	for i := range e.Lines {
		line := &e.Lines[i]
		for size, runs := range times[line.Name] {
			line.Points = append(line.Points, plot.Point{X: float64(size), Y: median(runs)})
		}
		slices.SortFunc(line.Points, func(a, b plot.Point) int { return int(a.X - b.X) })
	}
	return e, errors.Join(faults...)
}
