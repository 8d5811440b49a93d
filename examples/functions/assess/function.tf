locals {
  proposal = {
    name = "vault-server"
    rules = {
      clients = {
        direction = "ingress"
        port_ranges = [{
          name      = "vault"
          listeners = [{ name = "vault", kind = "negotiated", ports = ["29168-29207/tcp"] }]
        }]
        peers = [{ name = "clients", prefixes = ["198.51.100.16/28"], zone = "dmz" }]
      }
    }
  }

  # In a local, so that it is called once. The second argument stands for the provider's settings,
  # which functions cannot see.
  assessment = provider::backupfw::assess(local.proposal, { max_score = 10 })
}

output "verdict" {
  value = "${local.assessment.verdict} with ${local.assessment.score} points of 100"
}
