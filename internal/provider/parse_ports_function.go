package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// newParsePortsFunction is parse_ports: what each text means.
func newParsePortsFunction() function.Function {
	return &pureFunction{
		name:    "parse_ports",
		summary: "Takes texts of ports apart",
		doc: "What each text of a list means: its protocol and its first and last port, as numbers. There is one object for each text, in the same order, whether or not they overlap; " +
			"`merge_ports` brings a list into the canonical form first.",
		parameters: []shape{portsParameter("ports", "Texts to take apart")},
		result: listOf("", "One object for each text, in the order of the texts; `[]` gives `[]`.",
			text("text", "The text in canonical form: `5-5/tcp` becomes `5/tcp`."),
			text("protocol", "`tcp`, `udp`, `sctp`, `icmp`, `icmpv6` or `esp`; `any` for every protocol."),
			integer("from_port", "First port; null for protocols without ports and for `any`."),
			integer("to_port", "Last port; null for protocols without ports and for `any`."),
			integer("count", "How many ports that is, counted as in `port_count` of a port range: a protocol without ports is 1, `any` is every port of every protocol."),
		),
		compute: func(arguments []node) any {
			values, places, _ := arguments[0].texts()
			records := make([]record, len(values))
			for i, value := range values {
				records[i] = parsedPorts(parsePorts(arguments[0].reader, values[i:i+1], places[i:i+1]), value)
			}
			return records
		},
	}
}

// parsedPorts describes what one text means; nothing when it is unreadable.
func parsedPorts(ports portset.Ports, text string) record {
	entries := ports.Entries()
	switch {
	case len(entries) == 0:
		return record{}
	case len(entries) > 1:
		return record{"text": text, "protocol": ports.String(), "count": ports.Len()}
	}
	e := entries[0]
	r := record{"text": e.String(), "protocol": e.Protocol.String(), "count": ports.Len()}
	if e.Protocol.HasPorts() {
		r["from_port"], r["to_port"] = int(e.Range.First), int(e.Range.Last)
	}
	return r
}

// portsParameter is a list of texts of ports.
func portsParameter(name, what string) shape {
	return texts(name, what+", in the form `PORT/PROTO` or `FROM-TO/PROTO`, where `PROTO` is `tcp`, `udp` or `sctp`. `icmp`, `icmpv6`, `esp` and `any` stand alone.")
}
