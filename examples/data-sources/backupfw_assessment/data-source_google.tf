locals {
  # In the shape of google_compute_firewall; write values(google_compute_firewall.all) or a list of yours in place of it.
  firewalls = [
    {
      name                    = "file-daemon"
      direction               = "INGRESS"
      disabled                = false
      allow                   = [{ protocol = "tcp", ports = ["9102"] }, { protocol = "icmp", ports = [] }]
      source_ranges           = ["10.128.0.0/20"]
      destination_ranges      = []
      source_tags             = ["backup-director"]
      source_service_accounts = []
    },
    {
      name                    = "default-allow-ssh"
      direction               = "INGRESS"
      disabled                = false
      allow                   = [{ protocol = "tcp", ports = ["22"] }]
      source_ranges           = ["0.0.0.0/0"]
      destination_ranges      = []
      source_tags             = []
      source_service_accounts = []
    },
  ]

  # A firewall that denies has no allow: what it closes counts as open, so the score is never too low.
  google_rules = flatten([for f in local.firewalls : [for a in f.allow : {
    direction = f.direction
    protocol  = a.protocol
    # No ports are all ports.
    ports = length(a.ports) == 0 ? ["*"] : a.ports
    cidrs = f.direction == "INGRESS" ? f.source_ranges : f.destination_ranges
    # Sources are the ranges and the tags and the accounts together. Each name counts as 50 hosts.
    references = merge(
      { for tag in f.source_tags : tag => { kind = "google_network_tag", max_hosts = 50 } },
      { for account in f.source_service_accounts : split("@", account)[0] => { kind = "google_service_account", max_hosts = 50 } },
    )
    description = f.name
  }] if !f.disabled])
}

data "backupfw_assessment" "google" {
  existing_rules = local.google_rules
}

output "google_score" {
  value = data.backupfw_assessment.google.score
}

output "google_findings" {
  value = [for f in data.backupfw_assessment.google.findings : "${join(", ", f.rules)}: ${f.message}" if f.effect == "reject"]
}
