package provider

import (
	"context"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// sample is a value for everything that a shape describes, or an empty one.
func sample(s shape, full bool) any {
	switch s.nesting {
	case object:
		return sampleRecord(s, full)
	case list:
		if !full {
			return []record{}
		}
		return []record{sampleRecord(s, true), sampleRecord(s, false), {}}
	case table:
		if !full {
			return map[string]record{}
		}
		return map[string]record{"a": sampleRecord(s, true), "b": sampleRecord(s, false)}
	}
	switch s.attrType().TerraformType(context.Background()).String() {
	case "tftypes.String":
		return "text"
	case "tftypes.Bool":
		return true
	case "tftypes.List[tftypes.String]":
		return []string{"a", "b"}
	case "tftypes.Map[tftypes.String]":
		return map[string]string{"a": "b"}
	case "tftypes.Number":
		switch s.leaf.String() {
		case "basetypes.Float64Type":
			return 1.25
		case "basetypes.NumberType":
			return new(big.Int).Lsh(big.NewInt(1), 128)
		}
		return 42
	}
	panic("no sample for " + s.name)
}

func sampleRecord(s shape, full bool) record {
	r := record{}
	for _, f := range s.fields {
		if full || f.leaf != nil {
			r[f.name] = sample(f, full)
		}
	}
	return r
}

// Every computed value that a shape encodes, null and unknown ones too, fits
// the type that the schema announces.
func TestShapes_EncodedValues_FitTheSchema(t *testing.T) {
	ctx := context.Background()
	check := func(where string, s shape, announced attr.Type) {
		want := announced.TerraformType(ctx)
		for kind, v := range map[string]attr.Value{"full": s.encode(sample(s, true)), "sparse": s.encode(sample(s, false)), "null": s.null(), "unknown": s.unknown()} {
			if !v.Type(ctx).Equal(announced) {
				t.Errorf("%s.%s, %s: is a %s, the schema has %s", where, s.name, kind, v.Type(ctx), announced)
			}
			raw, err := v.ToTerraformValue(ctx)
			if err != nil {
				t.Errorf("%s.%s, %s: %v", where, s.name, kind, err)
				continue
			}
			if !raw.Type().Equal(want) {
				t.Errorf("%s.%s, %s: is a %s, the schema has %s", where, s.name, kind, raw.Type(), want)
			}
			if err := tftypes.ValidateValue(want, rawOf(t, raw)); err != nil {
				t.Errorf("%s.%s, %s: %v", where, s.name, kind, err)
			}
			if raw.IsNull() != (kind == "null") || raw.IsKnown() == (kind == "unknown") {
				t.Errorf("%s.%s, %s: became %s", where, s.name, kind, raw)
			}
		}
	}
	checked := 0
	for _, constructor := range (&backupfwProvider{}).Resources(ctx) {
		r := constructor().(*declaredResource)
		var resp resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("%s: %v", r.name, diags)
		}
		for _, s := range r.computed {
			check(r.name, s, resp.Schema.Attributes[s.name].GetType())
			checked++
		}
	}
	for _, constructor := range (&backupfwProvider{}).DataSources(ctx) {
		d := constructor()
		name, computed := computedOf(t, d)
		var resp datasource.SchemaResponse
		d.Schema(ctx, datasource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("%s: %v", name, diags)
		}
		for _, s := range computed {
			check(name, s, resp.Schema.Attributes[s.name].GetType())
			checked++
		}
	}
	if checked < 30 {
		t.Errorf("only %d computed attributes", checked)
	}
}

// computedOf returns the name of a data source and what it computes.
func computedOf(t *testing.T, d datasource.DataSource) (string, []shape) {
	t.Helper()
	source, known := d.(*computedDataSource)
	if !known {
		t.Fatalf("%T is built of no shapes", d)
	}
	return source.name, source.computed
}

// rawOf is what ValidateValue takes for a value.
func rawOf(t *testing.T, v tftypes.Value) any {
	t.Helper()
	switch {
	case !v.IsKnown():
		return tftypes.UnknownValue
	case v.IsNull():
		return nil
	case v.Type().Is(tftypes.String):
		var text string
		return as(t, v, &text)
	case v.Type().Is(tftypes.Bool):
		var b bool
		return as(t, v, &b)
	case v.Type().Is(tftypes.Number):
		var n big.Float
		if err := v.As(&n); err != nil {
			t.Fatal(err)
		}
		return &n
	case v.Type().Is(tftypes.List{}):
		var elements []tftypes.Value
		return as(t, v, &elements)
	}
	var attributes map[string]tftypes.Value
	return as(t, v, &attributes)
}

func as[T any](t *testing.T, v tftypes.Value, to *T) T {
	t.Helper()
	if err := v.As(to); err != nil {
		t.Fatal(err)
	}
	return *to
}

func TestShape_EncodeOfAnotherAttribute_Panics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a value for an attribute that the shape lacks was dropped")
		}
	}()
	objectOf("o", "", text("a", "")).encode(record{"a": "x", "b": "y"})
}
