resource "backupfw_port_range" "console" {
  name    = "veeam-console"
  product = "veeam"
  flows   = ["console-to-server", "rest-api"]
}

resource "backupfw_port_range" "agents" {
  name      = "veeam-agents"
  product   = "veeam"
  from_role = "agent"
  to_role   = "backup_server"
}

resource "backupfw_peer_group" "partner" {
  name = "partner"
  zone = "partner"
  # Wrong: no single port is forbidden, but four services for a whole network add up.
  cidrs = ["192.0.2.0/24"]
}

resource "backupfw_policy" "server" {
  name      = "backup-server"
  max_score = 15
  rules = {
    partner = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.console, backupfw_port_range.agents]
      peers       = [backupfw_peer_group.partner]
    }
  }
}
