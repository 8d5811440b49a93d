// Package provider is the Terraform side of backupfw: it decodes
// configuration, calls the domain packages and encodes what they answer.
package provider

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

var _ provider.ProviderWithFunctions = (*backupfwProvider)(nil)

type backupfwProvider struct {
	version string
	clock   func() time.Time
	data    atomic.Pointer[providerData] // nil until Terraform has configured the provider
}

// typeName is what the names of resources, data sources and functions begin with.
const typeName = "backupfw"

// declaredResources are the provider's resources.
var declaredResources = []func() *declaredResource{newPortRangeResource, newPeerGroupResource, newPolicyResource}

// New returns the provider as main serves it.
func New(version string) func() provider.Provider { return NewWithClock(version, time.Now) }

// NewWithClock returns the provider with another clock. Only the ends of
// waivers depend on it.
func NewWithClock(version string, clock func() time.Time) func() provider.Provider {
	return func() provider.Provider { return &backupfwProvider{version: version, clock: clock} }
}

func (p *backupfwProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = typeName
	resp.Version = p.version
}

func (p *backupfwProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, f := range settingsFields() {
		attributes[f.name] = f.providerAttribute()
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Firewall openings for backup software: modelled, scored in the plan, and compiled to cloud rules. The provider talks to no service and needs no credentials.",
		Attributes:          attributes,
	}
}

func (p *backupfwProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	n := newNode(config, false)
	data := &providerData{settings: decodeSettings(n), clock: p.clock}
	addFaults(&resp.Diagnostics, n.reader.faults)
	resp.ResourceData, resp.DataSourceData = data, data
	p.data.Store(data)
}

func (p *backupfwProvider) Resources(context.Context) []func() resource.Resource {
	resources := make([]func() resource.Resource, 0, len(declaredResources))
	for _, newResource := range declaredResources {
		resources = append(resources, func() resource.Resource { return newResource() })
	}
	return resources
}

func (p *backupfwProvider) DataSources(context.Context) []func() datasource.DataSource {
	sources := []func() datasource.DataSource{newAssessmentDataSource, newProductDataSource, newProductsDataSource, newReviewDataSource}
	for _, target := range emit.Targets() {
		sources = append(sources, func() datasource.DataSource { return newRulesDataSource(target) })
	}
	return sources
}

func (p *backupfwProvider) Functions(context.Context) []func() function.Function {
	functions := []func() function.Function{
		newAssessFunction, newExcludeCIDRsFunction, newMergeCIDRsFunction, newMergePortsFunction,
		newParsePortsFunction, newPortServicesFunction, newQuietPortsFunction, newReviewFunction, newScoreFunction,
	}
	for _, target := range emit.Targets() {
		functions = append(functions, func() function.Function { return newRulesFunction(target) })
	}
	return functions
}
