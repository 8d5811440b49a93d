package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ datasource.DataSourceWithValidateConfig = (*computedDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*computedDataSource)(nil)
)

// computedDataSource is a data source whose attributes follow from its
// arguments and the provider's settings. It reads nothing from a network.
type computedDataSource struct {
	name     string // after "backupfw_"
	doc      string
	required []shape
	optional []shape
	computed []shape
	// check reports faults of the arguments as early as in an editor; unknown
	// ones are not there yet. It may be nil.
	check func(node)
	// show computes the attributes from arguments in which check found nothing;
	// judge does so with the provider's settings. One of the two is set.
	show  func(node) record
	judge func(node, settings, *diag.Diagnostics) record

	data *providerData
}

func (d *computedDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.name
}

func (d *computedDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataSourceAttributes(required, d.required)
	maps.Copy(attributes, dataSourceAttributes(optional, d.optional))
	maps.Copy(attributes, dataSourceAttributes(computed, d.computed))
	resp.Schema = schema.Schema{MarkdownDescription: d.doc, Attributes: attributes}
}

func (d *computedDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = configured(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig finds faults as early as in an editor.
func (d *computedDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config types.Object
	if diags := req.Config.Get(ctx, &config); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	resp.Diagnostics.Append(d.faults(newNode(config, false))...)
}

func (d *computedDataSource) faults(n node) diag.Diagnostics {
	var diags diag.Diagnostics
	if d.check != nil {
		d.check(n)
		addFaults(&diags, n.reader.faults)
	}
	return diags
}

func (d *computedDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !req.Config.Raw.IsFullyKnown() {
		resp.Diagnostics.AddError(notKnownYet, notKnownYetDetail)
		return
	}
	values := d.compute(newNode(config, false), d.data, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
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

const (
	notKnownYet       = "Values not known yet"
	notKnownYetDetail = "A data source is read when all of its arguments are known, and one is not. This is a bug of Terraform; please report it."
)

// compute returns the computed attributes, or reports what is wrong.
func (d *computedDataSource) compute(n node, data *providerData, diags *diag.Diagnostics) record {
	diags.Append(d.faults(n)...)
	switch {
	case diags.HasError():
		return nil
	case d.show != nil:
		return d.show(n)
	case data == nil:
		diags.AddError("Provider not configured", notConfigured)
		return nil
	}
	return d.judge(n, data.today(), diags)
}
