package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// newPeerGroupResource is backupfw_peer_group: who may dial or be dialled.
func newPeerGroupResource() *declaredResource {
	return &declaredResource{
		name: "peer_group",
		doc: "Hosts that take part in the backup, in one zone.\n\n" +
			"The zone decides how much one address counts: an address of the internet as much as 16 in the DMZ, 256 inside or 512 in a management network.",
		required: []shape{text("name", "Name of the peer group: 1 to 63 of `a-z`, `0-9`, `-` and `_`, starting with a letter or digit.")},
		optional: []shape{
			text("description", "Who the peers are, for example `\"web servers of the DMZ\"`."),
			texts("cidrs", "Addresses and networks of both families, for example `[\"198.51.100.16/28\", \"2001:db8:40::/64\"]`. A single address stands for itself. Host bits, leading zeros, zone ids and ports are refused."),
			texts("except", "Addresses and networks to take out of `cidrs`."),
			text("zone", "Where the peers stand: `"+strings.Join(policy.ZoneNames(), "`, `")+"`. Default `by_address`: each address counts by its own nature, public or private.").withDefault(policy.ByAddress.String()),
			text("zone_reason", "Why public addresses are declared `internal` or `management`, for example `\"our own /24, not routed to the internet\"`."),
			mapOf("references", "Peers that are not addresses, by a name of your choice, for example `{ app = { kind = \"aws_security_group\", max_hosts = 4 } }`. The compiled rule carries the name, and a map of yours turns it into the id.", referenceFields()...),
		},
		computed: []shape{
			text("id", "The name."),
			texts("prefixes", "The addresses as minimal, sorted networks."),
			number("address_count", "Number of addresses in `prefixes`."),
		},
		noImport: "A peer group exists in the Terraform state alone, so there is nothing to import. Write the resource and apply it.",
		validate: func(n node) diag.Diagnostics {
			_, diags := evaluatePeerGroup(n)
			return diags.Errors()
		},
		evaluate: func(n, _ node, _ *providerData) (record, diag.Diagnostics) { return evaluatePeerGroup(n) },
	}
}

// peerGroupNames are the attributes that a peer group in a policy may carry.
func peerGroupNames() []string {
	return append(namesOf(peerFields()), "id", "description", "cidrs", "address_count")
}

func evaluatePeerGroup(n node) (record, diag.Diagnostics) {
	var diags diag.Diagnostics
	known := true
	word := func(name string) string {
		a := n.attribute(name)
		known = known && !a.isUnknown()
		value, _ := a.text()
		return value
	}
	words := func(name string) []string {
		values, _, partial := n.attribute(name).texts()
		known = known && !partial
		return values
	}
	spec := resolve.PeerGroupSpec{Name: word("name"), Zone: word("zone"), ZoneReason: word("zone_reason"),
		CIDRs: words("cidrs"), Except: words("except")}
	references, partial := decodeReferences(n.attribute("references"))
	spec.References = references
	addFaults(&diags, n.reader.faults)
	if !known || partial || diags.HasError() {
		return nil, diags
	}
	group, warnings, faults := spec.Resolve()
	addFaults(&diags, faults)
	if len(faults) > 0 {
		return nil, diags
	}
	addWarnings(&diags, fmt.Sprintf("Peer group %q", group.Name), warnings)
	return record{
		"id":            group.Name,
		"prefixes":      group.Prefixes.Strings(),
		"address_count": group.Prefixes.AddressCount(),
	}, diags
}
