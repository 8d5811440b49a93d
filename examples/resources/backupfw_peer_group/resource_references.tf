# Peers that are not addresses. The name is your own, never an id: ids are not
# known before the first apply, and the rules have to be.
resource "backupfw_peer_group" "media_servers" {
  name = "media-servers"
  references = {
    media = {
      kind      = "aws_security_group"
      max_hosts = 8
    }
    branches = {
      kind        = "aws_prefix_list"
      max_hosts   = 64
      max_entries = 20
    }
  }
}
