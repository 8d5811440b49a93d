resource "backupfw_port_range" "pbx" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "clients" {
  name = "clients"
  # Right: the two networks in which hosts are backed up.
  cidrs = ["10.20.0.0/22", "10.30.8.0/24"]
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
