package provider

import (
	"cmp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ResultField is what a function returns, or one attribute of it.
type ResultField struct {
	// Name is the way to the attribute, "findings[*].code"; [*] stands for every
	// element of a list or a map. The result itself has none.
	Name string
	// Kind is the type in words, "list of strings".
	Kind string
	Doc  string
}

// ResultDescriber is implemented by every function of this provider: Terraform
// has no place for descriptions of what functions return, so the documentation
// asks for them.
type ResultDescriber interface {
	// DescribeResult lists the result itself and then its attributes by name,
	// those of nested objects below their own.
	DescribeResult() []ResultField
}

// DescribeResult implements ResultDescriber.
func (f *pureFunction) DescribeResult() []ResultField {
	return append([]ResultField{{Kind: f.result.kind(), Doc: f.result.doc}}, describeFields("", f.result.fields)...)
}

func describeFields(prefix string, fields []shape) []ResultField {
	sorted := slices.Clone(fields)
	slices.SortFunc(sorted, func(a, b shape) int { return cmp.Compare(a.name, b.name) })
	var described []ResultField
	for _, f := range sorted {
		mark := ""
		if f.nesting == list || f.nesting == table {
			mark = "[*]"
		}
		described = append(described, ResultField{prefix + f.name, f.kind(), f.doc})
		described = append(described, describeFields(prefix+f.name+mark+".", f.fields)...)
	}
	return described
}

// kind is the type in words.
func (s shape) kind() string {
	switch s.nesting {
	case object:
		return "object"
	case list:
		return "list of objects"
	case table:
		return "map of objects"
	}
	return leafKind(s.leaf)
}

func leafKind(t attr.Type) string {
	switch t := t.(type) {
	case types.ListType:
		return "list of " + leafKind(t.ElemType) + "s"
	case types.MapType:
		return "map of " + leafKind(t.ElemType) + "s"
	}
	switch t {
	case types.StringType:
		return "string"
	case types.Int64Type, types.Float64Type, types.NumberType:
		return "number"
	case types.BoolType:
		return "bool"
	}
	panic("provider: no words for " + t.String())
}

// functionReturn is the shape as what a function returns.
func (s shape) functionReturn() function.Return {
	switch t := s.attrType().(type) {
	case types.ObjectType:
		return function.ObjectReturn{AttributeTypes: t.AttrTypes}
	case types.ListType:
		return function.ListReturn{ElementType: t.ElemType}
	default:
		if t == types.StringType {
			return function.StringReturn{}
		}
		panic("provider: no function returns " + t.String())
	}
}

// functionParameter is the shape as a parameter of a function. None takes null
// or unknown values: Terraform then refuses the one and waits for the other.
func (s shape) functionParameter() function.Parameter {
	switch t := s.attrType().(type) {
	case types.ListType:
		return function.ListParameter{Name: s.name, MarkdownDescription: s.doc, ElementType: t.ElemType}
	default:
		switch t {
		case types.StringType:
			return function.StringParameter{Name: s.name, MarkdownDescription: s.doc}
		case types.NumberType:
			return function.NumberParameter{Name: s.name, MarkdownDescription: s.doc}
		case types.DynamicType:
			return function.DynamicParameter{Name: s.name, MarkdownDescription: s.doc}
		}
		panic("provider: no function takes " + t.String())
	}
}

// anything describes a parameter of any type.
func anything(name, doc string) shape { return shape{name: name, doc: doc, leaf: types.DynamicType} }
