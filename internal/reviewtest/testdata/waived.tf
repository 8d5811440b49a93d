# A policy with a finding that a waiver accepts.
terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

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
  name = "backup-server"
  rules = {
    data = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.rsync]
      peers       = [backupfw_peer_group.clients]
    }
  }

  waiver {
    finding = "well-known-port"
    rules   = ["data"]
    ports   = ["873/tcp"]
    peers   = ["198.51.100.16/28"]
    reason  = "site B leaves rsync"
    owner   = "backup-team@example.org"
    expires = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "1440h")) # 60 days
  }
}
