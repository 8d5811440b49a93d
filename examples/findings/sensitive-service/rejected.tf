resource "backupfw_port_range" "catalog" {
  name = "catalog-database"
  # Wrong: a database port, and nobody says what the backup wants there.
  ports = ["5432/tcp"]
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
