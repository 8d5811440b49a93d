package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// newPortRangeResource is backupfw_port_range: what listens, and on which ports.
func newPortRangeResource() *declaredResource {
	return &declaredResource{
		name: "port_range",
		doc: "Ports of a backup product or of a listener of your own, and what listens on them.\n\n" +
			"Give `product` and say which link is meant, with `from_role` and `to_role` or with `flows`; or give `ports` of a listener of your own. " +
			"Ports that nobody explains are scored much higher than ports of one declared listener.",
		required: []shape{text("name", "Name of the port range: 1 to 63 of `a-z`, `0-9`, `-` and `_`, starting with a letter or digit.")},
		optional: []shape{
			text("description", "What the ports are for, for example `\"data of the media servers\"`."),
			text("product", "Catalogue id of the product: `"+strings.Join(catalog.IDs(), "`, `")+"`."),
			text("from_role", "Role of the host that dials. With `to_role` it selects the required flows between the two roles; optional ones are named in `flows`."),
			text("to_role", "Role of the host that listens, for example `\"primary_server\"`."),
			texts("flows", "Ids of the product's flows, instead of roles, for example `[\"data-mover-range\"]`."),
			texts("ports", "Ports in the form `PORT/PROTO` or `FROM-TO/PROTO`, for example `[\"40000-40039/tcp\"]`; the protocol is `tcp`, `udp` or `sctp`. `icmp`, `icmpv6`, `esp` and `any` stand alone. With `product` they narrow the flows to what was configured in the product."),
			boolean("negotiated", "`true` when one listener picks a port of the range per connection. Only without `product`; the catalogue knows it of products."),
			integer("concurrency", "Number of jobs that run at once, from 1. The width of the range is compared with what they need. For a product that grows with something else, such as devices, it counts that, or write `load`."),
			loadShape(),
		},
		computed: []shape{
			text("id", "The name."),
			texts("effective_ports", "Everything that the range opens, merged and sorted."),
			integer("port_count", "Number of ports that the range opens."),
			listOf("registered_services", "Services that IANA has registered on these ports, at most 50.", registeredFields()...),
			integer("registered_service_count", "Number of all registered services on these ports."),
			listOf("listeners", "What listens on which of the ports; a policy scores these.", listenerFields()...),
			objectOf("sizing", "What `concurrency` or `load` needs by the rule of the product or of a negotiated listener. Null for flows that do not scale, and as long as nothing is counted that the rule asks for.", sizingFields()...),
			text("quiet_alternative", "A range of the same width without registered services and outside ephemeral ranges, as the text for `ports`; null when the range is quiet already or cannot move."),
		},
		noImport: "A port range exists in the Terraform state alone, so there is nothing to import. Write the resource and apply it.",
		validate: func(n node) diag.Diagnostics {
			_, diags := evaluatePortRange(n)
			return diags.Errors()
		},
		evaluate: func(n, _ node, _ *providerData) (record, diag.Diagnostics) { return evaluatePortRange(n) },
	}
}

// portRangeNames are the attributes that a port range in a policy may carry.
func portRangeNames() []string {
	return append(namesOf(portRangeFields()), "id", "description", "product", "from_role", "to_role", "flows", "ports", "negotiated",
		"concurrency", "load", "effective_ports", "port_count", "registered_services", "registered_service_count", "quiet_alternative")
}

func evaluatePortRange(n node) (record, diag.Diagnostics) {
	var diags diag.Diagnostics
	spec := resolve.PortRangeSpec{}
	known := true
	word := func(name string) string {
		a := n.attribute(name)
		known = known && !a.isUnknown()
		value, _ := a.text()
		return value
	}
	words := func(name string) []string {
		a := n.attribute(name)
		if a.isNull() {
			return nil
		}
		values, _, partial := a.texts()
		known = known && !partial
		return append([]string{}, values...)
	}
	spec.Name, spec.Product = word("name"), word("product")
	spec.FromRole, spec.ToRole = word("from_role"), word("to_role")
	spec.Flows, spec.Ports = words("flows"), words("ports")
	if a := n.attribute("negotiated"); a.isKnown() {
		value, _ := a.boolean()
		spec.Negotiated = &value
	} else {
		known = known && !a.isUnknown()
	}
	if a := n.attribute("concurrency"); a.isKnown() {
		value, _ := a.integer()
		jobs := int(max(-1, min(value, 1<<31)))
		spec.Concurrency = &jobs
	} else {
		known = known && !a.isUnknown()
	}
	load, complete := decodeLoad(n.attribute("load"))
	spec.Load, known = load, known && complete
	addFaults(&diags, n.reader.faults)
	if !known || diags.HasError() {
		return nil, diags
	}
	resolved, faults := spec.Resolve()
	addFaults(&diags, faults)
	if len(faults) > 0 {
		return nil, diags
	}
	addWarnings(&diags, fmt.Sprintf("Port range %q", resolved.Name), resolve.Warnings(resolved))
	return encodePortRange(resolved), diags
}

func encodePortRange(r *resolve.PortRange) record {
	listeners := make([]record, len(r.Listeners))
	for i := range r.Listeners {
		listeners[i] = encodeListener(&r.Listeners[i])
	}
	values := record{
		"id":                       r.Name,
		"effective_ports":          r.Effective.Strings(),
		"port_count":               r.Effective.Len(),
		"registered_services":      encodeEach(r.Registered, encodeRegistered),
		"registered_service_count": r.RegisteredCount,
		"listeners":                listeners,
		"quiet_alternative":        textOrNull(r.Quiet),
	}
	if r.Sizing != nil {
		values["sizing"] = record{"needed": r.Sizing.Needed, "configured": r.Sizing.Configured, "rule": r.Sizing.Rule}
	}
	return values
}

func encodeListener(l *policy.Listener) record {
	r := record{
		"name":       l.Name,
		"kind":       string(l.Kind),
		"product":    textOrNull(l.Product),
		"flow":       textOrNull(l.Flow),
		"ports":      l.Ports.Strings(),
		"negotiated": l.Negotiated,
	}
	if l.Encrypted != nil {
		r["encrypted"] = *l.Encrypted
	}
	return r
}

// textOrNull encodes an empty text as null.
func textOrNull(value string) any {
	if value == "" {
		return nil
	}
	return value
}
