package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// wireDataSource does what computedDataSource does, on values as they come over
// the wire; see wireResource.
type wireDataSource struct {
	*computedDataSource
	shapes map[string]shape
}

// wireDataSources are all data sources, by their types' names.
func wireDataSources() map[string]*wireDataSource {
	all := map[string]*wireDataSource{}
	for _, newSource := range (&backupfwProvider{}).DataSources(context.Background()) {
		if d, isComputed := newSource().(*computedDataSource); isComputed {
			all[typeName+"_"+d.name] = &wireDataSource{d, byName(d.required, d.optional, d.computed)}
		}
	}
	return all
}

// validateConfig leaves to the framework what the schema itself refuses.
func (d *wireDataSource) validateConfig(config []byte) (diags diag.Diagnostics, usual bool) {
	o, usual := openConfig(config, d.shapes, d.required, d.computed)
	if !usual {
		return nil, false
	}
	diags = d.faults(plainNode(o, false))
	return diags, o.err == nil
}

// read returns the configuration with its computed attributes.
func (d *wireDataSource) read(config []byte, data *providerData) (state []byte, diags diag.Diagnostics, usual bool) {
	o, usual := openConfig(config, d.shapes, d.required, d.computed)
	if !usual {
		return nil, nil, false
	}
	if !fullyKnown(o) {
		diags.AddError(notKnownYet, notKnownYetDetail)
		return config, diags, o.err == nil
	}
	values := d.compute(plainNode(o, false), data, &diags)
	if diags.HasError() {
		return config, diags, o.err == nil
	}
	return o.finish(d.computed, values), diags, o.err == nil
}
