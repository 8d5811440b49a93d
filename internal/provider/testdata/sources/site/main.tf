# A module that a network team might own: it hands out ports and peers.

terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

variable "cidrs" {
  type = map(list(string))
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["29168-29207/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "site" {
  for_each = var.cidrs

  name  = each.key
  zone  = "dmz"
  cidrs = each.value
}

output "ports" {
  value = backupfw_port_range.vault
}

output "sites" {
  value = backupfw_peer_group.site
}
