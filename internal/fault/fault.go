// Package fault describes what is wrong with something an author wrote, in a
// form that every entrance of the provider (attribute diagnostics, function
// errors, command output) can show: the place, the quoted value, why it
// matters and what to write instead.
package fault

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is one thing wrong with the input. All texts are whole sentences
// without a trailing line break; Title has at most five words and no "Error".
type Fault struct {
	// Path leads from the root of the input (a resource's configuration, a
	// function's argument) to the value at fault; empty means the whole.
	Path Path
	// Title is the short headline, such as "Reversed port range".
	Title string
	// Problem says what is wrong and quotes the value.
	Problem string
	// Why says why it matters to the author.
	Why string
	// Instead says what to write, as concretely as it is known.
	Instead string
}

// New returns a fault without a path; add the place with At.
func New(title, problem, why, instead string) *Fault {
	return &Fault{Title: title, Problem: problem, Why: why, Instead: instead}
}

// Detail is the text below the title: problem, reason and remedy.
func (f *Fault) Detail() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{f.Problem, f.Why, f.Instead} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Error implements error: place, title and detail on one line.
func (f *Fault) Error() string {
	text := f.Title + ": " + f.Detail()
	if len(f.Path) > 0 {
		text = f.Path.String() + ": " + text
	}
	return text
}

// At returns a copy of f whose path starts with the given steps, so that a
// caller can say where the value that it passed on stands.
func (f *Fault) At(steps ...Step) *Fault {
	placed := *f
	placed.Path = append(append(Path{}, steps...), f.Path...)
	return &placed
}

// List gathers faults: an author sees all of them at once.
type List []*Fault

// Add appends f, placed below the given steps. A nil fault is no fault.
func (l *List) Add(f *Fault, steps ...Step) {
	if f == nil {
		return
	}
	*l = append(*l, f.At(steps...))
}

// AddAll appends every fault of more, placed below the given steps.
func (l *List) AddAll(more List, steps ...Step) {
	for _, f := range more {
		l.Add(f, steps...)
	}
}

// Error implements error, one fault per line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, f := range l {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Step is one step of a Path: an attribute, a map key or a list index.
type Step struct {
	kind  stepKind
	name  string
	index int
}

type stepKind uint8

const (
	attributeStep stepKind = iota
	keyStep
	indexStep
)

// Attribute steps into the attribute of an object.
func Attribute(name string) Step { return Step{kind: attributeStep, name: name} }

// Key steps into an element of a map.
func Key(key string) Step { return Step{kind: keyStep, name: key} }

// Index steps into an element of a list, counted from 0.
func Index(i int) Step { return Step{kind: indexStep, index: i} }

// Visit calls the function that fits the kind of the step.
func (s Step) Visit(attribute, key func(string), index func(int)) {
	switch s.kind {
	case attributeStep:
		attribute(s.name)
	case keyStep:
		key(s.name)
	case indexStep:
		index(s.index)
	default:
		panic(fmt.Sprintf("fault: unknown step kind %d", s.kind))
	}
}

// IsAttribute reports whether the step goes to an attribute rather than to an
// element of a map or list.
func (s Step) IsAttribute() bool { return s.kind == attributeStep }

// Path is a place inside the input.
type Path []Step

// With returns the path one or more steps deeper; p itself is unchanged.
func (p Path) With(steps ...Step) Path {
	return append(append(Path{}, p...), steps...)
}

// String writes the path as Terraform would: rules["dmz"].peers[0].zone.
func (p Path) String() string {
	var b strings.Builder
	for _, step := range p {
		step.Visit(
			func(name string) {
				if b.Len() > 0 {
					b.WriteByte('.')
				}
				b.WriteString(name)
			},
			func(key string) { b.WriteString("[" + strconv.Quote(key) + "]") },
			func(i int) { b.WriteString("[" + strconv.Itoa(i) + "]") },
		)
	}
	return b.String()
}
