variable "compartment_id" {
  type = string
}

variable "vcn_id" {
  type = string
}

resource "oci_core_network_security_group" "primary" {
  compartment_id = var.compartment_id
  vcn_id         = var.vcn_id
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

data "backupfw_oci_network_security_group_rules" "primary" {
  policy = local.policy
}

resource "oci_core_network_security_group_security_rule" "ingress" {
  for_each = data.backupfw_oci_network_security_group_rules.primary.ingress

  network_security_group_id = oci_core_network_security_group.primary.id
  direction                 = each.value.direction
  protocol                  = each.value.protocol
  source                    = each.value.source
  source_type               = each.value.source_type
  destination               = each.value.destination
  destination_type          = each.value.destination_type
  stateless                 = each.value.stateless
  description               = each.value.description

  dynamic "tcp_options" {
    for_each = each.value.tcp_options[*]
    content {
      destination_port_range {
        min = tcp_options.value.destination_port_range.min
        max = tcp_options.value.destination_port_range.max
      }
    }
  }

  dynamic "udp_options" {
    for_each = each.value.udp_options[*]
    content {
      destination_port_range {
        min = udp_options.value.destination_port_range.min
        max = udp_options.value.destination_port_range.max
      }
    }
  }
}

resource "oci_core_network_security_group_security_rule" "egress" {
  for_each = data.backupfw_oci_network_security_group_rules.primary.egress

  network_security_group_id = oci_core_network_security_group.primary.id
  direction                 = each.value.direction
  protocol                  = each.value.protocol
  source                    = each.value.source
  source_type               = each.value.source_type
  destination               = each.value.destination
  destination_type          = each.value.destination_type
  stateless                 = each.value.stateless
  description               = each.value.description

  dynamic "tcp_options" {
    for_each = each.value.tcp_options[*]
    content {
      destination_port_range {
        min = tcp_options.value.destination_port_range.min
        max = tcp_options.value.destination_port_range.max
      }
    }
  }

  dynamic "udp_options" {
    for_each = each.value.udp_options[*]
    content {
      destination_port_range {
        min = udp_options.value.destination_port_range.min
        max = udp_options.value.destination_port_range.max
      }
    }
  }
}
