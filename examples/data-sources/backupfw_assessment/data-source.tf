locals {
  # Rules that exist already, as an object. Known in the plan, so the data source is read there.
  existing = {
    name = "old-backup-server"
    rules = {
      from_everywhere = {
        direction = "ingress"
        port_ranges = [{
          name      = "file-daemon"
          listeners = [{ name = "file-daemon", kind = "undeclared", ports = ["9102/tcp"] }]
        }]
        peers = [{ name = "branches", prefixes = ["10.0.0.0/8"], zone = "internal" }]
      }
    }
  }
}

data "backupfw_assessment" "existing" {
  policy = local.existing
}

# A warning in every plan, instead of a rejection.
check "existing_rules" {
  assert {
    condition     = data.backupfw_assessment.existing.score < 40
    error_message = "The old rules score ${data.backupfw_assessment.existing.score}."
  }
}

output "findings" {
  value = [for f in data.backupfw_assessment.existing.findings : "${f.code}: ${f.message}"]
}

output "advice" {
  value = [for a in data.backupfw_assessment.existing.advice : a.message]
}
