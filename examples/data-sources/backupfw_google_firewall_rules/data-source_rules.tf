# Shows the rules without a cloud account.
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
    cloud = { kind = "google_service_account", max_hosts = 4 }
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
  accounts = { cloud = "media@example-project.iam.gserviceaccount.com" }

  # Names are unique in the project; keys are unique in a direction.
  rules = { for rule in concat(
    values(data.backupfw_google_firewall_rules.primary.ingress),
    values(data.backupfw_google_firewall_rules.primary.egress),
  ) : rule.name => rule }
}

data "backupfw_google_firewall_rules" "primary" {
  policy          = local.policy
  priority        = 900
  limits          = { rules = 500 } # the quota of our project
  rules_elsewhere = 217             # of both directions, in the whole project
}

# terraform_data stands for google_compute_firewall.
resource "terraform_data" "rule" {
  for_each = local.rules

  input = {
    name                    = each.value.name
    description             = each.value.description
    direction               = each.value.direction
    priority                = each.value.priority
    source_ranges           = each.value.source_ranges
    destination_ranges      = each.value.destination_ranges
    source_tags             = each.value.reference_kind == "google_network_tag" ? [for name in each.value.references : local.tags[name]] : null
    source_service_accounts = each.value.reference_kind == "google_service_account" ? [for name in each.value.references : local.accounts[name]] : null
    allow                   = each.value.allow
  }

  lifecycle {
    # Google reads an ingress rule without any source as one for everybody.
    postcondition {
      condition = self.input.direction == "EGRESS" || sum([
        for list in [self.input.source_ranges, self.input.source_tags, self.input.source_service_accounts] : try(length(list), 0)
      ]) > 0
      error_message = "The rule has no source and would be open to everybody."
    }
  }
}

output "left_in_the_project" {
  value = data.backupfw_google_firewall_rules.primary.headroom
}
