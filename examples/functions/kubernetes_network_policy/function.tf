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
  # In a local, so that it is called once: inside for_each it would be called for every instance.
  network_policy = provider::backupfw::kubernetes_network_policy(backupfw_policy.primary, {
    namespace    = "backup"
    pod_selector = { app = "netbackup-primary" }
  })
}

# terraform_data stands for kubernetes_manifest.
resource "terraform_data" "manifest" {
  input = yamldecode(local.network_policy.yaml)
}

output "keys" {
  value = keys(local.network_policy.ingress)
}
