# Clients in the DMZ, without the address that belongs to the firewall itself.
resource "backupfw_peer_group" "dmz" {
  name   = "dmz-clients"
  zone   = "dmz"
  cidrs  = ["198.51.100.16/28", "2001:db8:40::/64"]
  except = ["198.51.100.17/32"]
}

# Without a zone each address counts by its own nature: this one as internal.
resource "backupfw_peer_group" "proxies" {
  name  = "proxies"
  cidrs = ["10.20.0.0/28"]
}

output "addresses" {
  value = backupfw_peer_group.dmz.prefixes
}
