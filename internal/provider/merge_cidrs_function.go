package provider

import "github.com/hashicorp/terraform-plugin-framework/function"

// newMergeCIDRsFunction is merge_cidrs: the fewest prefixes.
func newMergeCIDRsFunction() function.Function {
	return &pureFunction{
		name:    "merge_cidrs",
		summary: "Merges addresses into the fewest prefixes",
		doc: "The fewest prefixes that hold the same addresses, in canonical form: IPv4 before IPv6, then by address. " +
			"Lists that mean the same give the same result, so it can be compared and used for keys.",
		parameters: []shape{cidrsParameter("cidrs", "Addresses and networks to merge")},
		result:     texts("", "The prefixes; `[]` for `[]`."),
		compute:    func(arguments []node) any { return readPrefixes(arguments[0]).Strings() },
	}
}

// cidrsParameter is a list of addresses and networks.
func cidrsParameter(name, what string) shape {
	return texts(name, what+", IPv4 or IPv6, for example `[\"198.51.100.16/28\", \"2001:db8:40::7\"]`. An address stands for its /32 or /128. "+
		"A network with host bits set is refused, with the corrected text.")
}
