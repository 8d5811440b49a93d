locals {
  # In a local, so that it is called once.
  found = provider::backupfw::port_services("10006/tcp")
}

# Somebody found this port open. Which backup product may it be?
output "products" {
  value = distinct(local.found.product_flows[*].product)
}

output "scored_as" {
  value = local.found.services[*].class
}
