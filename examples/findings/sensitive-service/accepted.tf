resource "backupfw_port_range" "catalog" {
  name = "catalog-database"
  # Right: the director's documented connection to its catalog.
  product = "bareos"
  flows   = ["dir-to-db"]
}

resource "backupfw_peer_group" "database" {
  name  = "database"
  cidrs = ["10.20.0.10/32"]
}

resource "backupfw_policy" "server" {
  name = "director"
  rules = {
    catalog = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.catalog]
      peers       = [backupfw_peer_group.database]
    }
  }
}
