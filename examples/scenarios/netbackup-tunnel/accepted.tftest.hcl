# For terraform test and tofu test.

run "one_port" {
  command = plan

  assert {
    condition     = alltrue([for policy in local.policies : policy.verdict == "accept"])
    error_message = "The verdicts are ${join(", ", [for policy in local.policies : policy.verdict])}."
  }

  assert {
    condition     = backupfw_policy.media_servers.score == 3 && backupfw_policy.primary_server.score == 1
    error_message = "The scores are ${backupfw_policy.media_servers.score} and ${backupfw_policy.primary_server.score}."
  }

  assert {
    condition     = join(", ", output.across_the_firewall) == "ingress 1556/tcp, egress 1556/tcp"
    error_message = "Across the firewall goes ${join(", ", output.across_the_firewall)}."
  }

  assert {
    condition     = !strcontains(data.backupfw_nftables_ruleset.host["primary_server"].ruleset, "198.51.100")
    error_message = "The primary server has a rule for the DMZ."
  }

  # Nobody is locked out before somebody has looked at the counters.
  assert {
    condition     = !strcontains(data.backupfw_nftables_ruleset.host["media_servers"].ruleset, "policy drop")
    error_message = "The hosts drop packets although enforce is not set."
  }
}

run "enforced" {
  command = plan

  variables {
    enforce = true
  }

  assert {
    condition     = alltrue([for host in data.backupfw_nftables_ruleset.host : strcontains(host.ruleset, "policy drop")])
    error_message = "A host lets in what no rule opens."
  }
}

run "tunnel_or_more_ports" {
  command = plan

  assert {
    condition     = output.ways_in.tunnel.points < output.ways_in.direct.points && output.ways_in.direct.points < output.ways_in.legacy.points
    error_message = "The points are ${jsonencode(output.ways_in)}."
  }
}
