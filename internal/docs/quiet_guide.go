package docs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// quietParts are the parts of the guide to quiet port ranges.
func quietParts(root string) []Part {
	part := func(name string, text func() string) Part {
		return Part{Name: name, Text: func() (string, error) { return text(), nil }}
	}
	parts := []Part{
		part("ephemeral ranges", ephemeralTable),
		part("places", placeTable),
		part("quiet ranges", quietTable),
		part("product ranges", productRangeTable),
		part("single ports", singlePortTable),
		{Name: "widest quiet range", Text: func() (string, error) { return widestQuiet(), nil }, Inline: true},
	}
	return append(parts, exampleParts(root,
		"functions/quiet_ports/function.tf",
		"functions/port_services/function.tf",
		"resources/backupfw_port_range/resource_negotiated.tf",
		"resources/backupfw_port_range/resource_sizing.tf",
		"resources/backupfw_port_range/resource_load.tf",
	)...)
}

// ephemeralTable lists the systems that hand out ports by themselves.
func ephemeralTable() string {
	var rows [][]string
	for _, e := range services.Ephemeral() {
		rows = append(rows, []string{prose(e.Name), e.Range.String(), source(e.Source)})
	}
	return table([]string{"who", "ports", "source"}, rows)
}

// source makes a link of an address, and leaves every other text as it is.
func source(text string) string {
	if strings.HasPrefix(text, "https://") && !strings.Contains(text, " ") {
		return "[source](" + text + ")"
	}
	return prose(text)
}

// placeTable puts the same listener with as many ports into several places.
func placeTable() string {
	var rows [][]string
	for _, text := range []string{fortyPorts, "9080-9119/tcp", "40000-40039/tcp", "45210-45249/tcp", "3260-3299/tcp", "100-139/tcp"} {
		a := fromDMZ(negotiated(text))
		rows = append(rows, []string{text, points(a.Points), verdict(a), raised(a, risk.Warn), raised(a, risk.Info)})
	}
	return table([]string{"forty ports of one listener", "points", "verdict", "warnings", "remarks"}, rows)
}

// raised lists the findings of an effect, each code once.
func raised(a *risk.Assessment, effect risk.Effect) string {
	var names []string
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Effect == effect && !slices.Contains(names, string(f.Code)) {
			names = append(names, string(f.Code))
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return codes(names)
}

func quietTable() string {
	protocols := slices.DeleteFunc(portset.Protocols(), func(p portset.Protocol) bool { return !p.HasPorts() })
	head := []string{"ports needed"}
	for _, p := range protocols {
		head = append(head, code(p.String()))
	}
	var rows [][]string
	for _, width := range []int{4, 40, 100, 400, 1000} {
		row := []string{fmt.Sprint(width)}
		for _, p := range protocols {
			text := "none so wide"
			if r, found := quiet.Range(width, p, portset.Ports{}); found {
				text = portset.Entry{Protocol: p, Range: r}.String()
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return table(head, rows)
}

// widestQuiet is the widest quiet range of TCP, with its width.
func widestQuiet() string {
	r, found := quiet.Widest(portset.TCP, portset.Ports{})
	if !found {
		panic("docs: nothing is quiet")
	}
	return fmt.Sprintf("%s, %d ports wide", portset.Entry{Protocol: portset.TCP, Range: r}, r.Len())
}

// productRangeTable lists the negotiated ranges that can be set in a product.
// Flows that are set in one place stand together.
func productRangeTable() string {
	type key struct{ product, ports, set, sizing, confidence string }
	var rows [][]string
	for _, p := range products() {
		flows := map[key][]string{}
		var order []key
		for i := range p.Flows {
			f := &p.Flows[i]
			if !f.Negotiated || f.Configurable == "" {
				continue
			}
			k := key{"[" + prose(p.Name) + "](" + pageName(p) + ")", documentedRange(f), prose(f.Configurable), needs(p, f), confidence(f.Confidence)}
			if flows[k] == nil {
				order = append(order, k)
			}
			flows[k] = append(flows[k], f.ID)
		}
		for _, k := range order {
			rows = append(rows, []string{k.product, codes(flows[k]), k.ports, k.set, k.sizing, k.confidence})
		}
	}
	return table([]string{"product", "flows", "documented", "set in", "ports for a load", "confidence"}, rows)
}

// documentedRange is the range of a flow, unless the vendor names none.
func documentedRange(f *catalog.Flow) string {
	switch {
	case f.SystemPicks():
		return "the operating system picks"
	case f.OpenEnded:
		entries := f.Ports.Entries()
		return fmt.Sprintf("from %d/%s up", entries[0].Range.First, entries[0].Protocol)
	}
	return f.Ports.String()
}

// needs writes what the sizing rules of a flow compute together.
func needs(p *catalog.Product, f *catalog.Flow) string {
	var texts []string
	for _, rule := range p.Scaling(f.ID) {
		texts = append(texts, arithmetic(rule))
	}
	if len(texts) == 0 {
		return "no rule documented"
	}
	return strings.Join(texts, " + ")
}

// singlePortTable lists the products that can do without a range.
func singlePortTable() string {
	var rows [][]string
	for _, p := range products() {
		for i := range p.Flows {
			f := &p.Flows[i]
			single, has := p.Flow(f.SinglePort)
			if !f.Negotiated || !has {
				continue
			}
			rows = append(rows, []string{"[" + prose(p.Name) + "](" + pageName(p) + ")", code(f.ID), f.Ports.String(), code(single.ID), single.Ports.String(), lowest(f, single)})
		}
	}
	return table([]string{"product", "instead of", "which opens", "select", "which opens", "confidence"}, rows)
}

// lowest is the lower confidence of two flows.
func lowest(a, b *catalog.Flow) string {
	for _, c := range []catalog.Confidence{catalog.Low, catalog.Medium} {
		if a.Confidence == c || b.Confidence == c {
			return confidence(c)
		}
	}
	return confidence(catalog.High)
}
