resource "backupfw_port_range" "storage" {
  name    = "bareos-storage"
  product = "bareos"
  flows   = ["fd-to-sd"]
}

resource "backupfw_peer_group" "clients" {
  name = "clients"
  # Wrong: "we do not know the addresses yet" opens the storage daemon to everybody.
  cidrs = ["0.0.0.0/0"]
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
