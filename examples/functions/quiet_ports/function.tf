locals {
  # In a local, so that it is called once. The last argument lists what the host uses already.
  vault_ports = provider::backupfw::quiet_ports(40, "tcp", ["29168-29179/tcp"])
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = [local.vault_ports]
  negotiated = true
}

output "ports" {
  value = local.vault_ports
}
