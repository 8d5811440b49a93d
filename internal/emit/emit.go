// Package emit writes the compiled rules of a policy as the rules of one
// target: a cloud's firewall, say. What a target cannot express is a fault;
// nothing is dropped, widened or shortened in silence.
//
// A target is one file, with its columns, limits and rows, and one line in
// Targets.
package emit

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// Kind is the type of a column's values.
type Kind uint8

const (
	// String values are string in a Row.
	String Kind = iota
	// Number values are int64 in a Row.
	Number
	// StringList values are []string in a Row.
	StringList
)

// Column is one argument of the target's own rule resource.
type Column struct {
	// Name is the argument's name.
	Name string
	Kind Kind
	// Description is one sentence for the documentation.
	Description string
}

// Row is one rule of the target.
type Row struct {
	// Key names the row within its direction. It is made from the row's own
	// content, so it stays when other rows come and go.
	Key string
	// Values has one value per column of the target, in their order: nil,
	// string, int64 or []string, as the column's kind says.
	Values []any
	// Reference is the name of the peer that is not an address, and
	// ReferenceKind its policy.ReferenceKind; both are "" when there is none.
	Reference, ReferenceKind string
	// Rules names the policy rules that allow some of the row, sorted.
	Rules []string
}

// Options are the arguments of a rule data source besides the policy.
type Options struct {
	// Limits overrides limits of the target by name.
	Limits map[string]int
	// RulesElsewhere is how many rules, per direction, the cloud object has
	// already from other sources.
	RulesElsewhere int
}

// Result is what a data source shows.
type Result struct {
	// Ingress and Egress are sorted by key; neither is nil.
	Ingress, Egress []Row
	// RuleCount is the number of rows of both directions together.
	RuleCount int
	// Limit is the limit "rules" after overrides, and Headroom what is left of
	// it in the fuller direction, in the target's own units.
	Limit, Headroom int
	// LimitsApplied is every limit of the target after overrides.
	LimitsApplied []Limit
}

// Target is one kind of firewall that rules can be written for.
type Target struct {
	// Name is "aws_security_group_rules" for the data source
	// backupfw_aws_security_group_rules and the function of the same name.
	Name string
	// Resources are the target's own resources that a row's values fit.
	Resources []string
	// Title is the target's name in prose, such as "AWS security group".
	Title string
	// Description says what the rules do and what the target cannot express.
	Description string
	Columns     []Column
	Limits      []Limit
	// Emit writes the rules as rows. It returns either a result or everything
	// that the target cannot express, never both. Faults are placed relative
	// to the arguments of the data source: policy, limits, rules_elsewhere.
	Emit func(policyName string, rules []compile.Rule, o Options) (*Result, fault.List)
}

// Targets lists every target, in the order of the documentation.
func Targets() []Target {
	return []Target{
		awsSecurityGroupRules(),
	}
}

// TargetNamed finds a target by its name.
func TargetNamed(name string) (Target, bool) {
	targets := Targets()
	at := slices.IndexFunc(targets, func(t Target) bool { return t.Name == name })
	if at < 0 {
		return Target{}, false
	}
	return targets[at], true
}

// sortRows puts rows into the order of their keys; nil becomes an empty list.
func sortRows(rows []Row) []Row {
	if rows == nil {
		return []Row{}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}
