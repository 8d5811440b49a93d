# A listener of your own that picks one port of the range per connection, so
# that all of them have to be open. It is scored as one listener.
resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["40000-40039/tcp"]
  negotiated = true
}

# A range of the same width that no registered service uses.
output "better_range" {
  value = backupfw_port_range.vault.quiet_alternative
}
