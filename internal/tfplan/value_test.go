package tfplan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/go-cty/cty/convert"
	"pgregory.net/rapid"
)

// drawType draws a type as a provider's schema may have it.
func drawType(t *rapid.T, depth int) cty.Type {
	kinds := []string{"string", "number", "bool"}
	if depth > 0 {
		kinds = append(kinds, "list", "set", "map", "object", "tuple")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "number":
		return cty.Number
	case "bool":
		return cty.Bool
	case "list":
		return cty.List(drawType(t, depth-1))
	case "set":
		return cty.Set(drawType(t, depth-1))
	case "map":
		return cty.Map(drawType(t, depth-1))
	case "object":
		attributes := map[string]cty.Type{}
		for _, name := range drawNames(t) {
			attributes[name] = drawType(t, depth-1)
		}
		return cty.Object(attributes)
	case "tuple":
		elements := make([]cty.Type, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range elements {
			elements[i] = drawType(t, depth-1)
		}
		return cty.Tuple(elements)
	}
	return cty.String
}

func drawNames(t *rapid.T) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c d", "é", "0", "after_unknown", ""}), 0, 4, rapid.ID).Draw(t, "names")
}

// drawValue draws a value of the type with unknown and null values anywhere.
func drawValue(t *rapid.T, of cty.Type) cty.Value {
	switch rapid.IntRange(0, 7).Draw(t, "state") {
	case 0:
		return cty.UnknownVal(of)
	case 1:
		return cty.NullVal(of)
	}
	elements := func() []cty.Value {
		drawn := make([]cty.Value, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range drawn {
			drawn[i] = drawValue(t, of.ElementType())
		}
		return drawn
	}
	switch {
	case of == cty.Number:
		return cty.NumberIntVal(rapid.Int64Range(-3, 70000).Draw(t, "number"))
	case of == cty.Bool:
		return cty.BoolVal(rapid.Bool().Draw(t, "bool"))
	case of == cty.String:
		return cty.StringVal(rapid.SampledFrom([]string{"", "x", "null", "é\n\"", "10.0.0.0/8"}).Draw(t, "text"))
	case of.IsListType():
		if drawn := elements(); len(drawn) > 0 {
			return cty.ListVal(drawn)
		}
		return cty.ListValEmpty(of.ElementType())
	case of.IsSetType():
		if drawn := elements(); len(drawn) > 0 {
			return cty.SetVal(drawn)
		}
		return cty.SetValEmpty(of.ElementType())
	case of.IsMapType():
		members := map[string]cty.Value{}
		for _, name := range drawNames(t) {
			members[name] = drawValue(t, of.ElementType())
		}
		if len(members) == 0 {
			return cty.MapValEmpty(of.ElementType())
		}
		return cty.MapVal(members)
	case of.IsTupleType():
		members := make([]cty.Value, of.Length())
		for i := range members {
			members[i] = drawValue(t, of.TupleElementType(i))
		}
		return cty.TupleVal(members)
	}
	members := map[string]cty.Value{}
	for name, a := range of.AttributeTypes() {
		members[name] = drawValue(t, a)
	}
	return cty.ObjectVal(members)
}

// omitted stands for a value that is not written at all.
type omitted struct{}

// written is a value as Terraform writes it into a plan: what is unknown is
// left out of objects and maps and null in lists. mask is true where something
// is unknown, and keeps of objects only what is not simply false.
func written(v cty.Value) (value, mask any) {
	switch {
	case !v.IsKnown():
		return omitted{}, true
	case v.IsNull():
		return nil, false
	case v.Type() == cty.String:
		return v.AsString(), false
	case v.Type() == cty.Bool:
		return v.True(), false
	case v.Type() == cty.Number:
		number, _ := v.AsBigFloat().Int64()
		return number, false
	case v.Type().IsMapType(), v.Type().IsObjectType():
		values, masks := map[string]any{}, map[string]any{}
		for it := v.ElementIterator(); it.Next(); {
			name, member := it.Element()
			below, unknown := written(member)
			if below != (omitted{}) {
				values[name.AsString()] = below
			}
			if unknown != false {
				masks[name.AsString()] = unknown
			}
		}
		return values, masks
	}
	values, masks := []any{}, []any{}
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		below, unknown := written(element)
		if below == (omitted{}) {
			below = nil
		}
		values, masks = append(values, below), append(masks, unknown)
	}
	return values, masks
}

// fataler is a test of either kind.
type fataler interface{ Fatal(...any) }

// plannedChange is the change of a plan with the value.
func plannedChange(t fataler, v cty.Value) *Change {
	value, mask := written(v)
	if _, left := value.(omitted); left {
		value = nil
	}
	return &Change{Address: "x.y", after: marshalled(t, value), unknown: marshalled(t, mask)}
}

func marshalled(t fataler, v any) jsontext.Value {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// shown writes a value so that equal values have equal texts; sets in the order
// of their elements' texts, because unknown elements have no order.
func shown(v cty.Value) string {
	switch {
	case !v.IsKnown():
		return fmt.Sprintf("unknown(%#v)", v.Type())
	case v.IsNull():
		return fmt.Sprintf("null(%#v)", v.Type())
	case v.Type().IsPrimitiveType():
		return fmt.Sprintf("%#v", v)
	}
	var parts []string
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		text := shown(element)
		if v.Type().IsMapType() || v.Type().IsObjectType() {
			text = fmt.Sprintf("%q=%s", key.AsString(), text)
		}
		parts = append(parts, text)
	}
	if v.Type().IsSetType() || v.Type().IsMapType() || v.Type().IsObjectType() {
		slices.Sort(parts)
	}
	return fmt.Sprintf("%#v(%s)", v.Type(), strings.Join(parts, ", "))
}

func TestAfter_WhatTerraformWrites_IsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := drawType(t, 3)
		want := drawValue(t, of)
		c := plannedChange(t, want)
		got, err := c.After(of)
		if err != nil {
			t.Fatalf("%s, unknown %s: %v", c.after, c.unknown, err)
		}
		if shown(got) != shown(want) {
			t.Fatalf("%s, unknown %s:\ngot  %s\nwant %s", c.after, c.unknown, shown(got), shown(want))
		}
	})
}

// Without the type there are no sets and no types of nulls, but the same values.
func TestAfter_OfTheImpliedType_IsTheSameValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := drawType(t, 3)
		want := drawValue(t, of)
		c := plannedChange(t, want)
		got, err := c.After(cty.DynamicPseudoType)
		if err != nil {
			t.Fatalf("%s, unknown %s: %v", c.after, c.unknown, err)
		}
		if got.IsWhollyKnown() != want.IsWhollyKnown() {
			t.Fatalf("%s, unknown %s: wholly known is %t", c.after, c.unknown, got.IsWhollyKnown())
		}
		converted, err := convert.Convert(got, of)
		if err != nil {
			t.Fatalf("%s, unknown %s: %v", c.after, c.unknown, err)
		}
		if shown(converted) != shown(want) {
			t.Fatalf("%s, unknown %s:\ngot  %s\nwant %s", c.after, c.unknown, shown(converted), shown(want))
		}
	})
}

// A few characters stand for more digits than anybody could write out, and a
// rule's ports are written out.
func TestAfter_NumberWithTooManyDigits_IsRefused(t *testing.T) {
	for number, refused := range map[string]bool{
		"1e308": false, "-1e1000": false, "1e-1000": false, "0": false,
		"1e2000": true, "1e100000000": true, "-1e100000000": true, "1e-100000000": true, "1e2000000000": true,
	} {
		for _, of := range []cty.Type{cty.DynamicPseudoType, cty.Object(map[string]cty.Type{"ports": cty.List(cty.Number)})} {
			c := Change{Address: "t.a", after: []byte(`{"ports": [22, ` + number + `]}`)}
			_, err := c.After(of)
			const want = "the value of t.a (after) does not fit the resource in this version of the provider: a number with more than 4096 binary digits is not one of a firewall rule"
			if refused && (err == nil || err.Error() != want) || !refused && err != nil {
				t.Errorf("%s: %v", number, err)
			}
		}
	}
}

// Of several faults the same one is named every time.
func TestAfter_SeveralFaults_NamesTheFirstByName(t *testing.T) {
	c := Change{Address: "t.a", after: []byte(`{"a": "x"}`), unknown: []byte(`{"e": true, "d": true, "c": true, "b": true, "a": "x"}`)}
	for range 100 {
		if _, err := c.After(cty.Object(map[string]cty.Type{"a": cty.String})); err == nil || !strings.HasSuffix(err.Error(), "after_unknown holds string") {
			t.Fatal(err)
		}
	}
}
