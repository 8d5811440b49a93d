package tfplan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/go-cty/cty/convert"
	ctyjson "github.com/hashicorp/go-cty/cty/json"
)

// Before is the value in the state, of the given type; null when there was
// none. Of cty.DynamicPseudoType it has the type that the JSON implies:
// objects and tuples.
func (c *Change) Before(t cty.Type) (cty.Value, error) {
	return c.value(c.before, nil, t, "before")
}

// After is the planned value, with unknown values in it; null when the plan
// leaves nothing. The type is as for Before.
func (c *Change) After(t cty.Type) (cty.Value, error) {
	return c.value(c.after, c.unknown, t, "after")
}

func (c *Change) value(raw, unknown jsontext.Value, t cty.Type, when string) (cty.Value, error) {
	failed := func(err error) (cty.Value, error) {
		return cty.NilVal, fmt.Errorf("the value of %s (%s) does not fit the resource in this version of the provider: %w", c.Address, when, err)
	}
	of := withoutSets(t)
	value := cty.NullVal(of)
	if kind := raw.Kind(); kind != 0 && kind != 'n' {
		var err error
		if value, err = typed(raw, of); err != nil {
			return failed(err)
		}
	}
	if unknown.Kind() != 0 {
		// A value of which nothing is known is null, and the mask true.
		var mask any
		if err := json.Unmarshal(unknown, &mask); err != nil {
			return failed(err)
		}
		var err error
		if value, err = masked(value, mask, of); err != nil {
			return failed(err)
		}
	}
	if t.Equals(of) {
		return value, nil
	}
	value, err := convert.Convert(value, t)
	if err != nil {
		return failed(err)
	}
	return value, nil
}

// withoutSets is the type with lists in the place of sets. The mask counts the
// elements as they stand in the JSON; in a set two that are not known yet, and
// therefore null, would be one, and in another place.
func withoutSets(t cty.Type) cty.Type {
	switch {
	case t.IsSetType(), t.IsListType():
		return cty.List(withoutSets(t.ElementType()))
	case t.IsMapType():
		return cty.Map(withoutSets(t.ElementType()))
	case t.IsObjectType():
		of := map[string]cty.Type{}
		for name, a := range t.AttributeTypes() {
			of[name] = withoutSets(a)
		}
		return cty.Object(of)
	case t.IsTupleType():
		of := make([]cty.Type, t.Length())
		for i, e := range t.TupleElementTypes() {
			of[i] = withoutSets(e)
		}
		return cty.Tuple(of)
	}
	return t
}

func typed(raw []byte, t cty.Type) (cty.Value, error) {
	if t == cty.DynamicPseudoType {
		implied, err := ctyjson.ImpliedType(raw)
		if err != nil {
			return cty.NilVal, err
		}
		t = implied
	}
	v, err := ctyjson.Unmarshal(raw, t)
	if err != nil {
		return cty.NilVal, err
	}
	return v, checkNumbers(v)
}

// longestNumber is how many binary digits a number may have before or after its
// point. A few characters of JSON, such as 1e100000000, can stand for more than
// anybody can write out.
const longestNumber = 1 << 12

// checkNumbers refuses values with numbers that nobody can have meant: whoever
// turns one into a text would never come to its end.
func checkNumbers(v cty.Value) error {
	return cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.Type() != cty.Number || v.IsNull() || !v.IsKnown() {
			return true, nil
		}
		n := v.AsBigFloat()
		if exponent := n.MantExp(nil); exponent > longestNumber || exponent < -longestNumber || n.IsInf() {
			return false, fmt.Errorf("a number with more than %d binary digits is not one of a firewall rule", longestNumber)
		}
		return true, nil
	})
}

// masked puts unknown values where the mask, which has the shape of the value,
// says true. The plan leaves such values out: attributes and map elements are
// missing, list elements null.
func masked(v cty.Value, mask any, t cty.Type) (cty.Value, error) {
	switch m := mask.(type) {
	case bool:
		if m {
			return cty.UnknownVal(t), nil
		}
		return v, nil
	case map[string]any:
		if len(m) == 0 {
			return v, nil
		}
		return maskedMembers(v, m, t)
	case []any:
		return maskedElements(v, m, t)
	case nil:
		return v, nil
	}
	return cty.NilVal, fmt.Errorf("after_unknown holds %T", mask)
}

func maskedMembers(v cty.Value, mask map[string]any, t cty.Type) (cty.Value, error) {
	members := map[string]cty.Value{}
	if !v.IsNull() {
		if !v.Type().IsObjectType() && !v.Type().IsMapType() {
			return cty.NilVal, fmt.Errorf("after_unknown has members where the value is %s", v.Type().FriendlyName())
		}
		members = v.AsValueMap()
		if members == nil {
			members = map[string]cty.Value{}
		}
	}
	unknown := false
	for _, name := range slices.Sorted(maps.Keys(mask)) { // so that of several faults the same one is named
		of, known := memberType(t, name)
		if !known {
			return cty.NilVal, fmt.Errorf("there is no attribute %q", name)
		}
		old, present := members[name]
		if !present {
			old = cty.NullVal(of)
		}
		with, err := masked(old, mask[name], of)
		if err != nil {
			return cty.NilVal, err
		}
		if !present && with.IsNull() {
			continue // a member of which nothing is unknown is in the value
		}
		unknown = unknown || !with.IsWhollyKnown()
		members[name] = with
	}
	switch {
	case !unknown:
		return v, nil
	case t.IsMapType():
		return cty.MapVal(members), nil
	case t.IsObjectType():
		for name, of := range t.AttributeTypes() {
			if _, present := members[name]; !present {
				members[name] = cty.NullVal(of)
			}
		}
	}
	return cty.ObjectVal(members), nil
}

func maskedElements(v cty.Value, mask []any, t cty.Type) (cty.Value, error) {
	if len(mask) == 0 {
		return v, nil
	}
	var elements []cty.Value
	if !v.IsNull() {
		if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() {
			return cty.NilVal, fmt.Errorf("after_unknown has elements where the value is %s", v.Type().FriendlyName())
		}
		elements = v.AsValueSlice()
	}
	if len(mask) > len(elements) {
		return cty.NilVal, fmt.Errorf("after_unknown has %d elements where the value has %d", len(mask), len(elements))
	}
	unknown := false
	for i, below := range mask {
		with, err := masked(elements[i], below, elementType(t, i))
		if err != nil {
			return cty.NilVal, err
		}
		unknown = unknown || !with.IsWhollyKnown()
		elements[i] = with
	}
	switch {
	case !unknown:
		return v, nil
	case t.IsListType():
		return cty.ListVal(elements), nil
	}
	return cty.TupleVal(elements), nil
}

// elementType is the type of an element of t.
func elementType(t cty.Type, i int) cty.Type {
	switch {
	case t.IsListType():
		return t.ElementType()
	case t.IsTupleType() && i < t.Length():
		return t.TupleElementType(i)
	}
	return cty.DynamicPseudoType
}

// memberType is the type of a member of t. What the JSON implies has whatever
// members there are.
func memberType(t cty.Type, name string) (cty.Type, bool) {
	switch {
	case t.IsMapType():
		return t.ElementType(), true
	case t.IsObjectType():
		if !t.HasAttribute(name) {
			return cty.NilType, false
		}
		return t.AttributeType(name), true
	}
	return cty.DynamicPseudoType, true
}
