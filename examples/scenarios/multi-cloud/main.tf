# Storage daemons of Bareos stand in AWS, in Azure and in Google Cloud. They let
# in the same and let out the same, so there is one policy. It is judged once and
# compiled for each cloud.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

variable "rules_elsewhere" {
  type        = map(number)
  description = "How many rules there are already, by cloud: in the security group, in the network security group, and of Google in the whole project."
  default     = { aws = 0, azure = 2, google = 40 }
}

variable "reserve" {
  type        = number
  description = "How many rules should still fit into each cloud."
  default     = 10
}

# One peer group for each cloud, in the addresses by which the others see it.
# All of it is in networks of our own, which are connected.

resource "backupfw_peer_group" "clients" {
  for_each = {
    aws    = ["10.64.0.0/22", "fd00:64::/64"]
    azure  = ["10.68.0.0/22"]
    google = ["10.72.0.0/22"]
  }
  name  = "clients-${each.key}"
  cidrs = each.value
}

resource "backupfw_peer_group" "director" {
  name  = "director"
  cidrs = ["10.64.8.5/32"]
}

resource "backupfw_port_range" "data" {
  name      = "client-to-storage"
  product   = "bareos"
  from_role = "client"
  to_role   = "storage"
}

resource "backupfw_port_range" "control" {
  name      = "director-to-storage"
  product   = "bareos"
  from_role = "director"
  to_role   = "storage"
}

# Copies go from one storage daemon to another.
resource "backupfw_port_range" "copies" {
  name    = "storage-to-storage"
  product = "bareos"
  flows   = ["sd-to-sd"]
}

resource "backupfw_peer_group" "storage" {
  name  = "storage"
  cidrs = ["10.64.8.16/30", "10.68.8.16/30", "10.72.8.16/30"]
}

resource "backupfw_policy" "storage" {
  name      = "storage-daemon"
  max_score = 15
  rules = {
    clients = {
      direction   = "ingress" # the clients dial the storage daemon
      port_ranges = [backupfw_port_range.data]
      peers       = [for cloud in ["aws", "azure", "google"] : backupfw_peer_group.clients[cloud]]
    }
    director = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.control]
      peers       = [backupfw_peer_group.director]
    }
    copies_in = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.copies]
      peers       = [backupfw_peer_group.storage]
    }
    copies_out = {
      direction   = "egress" # a storage daemon dials another
      port_ranges = [backupfw_port_range.copies]
      peers       = [backupfw_peer_group.storage]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
  policy = backupfw_policy.storage
}

data "backupfw_aws_security_group_rules" "storage" {
  policy          = local.policy
  rules_elsewhere = var.rules_elsewhere.aws
}

data "backupfw_azure_network_security_rules" "storage" {
  policy          = local.policy
  rules_elsewhere = var.rules_elsewhere.azure
}

data "backupfw_google_firewall_rules" "storage" {
  policy          = local.policy
  rules_elsewhere = var.rules_elsewhere.google
}

# terraform_data stands for aws_vpc_security_group_ingress_rule and its counterpart for egress,
resource "terraform_data" "aws_ingress" {
  for_each = data.backupfw_aws_security_group_rules.storage.ingress
  input    = each.value
}

resource "terraform_data" "aws_egress" {
  for_each = data.backupfw_aws_security_group_rules.storage.egress
  input    = each.value
}

# for azurerm_network_security_rule,
resource "terraform_data" "azure" {
  for_each = { for rule in concat(
    values(data.backupfw_azure_network_security_rules.storage.ingress),
    values(data.backupfw_azure_network_security_rules.storage.egress),
  ) : rule.name => rule } # names are unique over both directions, keys are not
  input = each.value
}

# and for google_compute_firewall.
resource "terraform_data" "google" {
  for_each = { for rule in concat(
    values(data.backupfw_google_firewall_rules.storage.ingress),
    values(data.backupfw_google_firewall_rules.storage.egress),
  ) : rule.name => rule }
  input = each.value
}

locals {
  left = {
    aws    = data.backupfw_aws_security_group_rules.storage.headroom
    azure  = data.backupfw_azure_network_security_rules.storage.headroom
    google = data.backupfw_google_firewall_rules.storage.headroom
  }
}

# More rules than fit are an error. This warns before it comes to that.
check "reserve" {
  assert {
    condition     = alltrue([for cloud, left in local.left : left >= var.reserve])
    error_message = "Less than ${var.reserve} rules are left: ${jsonencode(local.left)}."
  }
}

output "score" {
  value = "${backupfw_policy.storage.score} of ${backupfw_policy.storage.score_limit}, ${backupfw_policy.storage.verdict}"
}

output "rules" {
  value = {
    aws = concat(
      [for key in keys(data.backupfw_aws_security_group_rules.storage.ingress) : "in ${key}"],
      [for key in keys(data.backupfw_aws_security_group_rules.storage.egress) : "out ${key}"],
    )
    azure  = keys(terraform_data.azure)
    google = keys(terraform_data.google)
  }
}

output "left" {
  value = local.left
}
