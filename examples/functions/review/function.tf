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
    dmz_clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

locals {
  # In a local, so that it is called once. The last argument stands for the provider's settings, which
  # functions cannot see; today is the day by which waivers are judged.
  review = provider::backupfw::review([backupfw_policy.primary], {
    title     = "Backup of site B"
    max_score = 20
    today     = formatdate("YYYY-MM-DD", plantimestamp())
  })
}

# The text of the comment, before anything is applied:
#
#   terraform plan -out=tfplan
#   terraform show -json tfplan | jq --raw-output .planned_values.outputs.comment.value
output "comment" {
  value = local.review.markdown
}

# The same as values, for a program.
output "opens" {
  value = [
    for subject in jsondecode(local.review.json).subjects : {
      policy = subject.name
      score  = subject.score
      rules  = [for rule in subject.rules : rule.name]
    }
  ]
}
