// Package scale turns what the benchmarks have recorded into tables and plots:
// the record of whole runs of the command line, and the text of Go benchmarks.
package scale

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Format is the form of the record that this package reads. tools/cmd/bench
// writes it.
const Format = "backupfw-fleet/1"

// Record is what tools/cmd/bench measured, run by run.
type Record struct {
	Format           string        `json:"format"`
	Machine          Machine       `json:"machine"`
	MemoryPerProcess bool          `json:"memory_per_process"`
	Startup          []Start       `json:"startup"`
	Steps            []Step        `json:"steps"`
	NotMeasured      []NotMeasured `json:"not_measured"`
}

// Machine says where and of what the figures are.
type Machine struct {
	OS          string  `json:"os"`
	Arch        string  `json:"arch"`
	CPU         string  `json:"cpu"`
	Cores       int     `json:"cores"`
	MemoryBytes int64   `json:"memory_bytes"`
	Load        float64 `json:"load"` // processes that ran before, on average
	Go          string  `json:"go"`
	CLI         string  `json:"cli"`
	Commit      string  `json:"commit"`
	Changed     bool    `json:"changed"`
	Day         string  `json:"day"`
}

// Start is how a provider starts.
type Start struct {
	Provider    string     `json:"provider"`
	BinaryBytes int64      `json:"binary_bytes"`
	Runs        []StartRun `json:"runs"`
}

// StartRun is one start.
type StartRun struct {
	HandshakeSeconds float64 `json:"handshake_seconds"`
	ResidentBytes    int64   `json:"resident_bytes"`
}

// Step is one command on one fleet of one kind, with each of its runs.
type Step struct {
	Triples   int    `json:"triples"`
	Instances int    `json:"instances"`
	Step      string `json:"step"`
	Kind      string `json:"kind"`
	Runs      []Run  `json:"runs"`
	FileBytes int64  `json:"file_bytes"` // of the plan, or of the state after an apply
}

// Run is what one command cost.
type Run struct {
	WallSeconds       float64 `json:"wall_seconds"`
	CPUSeconds        float64 `json:"cpu_seconds"`
	CLIPeakBytes      int64   `json:"cli_peak_bytes"`
	ProviderPeakBytes int64   `json:"provider_peak_bytes"`
	LargestPeakBytes  int64   `json:"largest_peak_bytes"`
}

// NotMeasured is a step that was left out.
type NotMeasured struct {
	Triples int    `json:"triples"`
	Step    string `json:"step"`
	Why     string `json:"why"`
}

// The kinds of fleets and the steps, as the record names them, in the order in
// which tables and plots have them.
const (
	kindBuiltIn  = "terraform_data"
	kindMinimal  = "minimal"
	kindBackupfw = "backupfw"

	stepPlan        = "plan"
	stepApply       = "apply"
	stepRemoteApply = "remote apply"
	stepNoOp        = "no-op"
)

var (
	kinds = []string{kindBuiltIn, kindMinimal, kindBackupfw}
	steps = []string{stepPlan, stepApply, stepRemoteApply, stepNoOp}
)

// Read reads a record. It returns all faults at once: a form that is not known,
// a kind or step without figures, and figures that cannot be.
func Read(text []byte) (*Record, error) {
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("not a record of tools/cmd/bench: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("the record has the form %q and not %q: record anew", r.Format, Format)
	}
	return &r, errors.Join(r.faults()...)
}

func (r *Record) faults() []error {
	var faults []error
	add := func(format string, values ...any) { faults = append(faults, fmt.Errorf(format, values...)) }
	if r.Machine.Cores < 1 || r.Machine.CLI == "" || r.Machine.Commit == "" || r.Machine.Day == "" {
		add("the machine is %+v: cores, cli, commit and day have to be there", r.Machine)
	}
	for _, kind := range []string{kindMinimal, kindBackupfw} {
		at := slices.IndexFunc(r.Startup, func(s Start) bool { return s.Provider == kind })
		if at < 0 || len(r.Startup[at].Runs) == 0 || r.Startup[at].BinaryBytes <= 0 {
			add("start-up of %s is not recorded", kind)
			continue
		}
		for _, run := range r.Startup[at].Runs {
			if run.HandshakeSeconds <= 0 || r.MemoryPerProcess && run.ResidentBytes <= 0 {
				add("start-up of %s: %+v has a figure that is not above zero", kind, run)
			}
		}
	}
	if len(r.Sizes()) == 0 {
		add("no step is recorded")
	}
	for _, size := range r.Sizes() {
		for _, step := range steps {
			faults = append(faults, r.stepFaults(size, step)...)
		}
	}
	for _, s := range r.Steps {
		if !slices.Contains(kinds, s.Kind) || !slices.Contains(steps, s.Step) {
			add("%d triples: step %q of %q is not known", s.Triples, s.Step, s.Kind)
		}
	}
	return faults
}

// stepFaults holds a step to all its kinds: a ratio needs both sides.
func (r *Record) stepFaults(size int, step string) []error {
	left := slices.ContainsFunc(r.NotMeasured, func(n NotMeasured) bool { return n.Triples == size && n.Step == step })
	var faults []error
	for _, kind := range kinds {
		s := r.find(size, step, kind)
		switch {
		case s == nil && left:
		case s == nil:
			faults = append(faults, fmt.Errorf("%d triples: %s of %s is neither measured nor said to be left out", size, step, kind))
		case left:
			faults = append(faults, fmt.Errorf("%d triples: %s of %s is measured and said to be left out", size, step, kind))
		case s.Instances < 1 || len(s.Runs) == 0 || s.FileBytes <= 0 && step != stepNoOp:
			faults = append(faults, fmt.Errorf("%d triples: %s of %s has no instances, runs or file", size, step, kind))
		default:
			for _, run := range s.Runs {
				if !run.positive(r.MemoryPerProcess, kind) {
					faults = append(faults, fmt.Errorf("%d triples: %s of %s: %+v has a figure that is not above zero", size, step, kind, run))
				}
			}
		}
	}
	return faults
}

// positive says whether all figures are there that such a run has.
func (run Run) positive(perProcess bool, kind string) bool {
	if run.WallSeconds <= 0 || run.CPUSeconds <= 0 {
		return false
	}
	return !perProcess || run.CLIPeakBytes > 0 && (run.ProviderPeakBytes > 0) == (kind != kindBuiltIn)
}

// Sizes are the numbers of triples, rising.
func (r *Record) Sizes() []int {
	var sizes []int
	for _, s := range r.Steps {
		sizes = append(sizes, s.Triples)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// find returns the step, or nil if it was not measured.
func (r *Record) find(size int, step, kind string) *Step {
	at := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Triples == size && s.Step == step && s.Kind == kind })
	if at < 0 {
		return nil
	}
	return &r.Steps[at]
}

// start returns how a provider starts. Read has made sure that it is there.
func (r *Record) start(kind string) Start {
	return r.Startup[slices.IndexFunc(r.Startup, func(s Start) bool { return s.Provider == kind })]
}

// figure is something that a run is measured by.
type figure func(Run) float64

func wall(r Run) float64 { return r.WallSeconds }
func cpu(r Run) float64  { return r.CPUSeconds }

func cliPeak(r Run) float64      { return float64(r.CLIPeakBytes) }
func providerPeak(r Run) float64 { return float64(r.ProviderPeakBytes) }
func largestPeak(r Run) float64  { return float64(r.LargestPeakBytes) }

// median is the figure of the run in the middle.
func (s *Step) median(f figure) float64 {
	values := make([]float64, len(s.Runs))
	for i, run := range s.Runs {
		values[i] = f(run)
	}
	return median(values)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
