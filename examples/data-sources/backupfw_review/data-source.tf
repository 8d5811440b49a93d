resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["29168-29171/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "dmz" {
  name  = "dmz-clients"
  zone  = "dmz"
  cidrs = ["198.51.100.16/28"]
}

resource "backupfw_policy" "primary" {
  name = "primary-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

resource "backupfw_policy" "vault" {
  name = "vault-server"
  rules = {
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.vault]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan.
  policies = [backupfw_policy.primary, backupfw_policy.vault]
}

data "backupfw_review" "site" {
  title    = "Backup of site B"
  policies = local.policies
}

# The text of the comment, before anything is applied:
#
#   terraform plan -out=tfplan
#   terraform show -json tfplan | jq --raw-output .planned_values.outputs.comment.value
output "comment" {
  value = data.backupfw_review.site.markdown
}

output "verdict" {
  value = "${data.backupfw_review.site.verdict}, at most ${data.backupfw_review.site.score} of 100"
}
