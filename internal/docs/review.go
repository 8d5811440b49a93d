package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/txtar"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/review"
)

// scenario is where the tests record what the reviewer writes of a branch.
const scenario = "examples/pull-request-review/scenario/"

// byHand is a test of the command: a plan with rules written by hand, and the
// comment about it.
const byHand = "internal/review/testdata/script/cloud.txtar"

// reviewParts are the parts of the guide to the review. What it shows as output
// is read from what the tests compare with.
func reviewParts(root string) []Part {
	part := func(name string, text func() (string, error)) Part { return Part{Name: name, Text: text} }
	of := func(name, file string, write func(string) (string, error)) Part {
		return part(name, func() (string, error) {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
			if err != nil {
				return "", err
			}
			return write(string(text))
		})
	}
	block := func(language string) func(string) (string, error) {
		return func(text string) (string, error) { return fenced(language, text), nil }
	}
	quote := func(text string) (string, error) { return quoted(text), nil }
	return []Part{
		part("review branch", func() (string, error) { return changed(root, scenario+"good.tf", scenario+"widened.tf") }),
		part("review waiver", func() (string, error) { return changed(root, scenario+"widened.tf", scenario+"waived.tf") }),
		of("review good", scenario+"good.md", quote),
		of("review rejected plan", scenario+"rejected.txt", block("text")),
		of("review rejected", scenario+"rejected.md", quote),
		of("review rejected alert", scenario+"rejected.sarif", alerts),
		of("review rejected annotations", scenario+"rejected.annotations", block("text")),
		of("review rejected test report", scenario+"rejected.xml", block("xml")),
		of("review warned", scenario+"warned.md", quote),
		of("review waived plan", scenario+"waived.txt", func(text string) (string, error) { return fenced("text", shortPlan(text)), nil }),
		of("review waived", scenario+"waived.md", quote),
		of("review waived alert", scenario+"waived.sarif", alerts),
		of("review by hand", byHand, handWritten),
		part("review exit statuses", func() (string, error) { return exitTable(), nil }),
		part("review options", func() (string, error) { return optionTable(), nil }),
		part("review formats", func() (string, error) { return formatTable(), nil }),
		part("review members", memberTables),
		part("review resources", cloudResourceTable),
		part("review references", func() (string, error) { return referenceTable(), nil }),
		{Name: "comment limit", Text: func() (string, error) { return thousands(report.CommentLimit), nil }, Inline: true},
		{Name: "smallest comment limit", Text: func() (string, error) { return thousands(report.MinLimit), nil }, Inline: true},
		{Name: "review form", Text: func() (string, error) { return code(report.Format), nil }, Inline: true},
	}
}

func fenced(language, text string) string {
	return "```" + language + "\n" + strings.Trim(text, "\n") + "\n```"
}

// quoted shows a comment as it is drawn. Its headings are none of the page.
func quoted(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("> "+line, " ")
	}
	return strings.Join(lines, "\n")
}

// changed shows what is different between two configurations.
func changed(root, before, after string) (string, error) {
	old, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(before)))
	if err != nil {
		return "", err
	}
	now, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(after)))
	if err != nil {
		return "", err
	}
	_, hunks, found := strings.Cut(string(diff.Diff("main.tf", old, "main.tf", now)), "+++ main.tf\n")
	if !found {
		return "", fmt.Errorf("%s and %s do not differ", before, after)
	}
	return fenced("diff", hunks), nil
}

// nested is an attribute of several lines in a plan, and what follows inside.
var nested = regexp.MustCompile(`(?m)^      [~+ ] \w+ += [\[{]\n(?:        .*\n)*      +[\]}]\n`)

// shortPlan leaves out what the plan shows of lists and blocks.
func shortPlan(text string) string {
	text = nested.ReplaceAllString(text, "")
	before, rest, found := strings.Cut(text, "\n      + waiver {\n")
	if !found {
		return text
	}
	_, after, _ := strings.Cut(rest, "\n    }\n")
	return strings.TrimRight(before, "\n") + "\n      # lists and blocks left out here\n    }\n" + after
}

// sarifFile is what the alerts of a code-scanning tab are made of.
type sarifFile struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ShortDescription struct{ Text string }
					Properties       struct {
						Severity string `json:"security-severity"`
					}
				}
			}
		}
		Results []struct {
			RuleID    string `json:"ruleId"`
			RuleIndex int    `json:"ruleIndex"`
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
			Suppressions []struct{ Status, Justification string }
		}
	}
}

// alerts shows the results of a file for code scanning.
func alerts(text string) (string, error) {
	var file sarifFile
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		return "", err
	}
	var rows [][]string
	for _, run := range file.Runs {
		for _, r := range run.Results {
			rule := run.Tool.Driver.Rules[r.RuleIndex]
			place := r.Locations[0].PhysicalLocation
			rows = append(rows,
				[]string{"alert", rule.ShortDescription.Text + " (" + code(r.RuleID) + ")"},
				[]string{"level", code(r.Level)},
				[]string{"security severity of the rule", rule.Properties.Severity},
				[]string{"place", code(fmt.Sprintf("%s:%d", place.ArtifactLocation.URI, place.Region.StartLine))},
				[]string{"text", prose(r.Message.Text)})
			for _, s := range r.Suppressions {
				rows = append(rows, []string{"suppression", s.Status + ": " + prose(s.Justification)})
			}
		}
	}
	return table([]string{"in the tab", ""}, rows), nil
}

// handWritten shows of the comment about rules written by hand the table, a
// group that is rejected, one that is not known, and the notes.
func handWritten(text string) (string, error) {
	comment := ""
	for _, file := range txtar.Parse([]byte(text)).Files {
		if file.Name == "want.md" {
			comment = string(file.Data)
		}
	}
	sections := strings.Split(comment, "\n### ")
	shown := sections[0]
	for _, group := range []string{"aws_security_group.inline", "aws_security_group.media"} {
		found := false
		for _, section := range sections[1:] {
			title, _, _ := strings.Cut(section, "\n")
			if strings.Contains(title, group) {
				found = true
				shown += "\n### " + section
			}
		}
		if !found {
			return "", fmt.Errorf("%s has no group %s", byHand, group)
		}
	}
	at := strings.Index(comment, "\n> Cloud rules that")
	if at < 0 {
		return "", fmt.Errorf("%s has no notes", byHand)
	}
	return quoted(shown + "\n" + comment[at:]), nil
}

func exitTable() string {
	return table([]string{"status", "meaning"}, [][]string{
		{fmt.Sprint(review.Accepted), "accepted, perhaps with waivers"},
		{fmt.Sprint(review.Refused), "not accepted: rejected, not known yet, or the plan failed"},
		{fmt.Sprint(review.Unreadable), "there is no review: the input cannot be read, or the command line is wrong"},
	})
}

func optionTable() string {
	var rows [][]string
	for _, o := range review.Options() {
		name, standard := "-"+o.Name, ""
		if o.Value != "" {
			name += " " + strings.ToUpper(o.Value)
		}
		if o.Default != "" {
			standard = code(o.Default)
		}
		rows = append(rows, []string{code(name), standard, capital(o.Usage) + "."})
	}
	return table([]string{"option", "default", "meaning"}, rows)
}

func formatTable() string {
	names, uses := review.Formats()
	rows := make([][]string, len(names))
	for i, name := range names {
		rows[i] = []string{code(name), uses[i]}
	}
	return table([]string{"`-format`", "what it is for"}, rows)
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
