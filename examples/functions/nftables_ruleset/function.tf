resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "dmz" {
  name   = "dmz-clients"
  zone   = "dmz"
  cidrs  = ["198.51.100.16/28", "2001:db8:40::/64"]
  except = ["198.51.100.17/32"]
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
  ruleset = provider::backupfw::nftables_ruleset(backupfw_policy.primary, {
    table        = "backup-primary"
    default_drop = true
  })
}

# For nft -f.
output "ruleset" {
  value = local.ruleset.ruleset
}
