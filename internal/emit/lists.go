package emit

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// listRule is one rule of a target whose rules hold lists. Either prefixes or
// references are there, never both and never neither: many targets read a rule
// without peers as one for everybody.
type listRule struct {
	direction  policy.Direction
	key        string
	any        bool
	ports      portset.Ports
	prefixes   []netip.Prefix
	references []policy.Reference
	rules      []string
}

// listLimits are the longest lists that one rule may have.
type listLimits struct {
	peers int // prefixes or references
	ports int // runs of ports, of all protocols together
}

// listRules writes the products as rules whose lists are within the limits.
// Longer lists are cut into the fewest parts.
//
// Parts are told apart by a number, because nothing in a part of a list is its
// own: whatever the cut, a peer who comes moves others across it. So the keys
// stay and the lists change in place.
func listRules(p *policy.Policy, products []compile.Product, limits func(*compile.Product) listLimits) []listRule {
	var all []listRule
	var openings []ruleOpening // of the policy, once they are needed
	for i := range products {
		product := &products[i]
		whole := listRule{direction: product.Direction, key: productKey(product), any: product.Any, ports: product.Ports, rules: product.Rules}
		most := limits(product)
		var parts []listRule
		for _, ports := range portChunks(product, most.ports) {
			part := whole
			part.ports = ports
			for prefixes := range slices.Chunk(product.Prefixes.Prefixes(), most.peers) {
				part.prefixes = prefixes
				parts = append(parts, part)
			}
			for references := range slices.Chunk(product.References, most.peers) {
				part.references = references
				parts = append(parts, part)
			}
		}
		if len(parts) > 1 {
			if openings == nil {
				openings = openingsOf(p)
			}
			named := map[string]bool{}
			for _, name := range product.Rules {
				named[name] = true
			}
			for n := range parts {
				parts[n].rules = parts[n].served(openings, named)
				if n > 0 {
					parts[n].key = fmt.Sprintf("%s-part-%d", whole.key, n+1)
				}
			}
		}
		all = append(all, parts...)
	}
	return all
}

// portChunks cuts the ports of a product into lists of at most that many runs.
func portChunks(product *compile.Product, most int) []portset.Ports {
	entries := product.Ports.Entries()
	if product.Any || len(entries) <= most {
		return []portset.Ports{product.Ports}
	}
	var chunks []portset.Ports
	for chunk := range slices.Chunk(entries, most) {
		lists := make([]portset.Ports, len(chunk))
		for i, e := range chunk {
			lists[i] = portset.PortsOf(e.Protocol, portset.Of(e.Range))
		}
		chunks = append(chunks, portset.Merge(lists))
	}
	return chunks
}

// ruleOpening is what a policy rule opens, worked out once for all parts.
type ruleOpening struct {
	name       string
	direction  policy.Direction
	ports      portset.Ports
	prefixes   prefixset.Set
	references []policy.Reference
}

// openingsOf is never nil.
func openingsOf(p *policy.Policy) []ruleOpening {
	all := make([]ruleOpening, len(p.Rules))
	for i := range p.Rules {
		r := &p.Rules[i]
		all[i] = ruleOpening{r.Name, r.Direction, r.Ports(), r.Prefixes(), r.References()}
	}
	return all
}

// served narrows the rules of a whole product, which are named, to those that
// open something of this part. What they open of the part may all be carried by
// other products too; then every rule that opens something of the part is named.
func (r *listRule) served(openings []ruleOpening, named map[string]bool) []string {
	peers := prefixset.Of(r.prefixes...)
	var own, all []string
	for i := range openings {
		o := &openings[i]
		if o.direction != r.direction || !o.ports.Overlaps(r.ports) {
			continue
		}
		if o.prefixes.Overlaps(peers) || slices.ContainsFunc(o.references, func(ref policy.Reference) bool { return slices.Contains(r.references, ref) }) {
			all = append(all, o.name)
			if named[o.name] {
				own = append(own, o.name)
			}
		}
	}
	if own == nil {
		own = all
	}
	slices.Sort(own)
	return own
}

// prefixTexts writes the prefixes; nil for a rule with references, as a null.
func (r *listRule) prefixTexts() any {
	if len(r.prefixes) == 0 {
		return nil
	}
	texts := make([]string, len(r.prefixes))
	for i, prefix := range r.prefixes {
		texts[i] = prefix.String()
	}
	return texts
}

// row is the rule's row without its values.
func (r *listRule) row() Row {
	row := Row{Key: r.key, Rules: r.rules}
	for i := range r.references {
		row.References = append(row.References, r.references[i].Name)
		row.ReferenceKind = string(r.references[i].Kind)
	}
	return row
}

// runTexts writes the runs of ports of one protocol.
func runTexts(ports portset.Set) []string {
	ranges := ports.Ranges()
	texts := make([]string, len(ranges))
	for i, r := range ranges {
		texts[i] = r.String()
	}
	return texts
}

// together adds the tallies of both directions, for targets that count them as
// one.
func together(counts []*tally) []*tally {
	sum := newTally(policy.Ingress, counts[0].unit)
	for _, t := range counts {
		sum.total += t.total
		sum.largest = max(sum.largest, t.largest)
		for rule, n := range t.byRule {
			sum.byRule[rule] += n
		}
	}
	sum.both = true
	return []*tally{&sum}
}
