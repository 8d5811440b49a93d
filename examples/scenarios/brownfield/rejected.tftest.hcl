# A rejection is an error of the plan, and a run cannot look behind it. In this
# mode the same judgement is a warning.
provider "backupfw" {
  enforcement = "warn"
}

run "suggestion_as_it_is" {
  command = plan

  module {
    source = "./rejected"
  }

  assert {
    condition     = backupfw_policy.existing.verdict == "reject" && backupfw_policy.existing.score == 100
    error_message = "The policy is judged ${backupfw_policy.existing.verdict} with ${backupfw_policy.existing.score}."
  }

  # The codes of the old rules.
  assert {
    condition     = join(" ", distinct([for f in backupfw_policy.existing.findings : f.code if f.effect == "reject"])) == "broad-peer well-known-port sensitive-service score-limit"
    error_message = "It is rejected by ${join(", ", [for f in backupfw_policy.existing.findings : f.code if f.effect == "reject"])}."
  }
}
