package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func TestAnnotations_Golden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) { golden(t, "annotations_"+s.name, Annotations(s.report)) })
	}
}

// workflowCommand is a line as the runner of GitHub Actions reads it.
type workflowCommand struct {
	name       string
	properties map[string]string
	data       string
}

// readCommand follows TryParseV2 of the runner's ActionCommand: the first "::"
// after the start ends the properties, commas separate these, and the escapes
// are undone with %25 last.
func readCommand(line string) (workflowCommand, bool) {
	c := workflowCommand{properties: map[string]string{}}
	line, isCommand := strings.CutPrefix(strings.TrimLeft(line, " \t"), "::")
	if !isCommand {
		return c, false
	}
	head, data, isWhole := strings.Cut(line, "::")
	if !isWhole {
		return c, false
	}
	var properties string
	c.name, properties, _ = strings.Cut(head, " ")
	for _, p := range strings.Split(strings.TrimSpace(properties), ",") {
		if name, value, isPair := strings.Cut(p, "="); isPair && value != "" {
			for _, e := range [][2]string{{"%0D", "\r"}, {"%0A", "\n"}, {"%3A", ":"}, {"%2C", ","}, {"%25", "%"}} {
				value = strings.ReplaceAll(value, e[0], e[1])
			}
			c.properties[name] = value
		}
	}
	for _, e := range [][2]string{{"%0D", "\r"}, {"%0A", "\n"}, {"%25", "%"}} {
		data = strings.ReplaceAll(data, e[0], e[1])
	}
	c.data = data
	return c, true
}

// readAnnotations reads all lines and holds each to what GitHub shows.
func readAnnotations(t interface {
	Helper()
	Fatalf(string, ...any)
}, out []byte) []workflowCommand {
	t.Helper()
	var commands []workflowCommand
	counts := map[string]int{}
	if len(out) == 0 {
		return nil
	}
	// Everything that any system takes for a line break.
	for _, line := range strings.FieldsFunc(string(out), func(r rune) bool {
		return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r)
	}) {
		c, isCommand := readCommand(line)
		if !isCommand || !slices.Contains([]string{"error", "warning", "notice"}, c.name) || !strings.HasPrefix(line, "::") {
			t.Fatalf("no annotation: %q", line)
		}
		for name := range c.properties {
			if !slices.Contains([]string{"file", "line", "endLine", "col", "endColumn", "title"}, name) {
				t.Fatalf("unknown property %q in %q", name, line)
			}
		}
		if strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Fatalf("a command inside %q", line)
		}
		if len(c.data) > 4096 {
			t.Fatalf("GitHub cuts a message of %d bytes", len(c.data))
		}
		if counts[c.name]++; counts[c.name] > 10 {
			t.Fatalf("GitHub does not show %q", line)
		}
		commands = append(commands, c)
	}
	if out[len(out)-1] != '\n' || strings.Count(string(out), "\n") != len(commands) {
		t.Fatalf("%d annotations on other than their own lines:\n%q", len(commands), out)
	}
	return commands
}

func TestAnnotations_OfSamples_AreReadBack(t *testing.T) {
	for _, s := range samples() {
		readAnnotations(t, Annotations(s.report))
	}
}

// TestAnnotations_AnyText writes one finding with arbitrary texts and wants to
// read them back.
func TestAnnotations_AnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText()
		effect := rapid.SampledFrom([]risk.Effect{risk.Reject, risk.Warn}).Draw(t, "effect")
		f := Finding{Code: risk.AnyPeer, Severity: risk.High, Effect: effect, Message: text.Draw(t, "message"), Remedy: text.Draw(t, "remedy"),
			Rules: []string{text.Draw(t, "rule")}, Location: &Location{File: text.Draw(t, "file"), Line: 4, EndLine: 9}}
		s := Subject{Kind: PolicyKind, Name: text.Draw(t, "name"), Address: text.Draw(t, "address"), Verdict: risk.Rejected, Findings: []Finding{f}}
		commands := withoutVerdict(t, readAnnotations(t, Annotations(finished(&Report{Title: "Review", Subjects: []Subject{s}}))))
		if len(commands) != 1 {
			t.Fatalf("%d annotations", len(commands))
		}
		c := commands[0]
		broken := strings.NewReplacer("##[", "# #[", "##vso[", "# #vso[")
		if want := broken.Replace(sentence(printable(f.Message), printable(f.Remedy), place(&s, &f))); c.data != want && len(want) <= annotationBytes {
			t.Fatalf("message %q, want %q", c.data, want)
		}
		if want := broken.Replace(inline(f.Location.File)); want != "" && (c.properties["file"] != want || c.properties["line"] != "4" || c.properties["endLine"] != "9") {
			t.Fatalf("properties %q, want the file %q", c.properties, want)
		}
		// The runner trims the properties as a whole.
		want := strings.TrimSpace(broken.Replace("any-peer in " + inline(s.Name)))
		if got := c.properties["title"]; strings.TrimSpace(got) != want && len(want) <= titleBytes {
			t.Fatalf("title %q, want %q", got, want)
		}
	})
}

func TestAnnotations_OverTen_CountTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Subject{Kind: PolicyKind, Name: "storage", Verdict: risk.Rejected}
		total := map[risk.Code]int{}
		for i := range rapid.IntRange(0, 40).Draw(t, "findings") {
			code := rapid.SampledFrom([]risk.Code{risk.AnyPeer, risk.BroadRange, risk.Cleartext}).Draw(t, "code")
			severity := rapid.SampledFrom(severities).Draw(t, "severity")
			s.Findings = append(s.Findings, Finding{Code: code, Severity: severity, Effect: risk.Reject, Message: fmt.Sprintf("No %d.", i)})
			total[code]++
		}
		commands := withoutVerdict(t, readAnnotations(t, Annotations(finished(&Report{Title: "Review", Subjects: []Subject{s}}))))
		counted := map[risk.Code]int{}
		worst := 0
		for i, c := range commands {
			code, _, isFinding := strings.Cut(c.properties["title"], " in ")
			if !isFinding {
				if i != 9 || len(s.Findings) <= 10 {
					t.Fatalf("a count in place %d: %q", i, c)
				}
				var first string
				_, counts, _ := strings.Cut(c.data, "by code: ")
				first, _, _ = strings.Cut(counts, ". ")
				for _, part := range strings.Split(first, ", ") {
					name, n, _ := strings.Cut(part, ": ")
					var left int
					if _, err := fmt.Sscan(n, &left); err != nil {
						t.Fatalf("%q in %q: %v", part, c.data, err)
					}
					counted[risk.Code(name)] += left
				}
				continue
			}
			counted[risk.Code(code)]++
			for _, f := range s.Findings {
				if strings.HasPrefix(c.data, f.Message) {
					if order := severityOrder(f.Severity); order < worst {
						t.Fatalf("%q stands behind what is less severe", c.data)
					} else {
						worst = order
					}
				}
			}
		}
		for code, n := range total {
			if counted[code] != n {
				t.Fatalf("%s is counted %d times, want %d", code, counted[code], n)
			}
		}
	})
}

// anyText draws texts that are likely to break one of the forms.
func anyText() *rapid.Generator[string] {
	pieces := append(slices.Clone(hostileTexts), "::", "\n", "\r", "##[", "#", "%", "%25", "%0A", ",", "=", "<", "]]>", "&", "](", "{", "}", "[[ATTACHMENT|x]]", "\"", "\\", "plain")
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "any") {
			return rapid.String().Draw(t, "text")
		}
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "pieces"), "")
	})
}

// withoutVerdict checks the notice with the verdict, which is the first and
// here the only notice, and returns the other commands.
func withoutVerdict(t interface{ Fatalf(string, ...any) }, commands []workflowCommand) []workflowCommand {
	last := len(commands) - 1
	if last < 0 || commands[last].name != "notice" || commands[last].properties["title"] != "Review: rejected" {
		t.Fatalf("the last command is not the notice with the verdict: %q", commands)
	}
	return commands[:last]
}
