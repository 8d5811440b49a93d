resource "backupfw_port_range" "movers" {
  name    = "data-movers"
  product = "veeam"
  flows   = ["data-mover-range"]
  # Right: one port per task, set to the same range on the managed server.
  ports       = ["2500-2509/tcp"]
  concurrency = 10
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
