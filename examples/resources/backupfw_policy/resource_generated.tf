# Rules from variables: one per site. Port ranges and peers may be written by
# hand, in the form into which the resources are resolved. Nothing that narrows
# may be left out: Terraform drops misspelt names inside objects, and a missing
# "zone" or "ports" is an error here instead of a wider rule.
variable "sites" {
  type = map(object({
    cidrs = list(string)
    zone  = string
  }))
  default = {
    berlin = { cidrs = ["10.20.0.0/24"], zone = "internal" }
    porto  = { cidrs = ["198.51.100.16/28"], zone = "dmz" }
  }
}

resource "backupfw_policy" "storage" {
  name = "storage-daemon"
  rules = {
    for site, network in var.sites : "clients_${site}" => {
      direction = "ingress"
      port_ranges = [{
        name = "vault"
        listeners = [{
          name  = "vault"
          kind  = "negotiated"
          ports = ["29168-29207/tcp"]
        }]
      }]
      peers = [{
        name     = site
        prefixes = network.cidrs
        zone     = network.zone
      }]
    }
  }
}
