# A backup server stands behind the firewall, its clients stand in a DMZ, and
# the backup product negotiates one port per job. Four ports are needed today,
# forty would leave room. How much worse is that?

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

# Forty ports, as set in the product. The range holds no registered service and
# no ephemeral ports.
resource "backupfw_port_range" "vault" {
  name        = "vault"
  ports       = ["29168-29207/tcp"]
  negotiated  = true
  concurrency = 40
}

# The port on which the clients take orders from the server.
resource "backupfw_port_range" "agent" {
  name       = "vault-agent"
  ports      = ["29160/tcp"]
  negotiated = true
}

resource "backupfw_policy" "server" {
  name      = "backup-server"
  max_score = 10
  rules = {
    data = {
      direction   = "ingress" # the clients dial the server
      port_ranges = [backupfw_port_range.vault]
      peers       = [backupfw_peer_group.clients]
    }
    control = {
      direction   = "egress" # the server dials the clients
      port_ranges = [backupfw_port_range.agent]
      peers       = [backupfw_peer_group.clients]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
  policy = backupfw_policy.server

  # The question: one rule, the same clients, four ports against forty.
  ranges = {
    four  = "29168-29171/tcp"
    forty = "29168-29207/tcp"
  }
  question = {
    for name, ports in local.ranges : name => provider::backupfw::assess({
      name = "${name}-ports"
      rules = {
        data = {
          direction = "ingress"
          port_ranges = [{
            name      = "vault"
            listeners = [{ name = "vault", kind = "negotiated", ports = [ports] }]
          }]
          peers = [backupfw_peer_group.clients]
        }
      }
    })
  }
}

data "backupfw_aws_security_group_rules" "server" {
  policy = local.policy
}

# In a module with a cloud account this is
#   resource "aws_vpc_security_group_ingress_rule" "server" {
#     for_each = data.backupfw_aws_security_group_rules.server.ingress
#     ...
resource "terraform_data" "ingress" {
  for_each = data.backupfw_aws_security_group_rules.server.ingress
  input    = each.value
}

output "question" {
  value = { for name, a in local.question : name => { ports = local.ranges[name], score = a.score, points = a.points } }
}

output "accepted" {
  value = {
    score         = backupfw_policy.server.score
    verdict       = backupfw_policy.server.verdict
    findings      = backupfw_policy.server.findings
    contributions = backupfw_policy.server.contributions
  }
}

output "aws_rules" {
  value = {
    ingress = data.backupfw_aws_security_group_rules.server.ingress
    egress  = data.backupfw_aws_security_group_rules.server.egress
  }
}
