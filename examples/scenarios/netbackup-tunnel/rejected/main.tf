# The same site as it grew since release 5: the daemons have ports of their own,
# servers are called back on a window of ports, and the clients reach the primary
# server as well. The plan is rejected.

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

# Any daemon may ask to be called back, on any of these ports.
resource "backupfw_port_range" "callback" {
  name  = "callback-window"
  ports = ["512-5000/tcp"]
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
