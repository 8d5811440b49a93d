resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}
resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}
resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = { direction = "ingress", port_ranges = [backupfw_port_range.netbackup], peers = [backupfw_peer_group.dmz] }
  }
}
# Through a local, so that Terraform reads the data source in the plan, where for_each needs its keys.
locals { policy = backupfw_policy.primary }
data "backupfw_aws_security_group_rules" "primary" { policy = local.policy }
# for_each = data.backupfw_aws_security_group_rules.primary.ingress
