resource "backupfw_port_range" "legacy_rsync" {
  name  = "legacy-rsync"
  ports = ["873/tcp"]
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "rsync" {
  name = "rsync-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.legacy_rsync]
      peers       = [backupfw_peer_group.dmz]
    }
  }

  # Accepts this port for these peers until this day. A second port, or one
  # more address, is rejected again.
  waiver {
    finding = "well-known-port"
    rules   = ["dmz_clients"]
    ports   = ["873/tcp"]
    peers   = ["198.51.100.16/28"]
    reason  = "site B leaves rsync in March"
    owner   = "backup-team@example.org"
    expires = "2027-03-31"
  }
}
