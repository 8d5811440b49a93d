resource "backupfw_port_range" "movers" {
  name    = "data-movers"
  product = "veeam"
  flows   = ["data-mover-range"]
  # Wrong: Veeam documents 2500-3300, so 3301-3305 is a typing error or something else.
  ports = ["3296-3305/tcp"]
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
