package cloudrules

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-cty/cty"
	"github.com/hashicorp/go-cty/cty/convert"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// arguments are the arguments of a resource or of a block in it. What is read
// is noted when it is unknown, and is a fault when it has the wrong type.
type arguments struct {
	v     cty.Value
	notes *notes
}

type notes struct {
	// unknown are arguments that are known only after apply; uncertain are those
	// of which it matters what they say and is not known, whether for that
	// reason or because they have the wrong type.
	unknown, uncertain []string
	faults             fault.List
}

// add takes over what was noted of a block.
func (n *notes) add(more *notes) {
	n.unknown = append(n.unknown, more.unknown...)
	n.uncertain = append(n.uncertain, more.uncertain...)
	n.faults.AddAll(more.faults)
}

func newArguments(v cty.Value) arguments { return arguments{v: v, notes: &notes{}} }

// unknowns are the arguments that were asked for and are not known, sorted.
func (a arguments) unknowns() []string {
	names := slices.Clone(a.notes.unknown)
	slices.Sort(names)
	return slices.Compact(names)
}

func (a arguments) noteUnknown(name string) {
	a.noteUnknownID(name)
	a.notes.uncertain = append(a.notes.uncertain, name)
}

// noteUnknownID is for the id of an object: that it is one is certain.
func (a arguments) noteUnknownID(name string) { a.notes.unknown = append(a.notes.unknown, name) }

func isObject(v cty.Value) bool { return v.Type().IsObjectType() || v.Type().IsMapType() }

// get returns the argument; null when it is not there.
func (a arguments) get(name string) cty.Value {
	switch {
	case !a.v.IsKnown():
		return cty.UnknownVal(cty.DynamicPseudoType)
	case a.v.IsNull():
		return cty.NullVal(cty.DynamicPseudoType)
	case a.v.Type().IsObjectType() && a.v.Type().HasAttribute(name):
		return a.v.GetAttr(name)
	case a.v.Type().IsMapType() && a.v.HasIndex(cty.StringVal(name)).True():
		return a.v.Index(cty.StringVal(name))
	}
	return cty.NullVal(cty.DynamicPseudoType)
}

// wrong notes a fault at the argument, or at the resource when name is empty;
// steps lead to the element of it.
func (a arguments) wrong(name string, v cty.Value, want string, steps ...fault.Step) {
	what, place := "The resource", fault.Path{}
	if name != "" {
		place = fault.Path{fault.Attribute(name)}.With(steps...)
		what = place.String()
	}
	a.notes.uncertain = append(a.notes.uncertain, name)
	a.notes.faults.Add(fault.New("Wrong type",
		fmt.Sprintf("%s is %s and not %s.", what, v.Type().FriendlyName(), want),
		"What the rule opens would be guesswork.",
		"Review the plan with the version of the cloud's provider that this release knows."), place...)
}

// text reads a string, a number or a bool as text; "" when it is null or
// unknown.
func (a arguments) text(name string) string {
	v := a.get(name)
	if !v.IsKnown() {
		a.noteUnknown(name)
		return ""
	}
	return a.scalar(name, v)
}

// mostBits is the size of a number, and of a fraction, beyond which its digits
// are not written out: a number of a dozen characters can have a thousand
// million of them, and no argument of a rule has more than a few.
const mostBits = 256

func isHuge(v cty.Value) bool {
	if v.Type() != cty.Number {
		return false
	}
	n := v.AsBigFloat()
	exponent := n.MantExp(nil)
	return n.IsInf() || exponent > mostBits || exponent < -mostBits
}

func (a arguments) scalar(name string, v cty.Value, steps ...fault.Step) string {
	if v.IsNull() {
		return ""
	}
	if isHuge(v) {
		a.wrong(name, v, "of a size that any argument has", steps...)
		return ""
	}
	text, err := convert.Convert(v, cty.String)
	if err != nil {
		a.wrong(name, v, "a text", steps...)
		return ""
	}
	return text.AsString()
}

// isTrue reads a bool; false when it is null or unknown.
func (a arguments) isTrue(name string) bool {
	v := a.get(name)
	switch {
	case !v.IsKnown():
		a.noteUnknown(name)
		return false
	case v.IsNull():
		return false
	}
	is, err := convert.Convert(v, cty.Bool)
	if err != nil || !is.IsKnown() || is.IsNull() {
		a.wrong(name, v, "true or false")
		return false
	}
	return is.True()
}

// element is one text of an argument, which may be a list.
type element struct {
	text string
	at   fault.Path
}

// texts reads a list or a single text; unknown elements are noted.
func (a arguments) texts(name string) []element {
	elements, unknown := a.textsOrUnknown(name)
	if unknown > 0 {
		a.noteUnknown(name)
	}
	return elements
}

// textsOrUnknown is texts without the note: it counts what is unknown, and the
// caller deals with it. A list of which nothing is known counts 1.
func (a arguments) textsOrUnknown(name string) (elements []element, unknown int) {
	v := a.get(name)
	add := func(v cty.Value, steps ...fault.Step) {
		if text := a.scalar(name, v, steps...); text != "" {
			elements = append(elements, element{text, fault.Path{fault.Attribute(name)}.With(steps...)})
		}
	}
	switch {
	case !v.IsKnown():
		return nil, 1
	case v.IsNull():
		return nil, 0
	case !v.CanIterateElements():
		add(v)
		return elements, 0
	case isObject(v):
		a.wrong(name, v, "a list")
		return nil, 0
	}
	for i, e := range v.AsValueSlice() {
		if e.IsKnown() {
			add(e, fault.Index(i))
		} else {
			unknown++
		}
	}
	return elements, unknown
}

// blocks reads a list of nested blocks, each with notes of its own. A list that
// is unknown is one block of which nothing is known.
func (a arguments) blocks(name string) []arguments {
	v := a.get(name)
	switch {
	case !v.IsKnown():
		return []arguments{newArguments(v)}
	case v.IsNull():
		return nil
	case !v.CanIterateElements() || isObject(v):
		block := newArguments(cty.DynamicVal)
		block.wrong(name, v, "a list of blocks")
		return []arguments{block}
	}
	elements := v.AsValueSlice()
	blocks := make([]arguments, len(elements))
	for i, element := range elements {
		blocks[i] = newArguments(element)
		if element.IsKnown() && !element.IsNull() && !isObject(element) {
			blocks[i].wrong(name, element, "a block", fault.Index(i))
			blocks[i].v = cty.DynamicVal
		}
	}
	return blocks
}

// label reads an argument that decides nothing about what is opened, so that it
// may be unknown without making the rule unknown; "" when it is.
func (a arguments) label(name string) string {
	v := a.get(name)
	if !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

// labels reads a list of such, sorted; known is false when an element is not.
func (a arguments) labels(name string) (texts []string, known bool) {
	v := a.get(name)
	switch {
	case !v.IsWhollyKnown():
		return nil, false
	case v.IsNull() || !v.CanIterateElements() || isObject(v):
		return nil, true
	}
	for _, e := range v.AsValueSlice() {
		if !e.IsNull() && e.Type() == cty.String {
			texts = append(texts, e.AsString())
		}
	}
	slices.Sort(texts)
	return texts, true
}
