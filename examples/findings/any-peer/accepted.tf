resource "backupfw_port_range" "storage" {
  name    = "bareos-storage"
  product = "bareos"
  flows   = ["fd-to-sd"]
}

resource "backupfw_peer_group" "clients" {
  name = "clients"
  zone = "dmz"
  # Right: the network in which the clients are.
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "server" {
  name = "storage-daemon"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.storage]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
