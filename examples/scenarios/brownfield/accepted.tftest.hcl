# For terraform test and tofu test.

run "before_and_after" {
  command = plan

  # The warning is wanted: the old rules are as bad as they are.
  expect_failures = [check.old_rules]

  assert {
    condition     = output.before.verdict == "reject" && output.before.score == 100
    error_message = "The old rules are judged ${output.before.verdict} with ${output.before.score}."
  }

  assert {
    condition     = join(" ", output.before.rejected_by) == "broad-peer well-known-port sensitive-service score-limit"
    error_message = "The old rules are rejected by ${join(", ", output.before.rejected_by)}."
  }

  assert {
    condition     = output.after.verdict == "accept" && output.after.score == 4
    error_message = "The policy is judged ${output.after.verdict} with ${output.after.score}."
  }

  assert {
    condition = join(", ", output.after.open) == join(", ", [
      "ingress 9101/tcp 10.20.0.0/28",
      "ingress 9103/tcp 10.20.8.0/24 10.30.4.0/23 198.51.100.16/28 198.51.100.64/28",
      "egress 9102/tcp 10.20.8.0/24 10.30.4.0/23 198.51.100.16/28 198.51.100.64/28",
    ])
    error_message = "The policy opens ${join(", ", output.after.open)}."
  }

  # Nothing is left that nobody can explain.
  assert {
    condition     = alltrue([for c in backupfw_policy.server.contributions : c.class == "backup_listener"])
    error_message = "The policy opens ${join(", ", backupfw_policy.server.contributions[*].service)}."
  }
}
