package emit

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// awsFamilies are the address families that EC2 counts apart.
var awsFamilies = [2]string{"IPv4", "IPv6"}

// awsCostTable has one cost per direction and family, in that order.
type awsCostTable [2][2]tally

// awsCosts counts as EC2 does: a prefix is one rule of its own family; a
// security group is one rule of each family, a prefix list as many as it has
// entries at most, in each family.
func awsCosts(boxes []compile.Box) *awsCostTable {
	var table awsCostTable
	for _, d := range policy.Directions() {
		for f, family := range awsFamilies {
			table[d][f] = newTally(d, family+" rules")
		}
	}
	for i := range boxes {
		b := &boxes[i]
		costs := &table[b.Direction]
		switch {
		case b.Reference == nil && b.Prefix.Addr().Is4():
			costs[0].add(1, b.Rules)
		case b.Reference == nil:
			costs[1].add(1, b.Rules)
		case b.Reference.Kind == policy.AWSPrefixList:
			// No list has as many; a sum of larger numbers could turn negative.
			entries := min(b.Reference.MaxEntries, 1<<31-1)
			costs[0].add(entries, b.Rules)
			costs[1].add(entries, b.Rules)
		default:
			costs[0].add(1, b.Rules)
			costs[1].add(1, b.Rules)
		}
	}
	return &table
}

// fuller returns per direction the tally of the family with more rules.
func (t *awsCostTable) fuller() []*tally {
	var all []*tally
	for d := range t {
		cost := &t[d][0]
		if t[d][1].total > cost.total {
			cost = &t[d][1]
		}
		all = append(all, cost)
	}
	return all
}

// The numbers that bound a way out: groups per network interface, by default
// and at most, and their product with the rules per group.
const (
	awsGroupsPerInterface    = 5
	awsGroupsPerInterfaceMax = 16
	awsRulesPerInterface     = 1000
)

// awsGroupQuota offers no prefix list: AWS counts one with its maximum number
// of entries, which saves nothing.
func awsGroupQuota(costs *awsCostTable) *quota {
	return &quota{
		container: "AWS security group",
		why:       "AWS refuses the rules beyond its quota, after others have been applied.",
		ways: func(needed, limit int) []string {
			groups := containers(needed, limit)
			var ways []string
			if largest := costs.largest(); largest > limit {
				ways = append(ways, fmt.Sprintf("use a smaller prefix list, since one alone counts %d", largest))
			} else if groups <= awsGroupsPerInterfaceMax && groups*limit <= awsRulesPerInterface {
				ways = append(ways, fmt.Sprintf("split the policy over at least %d security groups (a network interface takes %d, and up to %d when raised)",
					groups, awsGroupsPerInterface, awsGroupsPerInterfaceMax))
			}
			ways = append(ways, "list fewer or wider prefixes", "reference the peers' own security group, which counts 1")
			if needed <= awsRulesPerInterface {
				ways = append(ways, fmt.Sprintf("if AWS has raised your quota, write it as limits = { rules = … }, at least %d and at most %d (with one group per interface)",
					needed, awsRulesPerInterface))
			}
			return ways
		},
		note: " A prefix list in place of prefixes saves nothing, since it counts with max_entries.",
	}
}

// largest is the most that a single row counts.
func (t *awsCostTable) largest() int {
	return max(t[0][0].largest, t[0][1].largest, t[1][0].largest, t[1][1].largest)
}
