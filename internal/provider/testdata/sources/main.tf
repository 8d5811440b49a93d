# One policy, written in every way that authors write it.

terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

variable "sites" {
  type = map(list(string))
  default = {
    north = ["198.51.100.16/28"]
    south = ["203.0.113.0/28", "2001:db8:40::/64"]
  }
}

variable "ranges" {
  type    = list(any)
  default = [{ name = "vault", listeners = [{ name = "vault", kind = "negotiated", ports = ["29168-29207/tcp"] }] }]
}

module "site" {
  source = "./site"
  cidrs  = var.sites
}

resource "backupfw_policy" "module_outputs" {
  name = "primary"
  rules = {
    backup = {
      direction   = "ingress"
      port_ranges = [module.site.ports]
      peers       = [module.site.sites["north"], module.site.sites["south"]]
    }
  }
}

resource "backupfw_policy" "variables" {
  name = "primary"
  rules = {
    backup = {
      direction   = "ingress"
      port_ranges = var.ranges
      peers       = [for name in sort(keys(var.sites)) : { name = name, zone = "dmz", prefixes = var.sites[name] }]
    }
  }
}

resource "backupfw_policy" "for_expressions" {
  name = "primary"
  rules = { for rule in ["backup"] : rule => {
    direction   = "ingress"
    port_ranges = [for r in [module.site.ports] : r]
    peers       = [for name, site in module.site.sites : site]
  } }
}

resource "backupfw_policy" "by_hand" {
  name = "primary"
  rules = {
    backup = {
      direction   = "ingress"
      port_ranges = [{ name = "vault", listeners = [{ name = "vault", kind = "negotiated", ports = ["29168-29207/tcp"] }] }]
      peers       = [{ name = "all", zone = "dmz", prefixes = ["198.51.100.16/28", "203.0.113.0/28", "2001:db8:40::/64"] }]
    }
  }
}

locals {
  # Through a local, so that the data source is read in the plan.
  policies = {
    module_outputs  = backupfw_policy.module_outputs
    variables       = backupfw_policy.variables
    for_expressions = backupfw_policy.for_expressions
    by_hand         = backupfw_policy.by_hand
  }
  compiled = { for name, policy in local.policies : name => provider::backupfw::aws_security_group_rules(policy) }
}

data "backupfw_aws_security_group_rules" "each" {
  for_each = local.policies
  policy   = each.value
}

output "scores" {
  value = distinct([for policy in local.policies : policy.score])
}

output "rules" {
  value = length(distinct([for policy in local.policies : policy.allows]))
}

output "keys" {
  value = { for name, rules in data.backupfw_aws_security_group_rules.each : name => keys(rules.ingress) }
}

output "function_agrees" {
  value = alltrue([for name, rules in local.compiled : jsonencode(rules.ingress) == jsonencode(data.backupfw_aws_security_group_rules.each[name].ingress)])
}
