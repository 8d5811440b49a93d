package emit

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// Where the limits below were read.
const (
	nftablesManual = "https://www.netfilter.org/projects/nftables/manpage.html"
	nftablesParser = "https://git.netfilter.org/nftables/tree/src/parser_bison.y"
)

func nftablesRuleset() Target {
	return Target{
		Name:  nftables.name,
		Title: nftables.title,
		Description: "A table for `nft -f`, which filters what a host itself receives and sends: one rule per address family, over a named set. " +
			"Loading it again replaces the table. It needs Linux 5.6 and nftables 0.9.4 and knows no references. " +
			"Unless `default_drop` is set it closes nothing, and only counts.",
		Arguments: []Column{
			{Name: "table", Kind: String, Description: "Name of the table, which belongs to this ruleset alone: whatever else is in it goes when the ruleset is loaded. " +
				"At most 31 of a-z, 0-9, - and _, with - or _ in it. Default: `backupfw-` and the policy's name, shortened with a hash where it is too long."},
			{Name: "default_drop", Kind: Bool, Description: "Drops what the policy does not allow, in the directions that it has rules for. Default `false`: everything passes, and counters tell what would not."},
		},
		Columns: []Column{
			{Name: "family", Kind: String, Description: "ipv4 or ipv6."},
			{Name: "set", Kind: String, Description: "Name of the set that the rule looks into."},
			{Name: "type", Kind: String, Description: "Type of the set's elements; the set also has `flags interval`."},
			{Name: "elements", Kind: StringList, Description: "Elements of the set, never empty; no two of them overlap."},
			{Name: "rule", Kind: String, Description: "The rule, with a counter and a comment."},
		},
		Lists: true,
		Outputs: []Column{
			{Name: "ruleset", Kind: String, Description: "The whole table for `nft -f`. A policy without rules has a table without chains, which replaces an older one."},
		},
		Limits: nftablesLimits,
		Emit:   emitNftablesRuleset,
	}
}

var nftables = capability{title: "nftables", name: "nftables_ruleset"}

var nftablesLimits = []Limit{
	{
		Name: rulesLimit, Value: 1000, Unit: "rules per direction",
		Source: nftablesManual, Date: "2026-11-25", Raisable: true,
		Description: "nftables sets no limit of its own. A policy never needs more than 6: this number is a guard for `rules_elsewhere`, since each packet that opens a connection goes through the rules one by one.",
	},
	{
		Name: "elements", Value: 50000, Unit: "elements of all sets together",
		Source: nftablesManual, Date: "2026-11-25", Raisable: true,
		Description: "nftables sets no limit of its own. This number is a guard: elements take memory of the kernel and time to load, about a second for as many.",
	},
	{
		Name: "comment_length", Value: 128, Unit: "bytes of a rule's comment",
		Source: nftablesParser, Date: "2026-11-25", Min: 120, Max: 128,
		Description: "`nft` refuses a longer one. A longer list of rules is shortened and ends in \"and 3 more\"; the list in rules is whole.",
	},
}

// emitNftablesRuleset implements Target.Emit. There is one smallest set of
// rules, so that the options' Optimize has nothing to choose.
func emitNftablesRuleset(p *policy.Policy, o Options) (*Result, fault.List) {
	rules := compile.Compile(p)
	limits, faults := applyLimits(nftables.name, nftablesLimits, o)
	table, f := nftablesTable(p, o)
	faults.Add(f, fault.Attribute("table"))
	// Mapped addresses are no trouble: nft takes them for the IPv6 ones that
	// they are, so only references are looked at.
	faults.AddAll(nftables.check(p, referenceParts(rules)))
	if len(faults) > 0 {
		return nil, faults
	}
	sets := nftablesSets(rules)
	if n, most := elementCount(sets), limitValue(limits, "elements"); n > most {
		faults.Add(tooManyElements(sets, n, most), fault.Attribute("policy"))
		return nil, faults
	}
	for i := range sets {
		sets[i].comment = joinedNames(p.Name, sets[i].rules, limitValue(limits, "comment_length"))
	}
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	for i := range sets {
		result.add(sets[i].direction, sets[i].row())
	}
	result.finish()
	drop, _ := o.Arguments["default_drop"].(bool)
	result.Outputs = []any{nftablesText(p.Name, table, sets, drop)}
	if faults := nftablesQuota.settle(result, tallies(result), o.RulesElsewhere); len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// referenceParts are the references of the rules, each with the policy rules
// that name it.
func referenceParts(rules []compile.Rule) []part {
	var parts []part
	for i := range rules {
		for _, peer := range rules[i].Peers() {
			if peer.Reference != nil {
				parts = append(parts, part{direction: rules[i].Direction, references: []policy.Reference{*peer.Reference}, rules: peer.Rules})
			}
		}
	}
	return parts
}

// tableName is narrower than what nft takes, because loading a ruleset deletes
// the table of its name. With - or _ a name is none of the words of nft's
// language, but two, and none that distributions use for tables of their own:
// filter, nat, firewalld.
var (
	tableName      = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,30}$`)
	nftablesWords  = []string{"auto-merge", "gc-interval"}
	tableNameChars = func(r rune) bool { return r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
)

func nftablesTable(p *policy.Policy, o Options) (string, *fault.Fault) {
	name, given := o.Arguments["table"].(string)
	if !given {
		return safeName("backupfw-"+p.Name, 31, tableNameChars), nil
	}
	reserved := !strings.ContainsAny(name, "-_")
	for _, word := range nftablesWords {
		reserved = reserved || name == word
	}
	switch {
	case !tableName.MatchString(name):
		return "", invalidTableName(name)
	case reserved:
		return "", reservedTableName(name)
	}
	return name, nil
}

var nftablesQuota = &quota{
	container: "nftables chain",
	why:       "Each packet that opens a connection goes through the rules one by one.",
	ways: func(needed, _ int) []string {
		return []string{fmt.Sprintf("keep fewer rules elsewhere; write limits = { rules = … }, at least %d, since nftables itself has no limit", needed)}
	},
}

func tooManyElements(sets []nftablesSet, n, limit int) *fault.Fault {
	costs := map[string]int{}
	for i := range sets {
		for _, rule := range sets[i].rules {
			costs[rule] += len(sets[i].elements)
		}
	}
	return fault.New("Too many elements",
		fmt.Sprintf("The sets need %d elements; the limit is %d.", n, limit),
		"An element is a range of addresses with a range of ports. It takes memory of the kernel and time to load. Rules share sets; the largest belong to "+costliest(costs)+".",
		fmt.Sprintf("Do one of these: list fewer or wider prefixes; open the same ports to the same peers, since ranges that touch are one element; write limits = { elements = … }, at least %d.", n))
}

func invalidTableName(name string) *fault.Fault {
	return fault.New("Invalid table name",
		fmt.Sprintf("table = %s is not the name of a table.", policy.Quote(name)),
		"nft takes such names for something else, or refuses them.",
		"Use 1 to 31 of a-z, 0-9, - and _, starting with a letter and with - or _ in it, or leave it out.")
}

func reservedTableName(name string) *fault.Fault {
	return fault.New("Reserved table name",
		fmt.Sprintf("table = %s may be a word of nft, or a table of the host's own.", policy.Quote(name)),
		"Loading the ruleset deletes what was in the table before.",
		fmt.Sprintf("Use a name of its own with - or _ in it, such as %q, or leave it out.", safeName("backupfw-"+name, 31, tableNameChars)))
}
