# A rejection is an error of the plan, and a run cannot look behind it. In this
# mode the same judgement is a warning.
provider "backupfw" {
  enforcement = "warn"
}

run "rejected" {
  command = plan

  module {
    source = "./rejected"
  }

  assert {
    condition     = backupfw_policy.server.verdict == "reject" && backupfw_policy.server.score == 70
    error_message = "The policy is judged ${backupfw_policy.server.verdict} with ${backupfw_policy.server.score}."
  }

  assert {
    condition     = join(" ", distinct([for f in backupfw_policy.server.findings : f.code if f.effect == "reject"])) == "well-known-port sensitive-service score-limit"
    error_message = "It is rejected by ${join(", ", [for f in backupfw_policy.server.findings : f.code if f.effect == "reject"])}."
  }
}
