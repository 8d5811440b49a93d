locals {
  # In a local, so that each is called once. The peers are sixteen hosts of a DMZ.
  peers   = ["198.51.100.16/28"]
  unknown = provider::backupfw::score(["29168-29207/tcp"], local.peers, "dmz")
  vault   = provider::backupfw::score(["29168-29207/tcp"], local.peers, "dmz", { negotiated = true })
  movers  = provider::backupfw::score(["2500-2539/tcp"], local.peers, "dmz", { product = "veeam", max_score = 10 })
}

output "points" {
  value = {
    "nobody says what listens" = local.unknown.points
    "one listener"             = local.vault.points
    "Veeam data movers"        = local.movers.points
  }
}

output "verdict" {
  value = local.movers.verdict
}
