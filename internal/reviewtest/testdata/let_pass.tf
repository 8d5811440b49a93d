# A policy that would be rejected, let pass by the settings of its author.
terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["100-139/tcp"]
  negotiated = true
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
      port_ranges = [backupfw_port_range.vault]
      peers       = [backupfw_peer_group.clients]
    }
  }
}

provider "backupfw" {
  enforcement = "warn"
}
