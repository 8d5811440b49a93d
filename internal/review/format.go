package review

import "github.com/backupfw/terraform-provider-backupfw/internal/report"

// format is a form of the report. A new one is a line here and a function in
// package report.
type format struct {
	name  string
	write func(r *report.Report, o options, version string) ([]byte, error)
}

var formats = []format{
	{"markdown", func(r *report.Report, o options, _ string) ([]byte, error) {
		return []byte(report.Markdown(r, o.maxLength)), nil
	}},
	{"json", func(r *report.Report, _ options, _ string) ([]byte, error) { return report.JSON(r) }},
	{"sarif", func(r *report.Report, _ options, version string) ([]byte, error) { return report.SARIF(r, version) }},
	{"github", func(r *report.Report, _ options, _ string) ([]byte, error) { return report.Annotations(r), nil }},
	{"junit", func(r *report.Report, _ options, _ string) ([]byte, error) { return report.JUnit(r) }},
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
