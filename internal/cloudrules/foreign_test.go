package cloudrules

import (
	"slices"
	"strings"
	"testing"
)

// examples are resource types as the documentation of their providers names
// them, for every entry that does not spell a type out.
var examples = map[string][]string{
	"fortios_firewall_policy*":     {"fortios_firewall_policy", "fortios_firewall_policy6", "fortios_firewall_policy46"},
	"kubernetes_network_policy*":   {"kubernetes_network_policy", "kubernetes_network_policy_v1"},
	"nsxt_policy_gateway_policy*":  {"nsxt_policy_gateway_policy", "nsxt_policy_gateway_policy_rule"},
	"nsxt_policy_security_policy*": {"nsxt_policy_security_policy", "nsxt_policy_security_policy_rule"},
	"openstack_fw_rule_v*":         {"openstack_fw_rule_v1", "openstack_fw_rule_v2"},
	"panos_security_policy*":       {"panos_security_policy", "panos_security_policy_rules"},
}

func TestOpens_EveryEntryMatchesARealType(t *testing.T) {
	used := map[string]bool{}
	for _, entry := range foreign {
		names := []string{entry}
		if strings.Contains(entry, "*") {
			names, used[entry] = examples[entry], true
		}
		if len(names) == 0 {
			t.Errorf("%s: no type in examples", entry)
		}
		for _, name := range names {
			if !Opens(name) {
				t.Errorf("%s does not match %s", entry, name)
			}
			matching := slices.DeleteFunc(slices.Clone(foreign), func(other string) bool { return !matches(other, name) })
			if len(matching) != 1 {
				t.Errorf("%s is matched by %q: one entry is enough", name, matching)
			}
		}
	}
	for entry := range examples {
		if !used[entry] {
			t.Errorf("%s is no entry", entry)
		}
	}
}

func TestOpens_ListIsSorted(t *testing.T) {
	if !slices.IsSorted(foreign) {
		t.Errorf("sort the list: %q", slices.Sorted(slices.Values(foreign)))
	}
	for _, entry := range foreign {
		if star := strings.Index(entry, "*"); star >= 0 && star != len(entry)-1 {
			t.Errorf("%s: a * stands at the end only", entry)
		}
	}
}

func TestOpens_NothingThatIsUnderstood(t *testing.T) {
	for _, name := range Types() {
		for _, entry := range foreign {
			if matches(entry, name) {
				t.Errorf("%s matches %s, which is understood", entry, name)
			}
		}
		if Opens(name) {
			t.Errorf("%s is understood", name)
		}
	}
}

func TestOpens_NothingElse(t *testing.T) {
	for _, name := range []string{
		"",
		"aws_instance",
		"aws_network_acl_association",
		"aws_networkfirewall_firewall",
		"aws_networkfirewall_logging_configuration",
		"aws_vpc_security_group_rules_exclusive",
		"aws_vpc_security_group_vpc_association",
		"azurerm_application_security_group",
		"azurerm_firewall",
		"azurerm_network_interface_security_group_association",
		"backupfw_policy",
		"data_aws_network_acl",
		"fortios_firewall_address",
		"google_compute_firewall_policy_association",
		"google_compute_network",
		"hcloud_firewall_attachment",
		"linode_firewall_device",
		"my_hcloud_firewall",
		"openstack_networking_secgroup_v2",
		"vultr_firewall_group",
	} {
		if Opens(name) {
			t.Errorf("%q opens nothing by itself", name)
		}
	}
}
