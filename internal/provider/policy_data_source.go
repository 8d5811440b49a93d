package provider

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

var _ datasource.DataSourceWithConfigure = (*policyDataSource)(nil)

// policyDataSource is a data source that takes a policy and shows something
// of it. It judges the policy with the provider's own settings, so there is no
// way to compiled rules around the verdict.
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

	data *providerData
}

func (d *policyDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.name
}

func (d *policyDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	if of := objectOf("policy", "A `backupfw_policy`, passed through a local, or an object like it.", policyFields()...); d.existing {
		of.doc += " At least one of `policy` and `existing_rules` is needed."
		attributes[of.name] = of.dataSourceAttribute(optional)
		attributes[existingArgument] = existingShape().dataSourceAttribute(optional)
	} else {
		attributes[of.name] = of.dataSourceAttribute(required)
	}
	for _, o := range d.options {
		attributes[o.name] = o.dataSourceAttribute(optional)
	}
	maps.Copy(attributes, dataSourceAttributes(computed, d.computed))
	resp.Schema = schema.Schema{MarkdownDescription: d.doc, Attributes: attributes}
}

func (d *policyDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	if req.ProviderData == nil {
		return // the provider is not configured yet, as in terraform validate
	}
	data, ok := req.ProviderData.(*providerData)
	if !ok {
		resp.Diagnostics.AddError("Unexpected provider data", fmt.Sprintf("Got %T. This is a bug of the provider; please report it.", req.ProviderData))
		return
	}
	d.data = data
}

func (d *policyDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if d.data == nil {
		resp.Diagnostics.AddError("Provider not configured", notConfigured)
		return
	}
	if !req.Config.Raw.IsFullyKnown() {
		resp.Diagnostics.AddError("Values not known yet", "A data source is read when all of its arguments are known, and one is not. This is a bug of Terraform; please report it.")
		return
	}
	n := newNode(config, false)
	s := d.data.today()
	p, existing, a := d.judge(n, s, &resp.Diagnostics)
	if a == nil {
		return
	}
	if d.rejects {
		addFindings(&resp.Diagnostics, p, a, s, n.attribute("policy").path...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	opened, faults := d.opens.judge(n, p, a, s)
	addFaults(&resp.Diagnostics, faults)
	if len(faults) > 0 {
		return
	}
	opened.addWarning(&resp.Diagnostics)
	values := d.show(n, opened.policy, a, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	opened.encode(values)
	if d.existing {
		values[suggestedPolicy] = encodeSuggestion(p.Name, existing)
	}
	attributes := maps.Clone(config.Attributes())
	for _, c := range d.computed {
		attributes[c.name] = c.encode(values[c.name])
	}
	finished, err := types.ObjectValueMust(config.AttributeTypes(ctx), attributes).ToTerraformValue(ctx)
	if err != nil {
		resp.Diagnostics.AddError("Result cannot be encoded", err.Error())
		return
	}
	resp.State.Raw = finished
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
	return &policyDataSource{
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
}
