# For terraform test and tofu test.

run "sized_by_load" {
  command = plan

  assert {
    condition     = alltrue([for policy in local.policies : policy.verdict == "accept"])
    error_message = "The verdicts are ${join(", ", [for policy in local.policies : policy.verdict])}."
  }

  assert {
    condition     = backupfw_policy.backup_server.score == 2 && backupfw_policy.proxies.score == 2 && backupfw_policy.repositories.score == 4
    error_message = "The scores are ${jsonencode({ for tier, policy in local.policies : tier => policy.score })}."
  }

  # The range begins where Veeam's does, and others have registered its ports.
  assert {
    condition     = join(" ", backupfw_policy.repositories.findings[*].code) == "neighbour-services"
    error_message = "The findings are ${join(", ", backupfw_policy.repositories.findings[*].code)}."
  }

  assert {
    condition = keys(data.backupfw_aws_security_group_rules.tier["repositories"].ingress) == tolist([
      "tcp-2500-2523-10.40.1.0/28",
      "tcp-6160-10.40.0.10/32",
      "tcp-6162-10.40.1.0/28",
    ])
    error_message = "The repositories let in ${join(", ", keys(data.backupfw_aws_security_group_rules.tier["repositories"].ingress))}."
  }
}

# Twice the tasks need twice the ports, and the score stays the same.
run "twice_the_load" {
  command = plan

  variables {
    tasks = 48
  }

  assert {
    condition     = output.failover.ports == "2500-2547/tcp" && output.failover.sizing.needed == 48
    error_message = "The range is ${output.failover.ports}."
  }

  assert {
    condition     = backupfw_policy.repositories.score == 4
    error_message = "The score of the repositories is ${backupfw_policy.repositories.score}."
  }
}

# Away from Veeam's own ports. No neighbours are left, and instead the plan says
# that nobody has documented these ports.
run "moved" {
  command = plan

  variables {
    failover_ports = "29168-29191/tcp"
  }

  assert {
    condition     = backupfw_policy.repositories.score == 3
    error_message = "The score of the repositories is ${backupfw_policy.repositories.score}."
  }

  assert {
    condition     = join(" ", backupfw_policy.repositories.findings[*].code) == "undocumented-port"
    error_message = "The findings are ${join(", ", backupfw_policy.repositories.findings[*].code)}."
  }
}

run "range_left_behind" {
  command = plan

  variables {
    failover_ports = "2500-2509/tcp"
  }

  expect_failures = [check.failover_range]
}

run "no_tasks" {
  command = plan

  variables {
    tasks = 0
  }

  expect_failures = [var.tasks]
}
