# Read on 2026-11-23.
resource "backupfw_port_range" "rsync" {
  name  = "rsync"
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

  waiver {
    finding = "well-known-port"
    ports   = ["873/tcp"]
    peers   = ["198.51.100.16/28"]
    reason  = "site B leaves rsync in March"
    owner   = "backup-team@example.org"
    # Wrong: the day has passed and the port is still open.
    expires = "2026-10-31"
  }
}
