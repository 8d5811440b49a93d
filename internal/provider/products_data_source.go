package provider

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// newProductsDataSource is backupfw_products: a search in the catalogue.
func newProductsDataSource() datasource.DataSource {
	return &computedDataSource{
		name: "products",
		doc:  "Finds backup products in the catalogue. A product is listed when every filter that is given fits; without filters all are listed.",
		optional: []shape{
			text("vendor", "Part of the vendor's name, in any case, for example `\"dell\"`."),
			text("port", "Port or range, for example `2500/tcp`: products that document one of these ports. Flows for which the operating system picks any port do not count."),
			text("role", "Id of a role, for example `media_agent`."),
			text("text", "Text that stands, in any case, in the id, the name or the vendor, in a role, or in the id or purpose of a flow, for example `\"ndmp\"`."),
		},
		computed: []shape{
			texts("ids", "Ids of the products, sorted."),
			listOf("products", "The products, in the same order.",
				text("id", "Id of the product."),
				text("name", "Name of the product."),
				text("vendor", "Name of the vendor."),
				texts("roles", "Ids of its roles."),
				texts("ports", "The ports of all flows together, merged and sorted; open-ended flows, whose ports are examples, are left out.")),
		},
		check: func(n node) { decodeSearch(n) },
		show: func(n node) record {
			s := decodeSearch(n)
			ids, products := []string{}, []record{}
			for _, id := range catalog.IDs() {
				p, _ := catalog.Get(id)
				if !s.finds(p) {
					continue
				}
				ids = append(ids, id)
				products = append(products, record{"id": p.ID, "name": p.Name, "vendor": p.Vendor, "roles": roleIDs(p), "ports": p.Documented().Strings()})
			}
			return record{"ids": ids, "products": products}
		},
	}
}

// search is what products are looked for by. Empty filters fit everything.
type search struct {
	vendor, role, text string
	port               portset.Ports
}

func decodeSearch(n node) search {
	var s search
	s.vendor, _ = n.attribute("vendor").text()
	s.role, _ = n.attribute("role").text()
	s.text, _ = n.attribute("text").text()
	a := n.attribute("port")
	if port, given := a.text(); given {
		ports, faults := portset.ParseList([]string{port})
		for _, f := range faults {
			f.Path = nil // the argument is no list
			a.fault(f)
		}
		s.port = ports
	}
	return s
}

func (s search) finds(p *catalog.Product) bool {
	if !has(p.Vendor, s.vendor) || s.role != "" && !slices.Contains(roleIDs(p), s.role) {
		return false
	}
	if !s.port.IsEmpty() && !slices.ContainsFunc(p.Flows, func(f catalog.Flow) bool { return !f.SystemPicks() && f.Ports.Overlaps(s.port) }) {
		return false
	}
	return slices.ContainsFunc([]string{p.ID, p.Name, p.Vendor}, func(text string) bool { return has(text, s.text) }) ||
		slices.ContainsFunc(p.Roles, func(r catalog.Role) bool { return has(r.ID, s.text) || has(r.Description, s.text) }) ||
		slices.ContainsFunc(p.Flows, func(f catalog.Flow) bool { return has(f.ID, s.text) || has(f.Purpose, s.text) })
}

// has reports whether the part stands in the text, in any case.
func has(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

func roleIDs(p *catalog.Product) []string {
	ids := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		ids[i] = r.ID
	}
	return ids
}
