variable "ports_by_team" {
  type = map(list(string))
  default = {
    backup  = ["2500-2519/tcp", "6162/tcp"]
    restore = ["2510-2539/tcp", "6162/tcp"]
  }
}

locals {
  # In a local, so that it is called once.
  ports = provider::backupfw::merge_ports(flatten(values(var.ports_by_team)))
}

resource "backupfw_port_range" "movers" {
  name       = "movers"
  ports      = local.ports
  negotiated = true
}

output "ports" {
  value = local.ports
}
