variable "security_group_id" {
  type = string
}

variable "max_hosts" {
  type        = map(number)
  description = "How many hosts a referenced security group or prefix list stands for at most, by its id."
  default     = {}
}

data "aws_vpc_security_group_rules" "old" {
  filter {
    name   = "group-id"
    values = [var.security_group_id]
  }
}

data "aws_vpc_security_group_rule" "old" {
  for_each               = toset(data.aws_vpc_security_group_rules.old.ids)
  security_group_rule_id = each.value
}

data "backupfw_assessment" "group" {
  existing_rules = [for id in sort(data.aws_vpc_security_group_rules.old.ids) : {
    direction   = data.aws_vpc_security_group_rule.old[id].is_egress ? "egress" : "ingress"
    protocol    = data.aws_vpc_security_group_rule.old[id].ip_protocol
    from_port   = data.aws_vpc_security_group_rule.old[id].from_port
    to_port     = data.aws_vpc_security_group_rule.old[id].to_port
    cidrs       = compact([data.aws_vpc_security_group_rule.old[id].cidr_ipv4, data.aws_vpc_security_group_rule.old[id].cidr_ipv6])
    description = "${id} ${coalesce(data.aws_vpc_security_group_rule.old[id].description, "without description")}"
    # A group or a list has no addresses here. It counts as 256 hosts, unless somebody counted them.
    references = merge(
      { for group in compact([data.aws_vpc_security_group_rule.old[id].referenced_security_group_id]) :
      reverse(split("/", group))[0] => { kind = "aws_security_group", max_hosts = lookup(var.max_hosts, group, 256) } },
      { for list in compact([data.aws_vpc_security_group_rule.old[id].prefix_list_id]) :
      list => { kind = "aws_prefix_list", max_hosts = lookup(var.max_hosts, list, 256), max_entries = 60 } },
    )
  }]
}

output "group_score" {
  value = data.backupfw_assessment.group.score
}

output "group_findings" {
  value = [for f in data.backupfw_assessment.group.findings : "${join(", ", f.rules)}: ${f.message}" if f.effect == "reject"]
}
