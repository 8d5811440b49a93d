# What the branch proposes: an old agent needs rsync, too.
terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

provider "backupfw" {
  max_score = 30
}

resource "backupfw_port_range" "movers" {
  name       = "data-movers"
  ports      = ["26490-26529/tcp"]
  negotiated = true # one listener picks a port of the range for every job
}

resource "backupfw_port_range" "legacy_rsync" {
  name  = "legacy-rsync"
  ports = ["873/tcp"]
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.movers, backupfw_port_range.legacy_rsync]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}
