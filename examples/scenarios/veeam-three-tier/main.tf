# A Veeam site in three tiers: a backup server, proxies that read from the
# hypervisors, repositories that keep the backups. Each tier has a policy, and
# each link is written once: what a proxy may dial is what a repository lets in.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

variable "tasks" {
  type        = number
  description = "How many tasks a repository runs at once. Every disk of a virtual machine is a task of its own."
  default     = 24

  validation {
    condition     = var.tasks >= 1 && floor(var.tasks) == var.tasks
    error_message = "Write a whole number of tasks, from 1 on."
  }
}

variable "failover_ports" {
  type        = string
  description = "The range of the data movers as it is set on every managed server, if that is not the one that follows from tasks."
  default     = null
}

# The tiers.

resource "backupfw_peer_group" "backup_server" {
  name  = "backup-server"
  cidrs = ["10.40.0.10/32"]
}

resource "backupfw_peer_group" "proxies" {
  name  = "proxies"
  cidrs = ["10.40.1.0/28"]
}

resource "backupfw_peer_group" "repositories" {
  name  = "repositories"
  cidrs = ["10.40.2.0/29"]
}

# Around them.

resource "backupfw_peer_group" "hypervisors" {
  name  = "hypervisors"
  cidrs = ["10.40.8.0/26"]
}

resource "backupfw_peer_group" "consoles" {
  name  = "consoles"
  zone  = "management"
  cidrs = ["10.40.9.0/28"]
}

# The links. The roles select the flows that an installation needs.

resource "backupfw_port_range" "server_to_proxies" {
  name      = "server-to-proxies"
  product   = "veeam"
  from_role = "backup_server"
  to_role   = "proxy"
}

resource "backupfw_port_range" "server_to_repositories" {
  name      = "server-to-repositories"
  product   = "veeam"
  from_role = "backup_server"
  to_role   = "repository"
}

resource "backupfw_port_range" "repositories_to_server" {
  name      = "repositories-to-server"
  product   = "veeam"
  from_role = "repository"
  to_role   = "backup_server"
}

resource "backupfw_port_range" "proxies_to_repositories" {
  name      = "proxies-to-repositories"
  product   = "veeam"
  from_role = "proxy"
  to_role   = "repository"
}

# The data movers fall back on this range when their main port is unavailable.
# It is as wide as there are tasks. Set the same range on every managed server:
# by default Veeam has 2500-3300.
resource "backupfw_port_range" "failover" {
  name    = "data-mover-failover"
  product = "veeam"
  flows   = ["data-mover-range"]
  ports   = [coalesce(var.failover_ports, "2500-${2499 + var.tasks}/tcp")]
  load    = { task = var.tasks }
}

resource "backupfw_port_range" "proxies_to_hypervisors" {
  name    = "proxies-to-hypervisors"
  product = "veeam"
  flows   = ["proxy-to-esxi"]
}

resource "backupfw_port_range" "consoles_to_server" {
  name      = "consoles-to-server"
  product   = "veeam"
  from_role = "console"
  to_role   = "backup_server"
}

# The policies, one for each tier.

resource "backupfw_policy" "backup_server" {
  name      = "veeam-backup-server"
  max_score = 10
  rules = {
    to_proxies = {
      direction   = "egress" # the server dials the proxies
      port_ranges = [backupfw_port_range.server_to_proxies]
      peers       = [backupfw_peer_group.proxies]
    }
    to_repositories = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.server_to_repositories]
      peers       = [backupfw_peer_group.repositories]
    }
    from_repositories = {
      direction   = "ingress" # the repositories dial the server
      port_ranges = [backupfw_port_range.repositories_to_server]
      peers       = [backupfw_peer_group.repositories]
    }
    from_consoles = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.consoles_to_server]
      peers       = [backupfw_peer_group.consoles]
    }
  }
}

resource "backupfw_policy" "proxies" {
  name      = "veeam-proxies"
  max_score = 10
  rules = {
    from_server = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.server_to_proxies]
      peers       = [backupfw_peer_group.backup_server]
    }
    to_repositories = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.proxies_to_repositories, backupfw_port_range.failover]
      peers       = [backupfw_peer_group.repositories]
    }
    to_hypervisors = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.proxies_to_hypervisors]
      peers       = [backupfw_peer_group.hypervisors]
    }
  }
}

resource "backupfw_policy" "repositories" {
  name      = "veeam-repositories"
  max_score = 10
  rules = {
    from_server = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.server_to_repositories]
      peers       = [backupfw_peer_group.backup_server]
    }
    from_proxies = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.proxies_to_repositories, backupfw_port_range.failover]
      peers       = [backupfw_peer_group.proxies]
    }
    to_server = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.repositories_to_server]
      peers       = [backupfw_peer_group.backup_server]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
  policies = {
    backup_server = backupfw_policy.backup_server
    proxies       = backupfw_policy.proxies
    repositories  = backupfw_policy.repositories
  }
}

data "backupfw_aws_security_group_rules" "tier" {
  for_each = local.policies
  policy   = each.value
}

# In a module with a cloud account this is
#   resource "aws_vpc_security_group_ingress_rule" "repositories" {
#     for_each = data.backupfw_aws_security_group_rules.tier["repositories"].ingress
#     ...
resource "terraform_data" "repositories" {
  for_each = data.backupfw_aws_security_group_rules.tier["repositories"].ingress
  input    = each.value
}

# A range that is wider or narrower than the load needs is a matter for whoever
# sets it in the product, so it warns.
check "failover_range" {
  assert {
    condition     = backupfw_port_range.failover.sizing.configured == backupfw_port_range.failover.sizing.needed
    error_message = "${var.tasks} tasks need ${backupfw_port_range.failover.sizing.needed} ports, and the range has ${backupfw_port_range.failover.sizing.configured}."
  }
}

output "scores" {
  value = { for tier, policy in local.policies : tier => "${policy.score} of ${policy.score_limit}, ${policy.verdict}" }
}

output "failover" {
  value = {
    ports  = one(backupfw_port_range.failover.effective_ports)
    sizing = backupfw_port_range.failover.sizing
  }
}

output "rules" {
  value = { for tier, rules in data.backupfw_aws_security_group_rules.tier : tier => {
    ingress = keys(rules.ingress)
    egress  = keys(rules.egress)
  } }
}
