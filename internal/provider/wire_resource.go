package provider

import (
	"bytes"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// wireResource does what declaredResource does, on values as they come over the
// wire. Its methods report whether the values are as Terraform usually sends
// them; when not, the framework has to answer.
type wireResource struct {
	*declaredResource
	shapes map[string]shape // of all attributes and blocks
}

func newWireResource(r *declaredResource) *wireResource {
	return &wireResource{r, byName(r.required, r.optional, r.computed, r.blocks)}
}

// wireResources are all resources, by their types' names.
func wireResources() map[string]*wireResource {
	all := map[string]*wireResource{}
	for _, newResource := range declaredResources {
		r := newWireResource(newResource())
		all[typeName+"_"+r.name] = r
	}
	return all
}

func byName(lists ...[]shape) map[string]shape {
	shapes := map[string]shape{}
	for _, fields := range lists {
		for _, f := range fields {
			shapes[f.name] = f
		}
	}
	return shapes
}

// validateConfig leaves to the framework what the schema itself refuses.
func (r *wireResource) validateConfig(config []byte) (diags diag.Diagnostics, usual bool) {
	o, usual := openConfig(config, r.shapes, r.required, r.computed)
	if !usual {
		return nil, false
	}
	diags = r.validate(plainNode(o, false))
	return diags, o.err == nil
}

// openConfig opens a configuration in which what is required is set, and what is
// computed not.
func openConfig(config []byte, shapes map[string]shape, required, computed []shape) (*lazyObject, bool) {
	o, err := openObject(config, shapes)
	if err != nil || o == nil {
		return nil, false
	}
	missing := func(f shape) bool { return o.isNull(f.name) }
	set := func(f shape) bool { return !o.isNull(f.name) }
	return o, !slices.ContainsFunc(required, missing) && !slices.ContainsFunc(computed, set)
}

// plan returns the planned state: the proposed one with its computed attributes.
func (r *wireResource) plan(config, prior, proposed []byte, data *providerData) (state []byte, diags diag.Diagnostics, usual bool) {
	if bytes.Equal(proposed, nullOnWire) {
		return proposed, nil, true // a destroy plan opens nothing
	}
	given, err := openObject(config, r.shapes)
	if err != nil || given == nil {
		return nil, nil, false
	}
	if proposed, usual = r.withDefaults(given, proposed); !usual {
		return nil, nil, false
	}
	planned, err := openObject(proposed, r.shapes)
	if err != nil || planned == nil {
		return nil, nil, false
	}
	was, before := node{}, planned
	if !bytes.Equal(prior, nullOnWire) {
		if !bytes.Equal(prior, proposed) {
			if before, err = openObject(prior, r.shapes); err != nil || before == nil {
				return nil, nil, false
			}
		}
		was = plainNode(before, false)
	}
	values, diags := r.evaluate(plainNode(planned, false), was, data)
	if diags.HasError() {
		return proposed, diags, planned.err == nil && before.err == nil
	}
	return planned.finish(r.computed, values), diags, planned.err == nil && before.err == nil
}

// withDefaults sets the defaults of attributes that the configuration leaves
// out.
func (r *wireResource) withDefaults(given *lazyObject, proposed []byte) ([]byte, bool) {
	replaced := map[string][]byte{}
	for _, f := range r.optional {
		if f.standard != "" && given.isNull(f.name) {
			replaced[f.name] = f.onWire(f.standard)
		}
	}
	if len(replaced) == 0 {
		return proposed, true
	}
	o, err := openObject(proposed, r.shapes)
	if err != nil || o == nil {
		return nil, false
	}
	return o.with(replaced), true
}

// finish returns the object's encoding with its computed attributes, unknown
// when values is nil. An attribute that has its value already stays as it is.
func (o *lazyObject) finish(computed []shape, values record) []byte {
	replaced := make(map[string][]byte, len(computed))
	for _, f := range computed {
		encoded := unknownOnWire
		if values != nil {
			encoded = f.onWire(values[f.name])
		}
		if old := o.encoded[f.name]; bytes.Equal(encoded, old) || values != nil && f.sameOnWire(encoded, old) {
			continue
		}
		replaced[f.name] = encoded
	}
	return o.with(replaced)
}

// sameOnWire reports whether two encodings mean the same value.
func (s shape) sameOnWire(a, b []byte) bool {
	x, err := newWireReader(a).value(s)
	if err != nil {
		return false
	}
	y, err := newWireReader(b).value(s)
	return err == nil && equalPlain(x, y)
}

// apply returns the new state, or the old one with the errors that kept it.
func (r *wireResource) apply(prior, planned []byte, data *providerData) (state []byte, diags diag.Diagnostics, usual bool) {
	if bytes.Equal(planned, nullOnWire) {
		return planned, nil, len(prior) > 0
	}
	o, err := openObject(planned, r.shapes)
	if err != nil || o == nil || len(prior) == 0 {
		return nil, nil, false
	}
	values, found := r.evaluate(plainNode(o, false), node{}, data)
	finished := o.finish(r.computed, values)
	allKnown := true
	for _, f := range r.computed {
		allKnown = allKnown && !o.isUnknown(f.name)
	}
	same := values == nil || bytes.Equal(finished, o.with(nil))
	diags = r.settle(allKnown, same, values, found)
	switch {
	case diags.HasError():
		state = prior
	case allKnown:
		state = planned // to the letter: Terraform compares
	default:
		state = finished
	}
	return state, diags, o.err == nil
}
