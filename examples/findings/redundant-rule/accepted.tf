resource "backupfw_port_range" "storage" {
  name    = "bareos-storage"
  product = "bareos"
  flows   = ["fd-to-sd"]
}

resource "backupfw_peer_group" "clients" {
  name  = "clients"
  cidrs = ["10.20.0.0/24"]
}

resource "backupfw_policy" "server" {
  name = "storage-daemon"
  rules = {
    # Right: one rule for the network, the mail server included.
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.storage]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
