# NetBackup clients stand in a DMZ, the media servers and the primary server
# inside. The clients never reach the primary server: their web calls go through
# an HTTP tunnel on the media servers. One port crosses the firewall.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

variable "enforce" {
  type        = bool
  description = "Whether the hosts drop what no rule opens. That closes SSH too, unless a rule opens it; until then they only count."
  default     = false
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_peer_group" "media_servers" {
  name  = "media-servers"
  cidrs = ["10.20.0.16/30"]
}

resource "backupfw_peer_group" "primary_server" {
  name  = "primary-server"
  cidrs = ["10.20.0.8/32"]
}

# Across the firewall. All daemons share the port of PBX.

resource "backupfw_port_range" "media_to_clients" {
  name      = "media-to-clients"
  product   = "netbackup"
  from_role = "media_server"
  to_role   = "client"
}

# The tunnel is optional, so it is selected by name.
resource "backupfw_port_range" "tunnel" {
  name    = "tunnel"
  product = "netbackup"
  flows   = ["client-to-media-tunnel"]
}

# Inside.

resource "backupfw_port_range" "media_to_primary" {
  name      = "media-to-primary"
  product   = "netbackup"
  from_role = "media_server"
  to_role   = "primary_server"
}

resource "backupfw_port_range" "primary_to_media" {
  name      = "primary-to-media"
  product   = "netbackup"
  from_role = "primary_server"
  to_role   = "media_server"
}

resource "backupfw_policy" "media_servers" {
  name      = "netbackup-media-servers"
  max_score = 10
  rules = {
    to_clients = {
      direction   = "egress" # the media servers dial the clients
      port_ranges = [backupfw_port_range.media_to_clients]
      peers       = [backupfw_peer_group.clients]
    }
    tunnel = {
      direction   = "ingress" # the clients dial the media servers
      port_ranges = [backupfw_port_range.tunnel]
      peers       = [backupfw_peer_group.clients]
    }
    to_primary = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.media_to_primary]
      peers       = [backupfw_peer_group.primary_server]
    }
    from_primary = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.primary_to_media]
      peers       = [backupfw_peer_group.primary_server]
    }
  }
}

# No rule of the primary server names the DMZ.
resource "backupfw_policy" "primary_server" {
  name      = "netbackup-primary-server"
  max_score = 5
  rules = {
    from_media = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.media_to_primary]
      peers       = [backupfw_peer_group.media_servers]
    }
    to_media = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.primary_to_media]
      peers       = [backupfw_peer_group.media_servers]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan.
  policies = {
    media_servers  = backupfw_policy.media_servers
    primary_server = backupfw_policy.primary_server
  }

  # What the clients may dial: the tunnel, or what would be open without it and
  # with Client Direct, or what old releases had beside that.
  ways_in = {
    tunnel = ["client-to-media-tunnel"]
    direct = ["client-to-primary-pbx", "client-to-storage-spad", "client-to-storage-spoold"]
    legacy = ["client-to-primary-pbx", "client-to-storage-spad", "client-to-storage-spoold", "bprd-legacy", "nbac-at"]
  }
  # In a local, so that it is called once.
  compared = {
    for way, range in backupfw_port_range.way_in : way => provider::backupfw::assess({
      name = way
      rules = {
        clients = {
          direction   = "ingress"
          port_ranges = [range]
          peers       = [backupfw_peer_group.clients]
        }
      }
    })
  }
}

# To compare. No policy has these ranges, so nothing is open.
resource "backupfw_port_range" "way_in" {
  for_each = local.ways_in
  name     = each.key
  product  = "netbackup"
  flows    = each.value
}

data "backupfw_nftables_ruleset" "host" {
  for_each     = local.policies
  policy       = each.value
  default_drop = var.enforce
}

# terraform_data stands for whatever brings a file to the hosts and loads it with nft -f.
resource "terraform_data" "ruleset" {
  for_each = data.backupfw_nftables_ruleset.host
  input    = each.value.ruleset
}

output "scores" {
  value = { for host, policy in local.policies : host => "${policy.score} of ${policy.score_limit}, ${policy.verdict}" }
}

output "ways_in" {
  value = { for way, a in local.compared : way => {
    ports  = backupfw_port_range.way_in[way].effective_ports
    points = a.points
  } }
}

# What crosses the firewall, for whoever runs it.
output "across_the_firewall" {
  value = [
    for opening in backupfw_policy.media_servers.allows : "${opening.direction} ${opening.from_port}/${opening.protocol}"
    if length(setintersection(opening.prefixes, backupfw_peer_group.clients.prefixes)) > 0
  ]
}
