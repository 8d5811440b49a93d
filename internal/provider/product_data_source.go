package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// newProductDataSource is backupfw_product: everything that the catalogue
// knows of one product.
func newProductDataSource() datasource.DataSource {
	return &computedDataSource{
		name: "product",
		doc: "Everything that the catalogue knows of one backup product: who dials whom and on which ports, how wide its ranges have to be, how to make them smaller, and what has been attacked. " +
			"`backupfw_products` finds the id.",
		required: []shape{text("id", "Id of the product, for example `veeam`.")},
		computed: productFields(),
		check: func(n node) {
			a := n.attribute("id")
			id, given := a.text()
			if _, known := catalog.Get(id); given && !known {
				a.fault(unknownProductID(id))
			}
		},
		show: func(n node) record {
			id, _ := n.attribute("id").text()
			p, _ := catalog.Get(id)
			return encodeProduct(p)
		},
	}
}

// unknownProductID is UnknownProduct where no ports can be written instead.
func unknownProductID(id string) *fault.Fault {
	f := *policy.UnknownProduct(id)
	f.Problem = "id = " + policy.Quote(id) + " is not in the catalogue."
	f.Why = "There is nothing to show."
	f.Instead = policy.NearestProduct(id)
	return &f
}

// productFields are what is known of a product, in the order for reading.
func productFields() []shape {
	confidence := text("confidence", "How well it is supported: `high` (read at the vendor or in the project), `medium` (third party, old release, or partly memory) or `low` (memory, unverified).")
	return []shape{
		text("name", "Name of the product."),
		text("vendor", "Name of the vendor."),
		text("doc_version", "The release, or the state of the vendor's pages, that was read."),
		text("dial_direction", "Who dials whom, in a few sentences."),
		text("narrowing", "How to make the openings smaller."),
		texts("sources", "What was read."),
		texts("documented_ports", "The ports of all flows together, merged and sorted; open-ended flows, whose ports are examples, are left out."),
		listOf("roles", "The parts that hosts play, for `from_role` and `to_role` of a port range.",
			text("id", "Id of the role."), text("description", "What the host does.")),
		listOf("flows", "The listeners, for `flows` of a port range.",
			text("id", "Id of the flow."),
			text("from", "Role that dials."),
			text("to", "Role that listens."),
			texts("ports", "Ports in the form `PORT/PROTO` or `FROM-TO/PROTO`."),
			text("purpose", "What the flow carries."),
			boolean("required", "Whether a current installation of both roles cannot do without it; naming the two roles selects it."),
			boolean("negotiated", "Whether one port of the range is picked at run time, so that all of them have to be open."),
			boolean("open_ended", "Whether the vendor names no upper bound, so that `ports` is an example and a port range needs its own `ports`."),
			boolean("encrypted", "Whether the flow is encrypted; null when that depends on settings or is not documented."),
			text("configurable", "Where the ports are set; null when nowhere."),
			text("versions", "Releases that use the flow; null for the current ones."),
			text("note", "Anything else worth knowing, or null."),
			text("single_port", "Flow between the same roles that replaces this one over one port, or null."),
			text("reversed", "Flow that does the same with the other end dialling, or null."),
			text("source", "Where it was read."),
			confidence,
			texts("exploited_by", "CVEs of this listener that CISA lists as exploited.")),
		listOf("sizing", "How wide the negotiated ranges have to be. The rules of one flow add up.",
			text("id", "Id of the rule."),
			text("unit", "What the width grows with, as a key of `load` of a port range; `none` for a flat rule."),
			integer("base_ports", "Ports that are needed whatever the load."),
			integer("ports_per_unit", "Ports for each unit."),
			integer("min_ports", "The least that the range may have."),
			text("formula", "The rule in words."),
			texts("applies_to", "Ids of the flows that it is about."),
			listOf("examples", "The vendor's own worked examples.",
				integer("units", "Number of units."), integer("ports", "Number of ports that they need."), text("says", "The example in words.")),
			text("source", "Where it was read."),
			confidence),
		listOf("vulnerabilities", "Published weaknesses that matter to who may reach the ports.",
			text("cve", "Number in the CVE list."),
			integer("year", "Year of the number."),
			texts("ports", "Ports of the vulnerable service, empty when not published."),
			texts("flows", "Ids of flows that are named as the vulnerable service, beside those on `ports`."),
			boolean("in_kev", "Whether CISA lists it as exploited."),
			text("kev_date_added", "Day since when, `YYYY-MM-DD`, or null."),
			text("summary", "What it is."),
			text("source", "Where it was read."),
			confidence),
	}
}

func encodeProduct(p *catalog.Product) record {
	return record{
		"name":             p.Name,
		"vendor":           p.Vendor,
		"doc_version":      p.DocVersion,
		"dial_direction":   p.DialDirection,
		"narrowing":        p.Narrowing,
		"sources":          p.Sources,
		"documented_ports": p.Documented().Strings(),
		"roles":            encodeEach(p.Roles, func(r *catalog.Role) record { return record{"id": r.ID, "description": r.Description} }),
		"flows":            encodeEach(p.Flows, encodeFlow),
		"sizing":           encodeEach(p.Sizing, encodeRule),
		"vulnerabilities":  encodeEach(p.History, encodeVulnerability),
	}
}

func encodeEach[T any](list []T, encode func(*T) record) []record {
	records := make([]record, len(list))
	for i := range list {
		records[i] = encode(&list[i])
	}
	return records
}

func encodeFlow(f *catalog.Flow) record {
	r := record{
		"id":           f.ID,
		"from":         f.From,
		"to":           f.To,
		"ports":        f.Ports.Strings(),
		"purpose":      f.Purpose,
		"required":     f.Required,
		"negotiated":   f.Negotiated,
		"open_ended":   f.OpenEnded,
		"configurable": textOrNull(f.Configurable),
		"versions":     textOrNull(f.Versions),
		"note":         textOrNull(f.Note),
		"single_port":  textOrNull(f.SinglePort),
		"reversed":     textOrNull(f.Reversed),
		"source":       f.Source,
		"confidence":   string(f.Confidence),
		"exploited_by": f.ExploitedBy,
	}
	if f.Encrypted != nil {
		r["encrypted"] = *f.Encrypted
	}
	return r
}

func encodeRule(r *catalog.SizingRule) record {
	return record{
		"id":             r.ID,
		"unit":           string(r.Unit),
		"base_ports":     r.BasePorts,
		"ports_per_unit": r.PortsPerUnit,
		"min_ports":      r.MinPorts,
		"formula":        r.Formula,
		"applies_to":     r.AppliesTo,
		"examples": encodeEach(r.Examples, func(e *catalog.SizingExample) record {
			return record{"units": e.Units, "ports": e.Ports, "says": e.Says}
		}),
		"source":     r.Source,
		"confidence": string(r.Confidence),
	}
}

func encodeVulnerability(v *catalog.Vulnerability) record {
	return record{
		"cve":            v.CVE,
		"year":           v.Year,
		"ports":          v.Ports.Strings(),
		"flows":          v.Flows,
		"in_kev":         v.InKEV,
		"kev_date_added": textOrNull(v.KEVDateAdded),
		"summary":        v.Summary,
		"source":         v.Source,
		"confidence":     string(v.Confidence),
	}
}
