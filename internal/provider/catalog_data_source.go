package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithValidateConfig = (*catalogDataSource)(nil)

// catalogDataSource shows something of the product catalogue. It needs neither
// settings nor a network.
type catalogDataSource struct {
	name     string // after "backupfw_"
	doc      string
	required []shape
	optional []shape
	computed []shape
	// check reports faults of the arguments; unknown ones are not there yet.
	check func(node)
	// show computes the attributes from arguments without faults.
	show func(node) record
}

func (d *catalogDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.name
}

func (d *catalogDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataSourceAttributes(required, d.required)
	maps.Copy(attributes, dataSourceAttributes(optional, d.optional))
	maps.Copy(attributes, dataSourceAttributes(computed, d.computed))
	resp.Schema = schema.Schema{MarkdownDescription: d.doc, Attributes: attributes}
}

// ValidateConfig finds a misspelt id as early as in an editor.
func (d *catalogDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config types.Object
	if diags := req.Config.Get(ctx, &config); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	n := newNode(config, false)
	d.check(n)
	addFaults(&resp.Diagnostics, n.reader.faults)
}

func (d *catalogDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !req.Config.Raw.IsFullyKnown() {
		resp.Diagnostics.AddError("Values not known yet", "A data source is read when all of its arguments are known, and one is not. This is a bug of Terraform; please report it.")
		return
	}
	n := newNode(config, false)
	d.check(n)
	addFaults(&resp.Diagnostics, n.reader.faults)
	if resp.Diagnostics.HasError() {
		return
	}
	values := d.show(n)
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
