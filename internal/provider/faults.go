package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// asFault returns the fault in an error of one of the parsers.
func asFault(err error) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	panic("provider: not a fault: " + err.Error())
}

// attributePath translates a fault's path, as far as Terraform can show it in
// the source: it finds the line of an attribute and of one element of it, and
// of an attribute in a block, but nothing inside an element; a deeper path
// would only show the head of the resource. where says the rest in words.
func attributePath(p fault.Path) (at path.Path, where string) {
	shown := p
	if len(p) > 0 && p[0] != blockStep {
		elements := 0
		for i, step := range p {
			if isElement := !step.IsAttribute(); isElement {
				elements++
			}
			if i > 0 && (step.IsAttribute() || elements > 1) {
				shown = p[:i]
				break
			}
		}
	}
	at = path.Empty()
	for _, step := range shown {
		step.Visit(
			func(name string) { at = at.AtName(name) },
			func(key string) { at = at.AtMapKey(key) },
			func(i int) { at = at.AtListIndex(i) },
		)
	}
	if len(shown) < len(p) {
		where = " (At " + p.String() + ".)"
	}
	return at, where
}

// blockStep leads into the only blocks there are.
var blockStep = fault.Attribute("waiver")

// addFaults reports every fault as an error at its place.
func addFaults(diags *diag.Diagnostics, faults fault.List) {
	for _, f := range faults {
		if len(f.Path) == 0 {
			diags.AddError(f.Title, f.Detail())
			continue
		}
		at, where := attributePath(f.Path)
		diags.AddAttributeError(at, f.Title, f.Detail()+where)
	}
}

// addWarnings reports faults as one warning of the resource: at the place of
// the first, with a line for each when there are several. Terraform repeats
// warnings in every plan and folds away all but the first of a kind.
func addWarnings(diags *diag.Diagnostics, resource string, faults fault.List) {
	if len(faults) == 0 {
		return
	}
	at, where := attributePath(faults[0].Path)
	if len(faults) == 1 {
		diags.AddAttributeWarning(at, faults[0].Title, faults[0].Detail()+where)
		return
	}
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = "- " + f.Error()
	}
	diags.AddAttributeWarning(at, fmt.Sprintf("%s: %d warnings", resource, len(faults)), strings.Join(lines, "\n"))
}

// functionError writes all faults of one argument into the one text that a
// function may fail with.
func functionError(argument int64, faults fault.List) *function.FuncError {
	return function.NewArgumentFuncError(argument, faults.Error())
}

// addFindings reports an assessment: an error at the cause of each finding
// that rejects, and one warning that gathers the rest. Where rejections are
// only to be warned of they join that warning. prefix leads to the policy.
//
// A rejected plan has no attributes to read, so the advice goes with the
// rejection of the score. The mark that ends every rejection shows the score.
func addFindings(diags *diag.Diagnostics, p *policy.Policy, a *risk.Assessment, s settings, prefix ...fault.Step) {
	var lines []string
	for i := range a.Findings {
		f := &a.Findings[i]
		switch {
		case f.Effect == risk.Reject && a.Verdict == risk.Rejected && s.enforce:
			at, where := attributePath(fault.Path(prefix).With(f.Place...))
			more := where + " "
			if f.Code == risk.ScoreLimit {
				more = where + adviceLines(risk.Advise(p, a))
			}
			diags.AddAttributeError(at, risk.RejectionTitle+string(f.Code), findingText(f)+more+f.Mark(a))
		case f.Effect == risk.Reject:
			lines = append(lines, fmt.Sprintf("- %s (rejects): %s %s", f.Code, f.Message, f.Remedy))
		case f.Effect == risk.Warn:
			lines = append(lines, fmt.Sprintf("- %s: %s %s", f.Code, f.Message, f.Remedy))
		}
	}
	if len(lines) == 0 {
		return
	}
	summary := fmt.Sprintf("Policy %q: %d findings", p.Name, len(lines))
	if len(lines) == 1 {
		summary = fmt.Sprintf("Policy %q: 1 finding", p.Name)
	}
	at, _ := attributePath(fault.Path(prefix).With(fault.Attribute("rules")))
	diags.AddAttributeWarning(at, summary, strings.Join(lines, "\n"))
}

// advised is how many pieces of advice a rejection shows.
const advised = 3

// adviceLines is what stands between the text and the mark.
func adviceLines(advice []risk.Advice) string {
	var b strings.Builder
	for i, a := range advice {
		if i == advised {
			break
		}
		fmt.Fprintf(&b, "\n- Score %d: %s", a.ScoreAfter, a.Message)
	}
	if b.Len() == 0 {
		return " "
	}
	return "\nWhat would help most:" + b.String() + "\n"
}

// findingText is the text below the headline of a rejection, without what
// follows the last sentence: the place and, always last, the mark.
func findingText(f *risk.Finding) string {
	text := f.Message + " " + f.Remedy
	if len(f.Rules) > 1 {
		text += fmt.Sprintf(" (Rules: %s.)", strings.Join(f.Rules, ", "))
	}
	return text
}
