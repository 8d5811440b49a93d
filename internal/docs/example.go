package docs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// exampleWidth is how wide an example is made when no rule says it.
const exampleWidth = 32

// exampleLoad is how much an example counts when the vendor gives none.
const exampleLoad = 4

// exampleText shows how to select the first pair of roles that cannot do
// without each other, or the first flow when there is no such pair.
func exampleText(p *catalog.Product) string {
	spec, flows := example(p)
	var what string
	if spec.Flows != nil {
		what = "Every flow of this product is optional, so flows are selected by name:"
	} else {
		word := "flows"
		if len(flows) == 1 {
			word = "flow"
		}
		what = fmt.Sprintf("The required %s from %s to %s, %s:", word, code(spec.FromRole), code(spec.ToRole), codes(ids(flows)))
	}
	if mark := lowMark(flows...); mark != "" {
		what = strings.TrimSuffix(what, ":") + mark + ":"
	}
	var after string
	switch {
	case slices.ContainsFunc(flows, func(f *catalog.Flow) bool { return f.OpenEnded }):
		after = "The vendor names no upper bound: write the range that you set in the product or in its operating system."
	default:
		opened, faults := spec.Resolve()
		if len(faults) > 0 {
			panic("docs: example of " + p.ID + ": " + faults[0].Error())
		}
		after = "This opens " + opened.Effective.String() + "."
	}
	return strings.Join([]string{what, terraform([]byte(portRange(spec))), after}, "\n\n")
}

// example is what exampleText writes, with the flows that it selects.
func example(p *catalog.Product) (resolve.PortRangeSpec, []*catalog.Flow) {
	spec := resolve.PortRangeSpec{Name: strings.ReplaceAll(p.ID, "_", "-"), Product: p.ID}
	var flows []*catalog.Flow
	if i := slices.IndexFunc(p.Flows, func(f catalog.Flow) bool { return f.Required }); i >= 0 {
		spec.FromRole, spec.ToRole = p.Flows[i].From, p.Flows[i].To
		flows = slices.DeleteFunc(p.Between(spec.FromRole, spec.ToRole), func(f *catalog.Flow) bool { return !f.Required })
	} else {
		flows = []*catalog.Flow{&p.Flows[0]}
		spec.Flows = ids(flows)
	}
	if !slices.ContainsFunc(flows, func(f *catalog.Flow) bool { return f.OpenEnded }) {
		return spec, flows
	}
	counts := map[catalog.Unit]int{}
	for _, f := range flows {
		for _, rule := range p.Scaling(f.ID) {
			if rule.Unit == catalog.NoUnit {
				continue
			}
			counts[rule.Unit] = exampleLoad
			if i := slices.IndexFunc(rule.Examples, func(e catalog.SizingExample) bool { return e.Units > 0 }); i >= 0 {
				counts[rule.Unit] = rule.Examples[i].Units
			}
			if spec.Load == nil {
				spec.Load = map[string]int{}
			}
			spec.Load[string(rule.Unit)] = counts[rule.Unit]
		}
	}
	var opened portset.Ports
	for _, f := range flows {
		if f.OpenEnded {
			opened = opened.Union(narrowed(p, f, counts))
		} else {
			opened = opened.Union(f.Ports)
		}
	}
	spec.Ports = opened.Strings()
	return spec, flows
}

// narrowed is a range for a flow as wide as the load needs: from its first
// port, or somewhere quiet when the operating system would pick.
func narrowed(p *catalog.Product, f *catalog.Flow, counts map[catalog.Unit]int) portset.Ports {
	width, rules, _ := p.Needed(f.ID, counts)
	if len(rules) == 0 {
		width = exampleWidth
	}
	var chosen portset.Ports
	for _, protocol := range portset.Protocols() {
		set := f.Ports.Of(protocol)
		if set.IsEmpty() {
			continue
		}
		ports := set.FirstN(width)
		if free, found := quiet.Range(width, protocol, portset.Ports{}); found && f.SystemPicks() {
			ports = portset.Of(free)
		}
		chosen = chosen.Union(portset.PortsOf(protocol, ports))
	}
	return chosen
}

// portRange writes a port range in Terraform.
func portRange(spec resolve.PortRangeSpec) string {
	var lines [][2]string
	add := func(name, value string) { lines = append(lines, [2]string{name, value}) }
	list := func(texts []string) string { return `["` + strings.Join(texts, `", "`) + `"]` }
	add("name", fmt.Sprintf("%q", spec.Name))
	add("product", fmt.Sprintf("%q", spec.Product))
	if spec.FromRole != "" {
		add("from_role", fmt.Sprintf("%q", spec.FromRole))
		add("to_role", fmt.Sprintf("%q", spec.ToRole))
	}
	if spec.Flows != nil {
		add("flows", list(spec.Flows))
	}
	if spec.Ports != nil {
		add("ports", list(spec.Ports))
	}
	if len(spec.Load) > 0 {
		var counts []string
		for _, unit := range catalog.Units() {
			if n, counted := spec.Load[string(unit)]; counted {
				counts = append(counts, fmt.Sprintf("%s = %d", unit, n))
			}
		}
		add("load", "{ "+strings.Join(counts, ", ")+" }")
	}
	width := 0
	for _, line := range lines {
		width = max(width, len(line[0]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "resource \"backupfw_port_range\" %q {\n", spec.Product)
	for _, line := range lines {
		fmt.Fprintf(&b, "  %-*s = %s\n", width, line[0], line[1])
	}
	return b.String() + "}"
}

func ids(flows []*catalog.Flow) []string {
	names := make([]string, len(flows))
	for i, f := range flows {
		names[i] = f.ID
	}
	return names
}
