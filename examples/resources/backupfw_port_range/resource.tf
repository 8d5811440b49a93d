# A product of the catalogue: who dials and who listens select the documented ports.
resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

# Optional flows are selected by name.
resource "backupfw_port_range" "netbackup_client_direct" {
  name    = "netbackup-client-direct"
  product = "netbackup"
  flows   = ["client-to-storage-spad", "client-to-storage-spoold"]
}

output "opened" {
  value = {
    required = backupfw_port_range.netbackup.effective_ports
    optional = backupfw_port_range.netbackup_client_direct.effective_ports
  }
}
