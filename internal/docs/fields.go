package docs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
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

func functionNames() []string {
	var names []string
	for name := range functionResults() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// functionResults returns the objects that functions return, by function.
func functionResults() map[string]attr.Type {
	ctx := context.Background()
	results := map[string]attr.Type{}
	for _, create := range theProvider().Functions(ctx) {
		f := create()
		var metadata function.MetadataResponse
		f.Metadata(ctx, function.MetadataRequest{}, &metadata)
		var definition function.DefinitionResponse
		f.Definition(ctx, function.DefinitionRequest{}, &definition)
		// A single value is described where the function is.
		if result, isObject := definition.Definition.Return.GetType().(types.ObjectType); isObject {
			results[metadata.Name] = result
		}
	}
	return results
}

// computedAttributes returns the attributes that a data source computes.
func computedAttributes(name string) map[string]schema.Attribute {
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
		found := map[string]schema.Attribute{}
		for name, attribute := range answer.Schema.Attributes {
			if attribute.IsComputed() {
				found[name] = attribute
			}
		}
		return found
	}
	return nil
}

// resultTable describes what a function returns in the words of its twin, and
// fails when the two differ: Terraform has no place for descriptions of what
// functions return.
func resultTable(name string) (string, error) {
	twin := name
	if other, named := twins[name]; named {
		twin = other
	}
	attributes := computedAttributes(twin)
	if attributes == nil {
		return "", fmt.Errorf("function %s has no data source backupfw_%s as a twin", name, twin)
	}
	types := map[string]attr.Type{}
	for field, attribute := range attributes {
		types[field] = attribute.GetType()
	}
	if result := functionResults()[name]; !result.Equal(objectOf(types)) {
		return "", fmt.Errorf("function %s returns another type than data source backupfw_%s computes", name, twin)
	}
	return table([]string{"attribute", "type", "meaning"}, fieldRows("", attributes)), nil
}

func objectOf(fields map[string]attr.Type) attr.Type { return types.ObjectType{AttrTypes: fields} }

// fieldRows lists attributes by name, those of nested objects below their own.
func fieldRows(prefix string, attributes map[string]schema.Attribute) [][]string {
	var names []string
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	var rows [][]string
	for _, name := range names {
		attribute := attributes[name]
		kind, inner, mark := typeName(attribute.GetType()), map[string]schema.Attribute(nil), ""
		switch nested := attribute.(type) {
		case schema.ListNestedAttribute:
			kind, inner, mark = "list of objects", nested.NestedObject.Attributes, "[*]"
		case schema.MapNestedAttribute:
			kind, inner, mark = "map of objects", nested.NestedObject.Attributes, "[*]"
		case schema.SingleNestedAttribute:
			kind, inner = "object", nested.Attributes
		}
		rows = append(rows, []string{code(prefix + name), kind, attribute.GetMarkdownDescription()})
		rows = append(rows, fieldRows(prefix+name+mark+".", inner)...)
	}
	return rows
}

func typeName(t attr.Type) string {
	if list, isList := t.(types.ListType); isList {
		return "list of " + typeName(list.ElemType) + "s"
	}
	return strings.ToLower(strings.TrimSuffix(strings.NewReplacer("basetypes.", "", "Int64", "Number", "Float64", "Number").Replace(t.String()), "Type"))
}
