# Shows the rules, and what the answers cost, without a cloud account.
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
  # Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
  policy = backupfw_policy.primary
}

data "backupfw_aws_network_acl_rules" "primary" {
  policy = local.policy
  # The clients run Linux. With the default, 1024-65535, the answers alone would be over the limit.
  peer_ephemeral_ports = "32768-60999"
}

# terraform_data stands for aws_network_acl_rule.
resource "terraform_data" "rule" {
  for_each = merge(
    { for key, rule in data.backupfw_aws_network_acl_rules.primary.ingress : "in-${key}" => rule },
    { for key, rule in data.backupfw_aws_network_acl_rules.primary.egress : "out-${key}" => rule },
  )
  input = {
    rule_number     = each.value.rule_number
    egress          = each.value.egress
    protocol        = each.value.protocol
    rule_action     = each.value.rule_action
    cidr_block      = each.value.cidr_block
    ipv6_cidr_block = each.value.ipv6_cidr_block
    from_port       = each.value.from_port
    to_port         = each.value.to_port
    icmp_type       = each.value.icmp_type
    icmp_code       = each.value.icmp_code
  }
}

output "score" {
  value = {
    policy       = backupfw_policy.primary.score
    with_answers = data.backupfw_aws_network_acl_rules.primary.score
    added_points = data.backupfw_aws_network_acl_rules.primary.added_points
  }
}
