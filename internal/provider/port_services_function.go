package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/inspect"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// newPortServicesFunction is port_services: what an open port is for.
func newPortServicesFunction() function.Function {
	return &pureFunction{
		name:    "port_services",
		summary: "Tells what is known of a port",
		doc: "What is known of a port or a range: the services that IANA has registered there, how it is scored when nobody says what listens, the systems that hand it out by themselves, and the flows of backup products that document it.\n\n" +
			fmt.Sprintf("Each list has at most %d elements, and a count beside it tells how many there are.", inspect.MaxListed),
		parameters: []shape{text("port", "Port or range, for example `22/tcp` or `2500-3300/tcp`; also `icmp`, `icmpv6`, `esp` or `any`.")},
		result:     objectOf("", "", portServicesFields()...),
		compute: func(arguments []node) any {
			value, _ := arguments[0].text()
			ports := parsePorts(arguments[0].reader, []string{value}, []fault.Path{nil})
			if len(arguments[0].reader.faults) > 0 {
				return nil
			}
			return encodeReport(inspect.Ports(ports))
		},
	}
}

func portServicesFields() []shape {
	return []shape{
		listOf("registered_services", "Services that IANA has registered, by protocol and port.", registeredFields()...),
		integer("registered_service_count", "Number of all registered services."),
		listOf("services", "How the ports are scored when nobody says what listens there, the heaviest first.",
			text("id", "Stable id of the service, such as `rdp`; null for ports that say nothing by their number."),
			text("name", "Name of the service, as in `contributions` of an assessment."),
			text("class", fmt.Sprintf("`%s`, `%s`, `%s` or `%s`.", risk.MostAttacked, risk.Sensitive, risk.SystemService, risk.UndeclaredPorts)),
			texts("ports", "Ports of the service."),
			float("points", "Points of the service when the whole internet reaches it; fewer hosts count less."),
		),
		integer("service_count", "Number of all services."),
		listOf("ephemeral_ranges", "Ranges out of which systems pick ports by themselves and in which a port lies: another program can have it when the listener needs it.",
			text("name", "The system."),
			text("ports", "Its range, such as `32768-60999`."),
			text("source", "Where the range was read."),
		),
		listOf("product_flows", "Flows of backup products that document a port, those with the fewest ports first. Flows for which the operating system picks any port do not count.",
			text("product", "Catalogue id of the product."),
			text("flow", "Id of the flow."),
			text("from", "Role that dials."),
			text("to", "Role that listens."),
			texts("ports", "All ports of the flow."),
			text("purpose", "What the flow carries."),
			boolean("negotiated", "Whether one port of the range is picked at run time."),
			text("confidence", "How well it is supported: `high`, `medium` or `low`."),
		),
		integer("product_flow_count", "Number of all such flows."),
		boolean("quiet", "Whether nothing is known to use any of the ports, as `quiet_ports` looks at it."),
	}
}

// registeredFields describe an entry of the IANA registry.
func registeredFields() []shape {
	return []shape{integer("port", "Port."), text("protocol", "Protocol."), text("name", "Registered service name.")}
}

func encodeRegistered(r *iana.Registration) record {
	return record{"port": int(r.Port), "protocol": r.Protocol.String(), "name": r.Name}
}

func encodeReport(r inspect.Report) record {
	return record{
		"registered_services":      encodeEach(r.Registered, encodeRegistered),
		"registered_service_count": r.RegisteredCount,
		"services": encodeEach(r.Services, func(w *risk.Weight) record {
			return record{"id": textOrNull(w.ID), "name": w.Service, "class": string(w.Class), "ports": w.Ports.Strings(), "points": w.Points}
		}),
		"service_count": r.ServiceCount,
		"ephemeral_ranges": encodeEach(r.Ephemeral, func(e *services.EphemeralRange) record {
			return record{"name": e.Name, "ports": e.Range.String(), "source": e.Source}
		}),
		"product_flows": encodeEach(r.Flows, func(f *inspect.ProductFlow) record {
			return record{"product": f.Product.ID, "flow": f.Flow.ID, "from": f.Flow.From, "to": f.Flow.To, "ports": f.Flow.Ports.Strings(),
				"purpose": f.Flow.Purpose, "negotiated": f.Flow.Negotiated, "confidence": string(f.Flow.Confidence)}
		}),
		"product_flow_count": r.FlowCount,
		"quiet":              r.Quiet,
	}
}
