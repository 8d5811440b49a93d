package emit

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// awsFamilies are the address families that EC2 counts apart.
var awsFamilies = [2]string{"IPv4", "IPv6"}

// awsCost is what the rules of one direction count in one address family.
type awsCost struct {
	direction policy.Direction
	family    string
	total     int
	byRule    map[string]int // per policy rule; rules that share a row each bear it whole
	largest   int            // the most that a single row counts
}

// awsCostTable has one cost per direction and family, in that order.
type awsCostTable [2][2]awsCost

// awsCosts counts as EC2 does: a prefix is one rule of its own family; a
// security group is one rule of each family, a prefix list as many as it has
// entries at most, in each family.
func awsCosts(rules []compile.Rule) *awsCostTable {
	var table awsCostTable
	for _, d := range policy.Directions() {
		for f, family := range awsFamilies {
			table[d][f] = awsCost{direction: d, family: family, byRule: map[string]int{}}
		}
	}
	for i := range rules {
		for j := range rules[i].Peers {
			peer := &rules[i].Peers[j]
			costs := &table[rules[i].Direction]
			switch {
			case peer.Reference == nil && peer.Prefix.Addr().Is4():
				costs[0].add(1, peer.Rules)
			case peer.Reference == nil:
				costs[1].add(1, peer.Rules)
			case peer.Reference.Kind == policy.AWSPrefixList:
				// No list has as many; a sum of larger numbers could turn negative.
				entries := min(peer.Reference.MaxEntries, 1<<31-1)
				costs[0].add(entries, peer.Rules)
				costs[1].add(entries, peer.Rules)
			default:
				costs[0].add(1, peer.Rules)
				costs[1].add(1, peer.Rules)
			}
		}
	}
	return &table
}

func (c *awsCost) add(n int, rules []string) {
	c.total += n
	c.largest = max(c.largest, n)
	for _, rule := range rules {
		c.byRule[rule] += n
	}
}

// worst is the largest cost of all.
func (t *awsCostTable) worst() int {
	return max(t[0][0].total, t[0][1].total, t[1][0].total, t[1][1].total)
}

// faults has one fault for each direction that is over the limit, about the
// family with more rules.
func (t *awsCostTable) faults(limit, elsewhere int) fault.List {
	var faults fault.List
	for d := range t {
		cost := &t[d][0]
		if t[d][1].total > cost.total {
			cost = &t[d][1]
		}
		if cost.total > limit-elsewhere {
			faults.Add(cost.overLimit(limit, elsewhere), fault.Attribute("policy"))
		}
	}
	return faults
}

// The numbers that bound a way out: groups per network interface, by default
// and at most, and their product with the rules per group.
const (
	awsGroupsPerInterface    = 5
	awsGroupsPerInterfaceMax = 16
	awsRulesPerInterface     = 1000
)

func (c *awsCost) overLimit(limit, elsewhere int) *fault.Fault {
	count := fmt.Sprintf("The policy needs %d %s rules in one AWS security group for %s", c.total, c.family, c.direction)
	if elsewhere > 0 {
		count += fmt.Sprintf(", and rules_elsewhere adds %d", elsewhere)
	}
	return fault.New("Too many rules",
		fmt.Sprintf("%s; the limit is %d.", count, limit),
		fmt.Sprintf("AWS refuses the rules beyond its quota, after others have been applied. Most of them come from %s.", costliest(c.byRule)),
		c.wayOut(limit, elsewhere))
}

// wayOut lists what would fit. It does not offer a prefix list: AWS counts one
// with its maximum number of entries, which saves nothing.
func (c *awsCost) wayOut(limit, elsewhere int) string {
	needed := c.total + elsewhere
	groups := (needed + limit - 1) / limit // a lower bound: rows are not divisible
	var ways []string
	if c.largest > limit {
		ways = append(ways, fmt.Sprintf("use a smaller prefix list, since one alone counts %d", c.largest))
	} else if groups <= awsGroupsPerInterfaceMax && groups*limit <= awsRulesPerInterface {
		ways = append(ways, fmt.Sprintf("split the policy over at least %d security groups (a network interface takes %d, and up to %d when raised)",
			groups, awsGroupsPerInterface, awsGroupsPerInterfaceMax))
	}
	ways = append(ways, "list fewer or wider prefixes", "reference the peers' own security group, which counts 1")
	if needed <= awsRulesPerInterface {
		ways = append(ways, fmt.Sprintf("if AWS has raised your quota, write it as limits = { rules = … }, at least %d and at most %d (with one group per interface)",
			needed, awsRulesPerInterface))
	}
	return "Do one of these: " + strings.Join(ways, "; ") + ". A prefix list in place of prefixes saves nothing, since it counts with max_entries."
}
