package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
)

func checkConcurrency(spec PortRangeSpec) fault.List {
	var faults fault.List
	if spec.Concurrency == nil {
		return nil
	}
	if *spec.Concurrency < 1 {
		faults.Add(fault.New("Concurrency out of range",
			fmt.Sprintf("concurrency = %d is not a number of concurrent jobs.", *spec.Concurrency),
			"The width of the range is compared with what the jobs need.",
			"Write a whole number from 1."), fault.Attribute("concurrency"))
	}
	if spec.Product == "" && (spec.Negotiated == nil || !*spec.Negotiated) {
		faults.Add(fault.New("Concurrency without sizing",
			fmt.Sprintf("concurrency = %d is given, and nothing says how many ports a job takes.", *spec.Concurrency),
			"Only a product of the catalogue or a negotiated range scales with its jobs.",
			"Add product or negotiated = true, or remove concurrency."), fault.Attribute("concurrency"))
	}
	return faults
}

func checkLoad(spec PortRangeSpec) fault.List {
	var faults fault.List
	for _, unit := range slices.Sorted(maps.Keys(spec.Load)) {
		if count := spec.Load[unit]; count < 1 {
			faults.Add(fault.New("Load out of range",
				fmt.Sprintf("%s = %d is not a number of anything that runs.", policy.Quote(unit), count),
				"The width of the range is compared with what the load needs.",
				"Write a whole number from 1, or leave the unit out."), fault.Attribute("load"), fault.Key(unit))
		}
	}
	return faults
}

func ownSizing(spec PortRangeSpec, ports portset.Ports) *policy.Sizing {
	if spec.Concurrency == nil {
		return nil
	}
	return &policy.Sizing{Needed: *spec.Concurrency, Configured: ports.Len(),
		Rule: "one port per connection of a negotiated listener, so one per concurrent job"}
}

// productSizing compares what the load needs with the ports of the listeners
// that grow with it, by the product's rules. It is nil when none grows, or when
// the author counted nothing and a rule asks for a count; sizedBy names the
// argument that it follows from.
//
// Flows with the same rules are the same numbers on several protocols or the
// same setting for several links: each has to be as wide, and they do not add
// up. Flows with other rules do. When one of them is too narrow, the sizing is
// about that one: ports to spare elsewhere do not help it.
func productSizing(product *catalog.Product, spec PortRangeSpec, listeners []policy.Listener) (sizing *policy.Sizing, sizedBy string, faults fault.List) {
	var flows []string
	portRange := &policy.PortRange{Listeners: listeners}
	widths := map[string]int{}
	for i := range listeners {
		if l := &listeners[i]; len(product.Scaling(l.Flow)) > 0 {
			flows = append(flows, l.Flow)
			widths[l.Flow] = narrowest(l.Ports.Union(portRange.FixedBeside(i)))
		}
	}
	counts, faults := countLoad(product, flows, spec)
	if len(faults) > 0 || len(flows) == 0 {
		return nil, "", faults
	}
	var groups []sized
	var rules []*catalog.SizingRule
	var missing []catalog.Unit
	for _, flow := range flows {
		needed, ofFlow, without := product.Needed(flow, counts)
		at := slices.IndexFunc(groups, func(g sized) bool { return slices.Equal(g.rules, ofFlow) })
		if at < 0 {
			at = len(groups)
			groups = append(groups, sized{rules: ofFlow, needed: needed, configured: widths[flow]})
		}
		groups[at].configured = min(groups[at].configured, widths[flow])
		rules = appendNew(rules, ofFlow...)
		missing = appendNew(missing, without...)
	}
	switch {
	case len(spec.Load) > 0:
		sizedBy = "load"
	case spec.Concurrency != nil:
		sizedBy = "concurrency"
	case len(missing) > 0:
		return nil, "", nil
	case spec.Ports != nil:
		sizedBy = "ports"
	default:
		sizedBy = "product"
	}
	if len(missing) > 0 {
		faults.Add(incompleteLoad(product, rules, missing, spec), fault.Attribute(sizedBy))
		return nil, "", faults
	}
	whole := sized{rules: rules}
	var short *sized
	for i := range groups {
		g := &groups[i]
		whole.needed, whole.configured = min(whole.needed+g.needed, maxNeeded), whole.configured+g.configured
		if lacks := g.needed - g.configured; lacks > 0 && (short == nil || lacks > short.needed-short.configured) {
			short = g
		}
	}
	if short != nil {
		whole = *short
	}
	return &policy.Sizing{Needed: whole.needed, Configured: whole.configured, Rule: ruleText(whole.rules)}, sizedBy, nil
}

// sized are the flows that grow by the same rules, in ports of each.
type sized struct {
	rules              []*catalog.SizingRule
	needed, configured int
}

// narrowest is the width on the protocol on which there is least.
func narrowest(ports portset.Ports) int {
	width := 0
	for _, protocol := range portset.Protocols() {
		if n := ports.Of(protocol).Len(); n > 0 && (width == 0 || n < width) {
			width = n
		}
	}
	return width
}

// maxNeeded is all ports of all protocols that have ports.
const maxNeeded = 3 * catalog.MaxPorts

// countLoad returns how often each unit of the flows' rules is there.
// Concurrency counts the only unit that they have, or the jobs among several.
func countLoad(product *catalog.Product, flows []string, spec PortRangeSpec) (map[catalog.Unit]int, fault.List) {
	var faults fault.List
	units := unitsOf(product, flows)
	if len(units) == 0 && len(spec.Load) > 0 {
		faults.Add(fault.New("Load without sizing",
			fmt.Sprintf("load is given, and no selected flow of product %q grows with a load.", product.ID),
			"The width of fixed ports does not depend on what runs.",
			"Remove load"+scalingHint(product)+"."), fault.Attribute("load"))
		return nil, faults
	}
	counts := map[catalog.Unit]int{}
	for _, name := range slices.Sorted(maps.Keys(spec.Load)) {
		if !slices.Contains(units, catalog.Unit(name)) {
			faults.Add(fault.New("Unknown unit",
				fmt.Sprintf("%s is not what the selected flows of product %q grow with.", policy.Quote(name), product.ID),
				"A count of something else says nothing about the width of the range.",
				"Use "+join(units, "and")+"."), fault.Attribute("load"), fault.Key(name))
			continue
		}
		counts[catalog.Unit(name)] = spec.Load[name]
	}
	if spec.Concurrency == nil {
		return counts, faults
	}
	for _, unit := range units {
		if len(units) > 1 && !unit.IsJobs() {
			continue
		}
		if _, given := counts[unit]; given {
			faults.Add(fault.New("Load counted twice",
				fmt.Sprintf("concurrency = %d counts %s, and load counts it as well.", *spec.Concurrency, unit),
				"The two can contradict each other.",
				fmt.Sprintf("Remove concurrency, or %s from load.", unit)), fault.Attribute("load"), fault.Key(string(unit)))
			continue
		}
		counts[unit] = *spec.Concurrency
	}
	return counts, faults
}

// unitsOf lists what the width of the flows grows with.
func unitsOf(product *catalog.Product, flows []string) []catalog.Unit {
	var units []catalog.Unit
	for _, flow := range flows {
		for _, rule := range product.Scaling(flow) {
			if rule.Unit != catalog.NoUnit {
				units = appendNew(units, rule.Unit)
			}
		}
	}
	return units
}

// scalingHint names the flows of the product that do grow with a load.
func scalingHint(product *catalog.Product) string {
	var flows []string
	for i := range product.Flows {
		if len(unitsOf(product, []string{product.Flows[i].ID})) > 0 {
			flows = append(flows, product.Flows[i].ID)
		}
	}
	if len(flows) == 0 {
		return ""
	}
	return ", or select a flow that grows: " + strings.Join(flows, ", ")
}

func incompleteLoad(product *catalog.Product, rules []*catalog.SizingRule, missing []catalog.Unit, spec PortRangeSpec) *fault.Fault {
	var units []catalog.Unit
	for _, rule := range rules {
		if rule.Unit != catalog.NoUnit {
			units = appendNew(units, rule.Unit)
		}
	}
	var entries []string
	for _, unit := range units {
		if count, given := spec.Load[string(unit)]; given {
			entries = append(entries, fmt.Sprintf("%s = %d", unit, count))
		} else if slices.Contains(missing, unit) {
			entries = append(entries, fmt.Sprintf("%s = 1", unit))
		}
	}
	return fault.New("Load incomplete",
		fmt.Sprintf("The selected flows of product %q grow with %s, and nothing counts %s.", product.ID, join(units, "and"), join(missing, "and")),
		"The needed width is not known without.",
		fmt.Sprintf("Add %s to load with your own numbers, for example load = { %s }.", join(missing, "and"), strings.Join(entries, ", ")))
}

// ruleText writes the rules with their sources; a source that follows itself
// is written once.
func ruleText(rules []*catalog.SizingRule) string {
	var b strings.Builder
	for i, rule := range rules {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(strings.TrimSuffix(rule.Formula, "."))
		if i+1 < len(rules) && support(rules[i+1]) == support(rule) {
			continue
		}
		b.WriteString(" (" + support(rule) + ")")
	}
	return b.String()
}

// support says where a rule was read, and when little supports it.
func support(rule *catalog.SizingRule) string {
	if rule.Confidence == catalog.Low {
		return rule.Source + ", low confidence"
	}
	return rule.Source
}

// exampleWidth is how many ports an example opens when the load is not known.
const exampleWidth = 32

// checkOpenEnded asks for the author's own ports where the vendor names no
// upper bound.
func checkOpenEnded(product *catalog.Product, flows []*catalog.Flow, spec PortRangeSpec) *fault.Fault {
	if spec.Ports != nil {
		return nil
	}
	var open, all []string
	var ports, documented portset.Ports
	for _, flow := range flows {
		all = append(all, flow.ID)
		if !flow.OpenEnded {
			ports = ports.Union(flow.Ports)
		}
	}
	counts, _ := countLoad(product, all, spec)
	for _, flow := range flows {
		if !flow.OpenEnded {
			continue
		}
		open = append(open, fmt.Sprintf("%q", flow.ID))
		documented = documented.Union(flow.Ports)
		width, rules, missing := product.Needed(flow.ID, counts)
		if len(rules) == 0 || len(missing) > 0 {
			width = max(exampleWidth, width)
		}
		ports = ports.Union(examplePorts(flow, width, ports))
	}
	if len(open) == 0 {
		return nil
	}
	of := "flow "
	if len(open) > 1 {
		of = "flows "
	}
	return fault.New("Range without an end",
		fmt.Sprintf("The vendor names no upper bound for %s%s of product %q; %s is an example.", of, join(open, "and"), product.ID, documented),
		"Only you know which ports the product may use, and all others would be open for nothing.",
		"Write the range that you set in the product or in its operating system, for example ports = "+quoted(ports.Strings())+".")
}

// examplePorts is a range of the width for an open-ended flow: from the first
// port that the vendor names, or somewhere quiet.
func examplePorts(flow *catalog.Flow, width int, avoid portset.Ports) portset.Ports {
	var example portset.Ports
	for _, protocol := range portset.Protocols() {
		set := flow.Ports.Of(protocol)
		if set.IsEmpty() {
			continue
		}
		chosen := portset.PortsOf(protocol, set.FirstN(width))
		if flow.SystemPicks() {
			if free, found := quiet.Range(width, protocol, avoid); found {
				chosen = portset.PortsOf(protocol, portset.Of(free))
			}
		}
		example = example.Union(chosen)
	}
	return example
}

// quoted writes texts as a list in Terraform.
func quoted(texts []string) string { return `["` + strings.Join(texts, `", "`) + `"]` }

// join writes words as people list them: a, b and c.
func join[T ~string](words []T, last string) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	if n := len(texts) - 1; n > 0 {
		return strings.Join(texts[:n], ", ") + " " + last + " " + texts[n]
	}
	return strings.Join(texts, "")
}

// appendNew appends what is not in the list yet.
func appendNew[T comparable](list []T, more ...T) []T {
	for _, item := range more {
		if !slices.Contains(list, item) {
			list = append(list, item)
		}
	}
	return list
}

// SizingWarnings says whether the width of the range fits its load. A policy
// that uses the range raises the same as findings.
func SizingWarnings(r *PortRange) fault.List {
	var warnings fault.List
	if r.Sizing == nil {
		return nil
	}
	needed, configured := r.Sizing.Needed, r.Sizing.Configured
	sizes := fmt.Sprintf("The range is %s wide, and %d are needed (%s).", count(configured), needed, r.Sizing.Rule)
	switch {
	case configured < needed:
		warnings.Add(fault.New("Range too narrow",
			sizes,
			"Backups will fail at random when the ports run out.",
			fmt.Sprintf("Widen it to %s here and in the product.", count(needed))), fault.Attribute(r.SizedBy))
	case configured > 2*needed:
		warnings.Add(fault.New("Range too wide",
			sizes,
			"Every port more is one more place where something else can listen.",
			fmt.Sprintf("Narrow it to %s here and in the product.", count(needed))), fault.Attribute(r.SizedBy))
	}
	return warnings
}

func count(ports int) string {
	if ports == 1 {
		return "1 port"
	}
	return fmt.Sprintf("%d ports", ports)
}
