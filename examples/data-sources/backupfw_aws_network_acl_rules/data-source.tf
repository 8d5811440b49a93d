variable "vpc_id" {
  type = string
}

resource "aws_network_acl" "backup" {
  vpc_id = var.vpc_id
}

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
  policy               = local.policy
  peer_ephemeral_ports = "32768-60999" # the clients run Linux, and nothing translates their ports
}

# Both directions hold rules: the answers to what comes in go out again.
resource "aws_network_acl_rule" "ingress" {
  for_each = data.backupfw_aws_network_acl_rules.primary.ingress

  network_acl_id  = aws_network_acl.backup.id
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

resource "aws_network_acl_rule" "egress" {
  for_each = data.backupfw_aws_network_acl_rules.primary.egress

  network_acl_id  = aws_network_acl.backup.id
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
