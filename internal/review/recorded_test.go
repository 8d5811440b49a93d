package review

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandLines is how many versions of Terraform and OpenTofu are recorded.
const commandLines = 9

// scenarios are what each of them has planned, with the status of its review.
var scenarios = map[string]struct {
	plan, stream bool
	status       int
}{
	"good":    {true, true, Accepted},
	"waived":  {true, true, Accepted},
	"unknown": {true, true, Refused},
	"mixed":   {true, true, Refused},
	// A rejected plan leaves a plan file that lacks what was rejected; the
	// stream alone has to do as well.
	"widened":       {true, true, Refused},
	"widened alone": {false, true, Refused},
}

// madeAt is when a plan was made, from which the days of waivers are counted.
var madeAt = regexp.MustCompile(`"timestamp":"[^"]*"`)

// recordedRun reviews a scenario as one command line has planned it.
func recordedRun(t *testing.T, cli, scenario, format string) outcome {
	t.Helper()
	args := []string{"-format", format, "-compare", "-config", "infra"}
	if name, alone := strings.CutSuffix(scenario, " alone"); alone {
		return run(recordedPlan(t, cli, name+".jsonl"), append(args, "-diagnostics")...) // the last argument is -
	}
	args = append(args, "-diagnostics", filepath.Join("testdata", "plans", cli, scenario+".jsonl"))
	plan := recordedPlan(t, cli, scenario+".json")
	if !madeAt.Match(plan) {
		t.Fatalf("%s/%s.json does not say when it was made", cli, scenario)
	}
	return run(madeAt.ReplaceAll(plan, []byte(`"timestamp":"2026-11-26T00:00:00Z"`)), args...)
}

func recordedCLIs(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", "plans"))
	if err != nil {
		t.Fatal(err)
	}
	var clis []string
	for _, e := range entries {
		clis = append(clis, e.Name())
	}
	if len(clis) < commandLines {
		t.Fatalf("plans of %d command lines are recorded, and there were %d: %q", len(clis), commandLines, clis)
	}
	return clis
}

func TestRecordedPlans_OfEveryCommandLine_SayTheSame(t *testing.T) {
	clis := recordedCLIs(t)
	for scenario, of := range scenarios {
		for i := range formats {
			format := formats[i].name
			want := recordedRun(t, clis[0], scenario, format)
			if want.status != of.status || want.stdout == "" {
				t.Errorf("%s of %s: status %d, want %d\n%s%s", scenario, clis[0], want.status, of.status, want.stdout, want.stderr)
			}
			for _, cli := range clis {
				if got := recordedRun(t, cli, scenario, format); got != want {
					t.Errorf("%s as %s: %s says\n%+v\nand %s\n%+v", scenario, format, cli, got, clis[0], want)
				}
				// Once more, because maps are in another order every time.
				if got := recordedRun(t, cli, scenario, format); got != want {
					t.Errorf("%s as %s: %s then says\n%+v\nand before\n%+v", scenario, format, cli, got, want)
				}
			}
		}
	}
}

// A directory that has another file is a scenario that no test looks at.
func TestRecordedPlans_AreTheScenarios(t *testing.T) {
	for _, cli := range recordedCLIs(t) {
		want := map[string]bool{}
		for scenario, of := range scenarios {
			name, _ := strings.CutSuffix(scenario, " alone")
			want[name+".json"], want[name+".jsonl"] = want[name+".json"] || of.plan, want[name+".jsonl"] || of.stream
		}
		entries, err := os.ReadDir(filepath.Join("testdata", "plans", cli))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !want[e.Name()] {
				t.Errorf("%s/%s is no scenario", cli, e.Name())
			}
			delete(want, e.Name())
		}
		for name, missing := range want {
			if missing {
				t.Errorf("%s has no %s", cli, name)
			}
		}
	}
}
