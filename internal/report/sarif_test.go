package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// failer is a test or a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// officialSchema is the schema of OASIS, with formats such as uri checked too.
var officialSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return compiler.Compile("testdata/sarif-schema-2.1.0.json")
})

// The members that a consumer reads, apart from the library that writes them.
type (
	readLog struct {
		Schema string    `json:"$schema"`
		Runs   []readRun `json:"runs"`
	}
	readRun struct {
		Tool struct {
			Driver struct {
				Name, Version, SemanticVersion string
				Rules                          []readRule
			}
		}
		Results           []readResult
		AutomationDetails struct{ ID string }
		Invocations       []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				Level   string
				Message struct{ Text string }
			}
		}
	}
	readRule struct {
		ID, Name, HelpURI                 string
		ShortDescription, FullDescription struct{ Text string }
		Help                              struct{ Text, Markdown string }
		DefaultConfiguration              struct{ Level string }
		Properties                        struct {
			Tags             []string
			Precision        string
			SecuritySeverity string `json:"security-severity"`
		}
	}
	readResult struct {
		RuleID              string
		RuleIndex           *int
		Level               string
		Message             struct{ Text string }
		PartialFingerprints map[string]string
		Locations           []struct {
			PhysicalLocation *struct {
				ArtifactLocation struct{ URI string }
				Region           *struct{ StartLine, EndLine, StartColumn, EndColumn int }
			}
			LogicalLocations []struct{ FullyQualifiedName, Kind, Name string }
		}
		Suppressions *[]struct {
			Kind, Status, Justification string
			Properties                  struct{ Owner, Expires string }
		}
		Properties map[string]any
	}
)

// readSARIF validates a log and holds it to what the schema cannot say.
func readSARIF(t failer, text []byte) readRun {
	t.Helper()
	schema, err := officialSchema()
	if err != nil {
		t.Fatalf("the schema: %v", err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := schema.Validate(document); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var log readLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatalf("%v", err)
	}
	if len(log.Runs) != 1 || log.Schema != sarifSchema {
		t.Fatalf("%d runs by %s", len(log.Runs), log.Schema)
	}
	run := log.Runs[0]
	seen := map[string]bool{}
	for i := range run.Results {
		result := &run.Results[i]
		if result.RuleIndex == nil || run.Tool.Driver.Rules[*result.RuleIndex].ID != result.RuleID {
			t.Fatalf("result %d points to another rule than %s", i, result.RuleID)
		}
		if result.Message.Text == "" || len(result.Locations) != 1 || result.Suppressions == nil {
			t.Fatalf("result %d lacks what GitHub or the standard want: %+v", i, result)
		}
		fingerprint := result.PartialFingerprints["primaryLocationLineHash"]
		if fingerprint == "" || fingerprint != result.PartialFingerprints["backupfwFinding/v1"] || seen[fingerprint] {
			t.Fatalf("result %d has fingerprints %v", i, result.PartialFingerprints)
		}
		seen[fingerprint] = true
	}
	for i := range run.Tool.Driver.Rules {
		rule := &run.Tool.Driver.Rules[i]
		if rule.ID == "" || rule.Name == "" || rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" || rule.Help.Markdown == "" {
			t.Fatalf("GitHub wants more of a rule than %+v", rule)
		}
		if len(rule.Name) > 255 || len(rule.ShortDescription.Text) > 1024 || len(rule.FullDescription.Text) > 1024 || len(rule.Properties.Tags) > 10 {
			t.Fatalf("GitHub cuts %+v", rule)
		}
		if text := rule.Properties.SecuritySeverity; text != "" {
			if n, err := strconv.ParseFloat(text, 64); err != nil || n <= 0 || n > 10 || !strings.Contains(text, ".") {
				t.Fatalf("security-severity %q of %s", text, rule.ID)
			}
		}
	}
	return run
}

func sarifOf(t failer, r *Report) readRun {
	t.Helper()
	text, err := SARIF(r, "1.2.3")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return readSARIF(t, text)
}

func TestSARIF_Golden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			text, err := SARIF(s.report, "1.2.3")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "sarif_"+s.name, text)
			readSARIF(t, text)
		})
	}
}

func TestSARIF_SchemaCanFail(t *testing.T) {
	schema, err := officialSchema()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`{"version": "2.1.0"}`,
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "x"}, "level": "fatal"}]}]}`,
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "informationUri": "no uri"}}}]}`,
	} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(document) == nil {
			t.Errorf("the schema accepts %s", text)
		}
	}
}

func TestSARIF_ResultsOfSamples(t *testing.T) {
	for _, sample := range samples() {
		run := sarifOf(t, sample.report)
		at := len(sample.report.Failures)
		if run.AutomationDetails.ID != "backupfw/" || run.Invocations[0].ExecutionSuccessful != (at == 0) {
			t.Errorf("%s: %+v %+v", sample.name, run.AutomationDetails, run.Invocations)
		}
		for i := range sample.report.Subjects {
			s := &sample.report.Subjects[i]
			for j := range s.Findings {
				f, result := &s.Findings[j], run.Results[at]
				at++
				level := map[risk.Effect]string{risk.Reject: "error", risk.Warn: "warning", risk.Accepted: "note", risk.Info: "note", "no-such-effect": "error"}[f.Effect]
				if result.RuleID != string(f.Code) || result.Level != level {
					t.Errorf("%s: %s is a %s of %s, want %s of %s", sample.name, f.Message, result.Level, result.RuleID, level, f.Code)
				}
				if (len(*result.Suppressions) > 0) != (f.Effect == risk.Accepted) {
					t.Errorf("%s: suppressions of what is %s: %v", sample.name, f.Effect, result.Suppressions)
				}
				if got := result.Locations[0].PhysicalLocation; (got == nil) != (f.Location == nil && s.Location == nil) && sample.name != "hostile" {
					t.Errorf("%s: %s stands at %v", sample.name, f.Code, got)
				}
				if sample.name != "hostile" && (!strings.HasPrefix(result.Message.Text, f.Message) || result.Locations[0].LogicalLocations[0].FullyQualifiedName != s.Address && s.Address != "") {
					t.Errorf("%s: %s at %+v", sample.name, result.Message.Text, result.Locations[0])
				}
			}
			if s.Verdict == risk.Unknown {
				if result := run.Results[at]; result.RuleID != "known-after-apply" || result.Level != "warning" {
					t.Errorf("%s: %s is unknown and got %+v", sample.name, s.Name, result)
				}
				at++
			}
		}
		if at != len(run.Results) {
			t.Errorf("%s: %d results, want %d", sample.name, len(run.Results), at)
		}
	}
}

func TestSARIF_AcceptedFinding_CarriesItsWaiver(t *testing.T) {
	// An owner may look like the name of another waiver.
	s := Subject{Kind: PolicyKind, Name: "storage", Verdict: risk.AcceptWithWaivers, Waivers: []Waiver{
		{Reason: "first", Owner: "a", Expires: "2026-12-01"},
		{Reason: "second", Owner: "a, until 2026-12-01), waiver[0] (a", Expires: "2026-12-01"},
		{Reason: "third", Owner: "c", Expires: "2026-12-03"},
	}}
	by := func(i int) string {
		return fmt.Sprintf("waiver[%d] (%s, until %s)", i, s.Waivers[i].Owner, s.Waivers[i].Expires)
	}
	for _, c := range []struct {
		by   string
		want []string
	}{
		{by(0), []string{"first"}},
		{by(1), []string{"second"}},
		{by(2) + ", " + by(0), []string{"third", "first"}},
		{"waiver[7] (x, until 2026-12-01)", []string{"Accepted by waiver[7] (x, until 2026-12-01)."}},
		{"somebody", []string{"Accepted by somebody."}},
	} {
		s.Findings = []Finding{{Code: risk.AnyPeer, Effect: risk.Accepted, Message: "x", WaivedBy: c.by}}
		var got []string
		for _, suppression := range *sarifOf(t, finished(&Report{Subjects: []Subject{s}})).Results[0].Suppressions {
			if suppression.Kind != "inSource" || suppression.Status != "accepted" || suppression.Justification == "third" && suppression.Properties.Owner != "c" {
				t.Errorf("%+v", suppression)
			}
			got = append(got, suppression.Justification)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s is accepted by %q, want %q", c.by, got, c.want)
		}
	}
}

// TestSARIF_Fingerprints_OutliveEdits moves lines and rewrites texts.
func TestSARIF_Fingerprints_OutliveEdits(t *testing.T) {
	prints := func(r *Report) []string {
		var all []string
		for _, result := range sarifOf(t, r).Results {
			all = append(all, result.PartialFingerprints["primaryLocationLineHash"])
		}
		return all
	}
	before := prints(rejectedReport())
	moved := rejectedReport()
	for i := range moved.Subjects {
		moved.Subjects[i].Location = &Location{File: "other.tf", Line: 99}
		for j := range moved.Subjects[i].Findings {
			f := &moved.Subjects[i].Findings[j]
			f.Message, f.Remedy, f.Location = "Other words.", "", nil
			slices.Reverse(f.Rules)
		}
	}
	if after := prints(moved); !slices.Equal(before, after) {
		t.Errorf("after an edit %v, before %v", after, before)
	}
	renamed := rejectedReport()
	renamed.Subjects[0].Address = "backupfw_policy.other"
	for i, after := range prints(renamed) {
		if ofFirst := i < len(renamed.Subjects[0].Findings); (after == before[i]) == ofFirst {
			t.Errorf("result %d of another policy has fingerprint %s, was %s", i, after, before[i])
		}
	}
}

func TestSARIF_OverTheLimits_SaysWhatIsLeftOut(t *testing.T) {
	s := Subject{Kind: PolicyKind, Name: "storage", Verdict: risk.Rejected, Location: &Location{File: "main.tf", Line: 1}}
	for i := range 100 {
		f := Finding{Code: risk.Cleartext, Severity: risk.Medium, Effect: risk.Warn, Rules: []string{fmt.Sprint(i)}, Message: "Warned."}
		switch i % 20 {
		case 19:
			f.Code, f.Severity, f.Effect = risk.AnyPeer, risk.Critical, risk.Reject
		case 18:
			f.Severity = risk.High
		case 17:
			f.Effect = risk.Info
		}
		s.Findings = append(s.Findings, f)
	}
	r := finished(&Report{Subjects: []Subject{s}})
	for _, c := range []struct {
		name     string
		limits   sarifLimits
		kept     map[string]int
		high     int
		notified []string
	}{
		{"none", githubLimits, map[string]int{"error": 5, "warning": 90, "note": 5}, 5, nil},
		{"not shown", sarifLimits{100, 99, 1 << 20}, map[string]int{"error": 5, "warning": 90, "note": 5}, 5,
			[]string{"The file has 100 results, and GitHub shows no more than the 99 most severe."}},
		{"too many", sarifLimits{8, 8, 1 << 20}, map[string]int{"error": 5, "warning": 3}, 3,
			[]string{"92 results left out to stay below the limits of code scanning, the least important: 0 errors, 87 warnings and 5 notes. The other forms of this review have them all."}},
		{"too long", sarifLimits{100, 100, 4_000}, map[string]int{"error": 5, "warning": 20}, 5,
			[]string{"75 results left out to stay below the limits of code scanning, the least important: 0 errors, 70 warnings and 5 notes. The other forms of this review have them all."}},
		{"nothing fits", sarifLimits{100, 100, 10}, map[string]int{}, 0,
			[]string{"100 results left out to stay below the limits of code scanning, the least important: 5 errors, 90 warnings and 5 notes. The other forms of this review have them all."}},
	} {
		text, err := limitedSARIF(r, "1.2.3", c.limits)
		if err != nil {
			t.Fatal(err)
		}
		run := readSARIF(t, text)
		kept, high := map[string]int{}, 0
		for _, result := range run.Results {
			kept[result.Level]++
			if result.Properties["severity"] == "high" {
				high++
			}
		}
		var texts []string
		for _, n := range run.Invocations[0].ToolExecutionNotifications {
			texts = append(texts, n.Message.Text)
		}
		if !maps.Equal(kept, c.kept) || high != c.high || !slices.Equal(texts, c.notified) {
			t.Errorf("%s: kept %v (%d high) of %d bytes and said %q", c.name, kept, high, len(text), texts)
		}
	}
}

func TestSARIF_WithoutFile_SaysSo(t *testing.T) {
	r := rejectedReport()
	run := sarifOf(t, r)
	if text := run.Invocations[0].ToolExecutionNotifications[0].Message.Text; text != "1 result in no known file. GitHub refuses a SARIF file with such results." {
		t.Errorf("notification %q", text)
	}
}

func TestSARIF_Versions(t *testing.T) {
	for _, c := range []struct{ given, version, semantic string }{
		{"1.2.3", "1.2.3", "1.2.3"}, {"v1.2.3-rc.1+x", "1.2.3-rc.1+x", "1.2.3-rc.1+x"}, {"dev", "dev", ""}, {"1.2", "1.2", ""}, {"", "", ""},
	} {
		text, err := SARIF(finished(&Report{}), c.given)
		if err != nil {
			t.Fatal(err)
		}
		driver := readSARIF(t, text).Tool.Driver
		if driver.Version != c.version || driver.SemanticVersion != c.semantic {
			t.Errorf("%q became %q, %q", c.given, driver.Version, driver.SemanticVersion)
		}
	}
}

func TestSARIF_AnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyReport(t)
		run := sarifOf(t, r)
		at := len(r.Failures)
		for i := range r.Subjects {
			s := &r.Subjects[i]
			for j := range s.Findings {
				f, result := &s.Findings[j], run.Results[at]
				at++
				// A reader replaces {{ and }} and takes [text](target) for a link.
				if strings.Contains(result.Message.Text, "](") {
					t.Fatalf("a link in %q", result.Message.Text)
				}
				got := strings.NewReplacer("{{", "{", "}}", "}").Replace(result.Message.Text)
				want := strings.ReplaceAll(sentence(printable(f.Message), printable(f.Remedy)), "](", "] (")
				if !strings.HasPrefix(got, want) {
					t.Fatalf("message %q, want %q", got, want)
				}
				l := located(s, f)
				if physical := result.Locations[0].PhysicalLocation; physical != nil {
					uri, err := url.Parse(physical.ArtifactLocation.URI)
					if err != nil || uri.Scheme != "" || uri.Host != "" || path.Clean(uri.Path) != path.Clean(strings.ToValidUTF8(l.File, "\ufffd")) {
						t.Fatalf("%q leads to %q (%v)", l.File, physical.ArtifactLocation.URI, err)
					}
					if region := physical.Region; region != nil && (region.EndLine < region.StartLine || region.StartLine != l.Line || region.EndColumn != 0 && region.EndLine == region.StartLine && region.EndColumn < region.StartColumn) {
						t.Fatalf("region %+v of %+v", region, l)
					}
				} else if l != nil && l.File != "" {
					t.Fatalf("lost %+v", l)
				}
			}
			switch s.Verdict {
			case risk.Accept, risk.AcceptWithWaivers, risk.Rejected:
			default:
				at++
			}
		}
		if at != len(run.Results) {
			t.Fatalf("%d results, want %d", len(run.Results), at)
		}
	})
}
