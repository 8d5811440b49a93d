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
    condition     = backupfw_policy.storage.verdict == "reject" && backupfw_policy.storage.score == 20
    error_message = "The policy is judged ${backupfw_policy.storage.verdict} with ${backupfw_policy.storage.score}."
  }

  assert {
    condition     = join(" ", distinct([for f in backupfw_policy.storage.findings : f.code if f.effect == "reject"])) == "any-peer score-limit"
    error_message = "It is rejected by ${join(", ", [for f in backupfw_policy.storage.findings : f.code if f.effect == "reject"])}."
  }
}
