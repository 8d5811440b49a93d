package provider

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/rawtext"
)

// node is a value of the configuration and its place. Resources, data sources
// and functions are read through nodes, so that all of them see the same
// checks and report at the same places.
type node struct {
	reader *reader
	value  any // plain, see there; nil also when the attribute does not exist
	path   fault.Path
}

// reader gathers what is wrong and whether anything was unknown.
type reader struct {
	faults fault.List
	// strict refuses attributes that nobody asked for. Only function arguments
	// still carry them: Terraform drops misspelt names of nested attributes
	// before a provider sees them.
	strict bool
}

func newNode(value attr.Value, strict bool) node { return plainNode(plain(value), strict) }

func plainNode(value any, strict bool) node {
	return node{reader: &reader{strict: strict}, value: value}
}

func (n node) fault(f *fault.Fault) { n.reader.faults.Add(f, n.path...) }

func (n node) isNull() bool    { return n.value == nil }
func (n node) isUnknown() bool { return n.value == notKnown{} }
func (n node) isKnown() bool   { return !n.isNull() && !n.isUnknown() }

// hasUnknown reports whether the value, or anything in it, is unknown.
func (n node) hasUnknown() bool { return !fullyKnown(n.value) }

// wrong reports a value of the wrong type.
func (n node) wrong(want string) {
	n.fault(fault.New("Wrong type",
		fmt.Sprintf("%s is not %s.", describe(n), want),
		"The value cannot be read.",
		"Write "+want+"."))
}

// describe names the value in a sentence; its whole path stands beside it.
func describe(n node) string {
	switch last := len(n.path) - 1; {
	case last < 0:
		return "The value"
	case n.path[last].IsAttribute():
		return n.path[last:].String()
	}
	return "The element"
}

// attribute steps into an object. An attribute that is missing is null.
func (n node) attribute(name string) node {
	child := node{reader: n.reader, path: n.path.With(fault.Attribute(name))}
	switch v := n.value.(type) {
	case map[string]any:
		child.value = v[name]
	case *lazyObject:
		child.value = v.attribute(name)
	}
	return child
}

// isObject reports whether the value has attributes and complains if not.
func (n node) isObject() bool {
	switch n.value.(type) {
	case map[string]any, *lazyObject:
		return true
	}
	n.wrong("an object")
	return false
}

// only refuses attributes that are not in names, in strict mode.
func (n node) only(names ...string) {
	if !n.reader.strict {
		return
	}
	given, _ := n.value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(names, name) {
			continue
		}
		n.reader.faults.Add(fault.New("Unknown attribute",
			policy.Quote(name)+" is not an attribute of this object.",
			"A misspelt restriction would be lost.",
			"Use one of "+strings.Join(names, ", ")+"."), n.path.With(givenName(name))...)
	}
}

// givenName steps to an attribute that nobody asked for. The name may have any
// characters: it comes from data, and may not show or show as something else.
func givenName(name string) fault.Step {
	short := rawtext.Shorten(name, rawtext.MaxQuoted)
	odd := func(r rune) bool {
		return !strings.ContainsRune("_-", r) && (r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}
	if name == "" || strings.ContainsFunc(name, odd) {
		return fault.Key(short)
	}
	return fault.Attribute(short)
}

// elements lists the elements of a list, set or tuple.
func (n node) elements() []node {
	values, isList := n.value.([]any)
	if !isList {
		if n.isKnown() {
			n.wrong("a list")
		}
		return nil
	}
	nodes := make([]node, len(values))
	for i, value := range values {
		nodes[i] = node{reader: n.reader, value: value, path: n.path.With(fault.Index(i))}
	}
	return nodes
}

// keyed is an element of a map.
type keyed struct {
	key string
	node
}

// entries lists the elements of a map or object, sorted by key.
func (n node) entries() []keyed {
	values, isMap := n.value.(map[string]any)
	if !isMap {
		if n.isKnown() {
			n.wrong("a map")
		}
		return nil
	}
	entries := make([]keyed, 0, len(values))
	for key, value := range values {
		entries = append(entries, keyed{key, node{reader: n.reader, value: value, path: n.path.With(fault.Key(key))}})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].key < entries[j].key })
	return entries
}

// text reads a string; false when it is null, unknown or no string.
func (n node) text() (string, bool) {
	if !n.isKnown() {
		return "", false
	}
	if v, ok := n.value.(string); ok {
		return v, true
	}
	n.wrong("a string")
	return "", false
}

// boolean reads a bool; false when it is null, unknown or no bool.
func (n node) boolean() (value, known bool) {
	if !n.isKnown() {
		return false, false
	}
	if v, ok := n.value.(bool); ok {
		return v, true
	}
	n.wrong("true or false")
	return false, false
}

// integer reads a whole number; false when it is null, unknown or none.
func (n node) integer() (int64, bool) {
	if !n.isKnown() {
		return 0, false
	}
	switch v := n.value.(type) {
	case int64:
		return v, true
	case *big.Float:
		if i, accuracy := v.Int64(); accuracy == big.Exact {
			return i, true
		}
	}
	n.wrong("a whole number")
	return 0, false
}

// nullElement is why a list may not hold null.
const nullElement = "It is not clear whether it should stand for nothing or for everything."

// texts reads a list of strings. partial is set when an element, or the list,
// is unknown; the known elements are returned all the same, with their places.
func (n node) texts() (values []string, places []fault.Path, partial bool) {
	if n.isUnknown() {
		return nil, nil, true
	}
	for _, element := range n.elements() {
		switch {
		case element.isUnknown():
			partial = true
		case element.isNull():
			element.missing(nullElement, "Remove the element, for example with compact().")
		default:
			if value, ok := element.text(); ok {
				values = append(values, value)
				places = append(places, element.path)
			}
		}
	}
	return values, places, partial
}

// missing reports an attribute that must be there, or an element that must not
// be null. why says what its absence would mean, instead what to write.
func (n node) missing(why, instead string) {
	title, problem := "Missing "+describe(n), describe(n)+" is missing."
	if last := len(n.path) - 1; last < 0 || !n.path[last].IsAttribute() {
		title, problem = "Null value", describe(n)+" is null."
	}
	n.fault(fault.New(title, problem, why, instead))
}
