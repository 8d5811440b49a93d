resource "backupfw_port_range" "rsync" {
  name = "rsync"
  # Wrong: port 873 is where every rsync listens and where everybody looks for one.
  ports = ["873/tcp"]
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
