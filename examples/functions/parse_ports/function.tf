locals {
  # In a local, so that it is called once.
  parsed = provider::backupfw::parse_ports(["2500-2539/tcp", "icmp"])
}

# The texts as numbers, for a resource that takes first and last port apart.
output "ranges" {
  value = { for p in local.parsed : p.text => [p.from_port, p.to_port] if p.from_port != null }
}

output "open_ports" {
  value = sum(local.parsed[*].count)
}
