# For terraform test and tofu test.

run "forty_ports" {
  command = plan

  assert {
    condition     = backupfw_policy.server.verdict == "accept" && backupfw_policy.server.score == 2
    error_message = "The policy is judged ${backupfw_policy.server.verdict} with ${backupfw_policy.server.score}."
  }

  assert {
    condition     = join(" ", keys(output.aws_rules.ingress)) == "tcp-29168-29207-198.51.100.16/28"
    error_message = "What comes in is ${join(", ", keys(output.aws_rules.ingress))}."
  }

  assert {
    condition     = join(" ", keys(output.aws_rules.egress)) == "tcp-29160-198.51.100.16/28"
    error_message = "What goes out is ${join(", ", keys(output.aws_rules.egress))}."
  }
}

# The answer to the question: ten times the ports, not ten times the risk.
run "four_or_forty" {
  command = plan

  assert {
    condition     = output.question.forty.points < 1.2 * output.question.four.points
    error_message = "Four ports have ${output.question.four.points} points and forty have ${output.question.forty.points}."
  }
}
