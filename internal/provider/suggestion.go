package provider

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/suggest"
)

const suggestedPolicy = "suggested_policy"

// judgedFields are what is shown of a policy that no resource holds: its
// assessment, and what could replace the existing rules in it.
func judgedFields() []shape {
	return append(assessmentFields(),
		objectOf(suggestedPolicy, "What could replace `existing_rules`: never more than they open. Null without them. "+
			"A proposal to read, since ports alone do not prove what listens there.",
			listOf("explained", "Products of the catalogue that account for open ports.",
				text("product", "Catalogue id of the product."),
				text("name", "Its name."),
				text("direction", "`ingress` or `egress`."),
				texts("flows", "Ids of its flows."),
				texts("ports", "Open ports that these flows document."),
				texts("rules", "The existing rules, as `existing-3` for the element with the index 3."),
				text("confidence", "How well the facts are supported: `high`, `medium` or `low`, the lowest of the flows."),
			),
			listOf("unexplained", "Open ports that no product accounts for.",
				text("direction", "`ingress` or `egress`."),
				texts("ports", "The ports."),
				texts("rules", "The existing rules."),
			),
			text("hcl", "Resources of this provider that open the same, formatted: port ranges, peer groups and a policy."),
		))
}

// encodeSuggestion is nil where there are no existing rules.
func encodeSuggestion(name string, existing []policy.Rule) any {
	if len(existing) == 0 {
		return nil
	}
	s := suggest.For(&policy.Policy{Name: name, Rules: existing})
	explained := make([]record, len(s.Explained))
	for i := range s.Explained {
		e := &s.Explained[i]
		explained[i] = record{"product": e.Product, "name": e.Name, "direction": e.Direction.String(), "flows": e.Flows,
			"ports": e.Ports.Strings(), "rules": e.Rules, "confidence": string(e.Confidence)}
	}
	unexplained := make([]record, len(s.Unexplained))
	for i := range s.Unexplained {
		u := &s.Unexplained[i]
		unexplained[i] = record{"direction": u.Direction.String(), "ports": u.Ports.Strings(), "rules": u.Rules}
	}
	return record{"explained": explained, "unexplained": unexplained, "hcl": s.HCL}
}
