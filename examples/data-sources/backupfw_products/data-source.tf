# Which product may be behind an old rule for this port?
data "backupfw_products" "behind_9103" {
  port = "9103/tcp"
}

# Every product that calls the protected host a client.
data "backupfw_products" "with_clients" {
  role = "client"
}

output "behind_9103" {
  value = { for p in data.backupfw_products.behind_9103.products : p.id => p.name }
}

output "with_clients" {
  value = data.backupfw_products.with_clients.ids
}
