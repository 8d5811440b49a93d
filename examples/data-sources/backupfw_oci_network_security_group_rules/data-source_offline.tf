# Shows the rules without a cloud account.
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

data "backupfw_oci_network_security_group_rules" "primary" {
  policy          = local.policy
  rules_elsewhere = 12 # rules that the group has from other modules
}

# terraform_data stands for oci_core_network_security_group_security_rule, with the blocks as lists.
resource "terraform_data" "rule" {
  for_each = data.backupfw_oci_network_security_group_rules.primary.ingress
  input = {
    direction        = each.value.direction
    protocol         = each.value.protocol
    source           = each.value.source
    source_type      = each.value.source_type
    destination      = each.value.destination
    destination_type = each.value.destination_type
    stateless        = each.value.stateless
    description      = each.value.description
    tcp_options = [for options in each.value.tcp_options[*] : {
      min = options.destination_port_range.min
      max = options.destination_port_range.max
    }]
    udp_options = [for options in each.value.udp_options[*] : {
      min = options.destination_port_range.min
      max = options.destination_port_range.max
    }]
  }
}

output "left_in_the_group" {
  value = data.backupfw_oci_network_security_group_rules.primary.headroom
}
