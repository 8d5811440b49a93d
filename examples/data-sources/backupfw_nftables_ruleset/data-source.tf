resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_peer_group" "dmz" {
  name   = "dmz-clients"
  zone   = "dmz"
  cidrs  = ["198.51.100.16/28", "2001:db8:40::/64"]
  except = ["198.51.100.17/32"]
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
  # Through a local, so that Terraform reads the data source in the plan.
  policy = backupfw_policy.primary
}

data "backupfw_nftables_ruleset" "primary" {
  policy       = local.policy
  default_drop = true # without it nothing is closed
}

# terraform_data stands for the host's own resource: cloud-init writes the file and loads it.
resource "terraform_data" "host" {
  input = {
    user_data = "#cloud-config\n${yamlencode({
      write_files = [{
        path        = "/etc/nftables.d/backupfw.nft"
        permissions = "0600"
        content     = data.backupfw_nftables_ruleset.primary.ruleset
      }]
      runcmd = [["nft", "-f", "/etc/nftables.d/backupfw.nft"]]
    })}"
  }
}

# For nft -f.
output "ruleset" {
  value = data.backupfw_nftables_ruleset.primary.ruleset
}
