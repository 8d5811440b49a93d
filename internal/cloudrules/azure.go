package cloudrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

var azurePlaces = map[string]string{"from_port": "destination_port_range", "to_port": "destination_port_range"}

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
	if resourceGroup, group := a.label("resource_group_name"), a.label(name); resourceGroup != "" && group != "" {
		return resourceGroup + "/" + group
	}
	return ""
}

func azureDraft(a arguments, part, group string) draft {
	d := draft{arguments: a, part: part, group: group, undecided: azureUndecided, zones: map[string]policy.Zone{}}
	d.row = existing.Rule{Direction: a.text("direction"), Access: a.text("access"), Protocol: a.text("protocol"), Description: a.label("description")}
	if strings.EqualFold(d.row.Access, "deny") {
		d.closes = "it denies"
		return d
	}
	// The source port is the dialler's own choice: it restricts nobody.
	d.addPorts(a, "destination_port_range")
	d.addPorts(a, "destination_port_ranges")
	d.azureProtocol()
	side := "source"
	if d.direction() == policy.Egress {
		side = "destination"
	}
	for _, argument := range []string{side + "_address_prefix", side + "_address_prefixes"} {
		for _, peer := range d.peerTexts(argument) {
			d.azurePeer(peer)
		}
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
		d.row.Ports, d.ports = nil, nil
		return
	}
	d.portsOfBoth = true
	d.assume("protocol = \"*\" with ports counts as these ports of TCP and of UDP: Azure's documentation does not say what it opens of protocols without ports.")
}

// azurePeer adds an address, a network or a service tag.
func (d *draft) azurePeer(peer element) {
	peer.text = strings.TrimSpace(peer.text)
	switch word := strings.ToLower(peer.text); {
	case word == "azureloadbalancer":
		d.address("168.63.129.16/32", peer)
	case word == "virtualnetwork":
		d.tag(peer.text, policy.Internal, VirtualNetworkHosts)
	case word == "0.0.0.0/0":
		// The overview of security groups: it represents all addresses, and
		// clients may write * for it.
		d.address("*", peer)
		d.assume("0.0.0.0/0 counts as every address of IPv4 and IPv6: Azure takes it for the same as *.")
	case word == "*" || word == "any" || word == "internet" || !isServiceTag(peer.text):
		d.address(peer.text, peer)
	default:
		d.tag(peer.text, policy.Internet, TagHosts)
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
