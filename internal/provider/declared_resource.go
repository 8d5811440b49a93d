package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure      = (*declaredResource)(nil)
	_ resource.ResourceWithImportState    = (*declaredResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*declaredResource)(nil)
	_ resource.ResourceWithValidateConfig = (*declaredResource)(nil)
)

// schemaVersion is the version of every resource's schema, which Terraform keeps
// beside each resource in the state. It rises with a change that makes states
// of before unreadable or read otherwise, and then needs an upgrader; DESIGN.md
// says which changes these are.
const schemaVersion = 0

// declaredResource is a resource that exists in the state alone: its computed
// attributes follow from its arguments, and there is nothing to read back. One
// function serves plan, create and update, so what is planned is what is
// stored, and everything is known in the first plan when the inputs are.
type declaredResource struct {
	name     string // after "backupfw_"
	doc      string
	required []shape
	optional []shape
	computed []shape
	// blocks are repeated nested blocks; unlike nested attributes they refuse
	// misspelt names.
	blocks []shape
	// noImport says why the resource cannot be imported.
	noImport string
	// validate checks what does not depend on the provider's settings.
	validate func(node) diag.Diagnostics
	// evaluate computes the computed attributes, nil when they are not known
	// yet. Errors keep the plan from being made. prior is the state that is
	// about to change: null where there is none, and in apply, which only does
	// what the plan has announced.
	evaluate func(planned, prior node, data *providerData) (record, diag.Diagnostics)

	data *providerData
}

func (r *declaredResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.name
}

func (r *declaredResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := resourceAttributes(required, r.required)
	maps.Copy(attributes, resourceAttributes(optional, r.optional))
	maps.Copy(attributes, resourceAttributes(computed, r.computed))
	blocks := map[string]schema.Block{}
	for _, b := range r.blocks {
		blocks[b.name] = schema.ListNestedBlock{MarkdownDescription: b.doc,
			NestedObject: schema.NestedBlockObject{Attributes: resourceAttributes(optional, b.fields)}}
	}
	resp.Schema = schema.Schema{Version: schemaVersion, MarkdownDescription: r.doc, Attributes: attributes, Blocks: blocks}
}

func (r *declaredResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = configured(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig finds faults as early as in an editor. Values that the
// framework could not read are its own to report.
func (r *declaredResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config types.Object
	if diags := req.Config.Get(ctx, &config); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	resp.Diagnostics.Append(r.validate(newNode(config, false))...)
}

// ModifyPlan sets every computed attribute, on create as well.
func (r *declaredResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.data == nil {
		return // a destroy plan opens nothing
	}
	var planned, prior types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	values, diags := r.evaluate(newNode(planned, false), newNode(prior, false), r.data)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	finished, err := r.finish(planned, values).ToTerraformValue(ctx)
	if err != nil {
		resp.Diagnostics.AddError("Plan cannot be encoded", err.Error())
		return
	}
	resp.Plan.Raw = finished
}

// finish returns the object with its computed attributes, unknown when values
// is nil.
func (r *declaredResource) finish(of types.Object, values record) types.Object {
	attributes := maps.Clone(of.Attributes())
	for _, c := range r.computed {
		if values == nil {
			attributes[c.name] = c.unknown()
		} else {
			attributes[c.name] = c.encode(values[c.name])
		}
	}
	return types.ObjectValueMust(of.AttributeTypes(context.Background()), attributes)
}

// apply computes the state from the plan. What was unknown in the plan is
// judged here again, before anything is written, and so is what was known:
// since the plan was made a waiver may have ended.
func (r *declaredResource) apply(ctx context.Context, plan tfsdk.Plan, state *tfsdk.State) diag.Diagnostics {
	var planned types.Object
	diags := plan.Get(ctx, &planned)
	if diags.HasError() {
		return diags
	}
	if r.data == nil {
		diags.AddError("Provider not configured", notConfigured)
		return diags
	}
	values, found := r.evaluate(newNode(planned, false), node{}, r.data)
	finished, known := r.finish(planned, values), allKnown(planned, r.computed)
	diags.Append(r.settle(known, values == nil || finished.Equal(planned), values, found)...)
	if diags.HasError() {
		return diags
	}
	if known {
		state.Raw = plan.Raw // to the letter: Terraform compares
		return diags
	}
	raw, err := finished.ToTerraformValue(ctx)
	if err != nil {
		diags.AddError("State cannot be encoded", err.Error())
		return diags
	}
	state.Raw = raw
	return diags
}

// settle says what apply has to say. known tells whether everything was known in
// the plan, which has shown its warnings then; same tells whether the values of
// today, and found in them, are the planned ones.
func (r *declaredResource) settle(known, same bool, values record, found diag.Diagnostics) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case known && found.HasError():
		diags.Append(found.Errors()...)
		diags.AddError("Plan out of date", "The plan was made on an earlier day and accepted this; today it is rejected. Nothing was written, since nobody has approved it as it is now. Plan again.")
	case known && !same:
		diags.AddWarning("Plan out of date", "The plan was made on an earlier day, and today the result is another one. The state has what was planned and approved; the next plan shows the difference.")
	case known:
	case found.HasError():
		diags = found
	case values == nil:
		diags = found
		diags.AddError("Values still unknown", "An argument is unknown while the change is applied. This is a bug of Terraform or of the provider; please report it.")
	default:
		diags = found
	}
	return diags
}

// notConfigured is what can be said of a call that Terraform never makes.
const notConfigured = "Terraform has not configured the provider, so the limits that policies are judged by are not known. This is a bug of Terraform; please report it."

func allKnown(of types.Object, fields []shape) bool {
	values := of.Attributes()
	for _, f := range fields {
		if values[f.name].IsUnknown() {
			return false
		}
	}
	return true
}

func (r *declaredResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(r.apply(ctx, req.Plan, &resp.State)...)
}

func (r *declaredResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(r.apply(ctx, req.Plan, &resp.State)...)
}

// Read has nothing to do: nothing outside the state can drift.
func (r *declaredResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Delete has nothing to do: the framework drops the state.
func (r *declaredResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

func (r *declaredResource) ImportState(_ context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.AddError("Import is not possible", r.noImport)
}
