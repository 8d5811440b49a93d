package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// newRulesDataSource is the rule data source of one target.
func newRulesDataSource(target emit.Target) datasource.DataSource {
	d := &policyDataSource{
		name: target.Name,
		doc: target.Description + "\n\nThe policy is judged again here, so a rejected policy compiles to nothing. " +
			"Pass it through a local: Terraform reads a data source that refers directly to a resource with pending changes only during apply, " +
			"and `for_each` needs the keys in the plan.",
		options:  rulesOptions(target),
		computed: rulesFields(target),
		rejects:  true,
		opens:    opensOf(target),
		show: func(n node, p *policy.Policy, _ *risk.Assessment, diags *diag.Diagnostics) record {
			result, faults := target.Emit(p, decodeOptions(n, target))
			faults = append(n.reader.faults, faults...)
			addFaults(diags, faults)
			if len(faults) > 0 {
				return nil
			}
			return encodeRules(target, result)
		},
	}
	return d.dataSource()
}

// rulesOptions are the arguments of a rule data source besides the policy.
func rulesOptions(target emit.Target) []shape {
	var names []string
	for _, l := range target.Limits {
		names = append(names, fmt.Sprintf("`%s` (%d)", l.Name, l.Value))
	}
	options := []shape{
		{name: "limits", leaf: types.MapType{ElemType: types.Int64Type},
			doc: "Limits that were raised for you, by name: " + strings.Join(names, ", ") + ". For example `{ rules = 200 }`."},
		integer("rules_elsewhere", "Number of rules that come from somewhere else, counted as the limit `rules` counts: per direction, or both directions together. Default 0."),
		text(optimizeArgument, "Which of the smallest sets of rules to take: `stable` (default) follows the rules of the policy, so that an edit touches few keys; "+
			"`minimal` depends on what is allowed alone, however it is written."),
	}
	return append(options, columnShapes(target.Arguments)...)
}

const optimizeArgument = "optimize"

// columnShapes are the shapes of a target's columns.
func columnShapes(columns []emit.Column) []shape {
	shapes := make([]shape, len(columns))
	for i, c := range columns {
		shapes[i] = columnShape(c)
	}
	return shapes
}

func columnShape(c emit.Column) shape {
	switch c.Kind {
	case emit.Number:
		return integer(c.Name, c.Description)
	case emit.Bool:
		return boolean(c.Name, c.Description)
	case emit.StringList:
		return texts(c.Name, c.Description)
	case emit.StringMap:
		return shape{name: c.Name, doc: c.Description, leaf: types.MapType{ElemType: types.StringType}}
	case emit.Object:
		return objectOf(c.Name, c.Description, columnShapes(c.Columns)...)
	case emit.ObjectList:
		return listOf(c.Name, c.Description, columnShapes(c.Columns)...)
	default:
		return text(c.Name, c.Description)
	}
}

// rulesFields are what a rule data source computes.
func rulesFields(target emit.Target) []shape {
	row := columnShapes(target.Columns)
	if target.Lists {
		row = append(row, texts("references", "Names of the peers that are not addresses, to be turned into ids by a map of yours; otherwise null."))
	} else {
		row = append(row, text("reference", "Name of the peer that is not an address, to be turned into an id by a map of yours; otherwise null."))
	}
	row = append(row,
		text("reference_kind", "Kind of that peer, or null."),
		texts("rules", "Keys of the policy's rules that it serves."),
	)
	fields := []shape{
		mapOf("ingress", "Rules for what comes in, by a stable key that is made from the rule's own content: an edit touches only the keys that it means.", row...),
		mapOf("egress", "Rules for what goes out, by key.", row...),
		integer("rule_count", "Number of rules in both directions."),
		integer("limit", "Number of rules that fit, counted as the limit `rules` counts."),
		integer("headroom", "How many of them are left, `rules_elsewhere` taken off: in the fuller direction where each is counted apart."),
		listOf("limits_applied", "Every limit that was applied.",
			text("name", "Name of the limit."), integer("value", "Value."), text("source", "Where the value comes from."), text("date", "When it was read there.")),
	}
	if target.Opens != nil {
		fields = append(fields, openedFields()...)
	}
	return append(fields, columnShapes(target.Outputs)...)
}

func decodeOptions(n node, target emit.Target) emit.Options {
	options := emit.Options{Limits: map[string]int{}, Arguments: map[string]any{}}
	for _, entry := range n.attribute("limits").entries() {
		if value, known := entry.integer(); known {
			options.Limits[entry.key] = int(max(-1, min(value, 1<<31)))
		} else if entry.isNull() {
			entry.missing("A limit that is null limits nothing.", "Remove the key, or write a number.")
		}
	}
	if value, known := n.attribute("rules_elsewhere").integer(); known {
		options.RulesElsewhere = int(max(-1, min(value, 1<<31)))
	}
	if a := n.attribute(optimizeArgument); a.isKnown() {
		options.Optimize = decodeOptimize(a)
	}
	for _, argument := range target.Arguments {
		if value := decodeArgument(n.attribute(argument.Name), argument.Kind); value != nil {
			options.Arguments[argument.Name] = value
		}
	}
	return options
}

func decodeOptimize(a node) cover.Mode {
	word, isText := a.text()
	mode, known := emit.ParseOptimize(word)
	if isText && !known {
		a.fault(fault.New("Unknown optimization",
			fmt.Sprintf("%s = %s is not one of %s.", optimizeArgument, policy.Quote(word), strings.Join(emit.Optimizations(), " and ")),
			"It decides which rules are emitted, and so which ones an edit replaces.",
			`Write "stable", or "minimal" for rules that do not depend on how the policy is written.`))
	}
	return mode
}

// decodeArgument reads an argument of a target's own; nil when it is null.
func decodeArgument(a node, kind emit.Kind) any {
	if !a.isKnown() {
		return nil
	}
	switch kind {
	case emit.Number:
		if value, ok := a.integer(); ok {
			return value
		}
	case emit.Bool:
		if value, ok := a.boolean(); ok {
			return value
		}
	case emit.StringList:
		values, _, _ := a.texts()
		return values
	case emit.StringMap:
		values := map[string]string{}
		for _, entry := range a.entries() {
			if value, ok := entry.text(); ok {
				values[entry.key] = value
			} else if entry.isNull() {
				entry.missing("It is not clear what it should stand for.", "Remove the key, or write a text.")
			}
		}
		return values
	case emit.String:
		if value, ok := a.text(); ok {
			return value
		}
	default:
		panic("provider: no argument of this kind")
	}
	return nil
}

func encodeRules(target emit.Target, result *emit.Result) record {
	limits := make([]record, len(result.LimitsApplied))
	for i, l := range result.LimitsApplied {
		limits[i] = record{"name": l.Name, "value": l.Value, "source": l.Source, "date": l.Date}
	}
	r := encodeColumns(target.Outputs, result.Outputs)
	r["ingress"] = encodeRows(target, result.Ingress)
	r["egress"] = encodeRows(target, result.Egress)
	r["rule_count"] = result.RuleCount
	r["limit"] = result.Limit
	r["headroom"] = result.Headroom
	r["limits_applied"] = limits
	return r
}

// encodeColumns pairs columns with values.
func encodeColumns(columns []emit.Column, values []any) record {
	r := make(record, len(columns)+6)
	for i, c := range columns {
		r[c.Name] = encodeColumn(c, values[i])
	}
	return r
}

func encodeColumn(c emit.Column, value any) any {
	switch v := value.(type) {
	case []any:
		if v == nil {
			return nil
		}
		return encodeColumns(c.Columns, v)
	case [][]any:
		if v == nil {
			return nil
		}
		records := make([]record, len(v))
		for i := range v {
			records[i] = encodeColumns(c.Columns, v[i])
		}
		return records
	}
	return value
}

func encodeRows(target emit.Target, rows []emit.Row) map[string]record {
	records := make(map[string]record, len(rows))
	for i := range rows {
		row := &rows[i]
		r := encodeColumns(target.Columns, row.Values)
		r["reference_kind"] = textOrNull(row.ReferenceKind)
		r["rules"] = row.Rules
		switch {
		case target.Lists && len(row.References) > 0:
			r["references"] = row.References
		case target.Lists:
			r["references"] = nil
		case len(row.References) > 0:
			r["reference"] = row.References[0]
		default:
			r["reference"] = nil
		}
		records[row.Key] = r
	}
	return records
}
