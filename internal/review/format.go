package review

import "github.com/backupfw/terraform-provider-backupfw/internal/report"

// format is a form of the report. A new one is a line here and a function in
// package report.
type format struct {
	name string
	// use says who reads it, in the words of the documentation.
	use   string
	write func(r *report.Report, o options, version string) ([]byte, error)
}

var formats = []format{
	{"markdown", "The comment on a pull or merge request, the summary of a job.", func(r *report.Report, o options, _ string) ([]byte, error) {
		return []byte(report.Markdown(r, o.maxLength)), nil
	}},
	{"json", "Everything, for programs and policies.", func(r *report.Report, _ options, _ string) ([]byte, error) { return report.JSON(r) }},
	{"sarif", "SARIF 2.1.0, for code-scanning tabs.", func(r *report.Report, _ options, version string) ([]byte, error) { return report.SARIF(r, version) }},
	{"github", "Annotations: workflow commands of GitHub Actions, for the job's output.", func(r *report.Report, _ options, _ string) ([]byte, error) { return report.Annotations(r), nil }},
	{"junit", "A JUnit test report, one test per policy and per group of hand-written rules.", func(r *report.Report, _ options, _ string) ([]byte, error) { return report.JUnit(r) }},
}

func formatNames() []string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return names
}

// formatNamed finds a form; nil when there is none of that name.
func formatNamed(name string) *format {
	for i := range formats {
		if formats[i].name == name {
			return &formats[i]
		}
	}
	return nil
}
