resource "backupfw_port_range" "vault" {
  name = "vault"
  # Wrong: Linux takes ports from 32768 up for outgoing connections, and may take one of these first.
  ports      = ["45210-45249/tcp"]
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
