resource "backupfw_port_range" "storage" {
  name    = "bareos-storage"
  product = "bareos"
  flows   = ["fd-to-sd"]
}

resource "backupfw_peer_group" "clients" {
  name  = "clients"
  cidrs = ["10.20.0.0/24"]
}

resource "backupfw_peer_group" "mail" {
  name  = "mail-server"
  cidrs = ["10.20.0.25/32"]
}

resource "backupfw_policy" "server" {
  name = "storage-daemon"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.storage]
      peers       = [backupfw_peer_group.clients]
    }
    # Wrong: the mail server is one of the clients already, so removing this rule would close nothing.
    mail = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.storage]
      peers       = [backupfw_peer_group.mail]
    }
  }
}
