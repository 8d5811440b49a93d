# The same site as it grew over the releases: daemons have ports of their own,
# clients call back on a window of ports, and the primary server is open to them.
# The plan is rejected.

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

resource "backupfw_port_range" "to_primary" {
  name    = "clients-to-primary"
  product = "netbackup"
  flows   = ["client-to-primary-pbx", "bprd-legacy", "nbac-at"]
}

# What the host property "Port ranges" allows for calls back.
resource "backupfw_port_range" "callback" {
  name  = "callback-window"
  ports = ["1024-5000/tcp"]
}

resource "backupfw_policy" "primary_server" {
  name = "netbackup-primary-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.to_primary, backupfw_port_range.callback]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
