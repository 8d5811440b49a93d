# What a configuration itself can say of its policies: a check warns in every
# plan and apply, a condition stops them.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

variable "warn_above" {
  description = "The score above which every plan warns, 0 to 100."
  type        = number
  default     = 10
}

variable "stop_above" {
  description = "The score above which no plan is made, 0 to 100."
  type        = number
  default     = 25
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["29168-29171/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "server" {
  name = "backup-server"
  rules = {
    data = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.vault]
      peers       = [backupfw_peer_group.clients]
    }
  }

  # Stops, and nothing that uses the policy is changed. The score can be known
  # only after apply; then this stops the apply.
  lifecycle {
    postcondition {
      condition     = self.score <= var.stop_above
      error_message = "The policy scores ${self.score}, and this module accepts at most ${var.stop_above}."
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan.
  policy = backupfw_policy.server
}

data "backupfw_assessment" "server" {
  policy = local.policy
}

# Warns, and stops nothing. What is known only after apply is a warning too:
# Terraform says that the result of the check is not known yet.
check "firewall" {
  assert {
    condition     = backupfw_policy.server.score <= var.warn_above
    error_message = "The policy scores ${backupfw_policy.server.score} (${backupfw_policy.server.rating}). Above ${var.warn_above} it should be looked at: ${join(", ", [for c in data.backupfw_assessment.server.contributions : "${c.service} costs ${format("%.1f", c.points)} points"])}."
  }

  assert {
    condition     = data.backupfw_assessment.server.verdict == "accept"
    error_message = "The policy is not accepted as it stands, but: ${data.backupfw_assessment.server.verdict}."
  }
}

# Stops what depends on the policy, in a place of its own: here an output, in a
# module of yours a security group or a call of a module.
output "allows" {
  value = backupfw_policy.server.allows

  precondition {
    condition     = contains(["accept", "accept_with_waivers"], backupfw_policy.server.verdict)
    error_message = "The policy has the verdict ${backupfw_policy.server.verdict}. Its provider lets that pass (enforcement = \"warn\"); this module does not."
  }
}
