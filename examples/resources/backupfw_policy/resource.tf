resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_port_range" "to_media" {
  name      = "netbackup-media"
  product   = "netbackup"
  from_role = "primary_server"
  to_role   = "media_server"
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_peer_group" "media_servers" {
  name  = "media-servers"
  cidrs = ["10.20.0.16/30"]
}

resource "backupfw_policy" "primary" {
  name      = "primary-server"
  max_score = 25
  rules = {
    dmz_clients = {
      direction   = "ingress" # the peers dial this host
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.dmz]
    }
    media_servers = {
      direction   = "egress" # this host dials the peers
      port_ranges = [backupfw_port_range.to_media]
      peers       = [backupfw_peer_group.media_servers]
    }
  }
}

output "score" {
  value = "${backupfw_policy.primary.score} of 100 (${backupfw_policy.primary.rating}): ${backupfw_policy.primary.verdict}"
}
