package provider_test

import (
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// obj and seq are an object, or a map, and a list as tests write them. Their
// leaves are strings, bools, ints, nil, unknown and tftypes.Value.
type (
	obj map[string]any
	seq []any
)

type unknownMark struct{}

// unknown is a value that is known only after apply.
var unknown unknownMark

// value turns what a test wrote into a value of the type. Attributes that are
// left out are null; values that come from another resource are narrowed, as
// Terraform does: it drops attributes that the type lacks.
func value(t testing.TB, typ tftypes.Type, from any) tftypes.Value {
	t.Helper()
	switch from := from.(type) {
	case nil:
		return tftypes.NewValue(typ, nil)
	case unknownMark:
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	case tftypes.Value:
		return narrow(t, typ, from)
	case obj:
		return objectValue(t, typ, from)
	case []string:
		list := make(seq, len(from))
		for i, text := range from {
			list[i] = text
		}
		return value(t, typ, list)
	case seq:
		var element tftypes.Type
		switch typ := typ.(type) {
		case tftypes.List:
			element = typ.ElementType
		default:
			t.Fatalf("%v is no list: %s", from, typ)
		}
		elements := make([]tftypes.Value, len(from))
		for i, e := range from {
			elements[i] = value(t, element, e)
		}
		return tftypes.NewValue(typ, elements)
	}
	return tftypes.NewValue(typ, from)
}

func objectValue(t testing.TB, typ tftypes.Type, from obj) tftypes.Value {
	t.Helper()
	values := map[string]tftypes.Value{}
	switch typ := typ.(type) {
	case tftypes.Map:
		for key, v := range from {
			values[key] = value(t, typ.ElementType, v)
		}
	case tftypes.Object:
		for name, attribute := range typ.AttributeTypes {
			v, given := from[name]
			if _, isList := attribute.(tftypes.List); isList && !given && name == "waiver" && typ.AttributeTypes["verdict"] != nil {
				v = seq{} // no block is an empty list
			}
			values[name] = value(t, attribute, v)
		}
		for name := range from {
			if typ.AttributeTypes[name] == nil {
				t.Fatalf("the test writes %q, which %s lacks", name, typ)
			}
		}
	default:
		t.Fatalf("%v is no object: %s", from, typ)
	}
	return tftypes.NewValue(typ, values)
}

// narrow converts a value to a type with fewer attributes.
func narrow(t testing.TB, typ tftypes.Type, v tftypes.Value) tftypes.Value {
	t.Helper()
	switch {
	case v.Type().Equal(typ):
		return v
	case !v.IsKnown():
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	case v.IsNull():
		return tftypes.NewValue(typ, nil)
	}
	switch typ := typ.(type) {
	case tftypes.Object:
		from, values := fields(t, v), map[string]tftypes.Value{}
		for name, attribute := range typ.AttributeTypes {
			values[name] = tftypes.NewValue(attribute, nil)
			if given, ok := from[name]; ok {
				values[name] = narrow(t, attribute, given)
			}
		}
		return tftypes.NewValue(typ, values)
	case tftypes.Map:
		from := fields(t, v)
		for name := range from {
			from[name] = narrow(t, typ.ElementType, from[name])
		}
		return tftypes.NewValue(typ, from)
	case tftypes.List:
		elements := slices.Clone(list(t, v))
		for i := range elements {
			elements[i] = narrow(t, typ.ElementType, elements[i])
		}
		return tftypes.NewValue(typ, elements)
	}
	t.Fatalf("%s is not a %s", v, typ)
	return v
}

// loose turns what a test wrote into a value of its own type, as Terraform
// passes object and tuple expressions to a function that takes anything.
func loose(t testing.TB, from any) tftypes.Value {
	t.Helper()
	switch from := from.(type) {
	case nil:
		return tftypes.NewValue(tftypes.DynamicPseudoType, nil)
	case unknownMark:
		return tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	case tftypes.Value:
		return from
	case string:
		return tftypes.NewValue(tftypes.String, from)
	case bool:
		return tftypes.NewValue(tftypes.Bool, from)
	case int:
		return tftypes.NewValue(tftypes.Number, from)
	case float64:
		return tftypes.NewValue(tftypes.Number, from)
	case []string:
		elements := seq{}
		for _, text := range from {
			elements = append(elements, text)
		}
		return loose(t, elements)
	case seq:
		types, elements := []tftypes.Type{}, []tftypes.Value{}
		for _, e := range from {
			element := loose(t, e)
			types, elements = append(types, element.Type()), append(elements, element)
		}
		return tftypes.NewValue(tftypes.Tuple{ElementTypes: types}, elements)
	case obj:
		types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
		for name, v := range from {
			values[name] = loose(t, v)
			types[name] = values[name].Type()
		}
		return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
	}
	t.Fatalf("cannot write %T", from)
	return tftypes.Value{}
}

// fields are the attributes of an object or the elements of a map.
func fields(t testing.TB, v tftypes.Value) map[string]tftypes.Value {
	t.Helper()
	values := map[string]tftypes.Value{}
	if err := v.As(&values); err != nil {
		t.Fatal(err)
	}
	return maps.Clone(values) // As shares the value's own map
}

func list(t testing.TB, v tftypes.Value) []tftypes.Value {
	t.Helper()
	var values []tftypes.Value
	if err := v.As(&values); err != nil {
		t.Fatal(err)
	}
	return values
}

// get reads an attribute as a plain value: nil, string, bool, float64, seq,
// obj, or unknown.
func get(t testing.TB, of tftypes.Value, name string) any {
	t.Helper()
	v, known := fields(t, of)[name]
	if !known {
		t.Fatalf("no attribute %q in %s", name, of.Type())
	}
	return plain(t, v)
}

func plain(t testing.TB, v tftypes.Value) any {
	t.Helper()
	switch {
	case !v.IsKnown():
		return unknown
	case v.IsNull():
		return nil
	case v.Type().Is(tftypes.String):
		var text string
		must(t, v.As(&text))
		return text
	case v.Type().Is(tftypes.Bool):
		var b bool
		must(t, v.As(&b))
		return b
	case v.Type().Is(tftypes.Number):
		var n big.Float
		must(t, v.As(&n))
		f, _ := n.Float64()
		return f
	case v.Type().Is(tftypes.List{}), v.Type().Is(tftypes.Tuple{}), v.Type().Is(tftypes.Set{}):
		elements := seq{}
		for _, e := range list(t, v) {
			elements = append(elements, plain(t, e))
		}
		return elements
	}
	values := obj{}
	for name, e := range fields(t, v) {
		values[name] = plain(t, e)
	}
	return values
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unknownOf lists the unknown attributes of an object, sorted.
func unknownOf(t testing.TB, v tftypes.Value) []string {
	t.Helper()
	names := []string{}
	for name, f := range fields(t, v) {
		if !f.IsFullyKnown() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// without returns a copy of the object without the attribute at the path.
func without(of obj, path ...any) obj {
	last := len(path) - 1
	parent := maps.Clone(below(of, path[:last]).(obj))
	delete(parent, path[last].(string))
	if last == 0 {
		return parent
	}
	return with(of, parent, path[:last]...)
}

func below(of any, path []any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			of = of.(obj)[step]
		case int:
			of = of.(seq)[step]
		}
	}
	return of
}
