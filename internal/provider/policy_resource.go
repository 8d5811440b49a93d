package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// newPolicyResource is backupfw_policy: rules, judged in the plan.
func newPolicyResource() *declaredResource {
	rules := mapOf("rules", "Rules by key. Keys have the form of a name and appear in the descriptions of cloud rules. `{}` opens nothing.", ruleFields()...)
	return &declaredResource{
		name: "policy",
		doc: "What a host, or a group of hosts, lets in and out for its backup: scored, and rejected in the plan when it opens too much.\n\n" +
			"Everything computed is known in the first plan when the inputs are. An update that raises the score warns in the plan: the old score, the new one, and what is opened. After an upgrade of the provider that rates the same policy otherwise, a warning says that it is not the configuration that changed. Pass the policy to rule data sources through a local: " +
			"Terraform reads a data source that refers directly to a resource with pending changes only during apply.",
		required: []shape{
			text("name", "Name of the policy: 1 to 63 of `a-z`, `0-9`, `-` and `_`, starting with a letter or digit."),
			rules,
		},
		optional: []shape{
			text("description", "What the policy is for, for example `\"primary backup server, Berlin\"`."),
			maxScoreShape(),
		},
		computed: append([]shape{text("id", "The name.")}, recordedFields()...),
		blocks: []shape{listOf("waiver", "Accepts one kind of finding for the values listed, until a day. "+
			"If the policy grows beyond these values the finding is back. A waiver never changes the score. "+
			"Apply refuses a plan whose waiver has ended since it was made.", waiverFields()...)},
		noImport: "A policy exists in the Terraform state alone, so there is nothing to import. Write the resource and apply it; rules that exist already can be judged with data.backupfw_assessment.",
		validate: func(n node) diag.Diagnostics {
			var diags diag.Diagnostics
			p := decodePolicy(n)
			faults := n.reader.faults
			if len(faults) == 0 {
				faults = policy.Validate(p)
			}
			addFaults(&diags, faults)
			return diags
		},
		evaluate: evaluatePolicy,
	}
}

// recordedFields are what the state has of an assessment.
func recordedFields() []shape {
	fields := assessmentFields()
	for i := range fields {
		if fields[i].name == "findings" {
			fields[i].doc += " Without `waiver-expiring`, which comes with a day and not with a change: the plan warns of it."
		}
	}
	return fields
}

// evaluatePolicy judges the policy of the resource itself.
func evaluatePolicy(n, prior node, data *providerData) (record, diag.Diagnostics) {
	var diags diag.Diagnostics
	s := data.today()
	p, a := judge(n, s, &diags)
	if a == nil {
		return nil, diags
	}
	addFindings(&diags, p, a, s)
	addScoreChanges(&diags, n, prior, p, a)
	if diags.HasError() {
		return nil, diags
	}
	if p.Partial {
		diags.AddAttributeWarning(path.Root("rules"), fmt.Sprintf("Policy %q: score not known yet", p.Name), lowerBound(a))
		return nil, diags
	}
	// Terraform plans again in apply and compares. A finding that comes with a
	// day, and not with a change, would fail a plan that waited for approval.
	values := encodeJudged(p, a, a.Lasting())
	values["id"] = p.Name
	return values, diags
}

// judge reads and assesses a policy object; it returns a nil assessment, and
// the faults as errors, when the policy cannot be judged.
func judge(n node, s settings, diags *diag.Diagnostics) (*policy.Policy, *risk.Assessment) {
	p := decodePolicy(n)
	faults := n.reader.faults
	var a *risk.Assessment
	if len(faults) == 0 {
		a, faults = risk.Assess(p, s.risk)
		for i, f := range faults {
			faults[i] = f.At(n.path...)
		}
	}
	addFaults(diags, faults)
	if len(faults) > 0 {
		return p, nil
	}
	return p, a
}

// lowerBound says what can be said of a policy that is known in part.
func lowerBound(a *risk.Assessment) string {
	var found []string
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Effect == risk.Reject || f.Effect == risk.Warn {
			found = append(found, string(f.Code))
		}
	}
	text := fmt.Sprintf("Some values are known only after apply. What is known already scores at least %d; the limit is %d.", a.Score, a.Limit)
	if len(found) > 0 {
		text += " Findings so far: " + strings.Join(found, ", ") + "."
	}
	return text + " The full check runs in apply, before anything is written."
}
