resource "backupfw_port_range" "rsync" {
  name = "rsync"
  # Right: the daemon moved to a port that nothing else uses, and is declared as one listener.
  ports      = ["29168/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "server" {
  name = "rsync-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.rsync]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
