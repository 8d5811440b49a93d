# Security groups and prefix lists as peers, without a cloud account.
resource "backupfw_port_range" "from_media" {
  name      = "netbackup-media"
  product   = "netbackup"
  from_role = "media_server"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "media_servers" {
  name = "media-servers"
  references = {
    media    = { kind = "aws_security_group", max_hosts = 8 }
    branches = { kind = "aws_prefix_list", max_hosts = 64, max_entries = 20 }
  }
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
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

  # Rules carry the names of references; these maps turn them into ids.
  groups = { media = "sg-0123456789abcdef0" }
  lists  = { branches = "pl-0123456789abcdef0" }
}

data "backupfw_aws_security_group_rules" "primary" {
  policy = local.policy
}

# terraform_data stands for aws_vpc_security_group_ingress_rule.
resource "terraform_data" "rule" {
  for_each = data.backupfw_aws_security_group_rules.primary.ingress

  input = {
    ip_protocol                  = each.value.ip_protocol
    from_port                    = each.value.from_port
    to_port                      = each.value.to_port
    cidr_ipv4                    = each.value.cidr_ipv4
    cidr_ipv6                    = each.value.cidr_ipv6
    referenced_security_group_id = each.value.reference_kind == "aws_security_group" ? local.groups[each.value.reference] : null
    prefix_list_id               = each.value.reference_kind == "aws_prefix_list" ? local.lists[each.value.reference] : null
    description                  = each.value.description
  }
}
