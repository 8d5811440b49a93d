# A policy whose peers are known only after apply.
terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["29168-29171/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = [terraform_data.network.output]
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

resource "terraform_data" "network" {
  input = "198.51.100.16/28"
}
