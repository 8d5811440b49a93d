# The same repositories as they were set up years ago: the range of before
# version 10, deployment over SMB, and the whole site instead of the proxies.
# The plan is rejected.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_peer_group" "site" {
  name  = "site"
  cidrs = ["10.40.0.0/16"]
}

resource "backupfw_port_range" "data_movers" {
  name    = "data-movers"
  product = "veeam"
  flows   = ["data-mover-range-v12"]
  ports   = ["2500-5000/tcp"]
  load    = { task = 24 }
}

resource "backupfw_port_range" "deployment" {
  name    = "deployment"
  product = "veeam"
  flows   = ["server-to-repository-smb", "server-to-repository-netbios"]
}

resource "backupfw_policy" "repositories" {
  name      = "veeam-repositories"
  max_score = 10
  rules = {
    from_site = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.data_movers, backupfw_port_range.deployment]
      peers       = [backupfw_peer_group.site]
    }
  }
}
