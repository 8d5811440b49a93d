resource "backupfw_port_range" "netbackup" {
  name = "netbackup"
  # Wrong: "it negotiates, so open everything above 1023".
  ports      = ["1024-65535/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "clients" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "server" {
  name = "primary-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.clients]
    }
  }
}
