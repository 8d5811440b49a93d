# For terraform test and tofu test.

run "one_policy_three_clouds" {
  command = plan

  assert {
    condition     = output.score == "5 of 15, accept"
    error_message = "The score is ${output.score}."
  }

  assert {
    condition = join(" ", output.rules.aws) == join(" ", [
      "in tcp-9103-10.64.0.0/22",
      "in tcp-9103-10.64.8.16/30",
      "in tcp-9103-10.64.8.5/32",
      "in tcp-9103-10.68.0.0/22",
      "in tcp-9103-10.68.8.16/30",
      "in tcp-9103-10.72.0.0/22",
      "in tcp-9103-10.72.8.16/30",
      "in tcp-9103-fd00:64::/64",
      "out tcp-9103-10.64.8.16/30",
      "out tcp-9103-10.68.8.16/30",
      "out tcp-9103-10.72.8.16/30",
    ])
    error_message = "AWS gets ${join(", ", output.rules.aws)}."
  }

  # Lists of peers in one rule: three rules where AWS has one for each prefix.
  assert {
    condition = join(" ", output.rules.azure) == join(" ", [
      "storage-daemon-egress-tcp-9103-ipv4",
      "storage-daemon-ingress-tcp-9103-ipv4",
      "storage-daemon-ingress-tcp-9103-ipv6",
    ])
    error_message = "Azure gets ${join(", ", output.rules.azure)}."
  }

  assert {
    condition     = join(" ", output.rules.google) == join(" ", output.rules.azure)
    error_message = "Google gets ${join(", ", output.rules.google)}."
  }

  # The clouds word it differently, and mean the same.
  assert {
    condition = alltrue([for prefixes in [
      data.backupfw_azure_network_security_rules.storage.ingress["tcp-9103-ipv4"].source_address_prefixes,
      data.backupfw_google_firewall_rules.storage.ingress["tcp-9103-ipv4"].source_ranges,
      ] : toset(prefixes) == toset([
        for rule in values(data.backupfw_aws_security_group_rules.storage.ingress) : rule.cidr_ipv4 if rule.cidr_ipv4 != null
    ])])
    error_message = "The clouds let in different networks."
  }
}

run "project_nearly_full" {
  command = plan

  variables {
    rules_elsewhere = { aws = 0, azure = 2, google = 90 }
  }

  expect_failures = [check.reserve]
}
