package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Tests   int          `xml:"tests,attr"`
	Fails   int          `xml:"failures,attr"`
	Errors  int          `xml:"errors,attr"`
	Time    string       `xml:"time,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name    string      `xml:"name,attr"`
	Tests   int         `xml:"tests,attr"`
	Fails   int         `xml:"failures,attr"`
	Errors  int         `xml:"errors,attr"`
	Skipped int         `xml:"skipped,attr"`
	Time    string      `xml:"time,attr"`
	Cases   []junitCase `xml:"testcase"`
	Out     *junitText  `xml:"system-out"`
}

type junitCase struct {
	Class string `xml:"classname,attr"`
	Name  string `xml:"name,attr"`
	// File is relative to the root of the repository; GitLab links to it.
	File string `xml:"file,attr,omitempty"`
	Line int    `xml:"line,attr,omitempty"`
	// Time is a constant: a review measures nothing, and the same report has
	// the same bytes.
	Time  string        `xml:"time,attr"`
	Fail  *junitProblem `xml:"failure"`
	Error *junitProblem `xml:"error"`
	Out   *junitText    `xml:"system-out"`
}

type junitProblem struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

// JUnit writes the report as a JUnit XML test report, one test case per
// subject and one per failure of the plan. A subject that is rejected fails;
// one that is known only after apply is an error, because unknown is never a
// pass. Warnings, information and waivers stand in system-out, the notes of
// the report in that of the suite.
//
// Characters that XML forbids are written as their numbers, (U+0000). Cases
// that would have the same class and name are numbered: GitLab ignores all but
// the first of them.
func JUnit(r *Report) ([]byte, error) {
	suite := junitSuite{Name: "backupfw", Time: "0"}
	for i := range r.Failures {
		suite.Cases = append(suite.Cases, failureCase(&r.Failures[i]))
	}
	for i := range r.Subjects {
		suite.Cases = append(suite.Cases, subjectCase(&r.Subjects[i]))
	}
	seen := map[[2]string]bool{}
	for i := range suite.Cases {
		c := &suite.Cases[i]
		name := c.Name
		for n := 2; seen[[2]string{c.Class, c.Name}]; n++ {
			c.Name = fmt.Sprintf("%s (%d)", name, n)
		}
		seen[[2]string{c.Class, c.Name}] = true
		if c.Error != nil {
			suite.Errors++
		}
		if c.Fail != nil {
			suite.Fails++
		}
	}
	suite.Tests = len(suite.Cases)
	suite.Out = junitOut(r.Notes)
	suites := junitSuites{Name: suite.Name, Tests: suite.Tests, Fails: suite.Fails, Errors: suite.Errors, Time: "0", Suites: []junitSuite{suite}}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	encoder := xml.NewEncoder(&out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(&suites); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func failureCase(f *Failure) junitCase {
	c := newCase("plan", f.Address, f.Summary, f.Location)
	c.Error = problem(planFailed, f.Summary, []string{failureText(f)})
	return c
}

func subjectCase(s *Subject) junitCase {
	c := newCase(string(s.Kind), s.Address, s.Name, s.Location)
	var rejecting, others, codes []string
	for i := range s.Findings {
		f := &s.Findings[i]
		if annotationCommand(f.Effect) != "error" {
			others = append(others, findingLine(s, f))
			continue
		}
		rejecting = append(rejecting, findingLine(s, f))
		if code := inline(string(f.Code)); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	switch s.Verdict {
	case risk.Accept, risk.AcceptWithWaivers:
		// Nothing should reject here, but nothing may get lost either.
		others = append(rejecting, others...)
	case risk.Rejected:
		c.Fail = problem(risk.Code(strings.Join(codes, ",")), fmt.Sprintf("Rejected by %s. %s", plural(len(rejecting), "finding"), scored(s)), rejecting)
	default:
		c.Error = problem(knownAfterApply, "known only after apply", append([]string{unknownText(s)}, rejecting...))
	}
	out := append([]string{"Verdict: " + Word(s.Verdict) + ". " + scored(s)}, others...)
	for i := range s.Waivers {
		out = append(out, waiverLine(&s.Waivers[i]))
	}
	c.Out = junitOut(append(out, s.Notes...))
	return c
}

func newCase(kind, address, name string, l *Location) junitCase {
	c := junitCase{Class: inline(kind), Name: inline(name), Time: "0"}
	if address != "" {
		c.Class += "/" + inline(address)
	}
	if strings.TrimSpace(c.Name) == "" {
		c.Name = "(no name)"
	}
	if l != nil && l.File != "" {
		c.File, c.Line = inline(l.File), max(l.Line, 0)
	}
	return c
}

// findingLine is a finding in a text of many.
func findingLine(s *Subject, f *Finding) string {
	text := fmt.Sprintf("[%s] %s (%s):", inline(string(f.Effect)), inline(string(f.Code)), inline(string(f.Severity)))
	if f.Effect == risk.Accepted {
		text = sentence(text, printable(f.Message), waivedText(s, f))
	} else {
		text = sentence(text, printable(f.Message), printable(f.Remedy))
	}
	var facts []string
	for _, fact := range []struct {
		name   string
		values []string
	}{{"rules", f.Rules}, {"ports", f.Ports}, {"peers", f.Peers}} {
		if len(fact.values) > 0 {
			facts = append(facts, fact.name+" "+inline(strings.Join(fact.values, ", ")))
		}
	}
	if l := f.Location; l != nil && l.File != "" {
		facts = append(facts, fmt.Sprintf("at %s:%d", inline(l.File), l.Line))
	}
	if len(facts) > 0 {
		text += "\n  " + strings.Join(facts, "; ")
	}
	return text
}

func waiverLine(w *Waiver) string {
	left := ""
	if w.DaysLeft != nil && *w.DaysLeft >= 0 {
		left = fmt.Sprintf(", %s left", plural(*w.DaysLeft, "day"))
	} else if w.DaysLeft != nil {
		left = fmt.Sprintf(", %s ago", plural(-*w.DaysLeft, "day"))
	}
	return fmt.Sprintf("Waiver for %s until %s%s, owner %s: %s", inline(w.Finding), inline(w.Expires), left, inline(w.Owner), inline(w.Reason))
}

func problem(code risk.Code, message string, texts []string) *junitProblem {
	return &junitProblem{Type: inline(string(code)), Message: inline(message), Text: junitBody(texts)}
}

func junitOut(texts []string) *junitText {
	if len(texts) == 0 {
		return nil
	}
	return &junitText{Text: junitBody(texts)}
}

// junitBody breaks the sign by which GitLab links a file of the job.
func junitBody(texts []string) string {
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = strings.ReplaceAll(printable(text), "[[ATTACHMENT|", "[ [ATTACHMENT|")
	}
	return strings.Join(lines, "\n")
}
