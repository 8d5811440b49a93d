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
    media = { kind = "azure_application_security_group", max_hosts = 8 }
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

  # Rules carry the names of references; this map turns them into ids.
  ids = { media = "/subscriptions/.../applicationSecurityGroups/backup-media" }

  # Names are unique over both directions; keys are not.
  rules = { for rule in concat(
    values(data.backupfw_azure_network_security_rules.primary.ingress),
    values(data.backupfw_azure_network_security_rules.primary.egress),
  ) : rule.name => rule }
}

data "backupfw_azure_network_security_rules" "primary" {
  policy          = local.policy
  first_priority  = 2000 # another policy of the group has 1000 to 1999
  last_priority   = 2999
  rules_elsewhere = 30 # of both directions, from other modules
}

# terraform_data stands for azurerm_network_security_rule.
resource "terraform_data" "rule" {
  for_each = local.rules

  input = {
    name                         = each.value.name
    priority                     = each.value.priority
    direction                    = each.value.direction
    access                       = each.value.access
    protocol                     = each.value.protocol
    source_port_range            = each.value.source_port_range
    destination_port_range       = each.value.destination_port_range
    destination_port_ranges      = each.value.destination_port_ranges
    source_address_prefix        = each.value.source_address_prefix
    source_address_prefixes      = each.value.source_address_prefixes
    destination_address_prefix   = each.value.destination_address_prefix
    destination_address_prefixes = each.value.destination_address_prefixes
    description                  = each.value.description

    source_application_security_group_ids = (each.value.references == null || each.value.direction == "Outbound" ? null :
    [for name in each.value.references : local.ids[name]])
    destination_application_security_group_ids = (each.value.references == null || each.value.direction == "Inbound" ? null :
    [for name in each.value.references : local.ids[name]])
  }
}

output "priorities" {
  value = { for name, rule in local.rules : name => rule.priority }
}
