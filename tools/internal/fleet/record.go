package fleet

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/procmeter"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/startup"
)

// format names the form of the record. internal/scale of the provider's module
// reads it, and refuses members that it does not know.
const format = "backupfw-fleet/1"

// Record is all that was measured, run by run; who reads it takes medians.
type Record struct {
	Format  string  `json:"format"`
	Machine Machine `json:"machine"`
	// MemoryPerProcess is false where only the largest process is known.
	MemoryPerProcess bool          `json:"memory_per_process"`
	Startup          []Start       `json:"startup"`
	Steps            []Step        `json:"steps"`
	NotMeasured      []NotMeasured `json:"not_measured"`
}

// Machine says where and of what the figures are.
type Machine struct {
	OS          string  `json:"os"`
	Arch        string  `json:"arch"`
	CPU         string  `json:"cpu"` // as the system calls it; may be empty
	Cores       int     `json:"cores"`
	MemoryBytes int64   `json:"memory_bytes"` // 0 if not known
	Load        float64 `json:"load"`         // mean of the minute before, in processes; 0 if not known
	Go          string  `json:"go"`
	CLI         string  `json:"cli"`
	Commit      string  `json:"commit"`
	Changed     bool    `json:"changed"` // there were changes that were not committed
	Day         string  `json:"day"`     // UTC
}

// Start is how a provider starts.
type Start struct {
	Provider    Kind       `json:"provider"`
	BinaryBytes int64      `json:"binary_bytes"`
	Runs        []StartRun `json:"runs"`
}

// StartRun is one start: seconds to the handshake, and memory after it.
type StartRun struct {
	HandshakeSeconds float64 `json:"handshake_seconds"`
	ResidentBytes    int64   `json:"resident_bytes"` // 0 if not known
}

// Step is one command on one fleet, with each of its runs.
type Step struct {
	Triples   int    `json:"triples"`
	Instances int    `json:"instances"`
	Step      string `json:"step"`
	Kind      Kind   `json:"kind"`
	Runs      []Run  `json:"runs"`
	// FileBytes is the size of the plan after "plan", of the state after an
	// apply, and 0 for other steps.
	FileBytes int64 `json:"file_bytes"`
}

// Run is what one command cost. Peaks are those of the largest process of their
// kind, and 0 if not known or if there is none.
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

// Save writes the record to a file, and the folder if there is none.
func (r *Record) Save(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func runOf(u procmeter.Usage) Run {
	return Run{WallSeconds: seconds(u.Wall), CPUSeconds: seconds(u.CPU),
		CLIPeakBytes: u.Peak, ProviderPeakBytes: u.ChildPeak, LargestPeakBytes: u.LargestPeak}
}

func startRuns(runs []startup.Run) []StartRun {
	list := make([]StartRun, len(runs))
	for i, r := range runs {
		list[i] = StartRun{HandshakeSeconds: seconds(r.Handshake), ResidentBytes: r.Resident}
	}
	return list
}

// seconds has tenths of milliseconds; finer ones mean nothing.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e4) / 1e4 }
