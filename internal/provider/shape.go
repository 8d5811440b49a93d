package provider

import (
	"context"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	dsschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	provschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// shape describes one attribute once, for every place in which Terraform
// wants to hear of it: resource schemas, data source schemas, the types of
// function results, the documentation and the encoding of values.
type shape struct {
	name    string
	doc     string
	nesting nesting
	leaf    attr.Type // when nesting is none
	fields  []shape   // otherwise
	// standard is the default of an optional attribute of a resource, "" for none.
	standard string
}

type nesting uint8

const (
	none   nesting = iota
	object         // one object
	list           // a list of objects
	table          // a map of objects
)

func text(name, doc string) shape    { return shape{name: name, doc: doc, leaf: types.StringType} }
func integer(name, doc string) shape { return shape{name: name, doc: doc, leaf: types.Int64Type} }
func float(name, doc string) shape   { return shape{name: name, doc: doc, leaf: types.Float64Type} }
func number(name, doc string) shape  { return shape{name: name, doc: doc, leaf: types.NumberType} }
func boolean(name, doc string) shape { return shape{name: name, doc: doc, leaf: types.BoolType} }
func texts(name, doc string) shape {
	return shape{name: name, doc: doc, leaf: types.ListType{ElemType: types.StringType}}
}
func objectOf(name, doc string, fields ...shape) shape {
	return shape{name: name, doc: doc, nesting: object, fields: fields}
}
func listOf(name, doc string, fields ...shape) shape {
	return shape{name: name, doc: doc, nesting: list, fields: fields}
}
func mapOf(name, doc string, fields ...shape) shape {
	return shape{name: name, doc: doc, nesting: table, fields: fields}
}

// withDefault returns the shape of a text that has a default.
func (s shape) withDefault(value string) shape {
	s.standard = value
	return s
}

// field finds an attribute of a nested object.
func (s shape) field(name string) (shape, bool) {
	for i := range s.fields {
		if s.fields[i].name == name {
			return s.fields[i], true
		}
	}
	return shape{}, false
}

// objectType is the type of one object of a nested shape.
func (s shape) objectType() types.ObjectType {
	attributes := make(map[string]attr.Type, len(s.fields))
	for _, f := range s.fields {
		attributes[f.name] = f.attrType()
	}
	return types.ObjectType{AttrTypes: attributes}
}

// attrType is the type of the attribute's value.
func (s shape) attrType() attr.Type {
	switch s.nesting {
	case object:
		return s.objectType()
	case list:
		return types.ListType{ElemType: s.objectType()}
	case table:
		return types.MapType{ElemType: s.objectType()}
	default:
		return s.leaf
	}
}

// usage is how an attribute is used in a schema.
type usage uint8

const (
	optional usage = iota
	required
	computed
)

// inside is how the attributes of a nested object are used: Terraform takes
// Required inside a list for missing while the whole object is unknown, so
// inputs are optional there and checked once they are known.
func (u usage) inside() usage {
	if u == computed {
		return computed
	}
	return optional
}

func resourceAttributes(u usage, fields []shape) map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(fields))
	for _, f := range fields {
		attributes[f.name] = f.resourceAttribute(u)
	}
	return attributes
}

func (s shape) resourceAttribute(u usage) schema.Attribute {
	opt, req, comp := u == optional, u == required, u == computed
	nested := schema.NestedAttributeObject{CustomType: s.objectType(), Attributes: resourceAttributes(u.inside(), s.fields)}
	switch s.nesting {
	case object:
		return schema.SingleNestedAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, CustomType: s.objectType(), Attributes: nested.Attributes}
	case list:
		return schema.ListNestedAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, CustomType: types.ListType{ElemType: s.objectType()}, NestedObject: nested}
	case table:
		return schema.MapNestedAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, CustomType: types.MapType{ElemType: s.objectType()}, NestedObject: nested}
	}
	switch leaf := s.leaf.(type) {
	case types.ListType:
		return schema.ListAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, ElementType: leaf.ElemType}
	case types.MapType:
		return schema.MapAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, ElementType: leaf.ElemType}
	default:
		switch s.leaf {
		case types.StringType:
			a := schema.StringAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
			if s.standard != "" {
				a.Computed, a.Default = true, stringdefault.StaticString(s.standard)
			}
			return a
		case types.Int64Type:
			return schema.Int64Attribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.Float64Type:
			return schema.Float64Attribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.NumberType:
			return schema.NumberAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.BoolType:
			return schema.BoolAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		}
	}
	panic("provider: no resource attribute for " + s.name)
}

func dataSourceAttributes(u usage, fields []shape) map[string]dsschema.Attribute {
	attributes := make(map[string]dsschema.Attribute, len(fields))
	for _, f := range fields {
		attributes[f.name] = f.dataSourceAttribute(u)
	}
	return attributes
}

func (s shape) dataSourceAttribute(u usage) dsschema.Attribute {
	opt, req, comp := u == optional, u == required, u == computed
	nested := dsschema.NestedAttributeObject{CustomType: s.objectType(), Attributes: dataSourceAttributes(u.inside(), s.fields)}
	switch s.nesting {
	case object:
		return dsschema.SingleNestedAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, CustomType: s.objectType(), Attributes: nested.Attributes}
	case list:
		return dsschema.ListNestedAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, CustomType: types.ListType{ElemType: s.objectType()}, NestedObject: nested}
	case table:
		return dsschema.MapNestedAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, CustomType: types.MapType{ElemType: s.objectType()}, NestedObject: nested}
	}
	switch leaf := s.leaf.(type) {
	case types.ListType:
		return dsschema.ListAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, ElementType: leaf.ElemType}
	case types.MapType:
		return dsschema.MapAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp, ElementType: leaf.ElemType}
	default:
		switch s.leaf {
		case types.StringType:
			return dsschema.StringAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.Int64Type:
			return dsschema.Int64Attribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.Float64Type:
			return dsschema.Float64Attribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.NumberType:
			return dsschema.NumberAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		case types.BoolType:
			return dsschema.BoolAttribute{MarkdownDescription: s.doc, Optional: opt, Required: req, Computed: comp}
		}
	}
	panic("provider: no data source attribute for " + s.name)
}

// record is a value of a nested shape, by attribute name. Attributes that are
// missing or nil are null.
type record map[string]any

// encode turns a plain value into the attribute value of the shape: nil,
// string, bool, int, int64, float64, *big.Int, []string, map[string]string,
// record, []record or map[string]record. Any other combination is a programming error.
func (s shape) encode(value any) attr.Value {
	if value == nil {
		return s.null()
	}
	switch s.nesting {
	case object:
		return s.encodeRecord(value.(record))
	case list:
		records := value.([]record)
		elements := make([]attr.Value, len(records))
		for i, r := range records {
			elements[i] = s.encodeRecord(r)
		}
		return types.ListValueMust(s.objectType(), elements)
	case table:
		records := value.(map[string]record)
		elements := make(map[string]attr.Value, len(records))
		for key, r := range records {
			elements[key] = s.encodeRecord(r)
		}
		return types.MapValueMust(s.objectType(), elements)
	}
	switch v := value.(type) {
	case string:
		return types.StringValue(v)
	case bool:
		return types.BoolValue(v)
	case int:
		return types.Int64Value(int64(v))
	case int64:
		return types.Int64Value(v)
	case float64:
		return types.Float64Value(v)
	case *big.Int:
		return types.NumberValue(new(big.Float).SetPrec(256).SetInt(v))
	case []string:
		elements := make([]attr.Value, len(v))
		for i, item := range v {
			elements[i] = types.StringValue(item)
		}
		return types.ListValueMust(types.StringType, elements)
	case map[string]string:
		elements := make(map[string]attr.Value, len(v))
		for key, item := range v {
			elements[key] = types.StringValue(item)
		}
		return types.MapValueMust(types.StringType, elements)
	}
	panic(fmt.Sprintf("provider: cannot encode %T as %s", value, s.name))
}

func (s shape) encodeRecord(r record) attr.Value {
	attributes := make(map[string]attr.Value, len(s.fields))
	used := 0
	for _, f := range s.fields {
		value, given := r[f.name]
		if given {
			used++
		}
		attributes[f.name] = f.encode(value)
	}
	if used != len(r) {
		panic(fmt.Sprintf("provider: %s has a value for an attribute that it lacks: %v", s.name, r))
	}
	return types.ObjectValueMust(s.objectType().AttrTypes, attributes)
}

// null is the attribute's null value.
func (s shape) null() attr.Value { return s.special(nil) }

// unknown is the attribute's value while it is not known.
func (s shape) unknown() attr.Value { return s.special(tftypes.UnknownValue) }

func (s shape) special(value any) attr.Value {
	ctx := context.Background()
	t := s.attrType()
	special, err := t.ValueFromTerraform(ctx, tftypes.NewValue(t.TerraformType(ctx), value))
	if err != nil {
		panic("provider: no null or unknown value for " + s.name + ": " + err.Error())
	}
	return special
}

// providerAttribute is the attribute in the provider block.
func (s shape) providerAttribute() provschema.Attribute {
	switch leaf := s.leaf.(type) {
	case types.ListType:
		return provschema.ListAttribute{MarkdownDescription: s.doc, Optional: true, ElementType: leaf.ElemType}
	default:
		switch s.leaf {
		case types.StringType:
			return provschema.StringAttribute{MarkdownDescription: s.doc, Optional: true}
		case types.Int64Type:
			return provschema.Int64Attribute{MarkdownDescription: s.doc, Optional: true}
		}
	}
	panic("provider: no provider attribute for " + s.name)
}
