package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// sarifRule is a rule of the log: a finding code, or what stands for one.
type sarifRule struct {
	id    string
	order int // in the catalogue, then what is not in it
	// raised says when, defaults what it does unless a waiver accepts it.
	raised, defaults, level string
	// waivers says whether a waiver can accept it.
	waivers string
	// isPlan is set for errors of the plan, which say nothing about security.
	isPlan bool
	// severity is the highest of the rule's results, in tenths.
	severity int
}

// severityBands are those into which GitHub sorts security-severity: critical
// over 9.0, high from 7.0, medium from 4.0, low from 0.1, in tenths. 0.0 is no
// severity at all.
var severityBands = map[risk.Severity]struct{ low, high int }{
	risk.Critical:      {91, 100},
	risk.High:          {70, 89},
	risk.Medium:        {40, 69},
	risk.Low:           {1, 39},
	risk.Informational: {0, 0},
}

// securitySeverity is the severity of a finding in tenths, 0 to 100. The band
// follows from the finding's own severity, and the place within from the
// points of the services that the finding's rules open: 0 points are the lower
// end, 100 points or more the upper. So a finding never leaves its band, and
// of two alike the one that opens more comes first. An accepted finding counts
// as little as any: GitHub reads no suppressions, and its own check of a pull
// request fails on high severities.
func securitySeverity(s *Subject, f *Finding) int {
	band, known := severityBands[f.Severity]
	if !known {
		band = severityBands[risk.Critical] // nobody has said that it is harmless
	}
	if f.Effect == risk.Accepted && band.low > 0 {
		return severityBands[risk.Low].low
	}
	return band.low + int(float64(band.high-band.low)*pointsOf(s, f)/100+0.5)
}

// sarifRules lists the rules of the results in the order of the catalogue.
func sarifRules(results []sarifResult) []sarifRule {
	catalogue := risk.Codes()
	at := map[string]int{}
	var rules []sarifRule
	for i := range results {
		id := results[i].rule
		if _, seen := at[id]; !seen {
			at[id] = len(rules)
			rules = append(rules, newRule(catalogue, id))
		}
		rule := &rules[at[id]]
		rule.severity = max(rule.severity, results[i].severity)
	}
	slices.SortFunc(rules, func(a, b sarifRule) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.id, b.id))
	})
	return rules
}

func newRule(catalogue []risk.CodeInfo, id string) sarifRule {
	rule := sarifRule{id: id, order: len(catalogue), level: sarif.LevelError,
		raised: "This version of the documentation does not list the finding.", defaults: "reject"}
	for i := range catalogue {
		if string(catalogue[i].Code) == id {
			rule.order, rule.raised, rule.defaults = i, catalogue[i].Raised, catalogue[i].Default
			rule.level = defaultLevel(rule.defaults)
			rule.waivers = " A waiver can accept it, by value and for a time."
			if !catalogue[i].Waivable {
				rule.waivers = " There is no waiver for it."
			}
			return rule
		}
	}
	switch id {
	case string(knownAfterApply):
		rule.order, rule.level = len(catalogue)+1, sarif.LevelWarning
		rule.raised = "What a policy opens is known only after apply. It is judged in apply, before anything is stored."
		rule.defaults = "unknown, which is never accept"
	case string(planFailed):
		rule.order, rule.isPlan = len(catalogue)+2, true
		rule.raised = "The plan failed, so that what it would open was not judged whole."
	}
	return rule
}

// defaultLevel reads the table of findings, which begins with the effect that
// a finding has when nothing else is said.
func defaultLevel(defaults string) string {
	switch {
	case strings.HasPrefix(defaults, string(risk.Warn)):
		return sarif.LevelWarning
	case strings.HasPrefix(defaults, string(risk.Info)):
		return sarif.LevelNote
	default:
		return sarif.LevelError
	}
}

func (rule *sarifRule) descriptor() *sarif.ReportingDescriptor {
	uri := registryURI + "/docs/guides/findings"
	if rule.waivers != "" { // the guide has a section for it
		uri += "#" + rule.id
	}
	help := fmt.Sprintf("%s\n\nDefault effect: %s.\n\nEach result says what to write instead.%s", rule.raised, rule.defaults, rule.waivers)
	properties := sarif.NewPropertyBag()
	properties.Tags = []string{"firewall", "security"}
	properties.Add("precision", "very-high")
	if rule.isPlan {
		properties.Tags = []string{"firewall", "terraform"}
	} else if rule.severity > 0 {
		properties.Add("security-severity", fmt.Sprintf("%d.%d", rule.severity/10, rule.severity%10))
	}
	return sarif.NewRule(rule.id).
		WithName(clip(pascal(rule.id), sarifShortBytes)).
		WithShortDescription(multiformat(clip(words(rule.id), sarifShortBytes), "")).
		WithFullDescription(multiformat(rule.raised, "")).
		WithHelpURI(uri).
		WithHelp(multiformat(help+"\n\n"+uri, fmt.Sprintf("%s\n\n[All findings, with examples](%s)", help, uri))).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(rule.level)).
		WithProperties(properties)
}

func multiformat(text, markdown string) *sarif.MultiformatMessageString {
	m := sarif.NewMultiformatMessageString().WithText(sarifText(text))
	if markdown != "" {
		m.WithMarkdown(markdown)
	}
	return m
}

// pascal turns any-peer into AnyPeer.
func pascal(code string) string {
	var b strings.Builder
	for _, word := range strings.Split(code, "-") {
		b.WriteString(capital(word))
	}
	return cmp.Or(b.String(), "Finding")
}

// words turns any-peer into "Any peer".
func words(code string) string {
	return cmp.Or(capital(strings.ReplaceAll(code, "-", " ")), "Finding")
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	runes := []rune(word)
	return strings.ToUpper(string(runes[:1])) + string(runes[1:])
}
