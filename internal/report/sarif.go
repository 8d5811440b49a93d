package report

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	registryURI = "https://registry.terraform.io/providers/backupfw/backupfw/latest"
)

// sarifLimits are numbers of code scanning, beyond which a file is refused or
// not shown whole.
type sarifLimits struct {
	results int // of a run
	shown   int // of these, the most severe
	gzip    int // bytes of the compressed file
}

// githubLimits are those of GitHub (docs.github.com, "SARIF support for code
// scanning", read in 2026). One run, a rule per finding code with two tags each
// and one location per result are far below its others. The 10 MB are taken
// in their smaller meaning.
var githubLimits = sarifLimits{results: 25_000, shown: 5_000, gzip: 10_000_000}

const (
	sarifTextBytes  = 16_000 // of one message
	sarifShortBytes = 255    // of a name
)

// SARIF writes the report in the Static Analysis Results Interchange Format
// 2.1.0, for code scanning. version is that of the provider, such as "1.2.3";
// it may be empty.
//
// There is one rule for each finding code that occurs, in the order of the
// catalogue, then known-after-apply for subjects without a verdict and
// plan-failed for errors of the plan. GitHub reads the severity of a rule and
// not of a result, so a rule has the highest of its results; see
// securitySeverity. An accepted finding is a note with a suppression that
// carries the waiver.
//
// A result stands where the model says; a model without any Location gives a
// result with a logical location alone, the address of the resource. GitHub
// refuses a whole file for one such result, so the caller should fill in the
// Location of every subject and failure. How many are missing stands in a
// notification, like everything that is left out to keep the limits.
func SARIF(r *Report, version string) ([]byte, error) {
	return limitedSARIF(r, version, githubLimits)
}

func limitedSARIF(r *Report, version string, limits sarifLimits) ([]byte, error) {
	results := sarifResultsOf(r)
	most := min(len(results), limits.results)
	for {
		kept, left := keepResults(results, most)
		text, err := encodeSARIF(sarifLog(version, kept, sarifInvocation(r, kept, left, limits)))
		if err != nil {
			return nil, err
		}
		if most == 0 || !isLonger(text, limits.gzip) {
			return text, nil
		}
		most /= 2
	}
}

func sarifLog(version string, kept []sarifResult, invocation *sarif.Invocation) *sarif.Report {
	rules := sarifRules(kept)
	index := map[string]int{}
	driver := sarif.NewToolComponent()
	driver.WithName("backupfw").WithFullName("Firewall policies of backup software").WithInformationURI(registryURI)
	if version = strings.TrimPrefix(inline(version), "v"); version != "" {
		driver.WithVersion(version)
		if semantic.MatchString(version) {
			driver.WithSemanticVersion(version)
		}
	}
	for i := range rules {
		index[rules[i].id] = i
		driver.AddRule(rules[i].descriptor())
	}
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(driver)).
		WithColumnKind("unicodeCodePoints").
		WithAutomationDetails(sarif.NewRunAutomationDetails().WithID("backupfw/")).
		AddInvocation(invocation)
	for i := range kept {
		run.AddResult(kept[i].result.WithRuleIndex(index[kept[i].rule]))
	}
	report := sarif.NewReport()
	report.Schema = sarifSchema
	return report.AddRun(run)
}

var semantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// keepResults keeps the most important results in their order.
func keepResults(results []sarifResult, most int) (kept, left []sarifResult) {
	if len(results) <= most {
		return results, nil
	}
	order := make([]int, len(results))
	for i := range order {
		order[i] = i
	}
	levels := []string{sarif.LevelError, sarif.LevelWarning, sarif.LevelNote}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &results[a], &results[b]
		return cmp.Or(cmp.Compare(slices.Index(levels, x.result.Level), slices.Index(levels, y.result.Level)), cmp.Compare(y.severity, x.severity))
	})
	isKept := make([]bool, len(results))
	for _, i := range order[:most] {
		isKept[i] = true
	}
	for i := range results {
		if isKept[i] {
			kept = append(kept, results[i])
		} else {
			left = append(left, results[i])
		}
	}
	return kept, left
}

// sarifInvocation says what the review does not cover and what is not in the
// file. A plan that failed was not looked at whole.
func sarifInvocation(r *Report, kept, left []sarifResult, limits sarifLimits) *sarif.Invocation {
	invocation := sarif.NewInvocation().WithExecutionSuccessful(len(r.Failures) == 0)
	notify := func(level, text string, locations ...*sarif.Location) {
		invocation.AddToolExecutionNotification(sarif.NewNotification().WithLevel(level).
			WithMessage(sarif.NewTextMessage(sarifText(text))).WithLocations(locations))
	}
	if len(left) > 0 {
		counts := map[string]int{}
		for i := range left {
			counts[left[i].result.Level]++
		}
		notify(sarif.LevelWarning, fmt.Sprintf("%s left out to stay below the limits of code scanning, the least important: %s, %s and %s. The other forms of this review have them all.",
			plural(len(left), "result"), plural(counts[sarif.LevelError], "error"), plural(counts[sarif.LevelWarning], "warning"), plural(counts[sarif.LevelNote], "note")))
	}
	if len(kept) > limits.shown {
		notify(sarif.LevelWarning, fmt.Sprintf("The file has %d results, and GitHub shows no more than the %d most severe.", len(kept), limits.shown))
	}
	homeless := 0
	for i := range kept {
		if kept[i].homeless {
			homeless++
		}
	}
	if homeless > 0 {
		notify(sarif.LevelWarning, fmt.Sprintf("%s in no known file. GitHub refuses a SARIF file with such results.", plural(homeless, "result")))
	}
	for _, note := range r.Notes {
		notify(sarif.LevelNote, note)
	}
	for i := range r.Subjects {
		s := &r.Subjects[i]
		for _, note := range s.Notes {
			location, _ := sarifLocation(s.Location, s.Address, s.Name)
			notify(sarif.LevelNote, note, location)
		}
	}
	return invocation
}

// encodeSARIF writes a log, indented, with sorted members. The library writes
// every member that could be there, as null, as an empty list or as -1, which mean
// the same as nothing; these are left out.
func encodeSARIF(report *sarif.Report) ([]byte, error) {
	text, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	var log any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&log); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(tidy(log)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// tidy leaves out what says nothing. results and rules have to be there, and
// either all results have suppressions or none has.
func tidy(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			member = tidy(member)
			list, isList := member.([]any)
			object, isObject := member.(map[string]any)
			number, isNumber := member.(json.Number)
			if member == nil || isList && len(list) == 0 && name != "results" && name != "rules" ||
				isObject && len(object) == 0 || isNumber && strings.HasPrefix(number.String(), "-") {
				delete(value, name)
				continue
			}
			value[name] = member
		}
		if _, isResult := value["ruleId"]; isResult && value["suppressions"] == nil {
			value["suppressions"] = []any{}
		}
	case []any:
		for i := range value {
			value[i] = tidy(value[i])
		}
	}
	return value
}

// isLonger reports whether the text is longer than limit bytes as it is
// uploaded, compressed. A text that cannot be is not compressed to find out.
func isLonger(text []byte, limit int) bool {
	if len(text) <= limit {
		return false
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
	return out.Len() > limit
}
