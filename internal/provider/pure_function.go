package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

var (
	_ function.Function = (*pureFunction)(nil)
	_ ResultDescriber   = (*pureFunction)(nil)
)

// pureFunction is a function whose result follows from its arguments alone. It
// keeps unknown and null arguments away from what computes and reports what is
// wrong with the others, so that one function is one short file.
type pureFunction struct {
	name    string
	summary string
	doc     string
	// parameters describe the arguments in their order.
	parameters []shape
	// settings are the names in an object that may follow the arguments; without
	// names there is none.
	settings    []string
	settingsDoc string
	// result describes what is returned; its name is not used.
	result shape
	// compute returns the result in a form that the result's shape encodes. It
	// gets a node for each parameter and one for the settings, null when none
	// are given. They are known, and null only in a parameter that takes
	// anything. What is wrong with them goes to their readers; the result is then
	// ignored.
	compute func(arguments []node) any
}

func (f *pureFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f *pureFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{Summary: f.summary, MarkdownDescription: f.doc, Return: f.result.functionReturn()}
	for _, p := range f.parameters {
		resp.Definition.Parameters = append(resp.Definition.Parameters, p.functionParameter())
	}
	if len(f.settings) > 0 {
		resp.Definition.VariadicParameter = function.DynamicParameter{
			Name:                settingsName,
			MarkdownDescription: "At most one object with any of `" + strings.Join(f.settings, "`, `") + "`. " + f.settingsDoc,
		}
	}
}

// settingsName is what the variadic parameter is called everywhere.
const settingsName = "settings"

func (f *pureFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	given, err := f.arguments(ctx, req)
	if resp.Error = err; err != nil {
		return
	}
	nodes := make([]node, len(given))
	unknown := false
	for i, value := range given {
		nodes[i] = newNode(value, true)
		unknown = unknown || nodes[i].hasUnknown()
	}
	if unknown {
		// Terraform waits until everything is known; an answer to a part must not
		// pass for one to the whole in any case.
		resp.Error = resp.Result.Set(ctx, f.result.unknown())
		return
	}
	if extra := len(nodes) - len(f.parameters) - 1; extra > 0 {
		resp.Error = function.NewArgumentFuncError(int64(len(f.parameters)+1),
			fmt.Sprintf("%d settings objects are given. It would not be clear which one counts. Merge them into one.", extra+1))
		return
	}
	if len(nodes) == len(f.parameters) {
		nodes = append(nodes, newNode(nil, true))
	}
	if resp.Error = f.refuseNull(nodes, len(given)); resp.Error != nil {
		return
	}
	if settings := nodes[len(f.parameters)]; !settings.isNull() && settings.isObject() {
		settings.only(f.settings...)
	}
	result := f.compute(nodes)
	if resp.Error = f.problems(nodes, len(given)); resp.Error == nil {
		resp.Error = resp.Result.Set(ctx, f.result.encode(result))
	}
}

// arguments returns what was given, the settings objects one by one.
func (f *pureFunction) arguments(ctx context.Context, req function.RunRequest) ([]attr.Value, *function.FuncError) {
	given := make([]attr.Value, len(f.parameters))
	targets := make([]any, 0, len(f.parameters)+1)
	for i := range given {
		targets = append(targets, &given[i])
	}
	var settings attr.Value
	if len(f.settings) > 0 {
		targets = append(targets, &settings)
	}
	if err := req.Arguments.Get(ctx, targets...); err != nil {
		return nil, err
	}
	if objects, variadic := settings.(basetypes.TupleValue); variadic {
		given = append(given, objects.Elements()...)
	}
	return given, nil
}

// refuseNull reports arguments that are null. Terraform does so itself before
// it calls; another caller gets an error too.
func (f *pureFunction) refuseNull(nodes []node, given int) *function.FuncError {
	for i, p := range f.parameters {
		if nodes[i].isNull() && p.leaf != types.DynamicType {
			instead := "Write a value."
			if _, isList := p.leaf.(types.ListType); isList {
				instead = "Write [] for nothing."
			}
			nodes[i].fault(fault.New("Null value", p.name+" is null.", nullElement, instead))
		}
	}
	return f.problems(nodes, given)
}

// problems writes everything that is wrong into the one text that a function
// may fail with. It counts as the first argument's; what is wrong with others
// begins with their names. So does what is wrong with settings that are not
// among the given arguments: Terraform knows no place for them.
func (f *pureFunction) problems(nodes []node, given int) *function.FuncError {
	var all fault.List
	first := int64(-1)
	for i, n := range nodes {
		faults := n.reader.faults
		switch {
		case len(faults) == 0:
		case first < 0:
			first, all = int64(i), faults
		case i < len(f.parameters):
			all.AddAll(faults, fault.Attribute(f.parameters[i].name))
		default:
			all.AddAll(faults, fault.Attribute(settingsName))
		}
	}
	switch {
	case first < 0:
		return nil
	case first >= int64(given):
		var placed fault.List
		placed.AddAll(all, fault.Attribute(settingsName))
		return function.NewFuncError(placed.Error())
	}
	return functionError(first, all)
}

// hasFaults reports whether anything is wrong with an argument so far.
func hasFaults(arguments []node) bool {
	return slices.ContainsFunc(arguments, func(n node) bool { return len(n.reader.faults) > 0 })
}

// share gives each fault to the argument that its path begins with, and to the
// settings what belongs to no argument. Of an argument that could not be read
// nothing more is said: it would follow from that.
func share(arguments []node, faults fault.List, names ...string) {
	unread := make([]bool, len(arguments))
	for i, n := range arguments {
		unread[i] = len(n.reader.faults) > 0
	}
	for _, f := range faults {
		at, placed := len(arguments)-1, *f
		for i, name := range names {
			if len(f.Path) > 0 && f.Path[0] == fault.Attribute(name) {
				at, placed.Path = i, f.Path[1:]
			}
		}
		if !unread[at] {
			arguments[at].fault(&placed)
		}
	}
}

// readPorts reads an argument that is a list of ports.
func readPorts(n node) portset.Ports {
	values, places, _ := n.texts()
	return parsePorts(n.reader, values, places)
}

// readPrefixes reads an argument that is a list of addresses and networks.
func readPrefixes(n node) prefixset.Set {
	values, places, _ := n.texts()
	return parsePrefixes(n.reader, values, places)
}
