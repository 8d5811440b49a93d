package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func TestJUnit_Golden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			out, err := JUnit(s.report)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "junit_"+s.name, out)
		})
	}
}

// readCase is a test case as a reader of JUnit XML takes it.
type readCase struct {
	class, name, file, line string
	// outcome is the name of the element that says what became of it.
	outcome, kind, message string
	texts                  map[string]string
}

// readJUnit reads tokens, apart from the types of the writer, and wants
// only elements and attributes that consumers know.
func readJUnit(text []byte) ([]readCase, map[string]string, error) {
	known := map[string][]string{
		"testsuites": {"name", "tests", "failures", "errors", "time"},
		"testsuite":  {"name", "tests", "failures", "errors", "skipped", "time"},
		"testcase":   {"classname", "name", "file", "line", "time"},
		"failure":    {"type", "message"},
		"error":      {"type", "message"},
		"system-out": nil,
	}
	var cases []readCase
	counts := map[string]string{}
	var path []string
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return cases, counts, nil
		}
		if err != nil {
			return nil, nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range token.Attr {
				if !slices.Contains(known[token.Name.Local], a.Name.Local) {
					return nil, nil, fmt.Errorf("attribute %s of %s", a.Name.Local, token.Name.Local)
				}
				attributes[a.Name.Local] = a.Value
			}
			if _, isKnown := known[token.Name.Local]; !isKnown {
				return nil, nil, fmt.Errorf("element %s", token.Name.Local)
			}
			path = append(path, token.Name.Local)
			switch token.Name.Local {
			case "testsuite":
				counts = attributes
			case "testcase":
				cases = append(cases, readCase{class: attributes["classname"], name: attributes["name"], file: attributes["file"], line: attributes["line"], texts: map[string]string{}})
			case "failure", "error":
				c := &cases[len(cases)-1]
				if c.outcome != "" {
					return nil, nil, fmt.Errorf("%s has two outcomes", c.name)
				}
				c.outcome, c.kind, c.message = token.Name.Local, attributes["type"], attributes["message"]
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" && slices.Contains(path, "testcase") {
				cases[len(cases)-1].texts[path[len(path)-1]] += string(token)
			}
		}
	}
}

func TestJUnit_OutcomesOfSamples(t *testing.T) {
	for _, s := range samples() {
		out, err := JUnit(s.report)
		if err != nil {
			t.Fatal(err)
		}
		cases, counts, err := readJUnit(out)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if want := fmt.Sprint(len(s.report.Subjects) + len(s.report.Failures)); fmt.Sprint(len(cases)) != want || counts["tests"] != want {
			t.Errorf("%s: %d cases, counted %s, want %s", s.name, len(cases), counts["tests"], want)
		}
		seen := map[string]bool{}
		for i, c := range cases {
			if key := c.class + "\x00" + c.name; seen[key] || c.name == "" {
				t.Errorf("%s: GitLab leaves out the second %q %q", s.name, c.class, c.name)
			} else {
				seen[key] = true
			}
			want := "error"
			if at := i - len(s.report.Failures); at >= 0 {
				want = map[risk.Verdict]string{risk.Accept: "", risk.AcceptWithWaivers: "", risk.Rejected: "failure", risk.Unknown: "error"}[s.report.Subjects[at].Verdict]
			}
			if c.outcome != want {
				t.Errorf("%s: %s ends in %q, want %q", s.name, c.name, c.outcome, want)
			}
		}
	}
}

// TestJUnit_NothingIsLost looks for every finding, waiver and note.
func TestJUnit_NothingIsLost(t *testing.T) {
	for _, s := range samples() {
		if s.name == "hostile" {
			continue // texts do not stand there as they were written
		}
		out, err := JUnit(s.report)
		if err != nil {
			t.Fatal(err)
		}
		cases, _, err := readJUnit(out)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.report.Subjects {
			x := &s.report.Subjects[i]
			c := cases[len(s.report.Failures)+i]
			for _, f := range x.Findings {
				element := "system-out"
				if f.Effect == risk.Reject {
					element = c.outcome
				}
				if !strings.Contains(c.texts[element], f.Message) || c.outcome == "failure" && f.Effect == risk.Reject && !slices.Contains(strings.Split(c.kind, ","), string(f.Code)) {
					t.Errorf("%s: %s of %s is not in %s (type %q):\n%s", s.name, f.Code, x.Name, element, c.kind, c.texts[element])
				}
			}
			for _, w := range x.Waivers {
				if text := c.texts["system-out"]; !strings.Contains(text, w.Reason) || !strings.Contains(text, w.Owner) || !strings.Contains(text, w.Expires) {
					t.Errorf("%s: the waiver for %s is not in\n%s", s.name, w.Finding, text)
				}
			}
			for _, note := range x.Notes {
				if !strings.Contains(c.texts["system-out"], note) {
					t.Errorf("%s: lost %q", s.name, note)
				}
			}
		}
	}
}

func TestJUnit_AnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyReport(t)
		out, err := JUnit(r)
		if err != nil {
			t.Fatal(err)
		}
		cases, counts, err := readJUnit(out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if want := len(r.Subjects) + len(r.Failures); len(cases) != want || counts["tests"] != fmt.Sprint(want) {
			t.Fatalf("%d cases, want %d\n%s", len(cases), want, out)
		}
		for i := range r.Subjects {
			s := &r.Subjects[i]
			c := cases[len(r.Failures)+i]
			if want := inline(s.Name); strings.TrimSpace(want) != "" && !strings.HasPrefix(c.name, want) {
				t.Fatalf("name %q, want %q", c.name, want)
			}
			for j := range s.Findings {
				f := &s.Findings[j]
				// Line breaks become spaces in lists, and GitLab's sign is broken.
				want := strings.ReplaceAll(findingLine(s, f), "[[ATTACHMENT|", "[ [ATTACHMENT|")
				if all := c.texts["failure"] + c.texts["error"] + c.texts["system-out"]; !strings.Contains(all, strings.TrimSpace(want)) {
					t.Fatalf("%q is not in\n%q", want, all)
				}
			}
		}
		for _, c := range cases {
			for element, text := range c.texts {
				if strings.Contains(text, "[[ATTACHMENT|") {
					t.Fatalf("GitLab would link a file in %s: %q", element, text)
				}
			}
		}
	})
}

// anyReport draws a small report of arbitrary texts.
func anyReport(t *rapid.T) *Report {
	text := anyText()
	list := func(what string) []string { return rapid.SliceOfN(text, 0, 3).Draw(t, what) }
	place := func() *Location {
		if rapid.Bool().Draw(t, "no place") {
			return nil
		}
		n := rapid.IntRange(-1, 9)
		return &Location{File: text.Draw(t, "file"), Line: n.Draw(t, "line"), EndLine: n.Draw(t, "end line"), Column: n.Draw(t, "column"), EndColumn: n.Draw(t, "end column")}
	}
	codes := risk.Codes()
	r := &Report{Title: text.Draw(t, "title"), Notes: list("notes")}
	for range rapid.IntRange(0, 2).Draw(t, "failures") {
		r.Failures = append(r.Failures, Failure{Summary: text.Draw(t, "summary"), Detail: text.Draw(t, "detail"), Address: text.Draw(t, "address"), Location: place()})
	}
	for range rapid.IntRange(0, 3).Draw(t, "subjects") {
		s := Subject{
			Kind: rapid.SampledFrom([]Kind{PolicyKind, CloudRulesKind}).Draw(t, "kind"), Address: text.Draw(t, "address"), Name: text.Draw(t, "name"),
			Score: rapid.IntRange(-1, 100).Draw(t, "score"), Limit: rapid.IntRange(-1, 100).Draw(t, "limit"), Partial: rapid.Bool().Draw(t, "partial"),
			Verdict:  rapid.SampledFrom(append(slices.Clone(verdicts), "", "no-such-verdict")).Draw(t, "verdict"),
			Location: place(), Notes: list("notes"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "waivers") {
			s.Waivers = append(s.Waivers, Waiver{Finding: text.Draw(t, "finding"), Reason: text.Draw(t, "reason"), Owner: text.Draw(t, "owner"), Expires: text.Draw(t, "expires")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "findings") {
			f := Finding{
				Code:     codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")].Code,
				Severity: rapid.SampledFrom(append(slices.Clone(severities), "no-such-severity")).Draw(t, "severity"),
				Effect:   rapid.SampledFrom([]risk.Effect{risk.Reject, risk.Accepted, risk.Warn, risk.Info, "no-such-effect"}).Draw(t, "effect"),
				Rules:    list("rules"), Ports: list("ports"), Peers: list("peers"),
				Message: text.Draw(t, "message"), Remedy: text.Draw(t, "remedy"), WaivedBy: text.Draw(t, "waived by"), Location: place(),
			}
			if rapid.Bool().Draw(t, "other code") {
				f.Code = risk.Code(text.Draw(t, "code text"))
			}
			s.Contributions = append(s.Contributions, Contribution{Rules: f.Rules, Points: rapid.Float64().Draw(t, "points")})
			s.Findings = append(s.Findings, f)
		}
		r.Subjects = append(r.Subjects, s)
	}
	return finished(r)
}
