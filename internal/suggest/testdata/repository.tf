resource "backupfw_port_range" "veeam_in_0" {
  name    = "veeam-in-0"
  product = "veeam"
  flows   = ["server-to-repository-installer"]
}

resource "backupfw_port_range" "veeam_in_1" {
  name    = "veeam-in-1"
  product = "veeam"
  flows   = ["data-mover"]
}

resource "backupfw_port_range" "veeam_in_2" {
  name    = "veeam-in-2"
  product = "veeam"
  flows   = ["server-to-repository-ssh"]
}

resource "backupfw_port_range" "veeam_in_3" {
  name    = "veeam-in-3"
  product = "veeam"
  flows   = ["data-mover", "data-mover-range"]
  ports   = ["2500-2600/tcp", "6162/tcp"]
}

# No product of the catalogue is told by these ports alone. Find out which
# program listens there; then name its product and flows, or close them. With
# product in the existing rule, its flows are found.
# 22/tcp: usually SSH.
# 443/tcp: usually https.
resource "backupfw_port_range" "unexplained_in_4" {
  name  = "unexplained-in-4"
  ports = ["22/tcp", "443/tcp", "31999/tcp"]
}

# No product of the catalogue is told by these ports alone. Find out which
# program listens there; then name its product and flows, or close them. With
# product in the existing rule, its flows are found.
# 53/udp: usually domain.
resource "backupfw_port_range" "unexplained_out_0" {
  name  = "unexplained-out-0"
  ports = ["53/udp"]
}

resource "backupfw_peer_group" "peers" {
  name  = "peers"
  cidrs = ["10.20.0.5/32"]
}

resource "backupfw_peer_group" "peers_in_3" {
  name  = "peers-in-3"
  cidrs = ["10.20.0.16/28"]
}

resource "backupfw_peer_group" "office" {
  name  = "office"
  zone  = "partner"
  cidrs = ["198.51.100.0/24"]
}

resource "backupfw_peer_group" "resolver" {
  name  = "resolver"
  cidrs = ["10.0.0.53/32"]
}

resource "backupfw_policy" "repository_1" {
  name        = "repository-1"
  description = "Imported from sg-0123"
  max_score   = 30
  rules = {
    in-0 = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.veeam_in_0]
      peers       = [backupfw_peer_group.peers]
    }
    in-1 = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.veeam_in_1]
      peers       = [backupfw_peer_group.peers]
    }
    in-2 = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.veeam_in_2]
      peers       = [backupfw_peer_group.peers]
    }
    in-3 = {
      description = "data movers"
      direction   = "ingress"
      port_ranges = [backupfw_port_range.veeam_in_3]
      peers       = [backupfw_peer_group.peers_in_3]
    }
    in-4 = {
      description = "set up by \"ops\" in $${year}"
      direction   = "ingress"
      port_ranges = [backupfw_port_range.unexplained_in_4]
      peers       = [backupfw_peer_group.office]
    }
    out-0 = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.unexplained_out_0]
      peers       = [backupfw_peer_group.resolver]
    }
  }
}
