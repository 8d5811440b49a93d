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
	return []draft{azureDraft(a, "", azureGroup(a, "network_security_group_name"))}
}

// readAzureGroup reads the blocks in azurerm_network_security_group.
func readAzureGroup(a arguments) []draft {
	group := azureGroup(a, "name")
	blocks := a.blocks("security_rule")
	drafts := make([]draft, len(blocks))
	for i, block := range blocks {
		drafts[i] = azureDraft(block, fmt.Sprintf("security_rule[%d]", i), group)
	}
	return drafts
}

// azureGroup names the security group: by both names or not at all, because
// either is shared by many.
func azureGroup(a arguments, name string) string {
	names := slices.Concat(optionalText(a, "resource_group_name"), optionalText(a, name))
	if len(names) < 2 {
		return ""
	}
	return strings.Join(names, "/")
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
	d.azureProtocol()
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

// azureProtocol reads the protocol * for what it is: with every port it is
// every protocol, and with some of them those protocols that have ports.
func (d *draft) azureProtocol() {
	if d.row.Protocol != "*" || len(d.row.Ports) == 0 {
		return
	}
	if slices.Contains(d.row.Ports, "*") || slices.Contains(d.row.Ports, "0-65535") {
		d.row.Ports = nil
		return
	}
	d.portsOfBoth = true
	d.assume("protocol = \"*\" with ports counts as these ports of TCP and of UDP: Azure's documentation does not say what it opens of protocols without ports.")
}

// azurePeer adds an address, a network or a service tag.
func (d *draft) azurePeer(peer string) {
	peer = strings.TrimSpace(peer)
	switch word := strings.ToLower(peer); {
	case word == "azureloadbalancer":
		d.row.CIDRs = append(d.row.CIDRs, "168.63.129.16/32")
	case word == "virtualnetwork":
		d.tag(peer, policy.Internal, VirtualNetworkHosts)
	case word == "0.0.0.0/0":
		// The overview of security groups: it represents all addresses, and
		// clients may write * for it.
		d.row.CIDRs = append(d.row.CIDRs, "*")
		d.assume("0.0.0.0/0 counts as every address of IPv4 and IPv6: Azure takes it for the same as *.")
	case word == "*" || word == "any" || word == "internet" || !isServiceTag(peer):
		d.row.CIDRs = append(d.row.CIDRs, peer)
	default:
		d.tag(peer, policy.Internet, TagHosts)
	}
}

func (d *draft) tag(tag string, zone policy.Zone, hosts uint64) {
	name := tagName(tag)
	d.zones[name] = zone
	d.reference(policy.AzureApplicationSecurityGroup, name, tag, hosts)
}

// isServiceTag reports whether a peer begins like a name, such as
// Storage.WestEurope, and not like an address: those of IPv6 have colons.
func isServiceTag(peer string) bool {
	return peer != "" && (peer[0] >= 'A' && peer[0] <= 'Z' || peer[0] >= 'a' && peer[0] <= 'z') && !strings.Contains(peer, ":")
}
