package report

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

const (
	// shownAnnotations is how many errors, warnings and notices each GitHub
	// shows of a step; it drops the others without a word.
	shownAnnotations = 10
	// annotationBytes is the length at which GitHub cuts a message, 4096, with
	// room for what follows the text.
	annotationBytes = 4000
	titleBytes      = 200
	// noFinding puts what is no finding in front of all findings.
	noFinding = -2
)

// annotation is a message at a line of the change.
type annotation struct {
	command  string // error, warning or notice
	title    string
	message  string
	location *Location
	// code is counted when the annotation cannot be shown.
	code   risk.Code
	order  int     // the lowest first: no finding, then by severity
	points float64 // of the same severity the most points first
}

// Annotations writes the report as workflow commands of GitHub Actions, one
// per line:
//
//	::error file=main.tf,line=4,endLine=9,title=any-peer in storage::MESSAGE
//
// Errors are failures of the plan and what rejects, warnings what warns or is
// not known yet, notices what a waiver accepts. GitHub shows ten of each in a
// step: the most important come first, and the tenth counts the others and
// what they are. Findings that only inform are counted in one notice.
//
// Texts keep their line breaks, escaped. The signs ##[ and ##vso[, which start
// a command anywhere in a line on some runners, are broken by a space.
func Annotations(r *Report) []byte {
	all := annotationsOf(r)
	var out bytes.Buffer
	for _, command := range []string{"error", "warning", "notice"} {
		var some []annotation
		for _, a := range all {
			if a.command == command {
				some = append(some, a)
			}
		}
		raised := map[risk.Code]int{}
		for _, a := range some {
			raised[a.code]++
		}
		// A code that is raised once says more than one of fifty.
		slices.SortStableFunc(some, func(a, b annotation) int {
			return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(raised[a.code], raised[b.code]), cmp.Compare(b.points, a.points))
		})
		for _, a := range fitAnnotations(some) {
			a.write(&out)
		}
	}
	return out.Bytes()
}

func annotationsOf(r *Report) []annotation {
	var all []annotation
	for i := range r.Failures {
		f := &r.Failures[i]
		all = append(all, annotation{command: "error", order: noFinding, code: planFailed, title: "Plan failed: " + inline(f.Summary), location: f.Location,
			message: failureText(f)})
	}
	informs := 0
	for i := range r.Subjects {
		s := &r.Subjects[i]
		switch s.Verdict {
		case risk.Accept, risk.AcceptWithWaivers, risk.Rejected:
		default:
			all = append(all, annotation{command: "warning", order: noFinding, code: knownAfterApply, title: "Known only after apply: " + inline(s.Name),
				message: unknownText(s), location: s.Location})
		}
		for j := range s.Findings {
			f := &s.Findings[j]
			if f.Effect == risk.Info {
				informs++
				continue
			}
			a := annotation{
				command: annotationCommand(f.Effect), code: f.Code, title: fmt.Sprintf("%s in %s", inline(string(f.Code)), inline(s.Name)),
				message:  sentence(printable(f.Message), printable(f.Remedy), place(s, f)),
				location: located(s, f), order: severityOrder(f.Severity), points: pointsOf(s, f),
			}
			if f.Effect == risk.Accepted {
				a.message = sentence(printable(f.Message), place(s, f), waivedText(s, f))
			}
			all = append(all, a)
		}
	}
	return append(all, remarks(r, informs)...)
}

// remarks is the notice with the verdict, and with what the annotations do not
// show.
func remarks(r *Report, informs int) []annotation {
	texts := []string{strings.ReplaceAll(summary(r), "**", "")}
	if informs > 0 {
		texts = append(texts, fmt.Sprintf("What only informs has no annotation: %s.", plural(informs, "finding")))
	}
	for _, note := range r.Notes {
		texts = append(texts, printable(note))
	}
	return []annotation{{command: "notice", order: noFinding, title: inline(r.Title) + ": " + Word(r.Verdict), message: strings.Join(texts, "\n")}}
}

// annotationCommand treats an effect that it does not know as the worst.
func annotationCommand(e risk.Effect) string {
	switch e {
	case risk.Accepted, risk.Info:
		return "notice"
	case risk.Warn:
		return "warning"
	default:
		return "error"
	}
}

// fitAnnotations keeps ten: nine and one that counts the others.
func fitAnnotations(all []annotation) []annotation {
	if len(all) <= shownAnnotations {
		return all
	}
	shown, left := all[:shownAnnotations-1], all[shownAnnotations-1:]
	counts := map[risk.Code]int{}
	var codes []risk.Code
	for _, a := range left {
		if a.code != "" && counts[a.code] == 0 {
			codes = append(codes, a.code)
		}
		counts[a.code]++
	}
	texts := make([]string, len(codes))
	for i, code := range codes {
		texts[i] = fmt.Sprintf("%s: %d", inline(string(code)), counts[code])
	}
	command := all[0].command
	return append(slices.Clone(shown), annotation{
		command: command, title: plural(len(left), "more "+command),
		message: fmt.Sprintf("GitHub shows %d %ss of a step. Not shown are %d, by code: %s. The other forms of this review have them all.",
			shownAnnotations, command, len(left), strings.Join(texts, ", ")),
	})
}

func (a *annotation) write(out *bytes.Buffer) {
	var properties []string
	property := func(name, value string) {
		properties = append(properties, name+"="+escapeProperty(value))
	}
	if l := a.location; l != nil && l.File != "" {
		property("file", unrunnable(inline(l.File)))
		if l.Line > 0 {
			property("line", fmt.Sprint(l.Line))
			end := max(l.EndLine, l.Line)
			property("endLine", fmt.Sprint(end))
			// Columns are for one line only.
			if l.Column > 0 && end == l.Line {
				property("col", fmt.Sprint(l.Column))
				if l.EndColumn >= l.Column {
					property("endColumn", fmt.Sprint(l.EndColumn))
				}
			}
		}
	}
	property("title", clip(unrunnable(a.title), titleBytes))
	fmt.Fprintf(out, "::%s %s::%s\n", a.command, strings.Join(properties, ","), escapeData(clip(unrunnable(a.message), annotationBytes)))
}

// unrunnable breaks what other runners take for a command in the middle of a
// line.
func unrunnable(s string) string {
	return strings.NewReplacer("##[", "# #[", "##vso[", "# #vso[").Replace(s)
}

// escapeData and escapeProperty write what the runner reads back with
// %25, %0D, %0A and, in a property, %3A and %2C.
var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace
)
