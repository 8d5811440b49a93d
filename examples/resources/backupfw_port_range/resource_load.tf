# A range that grows with devices instead of jobs: load counts them, and the plan warns when the range does not fit.
resource "backupfw_port_range" "storage_node" {
  name    = "storage-node"
  product = "networker"
  flows   = ["sn-service-ports"]
  ports   = ["7937-7945/tcp"]
  load    = { device = 4 }
}

output "sizing" {
  value = backupfw_port_range.storage_node.sizing
}
