package emit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Every sentence that all targets share. What only one target says stands in
// that target's file.

// portsNotFiltered speaks of the runs that the rule takes part in: another
// rule for the same peers may open the rest of a run.
func (c *capability) portsNotFiltered(rule string, p portset.Protocol, parts []portset.Range) *fault.Fault {
	return fault.New("Ports not filtered",
		fmt.Sprintf("Rule %q opens ports in %s, and %s rules do not filter the ports of %s.", rule, runsText(parts, p), c.title, p),
		fmt.Sprintf("The rule would open every %s port to its peers, not only the ones listed.", p),
		fmt.Sprintf("Write \"0-65535/%s\" if every %s port may be open, or take %s out and filter it in a firewall on the host.", p, p, p))
}

// runsText writes at most three runs of ports.
func runsText(runs []portset.Range, p portset.Protocol) string {
	texts := make([]string, 0, 3)
	for _, r := range runs[:min(3, len(runs))] {
		texts = append(texts, portset.Entry{Protocol: p, Range: r}.String())
	}
	return strings.Join(texts, ", ") + andMore(len(runs)-len(texts))
}

// andMore counts what is left out, and is empty when nothing is.
func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func (c *capability) foreignReference(rule string, ref *policy.Reference) *fault.Fault {
	return fault.New("Reference not expressible",
		fmt.Sprintf("Rule %q has the reference %q of kind %q, which %s rules cannot name.", rule, ref.Name, ref.Kind, c.title),
		"Without it the rules would allow less than the policy says.",
		fmt.Sprintf("List the addresses in cidrs%s, or move the reference into a policy for a firewall that knows it.", c.ownReferences()))
}

func (c *capability) protocolNotKnown(rule string, p portset.Protocol, why string) *fault.Fault {
	return fault.New("Protocol not expressible",
		fmt.Sprintf("Rule %q opens %s, and %s rules cannot: %s.", rule, p, c.title, why),
		"Without it the rules would allow less than the policy says.",
		fmt.Sprintf("Take %s out of the rule, or filter it in a firewall on the host.", p))
}

// portZero is about targets whose ports begin at 1; where names the target with
// its article.
func portZero(rule string, run portset.Entry, where string) *fault.Fault {
	instead := fmt.Sprintf("Take port 0 out, or write \"0-65535/%s\" if every %s port may be open.", run.Protocol, run.Protocol)
	if run.Range.Last > 0 {
		rest := run
		rest.Range.First = 1
		instead = fmt.Sprintf("Write %q, or \"0-65535/%s\" if every %s port may be open.", rest, run.Protocol, run.Protocol)
	}
	return fault.New("Port 0 not expressible",
		fmt.Sprintf("Rule %q opens %s, and ports of %s begin at 1.", rule, run, where),
		"Without port 0 the rules would allow less than the policy says.", instead)
}

func (c *capability) ingressReference(rule string, ref *policy.Reference) *fault.Fault {
	return fault.New("Reference cannot be dialled",
		fmt.Sprintf("Egress rule %q has the reference %q of kind %q, which %s rules know as a source only.", rule, ref.Name, ref.Kind, c.title),
		"Without it the rules would allow less than the policy says.",
		"List the addresses of these peers in cidrs.")
}

func (c *capability) ownReferences() string {
	if len(c.references) == 0 {
		return ""
	}
	kinds := make([]string, len(c.references))
	for i, k := range c.references {
		kinds[i] = fmt.Sprintf("%q", k)
	}
	return ", use a reference of kind " + strings.Join(kinds, " or ")
}

func (c *capability) mappedPrefix(rule string, prefix netip.Prefix) *fault.Fault {
	return fault.New("Mapped IPv4 addresses",
		fmt.Sprintf("Rule %q is left with the prefix %q, which holds IPv4 addresses in IPv6 form.", rule, prefix),
		"No packet carries such an address, and clouds take the prefix for an IPv4 one.",
		"List the IPv6 networks that are meant in cidrs, such as \"2001:db8:40::/64\", and not a wide prefix with except.")
}

func unknownLimit(target, name string, limits []Limit) *fault.Fault {
	return fault.New("Unknown limit",
		fmt.Sprintf("%s is not a limit of %s.", policy.Quote(name), target),
		"A limit that is not known would be ignored.",
		"Use one of "+limitNames(limits)+".")
}

func limitTooLow(l *Limit, value int) *fault.Fault {
	return fault.New("Limit too low",
		fmt.Sprintf("%s = %d is below %d.", l.Name, value, max(l.Min, 1)),
		fmt.Sprintf("The limit counts %s, and no policy fits below that.", l.Unit),
		fmt.Sprintf("Write a number %s, or leave it out for %d.", span(l), l.Value))
}

func limitTooHigh(l *Limit, value int) *fault.Fault {
	why := fmt.Sprintf("The target cannot be raised above that (%s).", l.Source)
	if !l.Raisable {
		why = fmt.Sprintf("The target's limit is fixed (%s).", l.Source)
	}
	return fault.New("Limit too high",
		fmt.Sprintf("%s = %d is above %d.", l.Name, value, l.Max), why,
		fmt.Sprintf("Write a number %s, or leave it out for %d.", span(l), l.Value))
}

func negativeRulesElsewhere(n int) *fault.Fault {
	return fault.New("Negative rule count",
		fmt.Sprintf("rules_elsewhere = %d is not a number of rules.", n),
		"It is subtracted from the limit, so a negative number would raise the limit.",
		"Write how many rules per direction come from elsewhere, 0 or more.")
}

// costliest names the policy rules that cost most, at most three of them:
// `"dmz_clients" (40), "movers" (22) and 3 more`.
func costliest(costs map[string]int) string {
	type cost struct {
		rule string
		n    int
	}
	var all []cost
	for rule, n := range costs {
		all = append(all, cost{rule, n})
	}
	slices.SortFunc(all, func(a, b cost) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.rule, b.rule)
	})
	shown := all[:min(3, len(all))]
	texts := make([]string, len(shown))
	for i, c := range shown {
		texts[i] = fmt.Sprintf("%q (%d)", c.rule, c.n)
	}
	return strings.Join(texts, ", ") + andMore(len(all)-len(shown))
}
