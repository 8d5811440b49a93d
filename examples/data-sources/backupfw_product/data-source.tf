data "backupfw_product" "veeam" {
  id = "veeam"
}

# What a proxy dials at a repository, and which of it a port range of the two roles opens.
output "proxy_to_repository" {
  value = {
    for f in data.backupfw_product.veeam.flows : f.id => "${join(", ", f.ports)}${f.required ? "" : " (optional)"}"
    if f.from == "proxy" && f.to == "repository"
  }
}

# What the width of its ranges grows with: the keys of load in a port range.
output "sizing" {
  value = { for r in data.backupfw_product.veeam.sizing : r.unit => "${r.formula} (${r.source})" }
}
