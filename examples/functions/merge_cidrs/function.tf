locals {
  # In a local, so that it is called once.
  sites = provider::backupfw::merge_cidrs([
    "198.51.100.0/25", "198.51.100.128/25", # two halves
    "198.51.100.7",                         # inside them already
    "2001:DB8:40::/64",
  ])
}

# Two prefixes are left, so this is two rules and not four.
output "sites" {
  value = local.sites
}
