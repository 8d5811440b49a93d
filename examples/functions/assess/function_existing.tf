locals {
  # In a local, so that it is called once. Rules that exist already, with a name and a limit.
  old = provider::backupfw::assess({
    name      = "old-backup-server"
    max_score = 20
    existing_rules = [
      { direction = "ingress", protocol = "tcp", from_port = 22, to_port = 22, cidrs = ["10.20.0.0/24"], description = "administrators" },
      { direction = "ingress", protocol = "tcp", ports = ["2500-3300"], cidrs = ["10.1.0.0/24"], product = "veeam", description = "data movers" },
    ]
  })
}

output "old_verdict" {
  value = "${local.old.verdict} with ${local.old.score} points of 100"
}
