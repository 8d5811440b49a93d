package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// addRise warns of an update that raises the score: a reviewer sees in the
// plan's text what is opened, and not only that lists of ports have changed.
// prior is the state before, null where there is none.
func addRise(diags *diag.Diagnostics, prior node, p *policy.Policy, a *risk.Assessment) {
	if !prior.isKnown() {
		return
	}
	before, known := prior.attribute("score").integer()
	if !known || int64(a.Score) <= before {
		return
	}
	bound := ""
	if a.Partial {
		bound = "at least "
	}
	detail := unreadableBefore
	if was := decodePolicy(prior); len(prior.reader.faults) == 0 {
		detail = riseText(compile.Difference(p, was), a.Partial)
	}
	diags.AddAttributeWarning(path.Root("rules"), fmt.Sprintf("Policy %q: score %d → %s%d", p.Name, before, bound, a.Score), detail)
}

// unreadableBefore stands where nobody can say what is new.
const unreadableBefore = "What is opened cannot be told: another version of the provider wrote the state before."

// raised is how many openings a warning lists.
const raised = 5

// riseText says what a policy newly opens. A partial one may open more.
func riseText(opened []compile.Opened, partial bool) string {
	var lines []string
	for i := range opened[:min(len(opened), raised)] {
		lines = append(lines, openedText(&opened[i]))
	}
	if left := len(opened) - raised; left == 1 {
		lines = append(lines, "And 1 more opening.")
	} else if left > 1 {
		lines = append(lines, fmt.Sprintf("And %d more openings.", left))
	}
	switch {
	case len(opened) == 0 && partial:
		return "What is known opens nothing new: zones, or what is known of the listeners, changed. Some values are known only after apply; they may open more."
	case len(opened) == 0:
		return "It opens nothing new: its zones, or what is known of its listeners, changed."
	case partial:
		lines = append(lines, "Some values are known only after apply; they may open more.")
	}
	return strings.Join(lines, "\n")
}

func openedText(o *compile.Opened) string {
	ports, peers := risk.SomePorts(o.Ports), risk.SomePeers(o.Prefixes, o.References)
	if o.Direction == policy.Egress {
		return fmt.Sprintf("%s now also dials %s on %s.", o.Rule, peers, ports)
	}
	return fmt.Sprintf("%s now also opens %s to %s.", o.Rule, ports, peers)
}
