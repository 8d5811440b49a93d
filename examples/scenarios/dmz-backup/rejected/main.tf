# The same server and the same clients, and forty ports again, but well-known
# ones that nobody explains. The plan is rejected.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_port_range" "low" {
  name  = "low-ports"
  ports = ["100-139/tcp"]
}

resource "backupfw_policy" "server" {
  name = "backup-server"
  rules = {
    data = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.low]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
