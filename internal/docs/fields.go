package docs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// twins names the data source that a function is the twin of, where that is
// not the data source of the same name.
var twins = map[string]string{"assess": "assessment"}

func theProvider() frameworkprovider.ProviderWithFunctions {
	return provider.New("docs")().(frameworkprovider.ProviderWithFunctions)
}

// describedFunction is a function and what it says of its result.
type describedFunction struct {
	definition function.Definition
	fields     []provider.ResultField
}

// functions returns every function by name.
func functions() map[string]describedFunction {
	ctx := context.Background()
	all := map[string]describedFunction{}
	for _, create := range theProvider().Functions(ctx) {
		f := create()
		var metadata function.MetadataResponse
		f.Metadata(ctx, function.MetadataRequest{}, &metadata)
		var definition function.DefinitionResponse
		f.Definition(ctx, function.DefinitionRequest{}, &definition)
		described := describedFunction{definition: definition.Definition}
		if describer, ok := f.(provider.ResultDescriber); ok {
			described.fields = describer.DescribeResult()
		}
		all[metadata.Name] = described
	}
	return all
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions())) }

// computedAttributes returns the types of what a data source computes; nil when
// there is no such data source.
func computedAttributes(name string) map[string]attr.Type {
	ctx := context.Background()
	for _, create := range theProvider().DataSources(ctx) {
		source := create()
		var metadata datasource.MetadataResponse
		source.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "backupfw"}, &metadata)
		if metadata.TypeName != "backupfw_"+name {
			continue
		}
		var answer datasource.SchemaResponse
		source.Schema(ctx, datasource.SchemaRequest{}, &answer)
		found := map[string]attr.Type{}
		for name, attribute := range answer.Schema.Attributes {
			if attribute.IsComputed() {
				found[name] = attribute.GetType()
			}
		}
		return found
	}
	return nil
}

// resultTable describes what a function returns: Terraform has no place for
// that. It fails for a function that does not say, and for one that returns
// another type than the data source that it is the twin of.
func resultTable(name string) (string, error) {
	f := functions()[name]
	if len(f.fields) == 0 {
		return "", fmt.Errorf("function %s does not describe its result", name)
	}
	twin, named := twins[name]
	if !named {
		twin = name
	}
	attributes := computedAttributes(twin)
	if attributes == nil && named {
		return "", fmt.Errorf("function %s has no data source backupfw_%s as a twin", name, twin)
	}
	if attributes != nil && !f.definition.Return.GetType().Equal(types.ObjectType{AttrTypes: attributes}) {
		return "", fmt.Errorf("function %s returns another type than data source backupfw_%s computes", name, twin)
	}
	return describeResult(f.fields), nil
}

// describeResult writes a sentence on the result, unless it goes without
// saying, and a table of its attributes.
func describeResult(fields []provider.ResultField) string {
	var parts []string
	if whole := fields[0]; whole.Doc != "" {
		parts = append(parts, "A "+whole.Kind+". "+whole.Doc)
	}
	var rows [][]string
	for _, f := range fields[1:] {
		rows = append(rows, []string{code(f.Name), f.Kind, f.Doc})
	}
	if len(rows) > 0 {
		parts = append(parts, table([]string{"attribute", "type", "meaning"}, rows))
	}
	return strings.Join(parts, "\n\n")
}
