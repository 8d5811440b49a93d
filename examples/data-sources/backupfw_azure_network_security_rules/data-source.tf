variable "resource_group_name" {
  type = string
}

variable "location" {
  type = string
}

resource "azurerm_network_security_group" "primary" {
  name                = "backup-primary"
  resource_group_name = var.resource_group_name
  location            = var.location
}

resource "azurerm_application_security_group" "media" {
  name                = "backup-media"
  resource_group_name = var.resource_group_name
  location            = var.location
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
  ids = { media = azurerm_application_security_group.media.id }

  # Names are unique over both directions; keys are not.
  rules = { for rule in concat(
    values(data.backupfw_azure_network_security_rules.primary.ingress),
    values(data.backupfw_azure_network_security_rules.primary.egress),
  ) : rule.name => rule }
}

data "backupfw_azure_network_security_rules" "primary" {
  policy          = local.policy
  rules_elsewhere = 2 # those that deny the rest
}

resource "azurerm_network_security_rule" "primary" {
  for_each = local.rules

  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.primary.name

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

# Azure's own rules come after these. Without this one they would let in the
# whole virtual network, and let out everything. It also refuses the probes of
# a load balancer; a server behind one needs a rule for them.
resource "azurerm_network_security_rule" "deny_the_rest" {
  for_each = toset(["Inbound", "Outbound"])

  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.primary.name

  name                       = "deny-the-rest-${lower(each.key)}"
  priority                   = 4096
  direction                  = each.key
  access                     = "Deny"
  protocol                   = "*"
  source_port_range          = "*"
  destination_port_range     = "*"
  source_address_prefix      = "*"
  destination_address_prefix = "*"
}
