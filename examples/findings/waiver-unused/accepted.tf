resource "backupfw_port_range" "rsync" {
  name       = "rsync"
  ports      = ["29168/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

# Right: the waiver went together with the port.
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
