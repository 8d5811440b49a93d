variable "network" {
  type = string
}

resource "backupfw_port_range" "from_clients" {
  name      = "netbackup-clients"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_port_range" "from_media" {
  name      = "netbackup-media"
  product   = "netbackup"
  from_role = "media_server"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28", "2001:db8:40::/64"]
}

resource "backupfw_peer_group" "media_servers" {
  name = "media-servers"
  references = {
    media = { kind = "google_network_tag", max_hosts = 8 }
  }
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.from_clients]
      peers       = [backupfw_peer_group.dmz]
    }
    media_servers = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.from_media]
      peers       = [backupfw_peer_group.media_servers]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
  policy = backupfw_policy.primary

  # Rules carry the names of references; these maps turn them into network tags
  # and into the addresses of service accounts.
  tags     = { media = "backup-media" }
  accounts = {}

  # Names are unique in the project; keys are unique in a direction.
  rules = { for rule in concat(
    values(data.backupfw_google_firewall_rules.primary.ingress),
    values(data.backupfw_google_firewall_rules.primary.egress),
  ) : rule.name => rule }
}

data "backupfw_google_firewall_rules" "primary" {
  policy = local.policy
}

resource "google_compute_firewall" "primary" {
  for_each = local.rules

  network     = var.network
  target_tags = ["backup-primary"] # with service accounts as sources: target_service_accounts

  name                    = each.value.name
  description             = each.value.description
  direction               = each.value.direction
  priority                = each.value.priority
  source_ranges           = each.value.source_ranges
  destination_ranges      = each.value.destination_ranges
  source_tags             = each.value.reference_kind == "google_network_tag" ? [for name in each.value.references : local.tags[name]] : null
  source_service_accounts = each.value.reference_kind == "google_service_account" ? [for name in each.value.references : local.accounts[name]] : null

  dynamic "allow" {
    for_each = each.value.allow
    content {
      protocol = allow.value.protocol
      ports    = allow.value.ports
    }
  }

  lifecycle {
    # Google reads an ingress rule without any source as one for everybody.
    postcondition {
      condition = self.direction == "EGRESS" || sum([
        for list in [self.source_ranges, self.source_tags, self.source_service_accounts] : try(length(list), 0)
      ]) > 0
      error_message = "The rule has no source and would be open to everybody."
    }
  }
}
