# Rules of a policy beside rules written by hand: in a security group of the
# plan, in blocks, in the old resource, with values known only after apply.
terraform {
  required_providers {
    aws = {
      source = "registry.terraform.io/hashicorp/aws"
    }
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
}


resource "aws_security_group" "primary" {
  name   = "backup-primary"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
}

resource "aws_security_group" "media" {
  name   = "backup-media"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
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

# By hand, beside the provider.
resource "aws_vpc_security_group_ingress_rule" "rdp" {
  security_group_id = aws_security_group.media.id
  ip_protocol       = "tcp"
  from_port         = 3389
  to_port           = 3389
  cidr_ipv4         = "0.0.0.0/0"
}

# What the policy allows, but in another group and under another name.
resource "aws_vpc_security_group_ingress_rule" "copied" {
  security_group_id = aws_security_group.media.id
  ip_protocol       = "tcp"
  from_port         = 1556
  to_port           = 1556
  cidr_ipv4         = "198.51.100.16/28"
}

resource "aws_security_group_rule" "old" {
  type              = "ingress"
  security_group_id = "sg-0123456789abcdef0"
  protocol          = "tcp"
  from_port         = 27010
  to_port           = 27010
  cidr_blocks       = ["198.51.100.16/28"]
}

resource "terraform_data" "network" {
  input = "198.51.100.0/28"
}

resource "aws_security_group" "inline" {
  name   = "inline"
  vpc_id = "vpc-0a1b2c3d4e5f60718"
  ingress {
    description = "from a network that is known after apply"
    protocol    = "tcp"
    from_port   = 27020
    to_port     = 27020
    cidr_blocks = [terraform_data.network.output, "198.51.100.32/28"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
