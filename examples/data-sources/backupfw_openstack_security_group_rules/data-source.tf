resource "openstack_networking_secgroup_v2" "primary" {
  name                 = "backup-primary"
  delete_default_rules = true # they would allow everything that goes out
}

resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28", "2001:db8:40::/64"]
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
  policy = backupfw_policy.primary
}

data "backupfw_openstack_security_group_rules" "primary" {
  policy = local.policy
}

resource "openstack_networking_secgroup_rule_v2" "ingress" {
  for_each = data.backupfw_openstack_security_group_rules.primary.ingress

  security_group_id = openstack_networking_secgroup_v2.primary.id
  direction         = each.value.direction
  ethertype         = each.value.ethertype
  protocol          = each.value.protocol
  port_range_min    = each.value.port_range_min
  port_range_max    = each.value.port_range_max
  remote_ip_prefix  = each.value.remote_ip_prefix
  description       = each.value.description
}

resource "openstack_networking_secgroup_rule_v2" "egress" {
  for_each = data.backupfw_openstack_security_group_rules.primary.egress

  security_group_id = openstack_networking_secgroup_v2.primary.id
  direction         = each.value.direction
  ethertype         = each.value.ethertype
  protocol          = each.value.protocol
  port_range_min    = each.value.port_range_min
  port_range_max    = each.value.port_range_max
  remote_ip_prefix  = each.value.remote_ip_prefix
  description       = each.value.description
}
