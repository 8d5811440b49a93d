package cloudrules

import "strings"

// foreign are the firewall resources of other clouds, of other services and of
// appliances, whose rules are not understood, and the lists of addresses that
// rules name: an entry more opens all of them. A name that ends in * stands for
// all that begin like it. The list is sorted. What only attaches rules to
// something, or holds nothing of them, is not in it.
var foreign = []string{
	// Alibaba Cloud.
	"alicloud_cloud_firewall_control_policy",
	"alicloud_network_acl",
	"alicloud_security_group_rule",

	// AWS: what filters beside security groups, and AWS through its Cloud
	// Control API.
	"aws_default_network_acl",
	"aws_ec2_managed_prefix_list",
	"aws_ec2_managed_prefix_list_entry",
	"aws_lightsail_instance_public_ports",
	"aws_network_acl",
	"aws_network_acl_rule",
	"aws_networkfirewall_firewall_policy",
	"aws_networkfirewall_rule_group",
	"awscc_ec2_prefix_list",
	"awscc_ec2_security_group",
	"awscc_ec2_security_group_egress",
	"awscc_ec2_security_group_ingress",
	"awscc_networkfirewall_firewall_policy",
	"awscc_networkfirewall_rule_group",

	// Azure, its databases included.
	"azurerm_firewall_application_rule_collection",
	"azurerm_firewall_nat_rule_collection",
	"azurerm_firewall_network_rule_collection",
	"azurerm_firewall_policy_rule_collection_group",
	"azurerm_ip_group",
	"azurerm_ip_group_cidr",
	"azurerm_mssql_firewall_rule",
	"azurerm_mysql_flexible_server_firewall_rule",
	"azurerm_network_manager_admin_rule",
	"azurerm_postgresql_flexible_server_firewall_rule",

	"civo_firewall",

	"cloudstack_egress_firewall",
	"cloudstack_firewall",
	"cloudstack_network_acl_rule",
	"cloudstack_security_group_rule",

	"digitalocean_database_firewall",
	"digitalocean_firewall",

	"exoscale_security_group_rule",
	"exoscale_security_group_rules",

	// FortiGate.
	"fortios_firewall_policy*",
	"fortios_firewall_securitypolicy",

	// Google: firewall policies of networks, regions, folders and organisations.
	"google_app_engine_firewall_rule",
	"google_compute_firewall_policy_rule",
	"google_compute_firewall_policy_with_rules",
	"google_compute_network_firewall_policy_rule",
	"google_compute_network_firewall_policy_with_rules",
	"google_compute_region_network_firewall_policy_rule",
	"google_compute_region_network_firewall_policy_with_rules",
	"google_network_security_address_group",

	"hcloud_firewall",

	"huaweicloud_network_acl_rule",
	"huaweicloud_networking_secgroup_rule",

	"ibm_is_network_acl",
	"ibm_is_network_acl_rule",
	"ibm_is_security_group_rule",

	"ionoscloud_firewall",

	"kubernetes_network_policy*",

	"linode_firewall",
	"linode_firewall_ruleset",

	// VMware NSX.
	"nsxt_policy_gateway_policy*",
	"nsxt_policy_security_policy*",

	"oci_core_default_security_list",
	"oci_core_network_security_group_security_rule",
	"oci_core_security_list",
	"oci_network_firewall_network_firewall_policy_security_rule",

	"openstack_compute_secgroup_v2",
	"openstack_fw_rule_v*",
	"openstack_networking_secgroup_rule_v2",

	"outscale_security_group_rule",

	"ovh_ip_firewall_rule",

	// Palo Alto Networks.
	"panos_security_policy*",
	"panos_security_rule_group",

	"proxmox_virtual_environment_firewall_rules",

	// MikroTik.
	"routeros_ip_firewall_filter", //nolint:misspell // the name of the provider
	"routeros_ip_firewall_nat",    //nolint:misspell // likewise

	"scaleway_instance_security_group",
	"scaleway_instance_security_group_rules",

	"stackit_security_group_rule",

	"tencentcloud_security_group_lite_rule",
	"tencentcloud_security_group_rule",
	"tencentcloud_security_group_rule_set",

	"upcloud_firewall_rules",

	"vultr_firewall_rule",

	"yandex_vpc_security_group",
	"yandex_vpc_security_group_rule",
}

// Opens reports whether resources of the type are a firewall's rules that are
// not understood: they can open something, and nobody judges it here.
func Opens(resourceType string) bool {
	if Understood(resourceType) {
		return false
	}
	for _, entry := range foreign {
		if matches(entry, resourceType) {
			return true
		}
	}
	return false
}

func matches(entry, resourceType string) bool {
	if prefix, isPrefix := strings.CutSuffix(entry, "*"); isPrefix {
		return strings.HasPrefix(resourceType, prefix)
	}
	return resourceType == entry
}
