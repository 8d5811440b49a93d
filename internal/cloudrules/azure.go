package cloudrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

var azurePlaces = map[string]string{"protocol": "protocol", "ports": "destination_port_range", "from_port": "destination_port_range", "to_port": "destination_port_range", "cidrs": "source_address_prefix", "direction": "direction", "access": "access"}

// azureUndecided are the arguments without which nothing of a rule is certain.
var azureUndecided = []string{"direction", "access", "protocol", "destination_port_range", "destination_port_ranges"}

// readAzureRule reads azurerm_network_security_rule.
func readAzureRule(a arguments) []draft {
	group := slices.Concat(optionalText(a, "resource_group_name"), optionalText(a, "network_security_group_name"))
	return []draft{azureDraft(a, "", strings.Join(group, "/"))}
}

// readAzureGroup reads the blocks in azurerm_network_security_group.
func readAzureGroup(a arguments) []draft {
	group := slices.Concat(optionalText(a, "resource_group_name"), optionalText(a, "name"))
	blocks := a.blocks("security_rule")
	drafts := make([]draft, len(blocks))
	for i, block := range blocks {
		drafts[i] = azureDraft(block, fmt.Sprintf("security_rule[%d]", i), strings.Join(group, "/"))
	}
	return drafts
}

func azureDraft(a arguments, part, group string) draft {
	d := draft{arguments: a, part: part, group: group, undecided: azureUndecided, zones: map[string]policy.Zone{}}
	d.row = existing.Rule{Direction: a.text("direction"), Access: a.text("access"), Protocol: a.text("protocol"), Description: description(a)}
	if strings.EqualFold(d.row.Access, "deny") {
		d.closes = "it denies"
		return d
	}
	// The source port is the dialler's own choice: it restricts nobody.
	d.row.Ports = slices.Concat(a.texts("destination_port_range"), a.texts("destination_port_ranges"))
	everyPort := slices.Contains(d.row.Ports, "*")
	if d.row.Protocol == "*" && len(d.row.Ports) > 0 && !everyPort {
		d.portsOfBoth = true
	}
	if d.row.Protocol == "*" && everyPort {
		d.row.Ports = nil
	}
	side := "source"
	if strings.EqualFold(d.row.Direction, "outbound") {
		side = "destination"
	}
	for _, peer := range slices.Concat(a.texts(side+"_address_prefix"), a.texts(side+"_address_prefixes")) {
		d.azurePeer(peer)
	}
	d.references(policy.AzureApplicationSecurityGroup, side+"_application_security_group_ids", GroupHosts)
	return d
}

// azurePeer adds an address, a network or a service tag.
func (d *draft) azurePeer(peer string) {
	word := strings.ToLower(peer)
	switch {
	case word == "azureloadbalancer":
		d.row.CIDRs = append(d.row.CIDRs, "168.63.129.16/32")
	case word == "virtualnetwork":
		d.zones[referenceName(word)] = policy.Internal
		d.reference(policy.AzureApplicationSecurityGroup, word, VirtualNetworkHosts)
	case word == "*" || word == "any" || word == "internet" || !isServiceTag(peer):
		d.row.CIDRs = append(d.row.CIDRs, peer)
	default:
		d.zones[referenceName(peer)] = policy.Internet
		d.reference(policy.AzureApplicationSecurityGroup, peer, TagHosts)
	}
}

// isServiceTag reports whether a peer begins like a name, such as
// Storage.WestEurope, and not like an address: those of IPv6 have colons.
func isServiceTag(peer string) bool {
	return peer != "" && (peer[0] >= 'A' && peer[0] <= 'Z' || peer[0] >= 'a' && peer[0] <= 'z') && !strings.Contains(peer, ":")
}
