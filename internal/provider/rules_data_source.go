package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// newRulesDataSource is the rule data source of one target.
func newRulesDataSource(target emit.Target) datasource.DataSource {
	return &policyDataSource{
		name: target.Name,
		doc: target.Description + "\n\nThe policy is judged again here, so a rejected policy compiles to nothing. " +
			"Pass it through a local: Terraform reads a data source that refers directly to a resource with pending changes only during apply, " +
			"and `for_each` needs the keys in the plan.",
		options:  rulesOptions(target),
		computed: rulesFields(target),
		rejects:  true,
		show: func(n node, p *policy.Policy, _ *risk.Assessment, diags *diag.Diagnostics) record {
			options := decodeOptions(n)
			result, faults := emitRules(target, p, options)
			faults = append(n.reader.faults, faults...)
			addFaults(diags, faults)
			if len(faults) > 0 {
				return nil
			}
			return encodeRules(target, result)
		},
	}
}

// rulesOptions are the arguments of a rule data source besides the policy.
func rulesOptions(target emit.Target) []shape {
	var names []string
	for _, l := range target.Limits {
		names = append(names, fmt.Sprintf("`%s` (%d)", l.Name, l.Value))
	}
	return []shape{
		{name: "limits", leaf: types.MapType{ElemType: types.Int64Type},
			doc: "Limits that were raised for you, by name: " + strings.Join(names, ", ") + ". For example `{ rules = 200 }`."},
		integer("rules_elsewhere", "Number of rules, per direction, that come from somewhere else. Default 0."),
	}
}

// rulesFields are what a rule data source computes.
func rulesFields(target emit.Target) []shape {
	row := make([]shape, 0, len(target.Columns)+3)
	for _, c := range target.Columns {
		switch c.Kind {
		case emit.Number:
			row = append(row, integer(c.Name, c.Description))
		case emit.StringList:
			row = append(row, texts(c.Name, c.Description))
		default:
			row = append(row, text(c.Name, c.Description))
		}
	}
	row = append(row,
		text("reference", "Name of the peer that is not an address, to be turned into an id by a map of yours; otherwise null."),
		text("reference_kind", "Kind of that peer, or null."),
		texts("rules", "Keys of the policy's rules that it serves."),
	)
	return []shape{
		mapOf("ingress", "Rules for what comes in, by a stable key that is made from the rule's own content: an edit touches only the keys that it means.", row...),
		mapOf("egress", "Rules for what goes out, by key.", row...),
		integer("rule_count", "Number of rules in both directions."),
		integer("limit", "Number of rules that fit, per direction."),
		integer("headroom", "How many of them are left in the fuller direction, `rules_elsewhere` taken off."),
		listOf("limits_applied", "Every limit that was applied.",
			text("name", "Name of the limit."), integer("value", "Value."), text("source", "Where the value comes from."), text("date", "When it was read there.")),
	}
}

func decodeOptions(n node) emit.Options {
	options := emit.Options{Limits: map[string]int{}}
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
	return options
}

func emitRules(target emit.Target, p *policy.Policy, options emit.Options) (*emit.Result, fault.List) {
	return target.Emit(p.Name, compile.Compile(p), options)
}

func encodeRules(target emit.Target, result *emit.Result) record {
	limits := make([]record, len(result.LimitsApplied))
	for i, l := range result.LimitsApplied {
		limits[i] = record{"name": l.Name, "value": l.Value, "source": l.Source, "date": l.Date}
	}
	return record{
		"ingress":        encodeRows(target, result.Ingress),
		"egress":         encodeRows(target, result.Egress),
		"rule_count":     result.RuleCount,
		"limit":          result.Limit,
		"headroom":       result.Headroom,
		"limits_applied": limits,
	}
}

func encodeRows(target emit.Target, rows []emit.Row) map[string]record {
	records := make(map[string]record, len(rows))
	for i := range rows {
		row := &rows[i]
		r := record{
			"reference":      textOrNull(row.Reference),
			"reference_kind": textOrNull(row.ReferenceKind),
			"rules":          row.Rules,
		}
		for j, c := range target.Columns {
			r[c.Name] = row.Values[j]
		}
		records[row.Key] = r
	}
	return records
}
