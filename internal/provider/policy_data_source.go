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
	attributes := map[string]schema.Attribute{
		"policy": objectOf("policy", "A `backupfw_policy`, passed through a local, or an object like it.", policyFields()...).dataSourceAttribute(required),
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
	p, a := judge(n.attribute("policy"), s, &resp.Diagnostics)
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

// newAssessmentDataSource is backupfw_assessment: score, findings and advice
// of any policy object, without a resource and without rejecting it.
func newAssessmentDataSource() datasource.DataSource {
	return &policyDataSource{
		name: "assessment",
		doc: "Judges any policy object without creating a resource: score, findings, contributions and advice. " +
			"It rejects nothing; look at `verdict`. Use it for rules that exist already and in `check` blocks.",
		computed: assessmentFields(),
		show: func(_ node, p *policy.Policy, a *risk.Assessment, _ *diag.Diagnostics) record {
			return encodeAssessment(p, a)
		},
	}
}
