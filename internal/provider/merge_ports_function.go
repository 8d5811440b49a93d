package provider

import "github.com/hashicorp/terraform-plugin-framework/function"

// newMergePortsFunction is merge_ports: one text for each run of ports.
func newMergePortsFunction() function.Function {
	return &pureFunction{
		name:    "merge_ports",
		summary: "Merges ports into the fewest ranges",
		doc: "The fewest texts that mean the same ports: overlapping and adjacent ranges become one, and the order is that of `effective_ports` of a port range: by protocol (`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, `esp`), then by port. " +
			"Lists that mean the same give the same result, so it can be compared and used for keys.",
		parameters: []shape{portsParameter("ports", "Texts to merge")},
		result:     texts("", "The merged texts; `[\"any\"]` when `any` is among them, `[]` for `[]`."),
		compute:    func(arguments []node) any { return readPorts(arguments[0]).Strings() },
	}
}
