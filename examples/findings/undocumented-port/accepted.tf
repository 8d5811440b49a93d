resource "backupfw_port_range" "movers" {
  name    = "data-movers"
  product = "veeam"
  flows   = ["data-mover-range"]
  # Right: ten ports of the documented range.
  ports = ["2500-2509/tcp"]
}

resource "backupfw_peer_group" "proxies" {
  name  = "proxies"
  cidrs = ["10.20.0.0/28"]
}

resource "backupfw_policy" "server" {
  name = "repository"
  rules = {
    proxies = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.movers]
      peers       = [backupfw_peer_group.proxies]
    }
  }
}
