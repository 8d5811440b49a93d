# The same storage daemon before the clouds were connected: nobody knew the
# addresses by which the clients of the other clouds arrive, so it was opened to
# all. The plan is rejected.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_peer_group" "clients" {
  name  = "clients"
  cidrs = ["0.0.0.0/0", "::/0"]
}

resource "backupfw_port_range" "data" {
  name      = "client-to-storage"
  product   = "bareos"
  from_role = "client"
  to_role   = "storage"
}

resource "backupfw_policy" "storage" {
  name      = "storage-daemon"
  max_score = 15
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.data]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
