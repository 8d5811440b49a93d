# Peers that are known only after apply.
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

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = [terraform_data.agent.output, "198.51.100.32/28"]
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.movers]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

resource "terraform_data" "agent" {
  input = "198.51.100.16/28"
}
