locals {
  # In a local, so that it is called once. The gateway and the printer are no backup clients.
  clients = provider::backupfw::exclude_cidrs(["198.51.100.16/28"], ["198.51.100.17", "198.51.100.30"])
}

resource "backupfw_peer_group" "clients" {
  name  = "clients"
  zone  = "dmz"
  cidrs = local.clients
}

output "clients" {
  value = local.clients
}
