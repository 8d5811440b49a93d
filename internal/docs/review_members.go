package docs

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
)

// memberDocs say what the members of the JSON report mean, by object and name.
var memberDocs = map[string]string{
	"Report.format":   "The form of the report.",
	"Report.title":    "The headline.",
	"Report.verdict":  "The worst verdict of all subjects: `accept`, `accept_with_waivers`, `unknown` or `reject`; `reject` when the plan failed.",
	"Report.score":    "The highest score of all subjects, 0 to 100; -1 when none is known.",
	"Report.subjects": "What was judged: the policies, then groups of hand-written rules, each sorted by address and name.",
	"Report.failures": "Errors of the plan that are no judgement of a policy.",
	"Report.notes":    "What the review does not cover, in sentences.",

	"Subject.kind":          "`policy`, or `cloud_rules` for a group of rules written with a cloud's own resources.",
	"Subject.address":       "Address of the resource; empty for a group of rules, and for a policy that was passed as a value.",
	"Subject.name":          "Name of the policy, or what the rules are attached to.",
	"Subject.action":        "What the plan does with it: `create`, `update`, `replace`, `delete`, `no-op`; empty outside of a plan.",
	"Subject.score":         "0 to 100, a lower bound when `partial` is true; -1 when it is not known.",
	"Subject.score_limit":   "The score that it may have; -1 when that is not known.",
	"Subject.points":        "Sum of the contributions, not capped at 100.",
	"Subject.rating":        "The score in words: `low`, `moderate`, `high` or `critical`.",
	"Subject.verdict":       "`accept`, `accept_with_waivers`, `unknown` or `reject`.",
	"Subject.partial":       "True when something is known only after apply. The verdict is then `unknown` or `reject`.",
	"Subject.findings":      "What is wrong, what rejects first.",
	"Subject.contributions": "What each service adds to the points. The lines add up; many small ones are the last line.",
	"Subject.advice":        "Changes that would lower the score, each with the score after it.",
	"Subject.waivers":       "What somebody accepted, and until when.",
	"Subject.rules":         "The rules, sorted by name.",
	"Subject.change":        "The comparison with the state before the plan; null without `-compare`, and when there was no state.",
	"Subject.location":      "Where it is written; null when that is not known.",
	"Subject.notes":         "What had to be assumed or left out, in sentences.",

	"Finding.code":      "Stable code, as in the guide to findings.",
	"Finding.severity":  "`critical`, `high`, `medium`, `low` or `info`.",
	"Finding.effect":    "`reject`, `warn`, `info`, or `accepted` by a waiver.",
	"Finding.rules":     "Names of the rules that cause it.",
	"Finding.ports":     "Exactly the ports it is about.",
	"Finding.peers":     "Exactly the peers it is about; a reference is written `ref:NAME`.",
	"Finding.message":   "What is wrong and why it matters.",
	"Finding.remedy":    "What to do.",
	"Finding.waived_by": "The waiver that accepts it, or empty.",
	"Finding.location":  "Where the cause is written; null when that is not known.",

	"Location.file":       "Path with slashes, relative to the root of the repository.",
	"Location.line":       "First line, from 1.",
	"Location.end_line":   "Last line.",
	"Location.column":     "First column, from 1; 0 when not known.",
	"Location.end_column": "Column after the last one; 0 when not known.",

	"Contribution.service":   "Name of the service.",
	"Contribution.class":     "Its class, which decides its weight.",
	"Contribution.direction": "`ingress` or `egress`.",
	"Contribution.rules":     "Names of the rules that open it.",
	"Contribution.ports":     "Its open ports.",
	"Contribution.hosts":     "Number of hosts that reach it, IPv6 counted in /64 networks.",
	"Contribution.points":    "Its points.",

	"Advice.action":      "`narrow-range`, `move-range`, `declare-listener`, `cut-peers`, `single-port` or `reverse-direction`.",
	"Advice.rule":        "Name of a rule that the change is about.",
	"Advice.argument":    "Argument to change.",
	"Advice.value":       "Value to write, as Terraform text.",
	"Advice.score_after": "Score after the change, by the same engine.",
	"Advice.message":     "The change in words.",

	"Waiver.finding":   "Code of the finding that it accepts.",
	"Waiver.rules":     "Rules that it is for; empty for all.",
	"Waiver.ports":     "Ports that it accepts.",
	"Waiver.peers":     "Peers that it accepts.",
	"Waiver.max_score": "Score that it accepts, for `score-limit` only.",
	"Waiver.reason":    "Why.",
	"Waiver.owner":     "Who.",
	"Waiver.expires":   "Last day, YYYY-MM-DD.",
	"Waiver.days_left": "Days from the day of the plan to the last day, below 0 after it; null when the day is not known.",

	"Rule.name":        "Name of the rule in its policy, or address of the resource that writes it.",
	"Rule.description": "Its description.",
	"Rule.direction":   "`ingress` or `egress`.",
	"Rule.address":     "Address of the resource that writes it by hand; empty in a policy.",
	"Rule.port_ranges": "Named groups of ports.",
	"Rule.peers":       "Named groups of hosts.",
	"Rule.partial":     "True when something of it is known only after apply.",

	"PortRange.name":     "Its name.",
	"PortRange.ports":    "Its ports.",
	"PortRange.products": "Names of the products behind the ports.",

	"PeerGroup.name":  "Its name.",
	"PeerGroup.zone":  "Its zone.",
	"PeerGroup.peers": "Prefixes, then references as `ref:NAME`.",

	"Change.score_before":    "Score before the plan; -1 when not known.",
	"Change.verdict_before":  "Verdict before the plan; empty when not known.",
	"Change.findings_gained": "Findings that are new.",
	"Change.findings_lost":   "Findings that are gone.",
	"Change.opened":          "What is open after the plan and was not before.",
	"Change.closed":          "What was open and is not any more. Empty while something is known only after apply.",
	"Change.targets":         "Compiled rules that come and go, per target that the configuration uses.",

	"Opening.rule":      "Name of the rule.",
	"Opening.direction": "`ingress` or `egress`.",
	"Opening.ports":     "Its ports.",
	"Opening.peers":     "Its peers.",

	"TargetChange.target":       "Name of the target, such as `aws_security_group_rules`.",
	"TargetChange.rules_gained": "Keys of new rules, as `ingress KEY` or `egress KEY`.",
	"TargetChange.rules_lost":   "Keys of rules that are gone.",
	"TargetChange.rules_kept":   "Number of rules that stay.",
	"TargetChange.fault":        "Why they cannot be compared; empty when they were.",

	"Failure.summary":  "Title of the error.",
	"Failure.detail":   "Its text.",
	"Failure.address":  "Address of the resource; empty when it is about none.",
	"Failure.location": "Where it is; null when that is not known.",
}

// memberTables describes the JSON report, an object after the other in the order
// in which they appear. It fails when a member is not described, or one is that
// does not exist.
func memberTables() (string, error) {
	objects := []reflect.Type{reflect.TypeFor[report.Report]()}
	seen := map[reflect.Type]bool{objects[0]: true}
	described := 0
	var parts []string
	for i := 0; i < len(objects); i++ {
		var rows [][]string
		for j := range objects[i].NumField() {
			field := objects[i].Field(j)
			name := field.Tag.Get("json")
			doc, known := memberDocs[objects[i].Name()+"."+name]
			if !known {
				return "", fmt.Errorf("%s.%s is not described", objects[i].Name(), name)
			}
			described++
			kind, object := memberType(field.Type)
			if object != nil && !seen[object] {
				seen[object] = true
				objects = append(objects, object)
			}
			rows = append(rows, []string{code(name), kind, doc})
		}
		parts = append(parts, "**"+objects[i].Name()+"**", table([]string{"member", "type", "meaning"}, rows))
	}
	if described != len(memberDocs) {
		return "", fmt.Errorf("%d members are described, and the report has %d", len(memberDocs), described)
	}
	return strings.Join(parts, "\n\n"), nil
}

// memberType names a type, and the object in it if there is one.
func memberType(t reflect.Type) (name string, object reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		name, object = memberType(t.Elem())
		return name + " or null", object
	case reflect.Slice:
		name, object = memberType(t.Elem())
		if object == nil {
			name += "s"
		}
		return "list of " + name, object
	case reflect.Struct:
		return t.Name(), t
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	}
	return "number", nil
}
