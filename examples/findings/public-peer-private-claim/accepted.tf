resource "backupfw_port_range" "pbx" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "clients" {
  name  = "clients"
  cidrs = ["203.0.113.0/26"]
  zone  = "internal"
  # Right: the reason stands beside the claim.
  zone_reason = "our own network, not routed to the internet"
}

resource "backupfw_policy" "server" {
  name = "primary-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.pbx]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
