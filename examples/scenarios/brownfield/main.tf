# A Bacula server has rules that nobody has looked at for years. They are judged
# as they are, the provider says what they could be, and a policy replaces them.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

# Before: the rules as another tool has exported them. Where somebody knows what
# listens, the column product says so.

data "backupfw_assessment" "before" {
  # One cell may hold several networks.
  existing_rules = [for rule in csvdecode(file("${path.module}/rules.csv")) : merge(rule, { cidrs = [rule.cidrs] })]
}

# A warning in every plan, as long as the old rules are in place.
check "old_rules" {
  assert {
    condition     = data.backupfw_assessment.before.verdict == "accept"
    error_message = "The old rules score ${data.backupfw_assessment.before.score} and would be rejected."
  }
}

# After: what the suggestion explains, for those who need it. What it could not
# explain was looked up on the server: nothing listens on 8000 to 9000, and the
# branches have left rsync for Bacula.

resource "backupfw_peer_group" "servers" {
  name  = "servers"
  cidrs = ["10.20.8.0/24"]
}

resource "backupfw_peer_group" "branches" {
  name  = "branches"
  cidrs = ["10.30.4.0/24", "10.30.5.0/24"]
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28", "198.51.100.64/28"]
}

resource "backupfw_peer_group" "administrators" {
  name  = "administrators"
  zone  = "management"
  cidrs = ["10.20.0.0/28"]
}

resource "backupfw_port_range" "data" {
  name      = "client-to-storage"
  product   = "bacula"
  from_role = "client"
  to_role   = "storage"
}

resource "backupfw_port_range" "control" {
  name      = "director-to-client"
  product   = "bacula"
  from_role = "director"
  to_role   = "client"
}

resource "backupfw_port_range" "console" {
  name    = "console-to-director"
  product = "bacula"
  flows   = ["console-to-dir"]
}

resource "backupfw_policy" "server" {
  name      = "bacula-server"
  max_score = 10
  rules = {
    clients = {
      direction   = "ingress" # the clients dial the storage daemon
      port_ranges = [backupfw_port_range.data]
      peers       = [backupfw_peer_group.servers, backupfw_peer_group.branches, backupfw_peer_group.dmz]
    }
    console = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.console]
      peers       = [backupfw_peer_group.administrators]
    }
    control = {
      direction   = "egress" # the director dials the clients
      port_ranges = [backupfw_port_range.control]
      peers       = [backupfw_peer_group.servers, backupfw_peer_group.branches, backupfw_peer_group.dmz]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan.
  policy = backupfw_policy.server
}

data "backupfw_nftables_ruleset" "server" {
  policy = local.policy
}

# terraform_data stands for whatever brings a file to the server and loads it with nft -f.
resource "terraform_data" "ruleset" {
  input = data.backupfw_nftables_ruleset.server.ruleset
}

output "before" {
  value = {
    score       = data.backupfw_assessment.before.score
    verdict     = data.backupfw_assessment.before.verdict
    rejected_by = distinct([for f in data.backupfw_assessment.before.findings : f.code if f.effect == "reject"])
    explained = [for e in data.backupfw_assessment.before.suggested_policy.explained :
      "${e.direction} ${join(", ", e.ports)}: ${e.name}, ${join(", ", e.flows)}"
    ]
    unexplained = [for u in data.backupfw_assessment.before.suggested_policy.unexplained :
      "${u.direction} ${join(", ", u.ports)}: ${join(", ", u.rules)}"
    ]
  }
}

output "after" {
  value = {
    score   = backupfw_policy.server.score
    verdict = backupfw_policy.server.verdict
    open    = [for a in backupfw_policy.server.allows : "${a.direction} ${a.from_port}/${a.protocol} ${join(" ", a.prefixes)}"]
  }
}

# To start from: terraform output -raw suggestion
output "suggestion" {
  value = data.backupfw_assessment.before.suggested_policy.hcl
}
