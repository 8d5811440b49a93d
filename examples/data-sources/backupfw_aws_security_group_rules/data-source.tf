variable "vpc_id" {
  type = string
}

resource "aws_security_group" "primary" {
  name   = "backup-primary"
  vpc_id = var.vpc_id
}

resource "aws_security_group" "media" {
  name   = "backup-media"
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

resource "backupfw_port_range" "from_media" {
  name      = "netbackup-media"
  product   = "netbackup"
  from_role = "media_server"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "media_servers" {
  name = "media-servers"
  references = {
    media = { kind = "aws_security_group", max_hosts = 8 }
  }
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
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
  ids = { media = aws_security_group.media.id }
}

data "backupfw_aws_security_group_rules" "primary" {
  policy = local.policy
}

resource "aws_vpc_security_group_ingress_rule" "primary" {
  for_each = data.backupfw_aws_security_group_rules.primary.ingress

  security_group_id            = aws_security_group.primary.id
  ip_protocol                  = each.value.ip_protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr_ipv4
  cidr_ipv6                    = each.value.cidr_ipv6
  referenced_security_group_id = each.value.reference == null ? null : local.ids[each.value.reference]
  description                  = each.value.description
}

resource "aws_vpc_security_group_egress_rule" "primary" {
  for_each = data.backupfw_aws_security_group_rules.primary.egress

  security_group_id            = aws_security_group.primary.id
  ip_protocol                  = each.value.ip_protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr_ipv4
  cidr_ipv6                    = each.value.cidr_ipv6
  referenced_security_group_id = each.value.reference == null ? null : local.ids[each.value.reference]
  description                  = each.value.description
}
