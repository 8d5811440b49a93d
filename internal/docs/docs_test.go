package docs

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

var root = filepath.Join("..", "..")

// TestDocuments_UpToDate also finds parts that stand nowhere.
func TestDocuments_UpToDate(t *testing.T) {
	files, err := documents(root)
	if err != nil {
		t.Fatal(err)
	}
	parts := Parts(root)
	used := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		filled, names, err := Fill(string(text), parts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if filled != string(text) {
			t.Errorf("%s is out of date: run make generate", name)
		}
		for _, part := range names {
			used[part] = true
		}
	}
	for _, part := range parts {
		if !used[part.Name] {
			t.Errorf("part %q stands in no document", part.Name)
		}
	}
}

func TestFill(t *testing.T) {
	parts := []Part{
		{Name: "numbers", Text: func() (string, error) { return "1 2 3", nil }},
		{Name: "number", Text: func() (string, error) { return "4", nil }, Inline: true},
	}
	const begin = beginMark + "numbers" + beginEnd
	const inline = beginMark + "number" + beginEnd
	for _, tc := range []struct{ document, want, fault string }{
		{document: "no part", want: "no part"},
		{document: "a\n" + begin + "\nold\n" + endMark + "\nb", want: "a\n" + begin + "\n\n1 2 3\n\n" + endMark + "\nb"},
		{document: begin + endMark + begin + endMark, want: strings.Repeat(begin+"\n\n1 2 3\n\n"+endMark, 2)},
		{document: "| " + inline + "old" + endMark + " |", want: "| " + inline + "4" + endMark + " |"},
		{document: begin + "\nold\n", fault: "has no end comment"},
		{document: begin + begin + endMark, fault: "has no end comment"},
		{document: beginMark + "letters" + beginEnd + endMark, fault: `no part "letters"`},
		{document: beginMark + "numbers -->" + endMark, fault: "does not end in"},
	} {
		got, _, err := Fill(tc.document, parts)
		switch {
		case tc.fault != "":
			if err == nil || !strings.Contains(err.Error(), tc.fault) {
				t.Errorf("%q: error %v, want one with %q", tc.document, err, tc.fault)
			}
		case err != nil || got != tc.want:
			t.Errorf("%q: got %q, %v, want %q", tc.document, got, err, tc.want)
		}
	}
}

// TestCalibration holds the words around the tables to their numbers.
func TestCalibration(t *testing.T) {
	for _, c := range calibration() {
		ratio := c.a.Points / c.b.Points
		holds := map[string]bool{
			"C1": ratio <= 1.25 && c.a.Verdict == risk.Accept && c.a.Score == c.b.Score,
			"C2": ratio >= 15 && c.a.Verdict == risk.Rejected && c.b.Verdict == risk.Accept,
			"C3": c.a.Verdict == risk.Rejected && c.b.Verdict == risk.Accept && c.b.Score <= 3,
		}
		if !holds[c.id] {
			t.Errorf("%s does not hold: %.3f against %.3f, %s and %s", c.id, c.a.Points, c.b.Points, c.a.Verdict, c.b.Verdict)
		}
	}
}

// oneHost is the reach of one host of the internet.
var oneHost = reach(1)

func reach(exposure float64) float64 { return (1 + math.Log2(1+exposure)) / 33 }

func TestClasses_AreTheEngines(t *testing.T) {
	described := map[risk.Class]bool{}
	for _, c := range classes() {
		described[c.code] = true
		for i, sample := range c.samples {
			a := assess(sample, policy.Internet, "203.0.113.7/32")
			at := slices.IndexFunc(a.Contributions, func(x risk.Contribution) bool { return x.Class == c.code })
			if at < 0 {
				t.Errorf("%s: %s contributes no such class: %v", c.name, sample.Ports, a.Contributions)
				continue
			}
			if got, want := a.Contributions[at].Points, c.weight(c.samplesN[i])*oneHost; math.Abs(got-want) > 1e-5 {
				t.Errorf("%s: %s counts %.5f, the guide says %.5f", c.name, sample.Ports, got, want)
			}
		}
		if len(c.samples) == 0 || len(c.samples) != len(c.samplesN) {
			t.Errorf("%s has nothing to compare with", c.name)
		}
	}
	if len(described) != 7 {
		t.Errorf("%d classes are described, want 7", len(described))
	}
}

func TestZones_AreTheEngines(t *testing.T) {
	for _, z := range zones() {
		a := assess(negotiated("29168/tcp"), z.zone, "20.0.0.0/16")
		if got, want := a.Points, 20*reach(65536/float64(z.shares)); math.Abs(got-want) > 1e-5 {
			t.Errorf("%s: %.5f points, the guide says %.5f", z.zone, got, want)
		}
	}
}

// TestWorkedExample compares the result by formula with the engine's.
func TestWorkedExample(t *testing.T) {
	want := fmt.Sprintf("= %s\n    score    = %[1]s, rounded up", points(fromDMZ(negotiated(fortyPorts)).Points))
	if got := workedExample(); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant it to have\n%s", got, want)
	}
}

func TestResultTable_HoldsTwinsTogether(t *testing.T) {
	defer func() { twins["assess"] = "assessment" }()
	for twin, want := range map[string]string{"aws_security_group_rules": "another type", "nothing": "has no data source"} {
		twins["assess"] = twin
		if _, err := resultTable("assess"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", twin, err, want)
		}
	}
	if _, err := resultTable("nothing"); err == nil || err.Error() != "function nothing does not describe its result" {
		t.Errorf("a function that is not there: error %v", err)
	}
}

func TestDescribeResult(t *testing.T) {
	for want, fields := range map[string][]provider.ResultField{
		"A string. The range.": {{Kind: "string", Doc: "The range."}},
		"| attribute | type | meaning |\n|---|---|---|\n| `a` | bool | A. |":                            {{Kind: "object"}, {Name: "a", Kind: "bool", Doc: "A."}},
		"A list of objects. All.\n\n| attribute | type | meaning |\n|---|---|---|\n| `a` | bool | A. |": {{Kind: "list of objects", Doc: "All."}, {Name: "a", Kind: "bool", Doc: "A."}},
	} {
		if got := describeResult(fields); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
