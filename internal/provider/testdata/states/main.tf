# Everything that a state of the provider holds: ranges of a product and of
# nobody, peers in both families and by reference, both directions, a waiver.
terraform {
  required_providers {
    backupfw = {
      source = "registry.terraform.io/backupfw/backupfw"
    }
  }
}

resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_port_range" "movers" {
  name       = "movers"
  ports      = ["29168-29207/tcp"]
  negotiated = true
}

resource "backupfw_port_range" "console" {
  name  = "console"
  ports = ["29300-29304/tcp", "29310/udp"]
}

resource "backupfw_peer_group" "dmz" {
  name   = "dmz"
  zone   = "dmz"
  cidrs  = ["198.51.100.16/28", "2001:db8:40::/64"]
  except = ["198.51.100.17"]
}

resource "backupfw_peer_group" "inside" {
  name  = "inside"
  cidrs = ["10.20.0.0/24"]
  references = {
    app = { kind = "aws_security_group", max_hosts = 4 }
  }
}

resource "backupfw_policy" "primary" {
  name        = "primary"
  description = "The primary server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup, backupfw_port_range.movers]
      peers       = [backupfw_peer_group.dmz, backupfw_peer_group.inside]
    }
    console = {
      direction   = "ingress"
      description = "Administrators"
      port_ranges = [backupfw_port_range.console]
      peers       = [backupfw_peer_group.inside]
    }
    storage = {
      direction   = "egress"
      port_ranges = [{ name = "ndmp", listeners = [{ name = "ndmp", kind = "undeclared", ports = ["10000/tcp"] }] }]
      peers       = [{ name = "filers", prefixes = ["10.30.0.0/24"], zone = "internal" }]
    }
  }
}

resource "backupfw_policy" "desk" {
  name = "desk"
  rules = {
    desk = {
      direction   = "ingress"
      port_ranges = [{ name = "rdp", listeners = [{ name = "rdp", kind = "undeclared", ports = ["3389/tcp"] }] }]
      peers       = [{ name = "admins", prefixes = ["10.40.0.16/28"], zone = "management" }]
    }
    many = {
      direction   = "ingress"
      port_ranges = [{ name = "open", listeners = [{ name = "open", kind = "undeclared", ports = ["29400-29439/tcp"] }] }]
      peers       = [{ name = "site", prefixes = ["10.50.0.0/28"], zone = "internal" }]
    }
  }
  waiver {
    finding = "sensitive-service"
    ports   = ["3389/tcp"]
    peers   = ["10.40.0.16/28"]
    reason  = "Remote hands until the console is delivered"
    owner   = "platform@example.com"
    expires = "2027-06-01"
  }
}
