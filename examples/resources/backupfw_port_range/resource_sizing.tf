# The range as it was set on the managed server, compared with what forty
# concurrent tasks need.
resource "backupfw_port_range" "movers" {
  name        = "data-movers"
  product     = "veeam"
  flows       = ["data-mover-range"]
  ports       = ["2500-2539/tcp"]
  concurrency = 40
}

output "sizing" {
  value = backupfw_port_range.movers.sizing
}
