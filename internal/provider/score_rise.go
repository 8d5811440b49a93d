package provider

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// addScoreChanges warns of an update that raises the score: a reviewer sees in
// the plan's text what is opened, and not only that lists of ports have changed.
// planned and prior are the resource's values; prior is the state before, null
// where there is none.
//
// A score also differs when another version of the provider has written the
// state. A warning of its own says so, and what the configuration adds is
// counted from what the policy in the state scores now.
func addScoreChanges(diags *diag.Diagnostics, planned, prior node, p *policy.Policy, a *risk.Assessment) {
	stored, known := storedRating(prior)
	if !known {
		return
	}
	if sameRules(planned, prior) {
		addRerated(diags, p.Name, stored, ratingOf(a), true)
		return
	}
	was := decodePolicy(prior)
	readable := len(prior.reader.faults) == 0
	if readable {
		if now, judged := rateAgain(was); judged {
			addRerated(diags, p.Name, stored, now, reflect.DeepEqual(was.Rules, p.Rules))
			stored = now
		}
	}
	if a.Score <= stored.score {
		return
	}
	bound := ""
	if a.Partial {
		bound = "at least "
	}
	detail := unreadableBefore
	if readable {
		detail = riseText(compile.Difference(p, was), a.Partial)
	}
	diags.AddAttributeWarning(path.Root("rules"), fmt.Sprintf("Policy %q: score %d → %s%d", p.Name, stored.score, bound, a.Score), detail)
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
