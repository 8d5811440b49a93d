# For hosts that have a table of their own, which drops: the sets and rules of the policy inside of it.
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
  # Through a local, so that Terraform reads the data source in the plan.
  policy = backupfw_policy.primary
}

data "backupfw_nftables_ruleset" "primary" {
  policy = local.policy
}

locals {
  rows = data.backupfw_nftables_ruleset.primary.ingress

  sets = [for row in local.rows : <<-EOT
    set ${row.set} {
      type ${row.type}
      flags interval
      elements = {
        ${join(",\n    ", row.elements)}
      }
    }
  EOT
  ]
}

output "table" {
  value = <<-EOT
    table inet host_filter {
    }
    delete table inet host_filter
    table inet host_filter {
    ${join("", local.sets)}
    chain input {
      type filter hook input priority filter; policy drop;
      iif "lo" accept
      ct state established,related accept
      icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
      ip saddr 192.0.2.0/24 tcp dport 22 accept
      ${join("\n  ", [for row in local.rows : row.rule])}
    }
    }
  EOT
}
