# For a network plugin that ignores endPort: it would open the first port of a range only.
resource "backupfw_port_range" "movers" {
  name    = "data-movers"
  product = "veeam"
  flows   = ["data-mover-range"]
  ports   = ["2500-2503/tcp"]
}

resource "backupfw_peer_group" "repositories" {
  name  = "repositories"
  zone  = "internal"
  cidrs = ["10.20.0.0/28"]
}

resource "backupfw_policy" "proxy" {
  name = "proxy"
  rules = {
    repositories = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.movers]
      peers       = [backupfw_peer_group.repositories]
    }
  }
}

locals {
  # Through a local, so that Terraform reads the data source in the plan.
  policy = backupfw_policy.proxy
}

data "backupfw_kubernetes_network_policy" "proxy" {
  policy        = local.policy
  pod_selector  = {} # every pod of the namespace
  expand_ranges = 16 # a range of more than 16 ports is an error
}

output "ports" {
  value = one(values(data.backupfw_kubernetes_network_policy.proxy.egress)).ports[*].port
}
