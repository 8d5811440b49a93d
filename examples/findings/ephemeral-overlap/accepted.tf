resource "backupfw_port_range" "vault" {
  name = "vault"
  # Right: below the ephemeral ports of every system.
  ports      = ["29168-29207/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "server" {
  name = "vault-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.vault]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
