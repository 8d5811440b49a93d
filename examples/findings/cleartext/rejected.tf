resource "backupfw_port_range" "ndmp" {
  name    = "ndmp"
  product = "netbackup"
  flows   = ["media-to-filer-ndmp"]
}

resource "backupfw_peer_group" "filer" {
  name = "filer"
  # Wrong: NDMP is not encrypted, and the filer stands in the DMZ.
  zone  = "dmz"
  cidrs = ["198.51.100.40/32"]
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
