package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// newExcludeCIDRsFunction is exclude_cidrs: what is left of networks.
func newExcludeCIDRsFunction() function.Function {
	return &pureFunction{
		name:    "exclude_cidrs",
		summary: "Takes addresses out of networks",
		doc: "The fewest prefixes that hold the addresses of `cidrs` that are not in `except`, in the same form as those of `merge_cidrs`.\n\n" +
			"The result is never empty. When nothing is left, or `cidrs` is empty, the call is an error: several clouds read an empty list of peers as everybody, and the smallest list would open the most.",
		parameters: []shape{
			cidrsParameter("cidrs", "Addresses and networks to take from"),
			cidrsParameter("except", "Addresses and networks to take out; `[]` for none"),
		},
		result: texts("", "The prefixes, at least one."),
		compute: func(arguments []node) any {
			included, excluded := readPrefixes(arguments[0]), readPrefixes(arguments[1])
			if hasFaults(arguments) {
				return nil
			}
			except, _, _ := arguments[1].texts()
			left, faults := resolve.Exclude(included, excluded, except)
			share(arguments, faults, "cidrs", "except")
			return left.Strings()
		},
	}
}
