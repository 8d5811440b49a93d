package scale

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/plot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample is a record with round figures: the minimal provider costs ten times
// what built-in resources do, and the provider twice as much as that.
func sample() *Record {
	r := &Record{Format: Format, MemoryPerProcess: true,
		Machine: Machine{OS: "linux", Arch: "amd64", CPU: "a processor", Cores: 2, MemoryBytes: 8 << 30, Load: 0.5,
			Go: "go1.26", CLI: "Terraform v1.11.4", Commit: "0123456789abcdef", Day: "2026-01-02"},
		Startup: []Start{
			{Provider: kindMinimal, BinaryBytes: 20 << 20, Runs: []StartRun{{0.02, 10 << 20}, {0.9, 10 << 20}, {0.01, 10 << 20}}},
			{Provider: kindBackupfw, BinaryBytes: 30 << 20, Runs: []StartRun{{0.03, 15 << 20}, {0.02, 15 << 20}}},
		},
	}
	for _, size := range []int{1, 1000, 3000} {
		for _, step := range steps {
			if size == 3000 && step == stepApply {
				r.NotMeasured = append(r.NotMeasured, NotMeasured{Triples: size, Step: step, Why: "it takes too long"})
				continue
			}
			for i, kind := range kinds {
				cost := []float64{0.1, 1, 2}[i] * float64(size) / 100
				// One run that something disturbed, on either side of the median.
				s := Step{Triples: size, Instances: 3 * size, Step: step, Kind: kind, FileBytes: int64(2000 * size)}
				for _, factor := range []float64{0.5, 1, 7} {
					run := Run{WallSeconds: cost * factor / 2, CPUSeconds: cost * factor, CLIPeakBytes: 60 << 20, LargestPeakBytes: 60 << 20}
					if kind != kindBuiltIn {
						run.ProviderPeakBytes = int64(i) * (20 << 20)
					}
					s.Runs = append(s.Runs, run)
				}
				if step == stepNoOp {
					s.FileBytes = 0
				}
				r.Steps = append(r.Steps, s)
			}
		}
	}
	return r
}

const sampleEngine = `commit: 0123456789ab
goos: linux
goarch: amd64
pkg: example.com/engine
cpu: a processor
BenchmarkEngine/rule-per-host/100-2     100	 2000000 ns/op	 100.0 rules	 1 B/op	 1 allocs/op
BenchmarkEngine/rule-per-host/1000-2     10	90000000 ns/op	1000.0 rules	 1 B/op	 1 allocs/op
BenchmarkEngine/rule-per-host/100-2     100	 1000000 ns/op	 100.0 rules	 1 B/op	 1 allocs/op
BenchmarkEngine/rule-per-host/1000-2     10	20000000 ns/op	1000.0 rules	 1 B/op	 1 allocs/op
BenchmarkEngine/rule-per-host/100-2     100	 9000000 ns/op	 100.0 rules	 1 B/op	 1 allocs/op
BenchmarkEngine/rule-per-host/1000-2     10	 1000000 ns/op	1000.0 rules	 1 B/op	 1 allocs/op
BenchmarkEngine/peers/10-2            10000	    5000 ns/op
BenchmarkEngine/without-size-2        10000	    5000 ns/op
BenchmarkOther/peers/10-2             10000	    5000 ns/op
PASS
ok  	example.com/engine	1.0s
`

func engineOf(t *testing.T, text string) *Engine {
	t.Helper()
	e, err := ReadEngine(strings.NewReader(text), "Engine/")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
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
		t.Errorf("%s has changed; look at it, then go test ./internal/scale -update. Now:\n%s", file, got)
	}
}

func TestGolden(t *testing.T) {
	e := engineOf(t, sampleEngine)
	golden(t, "report.md", []byte(Report(sample(), e)))
	plots, err := Plots(sample(), e)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{GrowthFile, RatiosFile, EngineFile} {
		golden(t, name, plots[name])
		for decoder := xml.NewDecoder(bytes.NewReader(plots[name])); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if without, err := Plots(sample(), nil); err != nil || without[EngineFile] != nil || len(without) != 2 {
		t.Errorf("%d plots without benchmarks, %v", len(without), err)
	}
}

// The figures are those of the run in the middle: the sample has 2 and 20.
func TestRatios_AreThoseOfTheMedians(t *testing.T) {
	r := sample()
	for _, size := range r.Sizes() {
		for yardstick, want := range map[string]float64{kindMinimal: 2, kindBuiltIn: 20} {
			if got := r.ratio(size, stepPlan, yardstick, cpu); got < want*0.999 || got > want*1.001 {
				t.Errorf("%d triples: %v times %s, want %v", size, got, yardstick, want)
			}
		}
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median of four = %v", got)
	}
}

func TestGrowthTable_IsOfOneInstance(t *testing.T) {
	r := sample()
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Triples == 3000 && s.Kind == kindBackupfw {
			for j := range s.Runs {
				s.Runs[j].CPUSeconds *= 1.5
			}
		}
	}
	rows := r.GrowthTable().Rows
	if len(rows) != 3 { // apply was measured at one such size alone
		t.Fatalf("%d rows, want 3: %v", len(rows), rows)
	}
	if want := []string{stepPlan, "1,000", "3,000", "1.00 ×", "1.00 ×", "1.50 ×"}; !slices.Equal(rows[0], want) {
		t.Errorf("row %v, want %v", rows[0], want)
	}
}

func TestReport_WithoutPeaksOfProcesses(t *testing.T) {
	r := sample()
	r.MemoryPerProcess = false
	for i := range r.Steps {
		for j := range r.Steps[i].Runs {
			r.Steps[i].Runs[j].CLIPeakBytes, r.Steps[i].Runs[j].ProviderPeakBytes = 0, 0
		}
	}
	if err := errors.Join(r.faults()...); err != nil {
		t.Fatal(err)
	}
	report := Report(r, nil)
	if !strings.Contains(report, "largest process, with terraform_data") || strings.Contains(report, "backupfw itself") || strings.Contains(report, "memory at rest") {
		t.Errorf("the report tells processes apart that were not:\n%s", report)
	}
}

func TestRead_TakesWhatItWrites(t *testing.T) {
	text, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Sizes(), []int{1, 1000, 3000}) {
		t.Errorf("sizes %v", r.Sizes())
	}
}

// Each damage is named; nothing is left out in silence.
func TestRead_Faults(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func(*Record)
		want   string
	}{
		{"form", func(r *Record) { r.Format = "backupfw-fleet/2" }, `the form "backupfw-fleet/2" and not`},
		{"machine", func(r *Record) { r.Machine.Commit = "" }, "cores, cli, commit and day have to be there"},
		{"start-up", func(r *Record) { r.Startup = r.Startup[:1] }, "start-up of backupfw is not recorded"},
		{"no starts", func(r *Record) { r.Startup[0].Runs = nil }, "start-up of minimal is not recorded"},
		{"handshake", func(r *Record) { r.Startup[1].Runs[0].HandshakeSeconds = 0 }, "start-up of backupfw: {HandshakeSeconds:0"},
		{"at rest", func(r *Record) { r.Startup[1].Runs[0].ResidentBytes = 0 }, "ResidentBytes:0} has a figure that is not above zero"},
		{"no steps", func(r *Record) { r.Steps = nil }, "no step is recorded"},
		{"a kind", func(r *Record) { r.Steps = r.Steps[1:] }, "1 triples: plan of terraform_data is neither measured nor said to be left out"},
		{"left out too", func(r *Record) { r.NotMeasured = append(r.NotMeasured, NotMeasured{1, stepPlan, "no"}) }, "plan of minimal is measured and said to be left out"},
		{"left out in silence", func(r *Record) { r.NotMeasured = nil }, "3000 triples: apply of backupfw is neither measured"},
		{"another kind", func(r *Record) { r.Steps[0].Kind = "random" }, `step "plan" of "random" is not known`},
		{"wall", func(r *Record) { r.Steps[0].Runs[0].WallSeconds = 0 }, "plan of terraform_data: {WallSeconds:0"},
		{"processor", func(r *Record) { r.Steps[0].Runs[0].CPUSeconds = 0 }, "CPUSeconds:0"},
		{"peak", func(r *Record) { r.Steps[0].Runs[0].CLIPeakBytes = 0 }, "CLIPeakBytes:0"},
		{"provider's peak", func(r *Record) { r.Steps[1].Runs[0].ProviderPeakBytes = 0 }, "plan of minimal: {"},
		{"peak of nobody", func(r *Record) { r.Steps[0].Runs[0].ProviderPeakBytes = 1 }, "plan of terraform_data: {"},
		{"file", func(r *Record) { r.Steps[0].FileBytes = 0 }, "plan of terraform_data has no instances, runs or file"},
		{"runs", func(r *Record) { r.Steps[2].Runs = nil }, "plan of backupfw has no instances, runs or file"},
	} {
		r := sample()
		tc.damage(r)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(text); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
	for text, want := range map[string]string{
		"":                             "not a record of tools/cmd/bench",
		`{"form": 1}`:                  `unknown field "form"`,
		`{"format": "x", "steps": {}}`: "cannot unmarshal object",
	} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func TestReadEngine(t *testing.T) {
	e := engineOf(t, sampleEngine)
	if e.Commit != "0123456789ab" || len(e.Lines) != 2 || e.Lines[0].Name != "Engine/rule-per-host" || e.Lines[1].Name != "Engine/peers" {
		t.Fatalf("read %+v", e)
	}
	if want := []plot.Point{{X: 100, Y: 0.002}, {X: 1000, Y: 0.02}}; !slices.Equal(e.Lines[0].Points, want) {
		t.Errorf("points %v, want the medians %v", e.Lines[0].Points, want)
	}
	if got := growth(e.Lines[0].Points); got != "10.0 ×" {
		t.Errorf("growth %q", got)
	}
	if got := growth(e.Lines[1].Points); got != "" {
		t.Errorf("growth of one point %q", got)
	}
	if _, err := ReadEngine(strings.NewReader("PASS\n"), "Engine/"); err == nil || !strings.Contains(err.Error(), `no benchmark begins with "Engine/"`) {
		t.Errorf("error %v", err)
	}
}
