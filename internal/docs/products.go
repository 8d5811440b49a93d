package docs

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

func products() []*catalog.Product {
	var all []*catalog.Product
	for _, id := range catalog.IDs() {
		p, _ := catalog.Get(id)
		all = append(all, p)
	}
	return all
}

// productIndex lists the products with their pages.
func productIndex() string {
	var rows [][]string
	for _, p := range products() {
		rows = append(rows, []string{"[" + prose(p.Name) + "](" + pageName(p) + ")", code(p.ID), prose(p.Vendor),
			fmt.Sprint(len(p.Roles)), fmt.Sprint(len(p.Flows)), confidences(p)})
	}
	return table([]string{"product", "id", "vendor", "roles", "flows", "confidence of the flows"}, rows)
}

// productCount says how large the catalogue is.
func productCount() string {
	roles, flows := 0, 0
	for _, p := range products() {
		roles, flows = roles+len(p.Roles), flows+len(p.Flows)
	}
	return fmt.Sprintf("[%d products](docs/guides/products.md) with %d roles and %d flows", len(products()), roles, flows)
}

// confidences counts the flows of a product by how well they are supported.
func confidences(p *catalog.Product) string {
	count := map[catalog.Confidence]int{}
	for i := range p.Flows {
		count[p.Flows[i].Confidence]++
	}
	var texts []string
	for _, c := range []catalog.Confidence{catalog.High, catalog.Medium, catalog.Low} {
		if count[c] > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", count[c], confidence(c)))
		}
	}
	return strings.Join(texts, ", ")
}

// confidence writes the degree so that low ones are not overlooked.
func confidence(c catalog.Confidence) string {
	if c == catalog.Low {
		return "**low**"
	}
	return string(c)
}

func targets() []emit.Target { return emit.Targets() }

// limitTable writes the limits of a target with their sources.
func limitTable(target emit.Target) string {
	var rows [][]string
	for _, l := range target.Limits {
		raised := "no"
		if l.Raisable {
			raised = "yes"
			if l.Max > 0 {
				raised += fmt.Sprintf(", to %d", l.Max)
			}
		}
		rows = append(rows, []string{code(l.Name), fmt.Sprintf("%d %s", l.Value, l.Unit), raised, l.Description,
			fmt.Sprintf("[read %s](%s)", l.Date, l.Source)})
	}
	return table([]string{"limit", "value", "can be raised", "meaning", "source"}, rows)
}
