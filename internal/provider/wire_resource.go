package provider

import (
	"bytes"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// wireResource does what declaredResource does, on values as they come over the
// wire. Its methods report whether the values are as Terraform usually sends
// them; when not, the framework has to answer.
type wireResource struct {
	*declaredResource
	shapes map[string]shape // of all attributes and blocks
}

func newWireResource(r *declaredResource) *wireResource {
	w := &wireResource{r, map[string]shape{}}
	for _, fields := range [][]shape{r.required, r.optional, r.computed, r.blocks} {
		for _, f := range fields {
			w.shapes[f.name] = f
		}
	}
	return w
}

// validateConfig leaves to the framework what the schema itself refuses.
func (r *wireResource) validateConfig(config *tfprotov6.DynamicValue) (diags diag.Diagnostics, usual bool) {
	o, err := openObject(onWire(config), r.shapes)
	if err != nil || o == nil {
		return nil, false
	}
	for _, f := range r.required {
		if o.isNull(f.name) {
			return nil, false
		}
	}
	for _, f := range r.computed {
		if !o.isNull(f.name) {
			return nil, false
		}
	}
	diags = r.validate(plainNode(o, false))
	return diags, o.err == nil
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
	state, usual = r.finishOnWire(planned, values)
	return state, diags, usual && planned.err == nil && before.err == nil
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

// finishOnWire returns the object with its computed attributes, unknown when
// values is nil. An attribute that has its value already stays as it is.
func (r *wireResource) finishOnWire(of *lazyObject, values record) (state []byte, usual bool) {
	replaced := make(map[string][]byte, len(r.computed))
	for _, f := range r.computed {
		encoded := unknownOnWire
		if values != nil {
			encoded = f.onWire(values[f.name])
		}
		if old := of.encoded[f.name]; bytes.Equal(encoded, old) || values != nil && f.sameOnWire(encoded, old) {
			continue
		}
		replaced[f.name] = encoded
	}
	return of.with(replaced), true
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
	finished, usual := r.finishOnWire(o, values)
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
	return state, diags, usual && o.err == nil
}
