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
    condition     = backupfw_policy.primary_server.verdict == "reject" && backupfw_policy.primary_server.score == 77
    error_message = "The policy is judged ${backupfw_policy.primary_server.verdict} with ${backupfw_policy.primary_server.score}."
  }

  assert {
    condition     = join(" ", distinct([for f in backupfw_policy.primary_server.findings : f.code if f.effect == "reject"])) == "sensitive-service score-limit"
    error_message = "It is rejected by ${join(", ", [for f in backupfw_policy.primary_server.findings : f.code if f.effect == "reject"])}."
  }
}
