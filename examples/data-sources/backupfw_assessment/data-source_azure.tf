locals {
  # In the shape of data.azurerm_network_security_group.old.security_rule; write that in place of it.
  security_rules = [
    {
      name                                       = "agents"
      direction                                  = "Inbound"
      access                                     = "Allow"
      protocol                                   = "Tcp"
      destination_port_range                     = ""
      destination_port_ranges                    = ["2500-3300", "6160"]
      source_address_prefix                      = ""
      source_address_prefixes                    = ["10.1.0.0/24", "10.2.0.0/24"]
      destination_address_prefix                 = "*"
      destination_address_prefixes               = []
      source_application_security_group_ids      = []
      destination_application_security_group_ids = []
    },
    {
      name                                       = "desktop"
      direction                                  = "Inbound"
      access                                     = "Allow"
      protocol                                   = "*"
      destination_port_range                     = "3389"
      destination_port_ranges                    = []
      source_address_prefix                      = "VirtualNetwork"
      source_address_prefixes                    = []
      destination_address_prefix                 = "*"
      destination_address_prefixes               = []
      source_application_security_group_ids      = []
      destination_application_security_group_ids = []
    },
  ]
  # What Azure's service tags stand for in this network. Internet needs no entry.
  service_tags = {
    VirtualNetwork    = ["10.0.0.0/14"]
    AzureLoadBalancer = ["168.63.129.16/32"]
  }

  azure_rules = flatten([for r in local.security_rules : [
    # Azure opens the ports of every protocol that has some, where others would open everything.
    for protocol in(r.protocol == "*" && r.destination_port_range != "*" ? ["Tcp", "Udp"] : [r.protocol]) : {
      direction = r.direction
      access    = r.access
      protocol  = protocol
      ports     = compact(concat([r.destination_port_range], tolist(r.destination_port_ranges)))
      cidrs = flatten([
        for p in compact(r.direction == "Inbound" ?
          concat([r.source_address_prefix], tolist(r.source_address_prefixes)) :
        concat([r.destination_address_prefix], tolist(r.destination_address_prefixes))) : lookup(local.service_tags, p, [p])
      ])
      # An application security group counts as 256 hosts.
      references = {
        for id in(r.direction == "Inbound" ? r.source_application_security_group_ids : r.destination_application_security_group_ids) :
        lower(basename(id)) => { kind = "azure_application_security_group", max_hosts = 256 }
      }
      description = r.name
    }
  ] if r.access == "Allow"]) # what a rule denies counts as open: the score is never too low
}

data "backupfw_assessment" "azure" {
  existing_rules = local.azure_rules
}

output "azure_score" {
  value = data.backupfw_assessment.azure.score
}

output "azure_findings" {
  value = [for f in data.backupfw_assessment.azure.findings : "${join(", ", f.rules)}: ${f.message}" if f.effect == "reject"]
}
