package provider

import (
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// A plain value is what nodes read: a value without its type and without the
// way in which it came.
//
//	nil             null
//	notKnown        known only after apply
//	string, bool
//	int64, float64, *big.Float
//	noNumber        a number that is not worth reading where a whole one belongs
//	[]any           a list, set or tuple
//	map[string]any  an object or a map
//	*lazyObject     an object whose attributes are decoded when they are asked for

// notKnown is a value that is known only after apply.
type notKnown struct{}

// noNumber is a number of so many digits that no whole number of ours can be
// meant.
type noNumber struct{}

// plain reads a value of the framework.
func plain(value attr.Value) any {
	if dynamic, ok := value.(basetypes.DynamicValue); ok && !dynamic.IsNull() && !dynamic.IsUnknown() {
		return plain(dynamic.UnderlyingValue())
	}
	switch {
	case value == nil || value.IsNull():
		return nil
	case value.IsUnknown():
		return notKnown{}
	}
	switch v := value.(type) {
	case basetypes.StringValue:
		return v.ValueString()
	case basetypes.BoolValue:
		return v.ValueBool()
	case basetypes.Int64Value:
		return v.ValueInt64()
	case basetypes.Float64Value:
		return v.ValueFloat64()
	case basetypes.NumberValue:
		return v.ValueBigFloat()
	case basetypes.ListValue:
		return plainList(v.Elements())
	case basetypes.SetValue:
		return plainList(v.Elements())
	case basetypes.TupleValue:
		return plainList(v.Elements())
	case basetypes.ObjectValue:
		return plainMap(v.Attributes())
	case basetypes.MapValue:
		return plainMap(v.Elements())
	}
	panic(fmt.Sprintf("provider: cannot read %T", value))
}

func plainList(values []attr.Value) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = plain(value)
	}
	return list
}

func plainMap(values map[string]attr.Value) map[string]any {
	object := make(map[string]any, len(values))
	for key, value := range values {
		object[key] = plain(value)
	}
	return object
}

// fullyKnown reports whether nothing in a plain value is unknown.
func fullyKnown(value any) bool {
	switch v := value.(type) {
	case notKnown:
		return false
	case []any:
		for _, element := range v {
			if !fullyKnown(element) {
				return false
			}
		}
	case map[string]any:
		for _, element := range v {
			if !fullyKnown(element) {
				return false
			}
		}
	case *lazyObject:
		return fullyKnown(v.all())
	}
	return true
}

// equalPlain reports whether two plain values are the same, unknown ones
// included.
func equalPlain(a, b any) bool {
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equalPlain(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key := range x {
			other, has := y[key]
			if !has || !equalPlain(x[key], other) {
				return false
			}
		}
		return true
	case *big.Float:
		y, ok := b.(*big.Float)
		return ok && x.Cmp(y) == 0
	default:
		switch b.(type) {
		case []any, map[string]any:
			return false // they cannot be compared with ==
		}
		return a == b
	}
}
