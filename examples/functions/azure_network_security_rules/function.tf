resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28", "2001:db8:40::/64"]
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

locals {
  # In a local, so that it is called once: inside for_each it would be called for every instance.
  rules = provider::backupfw::azure_network_security_rules(backupfw_policy.primary, { first_priority = 200, last_priority = 999 })
}

# terraform_data stands for azurerm_network_security_rule.
resource "terraform_data" "rule" {
  for_each = local.rules.ingress
  input    = each.value
}

output "keys" {
  value = keys(local.rules.ingress)
}
