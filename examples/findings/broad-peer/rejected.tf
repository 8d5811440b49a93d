resource "backupfw_port_range" "pbx" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "clients" {
  name = "clients"
  # Wrong: the whole private network, sixteen million addresses.
  cidrs = ["10.0.0.0/8"]
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
