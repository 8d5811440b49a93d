resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "dmz" {
  name   = "dmz-clients"
  zone   = "dmz"
  cidrs  = ["198.51.100.16/28", "2001:db8:40::/64"]
  except = ["198.51.100.17/32"]
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
  # Through a local, so that Terraform reads the data source in the plan.
  policy = backupfw_policy.primary
}

data "backupfw_kubernetes_network_policy" "primary" {
  policy       = local.policy
  namespace    = "backup"
  pod_selector = { app = "netbackup-primary" }
}

resource "kubernetes_network_policy_v1" "primary" {
  metadata {
    name      = data.backupfw_kubernetes_network_policy.primary.metadata.name
    namespace = data.backupfw_kubernetes_network_policy.primary.metadata.namespace
    labels    = data.backupfw_kubernetes_network_policy.primary.metadata.labels
  }

  spec {
    policy_types = data.backupfw_kubernetes_network_policy.primary.policy_types

    pod_selector {
      match_labels = data.backupfw_kubernetes_network_policy.primary.match_labels
    }

    dynamic "ingress" {
      for_each = data.backupfw_kubernetes_network_policy.primary.ingress
      content {
        dynamic "ports" {
          for_each = ingress.value.ports
          content {
            protocol = ports.value.protocol
            port     = ports.value.port
            end_port = ports.value.end_port
          }
        }
        dynamic "from" {
          for_each = ingress.value.from
          content {
            ip_block {
              cidr   = from.value.ip_block.cidr
              except = from.value.ip_block.except
            }
          }
        }
      }
    }

    dynamic "egress" {
      for_each = data.backupfw_kubernetes_network_policy.primary.egress
      content {
        dynamic "ports" {
          for_each = egress.value.ports
          content {
            protocol = ports.value.protocol
            port     = ports.value.port
            end_port = ports.value.end_port
          }
        }
        dynamic "to" {
          for_each = egress.value.to
          content {
            ip_block {
              cidr   = to.value.ip_block.cidr
              except = to.value.ip_block.except
            }
          }
        }
      }
    }
  }
}
