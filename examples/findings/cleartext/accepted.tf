resource "backupfw_port_range" "ndmp" {
  name    = "ndmp"
  product = "netbackup"
  flows   = ["media-to-filer-ndmp"]
}

resource "backupfw_peer_group" "filer" {
  name = "filer"
  # Right: the traffic stays inside, on the storage network.
  zone  = "internal"
  cidrs = ["10.40.0.40/32"]
}

resource "backupfw_policy" "server" {
  name = "media-server"
  rules = {
    filer = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.ndmp]
      peers       = [backupfw_peer_group.filer]
    }
  }
}
