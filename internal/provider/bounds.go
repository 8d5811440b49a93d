package provider

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// These are the most entries; see risk.MaxListed for what they may list together.
//
// What an assessment lists is kept in the state and written again with every
// change of any resource, so the lists end somewhere. What they leave out is
// said in leftOut, and no figure, verdict or compiled rule depends on them.
const (
	maxFindings = 200
	maxAllows   = 1000
)

// leftOut is the attribute that says what the lists of an assessment leave out.
const leftOut = "left_out"

// boundedFindings encodes the first findings; the order is that of the effects,
// what rejects first.
func boundedFindings(findings []risk.Finding) (listed []record, note string) {
	n := risk.Listed(len(findings), maxFindings, func(i int) int {
		f := &findings[i]
		_, _, ranges := f.Prefixes.Hull()
		return len(f.Rules) + len(f.References) + ranges
	})
	listed = encodeFindings(findings[:n])
	if n == len(findings) {
		return listed, ""
	}
	rejecting := 0
	for i := range findings[n:] {
		if findings[n+i].Effect == risk.Reject {
			rejecting++
		}
	}
	return listed, fmt.Sprintf("findings: %d of %d are not listed; %d of these reject.", len(findings)-n, len(findings), rejecting)
}

// boundedAllows encodes the first entries of the compiled intent.
func boundedAllows(rules []compile.Rule) (listed []record, note string) {
	n := risk.Listed(len(rules), maxAllows, func(i int) int { return len(rules[i].Rules) + rules[i].PeerCount() })
	listed = encodeAllows(rules[:n])
	if n == len(rules) {
		return listed, ""
	}
	return listed, fmt.Sprintf("allows: %d of %d entries are not listed; rule_count counts them, and the rule data sources compile them all.", len(rules)-n, len(rules))
}

// boundedContributions encodes the services that cost most, and the others in
// one line, so that the lines still add up.
func boundedContributions(contributions []risk.Contribution) (listed []record, note string) {
	shown, others, points := risk.Costliest(contributions)
	listed = encodeContributions(shown)
	if others == 0 {
		return listed, ""
	}
	name := fmt.Sprintf("%d more services", others)
	if others == 1 {
		name = "1 more service"
	}
	return append(listed, record{"service": name, "class": "several", "direction": "both", "rules": []string{}, "ports": []string{}, "points": points}),
		fmt.Sprintf("contributions: %s in the last line; each costs at most what the line before costs.", name)
}

// notes lists what was left out; null when nothing was.
func notes(all ...string) any {
	var list []string
	for _, note := range all {
		if note != "" {
			list = append(list, note)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}
