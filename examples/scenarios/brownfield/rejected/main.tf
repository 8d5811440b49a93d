# The suggestion, word for word. It opens what the old rules open, so the plan is
# rejected for the same reasons, now at the rules that cause it.

terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

resource "backupfw_port_range" "bacula_existing_0" {
  name    = "bacula-existing-0"
  product = "bacula"
  flows   = ["dir-to-fd", "fd-to-sd", "console-to-dir"]
}

# No product of the catalogue is told by these ports alone. Find out which
# program listens there; then name its product and flows, or close them. With
# product in the existing rule, its flows are found.
# 8006/tcp: usually Proxmox VE.
# 8086/tcp: usually InfluxDB.
# 8088/tcp: usually Hadoop YARN resource manager.
# 8089/tcp: usually Splunk management.
# 8091/tcp: usually Couchbase.
# 8123/tcp: usually ClickHouse.
# 8265/tcp: usually Ray dashboard and job API.
# 8300-8302/tcp, 8500-8501/tcp: usually HashiCorp Consul.
# And ports of 1 more well-known services.
resource "backupfw_port_range" "unexplained_existing_2" {
  name  = "unexplained-existing-2"
  ports = ["8000-9000/tcp"]
}

# No product of the catalogue is told by these ports alone. Find out which
# program listens there; then name its product and flows, or close them. With
# product in the existing rule, its flows are found.
# 873/tcp: usually rsync.
resource "backupfw_port_range" "unexplained_existing_3" {
  name  = "unexplained-existing-3"
  ports = ["873/tcp"]
}

resource "backupfw_port_range" "bacula_existing_4" {
  name    = "bacula-existing-4"
  product = "bacula"
  flows   = ["dir-to-fd"]
}

resource "backupfw_peer_group" "existing_0" {
  name  = "existing-0"
  cidrs = ["10.0.0.0/8"]
}

resource "backupfw_peer_group" "existing_1" {
  name  = "existing-1"
  cidrs = ["198.51.100.0/24"]
}

resource "backupfw_peer_group" "existing_2" {
  name  = "existing-2"
  cidrs = ["198.51.100.16/28", "198.51.100.64/28"]
}

resource "backupfw_peer_group" "existing_3" {
  name  = "existing-3"
  cidrs = ["10.30.0.0/16"]
}

resource "backupfw_peer_group" "existing_4" {
  name  = "existing-4"
  cidrs = ["10.0.0.0/8", "198.51.100.0/24"]
}

resource "backupfw_policy" "existing" {
  name = "existing"
  rules = {
    existing-0 = {
      description = "bacula"
      direction   = "ingress"
      port_ranges = [backupfw_port_range.bacula_existing_0]
      peers       = [backupfw_peer_group.existing_0]
    }
    existing-1 = {
      description = "bacula in the DMZ"
      direction   = "ingress"
      port_ranges = [backupfw_port_range.bacula_existing_0]
      peers       = [backupfw_peer_group.existing_1]
    }
    existing-2 = {
      description = "the installer said so"
      direction   = "ingress"
      port_ranges = [backupfw_port_range.unexplained_existing_2]
      peers       = [backupfw_peer_group.existing_2]
    }
    existing-3 = {
      description = "rsync of the branches"
      direction   = "ingress"
      port_ranges = [backupfw_port_range.unexplained_existing_3]
      peers       = [backupfw_peer_group.existing_3]
    }
    existing-4 = {
      description = "to the file daemons"
      direction   = "egress"
      port_ranges = [backupfw_port_range.bacula_existing_4]
      peers       = [backupfw_peer_group.existing_4]
    }
  }
}
