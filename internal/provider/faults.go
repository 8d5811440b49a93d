package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
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

// attributePath translates a fault's path. Paths start with an attribute.
func attributePath(p fault.Path) path.Path {
	at := path.Empty()
	for _, step := range p {
		step.Visit(
			func(name string) { at = at.AtName(name) },
			func(key string) { at = at.AtMapKey(key) },
			func(i int) { at = at.AtListIndex(i) },
		)
	}
	return at
}

// addFaults reports every fault as an error at its place.
func addFaults(diags *diag.Diagnostics, faults fault.List) {
	for _, f := range faults {
		if len(f.Path) == 0 {
			diags.AddError(f.Title, f.Detail())
			continue
		}
		diags.AddAttributeError(attributePath(f.Path), f.Title, f.Detail())
	}
}

// addWarnings reports faults as warnings at their places.
func addWarnings(diags *diag.Diagnostics, faults fault.List) {
	for _, f := range faults {
		diags.AddAttributeWarning(attributePath(f.Path), f.Title, f.Detail())
	}
}

// functionError writes all faults of one argument into the one text that a
// function may fail with.
func functionError(argument int64, faults fault.List) *function.FuncError {
	return function.NewArgumentFuncError(argument, faults.Error())
}

// addFindings reports an assessment: an error at the cause of each finding
// that rejects, and one warning that gathers the rest. Where rejections are
// only to be warned of they join that warning. prefix leads to the policy.
func addFindings(diags *diag.Diagnostics, name string, a *risk.Assessment, s settings, prefix ...fault.Step) {
	var lines []string
	for i := range a.Findings {
		f := &a.Findings[i]
		switch {
		case f.Effect == risk.Reject && a.Verdict == risk.Rejected && s.enforce:
			diags.AddAttributeError(attributePath(fault.Path(prefix).With(f.Place...)),
				"Policy rejected: "+string(f.Code), findingDetail(f))
		case f.Effect == risk.Reject:
			lines = append(lines, fmt.Sprintf("- %s (rejects): %s %s", f.Code, f.Message, f.Remedy))
		case f.Effect == risk.Warn:
			lines = append(lines, fmt.Sprintf("- %s: %s %s", f.Code, f.Message, f.Remedy))
		}
	}
	if len(lines) == 0 {
		return
	}
	summary := fmt.Sprintf("Policy %q: %d findings", name, len(lines))
	if len(lines) == 1 {
		summary = fmt.Sprintf("Policy %q: 1 finding", name)
	}
	diags.AddAttributeWarning(attributePath(append(fault.Path(prefix), fault.Attribute("rules"))), summary, strings.Join(lines, "\n"))
}

// findingDetail is the text below the headline of a rejection.
func findingDetail(f *risk.Finding) string {
	detail := f.Message + " " + f.Remedy
	if len(f.Rules) > 1 {
		detail += fmt.Sprintf(" (Rules: %s.)", strings.Join(f.Rules, ", "))
	}
	return detail + fmt.Sprintf(" (%s, severity %s)", f.Code, f.Severity)
}
