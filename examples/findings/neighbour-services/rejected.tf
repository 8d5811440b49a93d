resource "backupfw_port_range" "vault" {
  name = "vault"
  # Wrong: other programs are registered on ports between these.
  ports      = ["9080-9119/tcp"]
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
