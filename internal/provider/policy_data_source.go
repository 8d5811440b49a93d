package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// policyDataSource describes a data source that takes a policy and shows
// something of it. It judges the policy with the provider's own settings, so
// there is no way to compiled rules around the verdict.
type policyDataSource struct {
	name     string // after "backupfw_"
	doc      string
	options  []shape
	computed []shape
	// existing is set when rules that exist already may stand beside the policy,
	// or in its place.
	existing bool
	// rejects is set when a rejected policy is an error here.
	rejects bool
	// opens is set when more is opened than the policy says.
	opens opens
	// show computes the attributes from the judged policy and the options.
	show func(n node, p *policy.Policy, a *risk.Assessment, diags *diag.Diagnostics) record
}

// dataSource returns the data source as Terraform takes it.
func (d *policyDataSource) dataSource() datasource.DataSource {
	source := &computedDataSource{name: d.name, doc: d.doc, optional: d.options, computed: d.computed, judge: d.read}
	if of := objectOf("policy", "A `backupfw_policy`, passed through a local, or an object like it.", policyFields()...); d.existing {
		of.doc += " At least one of `policy` and `existing_rules` is needed."
		source.optional = append([]shape{of, existingShape()}, d.options...)
	} else {
		source.required = []shape{of}
	}
	return source
}

// read judges the policy and shows the result.
func (d *policyDataSource) read(n node, s settings, diags *diag.Diagnostics) record {
	p, existing, a := d.judge(n, s, diags)
	if a == nil {
		return nil
	}
	if d.rejects {
		addFindings(diags, p, a, s, n.attribute("policy").path...)
		if diags.HasError() {
			return nil
		}
	}
	opened, faults := d.opens.judge(n, p, a, s)
	addFaults(diags, faults)
	if len(faults) > 0 {
		return nil
	}
	opened.addWarning(diags)
	values := d.show(n, opened.policy, a, diags)
	if diags.HasError() {
		return nil
	}
	opened.encode(values)
	if d.existing {
		values[suggestedPolicy] = encodeSuggestion(p.Name, existing)
	}
	return values
}

// judge judges what the data source is given, and returns the existing rules in
// it; the assessment is nil when there are faults.
func (d *policyDataSource) judge(n node, s settings, diags *diag.Diagnostics) (*policy.Policy, []policy.Rule, *risk.Assessment) {
	if !d.existing {
		p, a := judge(n.attribute("policy"), s, diags)
		return p, nil, a
	}
	p, existing, a, faults := judgeWithExisting(n, s)
	addFaults(diags, faults)
	return p, existing, a
}

// newAssessmentDataSource is backupfw_assessment: score, findings and advice
// of any policy object, without a resource and without rejecting it.
func newAssessmentDataSource() datasource.DataSource {
	d := &policyDataSource{
		name: "assessment",
		doc: "Judges any policy object, or rules that exist already, without creating a resource: score, findings, contributions and advice. " +
			"It rejects nothing; look at `verdict`. Use it for rules that exist already and in `check` blocks.\n\n" +
			"`existing_rules` takes flat rows, as other providers' data sources or a table list them: see [Your first score in five minutes](../guides/first-score.md). " +
			"A word that is not understood is an error, never a guess. Waivers for existing rules stand in `policy = { name = \"web\", rules = {}, waiver = [...] }`.",
		existing: true,
		computed: judgedFields(),
		show: func(_ node, p *policy.Policy, a *risk.Assessment, _ *diag.Diagnostics) record {
			return encodeWithExisting(p, a)
		},
	}
	return d.dataSource()
}
