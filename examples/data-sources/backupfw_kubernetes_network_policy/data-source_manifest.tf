# Shows the blocks and the manifest without a cluster.
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

data "backupfw_kubernetes_network_policy" "primary" {
  policy       = local.policy
  namespace    = "backup"
  pod_selector = { app = "netbackup-primary" }
}

# terraform_data stands for kubernetes_network_policy_v1.
resource "terraform_data" "policy" {
  input = {
    metadata     = data.backupfw_kubernetes_network_policy.primary.metadata
    pod_selector = { match_labels = data.backupfw_kubernetes_network_policy.primary.match_labels }
    policy_types = data.backupfw_kubernetes_network_policy.primary.policy_types
    ingress = [for rule in data.backupfw_kubernetes_network_policy.primary.ingress : {
      ports = [for p in rule.ports : { protocol = p.protocol, port = p.port, end_port = p.end_port }]
      from  = [for f in rule.from : { cidr = f.ip_block.cidr, except = f.ip_block.except }]
    }]
    egress = [for rule in data.backupfw_kubernetes_network_policy.primary.egress : {
      ports = [for p in rule.ports : { protocol = p.protocol, port = p.port, end_port = p.end_port }]
      to    = [for t in rule.to : { cidr = t.ip_block.cidr, except = t.ip_block.except }]
    }]
  }
}

# terraform_data stands for kubernetes_manifest, with manifest = yamldecode(…).
resource "terraform_data" "manifest" {
  input = yamldecode(data.backupfw_kubernetes_network_policy.primary.yaml)
}

# For kubectl apply -f.
output "manifest" {
  value = data.backupfw_kubernetes_network_policy.primary.yaml
}
