// Package emit writes a policy as the rules of one target: a cloud's firewall,
// say. What a target cannot express is a fault; nothing is dropped, widened or
// shortened in silence.
//
// A target is one file, with its columns, limits and rows, and one line in
// Targets.
package emit

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// Kind is the type of a column's values. Every value may also be nil.
type Kind uint8

const (
	// String values are string.
	String Kind = iota
	// Number values are int64.
	Number
	// Bool values are bool.
	Bool
	// StringList values are []string.
	StringList
	// StringMap values are map[string]string.
	StringMap
	// Object values are []any, with one value per column of the object.
	Object
	// ObjectList values are [][]any, with one value per column in each.
	ObjectList
)

// Column is one argument of the target's own rule resource.
type Column struct {
	// Name is the argument's name.
	Name string
	Kind Kind
	// Description is one sentence for the documentation.
	Description string
	// Columns are those of an Object, or of each element of an ObjectList.
	Columns []Column
}

// Row is one rule of the target.
type Row struct {
	// Key names the row within its direction. It is made from the row's own
	// content, so it stays when other rows come and go.
	Key string
	// Values has one value per column of the target, in their order.
	Values []any
	// References are the names of the peers that are not addresses, sorted:
	// none or one, or several where the target's rules hold lists. They have
	// one policy.ReferenceKind, which is "" when there are none.
	References    []string
	ReferenceKind string
	// Rules names the policy rules that the row serves, sorted: each of them
	// allows some of it.
	Rules []string
}

// Options are the arguments of a rule data source besides the policy.
type Options struct {
	// Limits overrides limits of the target by name.
	Limits map[string]int
	// RulesElsewhere is how many rules the cloud object has already from other
	// sources, in the unit of the limit "rules".
	RulesElsewhere int
	// Optimize chooses among the smallest covers.
	Optimize cover.Mode
	// Arguments are the target's own, by name; those that were not given are
	// missing. Each has the type that its column says.
	Arguments map[string]any
}

// Result is what a data source shows.
type Result struct {
	// Ingress and Egress are sorted by key; neither is nil.
	Ingress, Egress []Row
	// RuleCount is the number of rows of both directions together.
	RuleCount int
	// Limit is the limit "rules" after overrides, and Headroom what is left of
	// it where the most are used, in the target's own units.
	Limit, Headroom int
	// LimitsApplied is every limit of the target after overrides.
	LimitsApplied []Limit
	// Outputs has one value per entry of the target's Outputs, in their order.
	Outputs []any
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
	// Arguments are what the author may say besides the policy and the options
	// that every target has. All are optional in the schema; a target that does
	// not do without one says so in a fault.
	Arguments []Column
	// Columns are those of a row.
	Columns []Column
	// Lists is set when a row can hold several references.
	Lists bool
	// Outputs are what the target answers besides rows.
	Outputs []Column
	Limits  []Limit
	// Opens returns the policy that the target really opens, where that is more
	// than the author's: a stateless filter must let the answers pass. It is
	// what is judged and what Emit is given. nil means the policy itself.
	Opens func(p *policy.Policy, o Options) (*policy.Policy, fault.List)
	// Emit writes the policy as rows. It returns either a result or everything
	// that the target cannot express, never both. Faults are placed relative
	// to the arguments of the data source: policy, limits, rules_elsewhere and
	// the target's own.
	Emit func(p *policy.Policy, o Options) (*Result, fault.List)
}

// Targets lists every target, in the order of the documentation.
func Targets() []Target {
	return []Target{
		awsSecurityGroupRules(),
		awsNetworkACLRules(),
		azureNetworkSecurityRules(),
		googleFirewallRules(),
		ociNetworkSecurityGroupRules(),
		openstackSecurityGroupRules(),
		kubernetesNetworkPolicy(),
		nftablesRuleset(),
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

// Optimizations are the words for the modes, the default first.
func Optimizations() []string { return []string{"stable", "minimal"} }

// ParseOptimize reads one of Optimizations.
func ParseOptimize(text string) (cover.Mode, bool) {
	switch text {
	case "stable":
		return cover.Stable, true
	case "minimal":
		return cover.Minimal, true
	}
	return cover.Stable, false
}

// add puts a row into its direction.
func (r *Result) add(d policy.Direction, row Row) {
	if d == policy.Egress {
		r.Egress = append(r.Egress, row)
		return
	}
	r.Ingress = append(r.Ingress, row)
}

// finish sorts and counts the rows.
func (r *Result) finish() {
	r.Ingress, r.Egress = sortRows(r.Ingress), sortRows(r.Egress)
	r.RuleCount = len(r.Ingress) + len(r.Egress)
}

// sortRows puts rows into the order of their keys; nil becomes an empty list.
func sortRows(rows []Row) []Row {
	if rows == nil {
		return []Row{}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}
