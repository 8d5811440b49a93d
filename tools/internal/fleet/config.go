// Package fleet runs the real command line on fleets of hosts of every size,
// once with the provider and once with yardsticks of the same size, and records
// what each run cost.
package fleet

import (
	"fmt"
	"strings"
)

// Kind is what a fleet is made of.
type Kind string

// The kinds, each with the same number of resource instances.
const (
	// TerraformData is built into the command line: no provider runs.
	TerraformData Kind = "terraform_data"
	// Minimal is the smallest provider that the framework allows.
	Minimal Kind = "minimal"
	// Backupfw is the provider.
	Backupfw Kind = "backupfw"
)

// Kinds are all kinds, in the order in which they take turns.
var Kinds = []Kind{TerraformData, Minimal, Backupfw}

// perTriple is how many resource instances a triple has: a port range, a peer
// group and the policy that refers to both, or their stand-ins.
const perTriple = 3

// config writes a configuration with so many triples, each resource in a block
// of its own, as a configuration that grew by hand has them.
func config(kind Kind, triples int) string {
	var b strings.Builder
	if kind != TerraformData {
		fmt.Fprintf(&b, "terraform {\n  required_providers {\n    %s = { source = \"backupfw/%[1]s\" }\n  }\n}\n", kind)
	}
	for i := range triples {
		switch kind {
		case Backupfw:
			triple(&b, i)
		case Minimal:
			standIn(&b, "minimal_thing", i)
		default:
			standIn(&b, "terraform_data", i)
		}
	}
	return b.String()
}

// triple is a host that 16 clients reach on 16 ports.
func triple(b *strings.Builder, i int) {
	first := 29168 + i%16
	fmt.Fprintf(b, `
resource "backupfw_port_range" "p%[1]d" {
  name       = "vault-%[1]d"
  ports      = ["%[2]d-%[3]d/tcp"]
  negotiated = true
}

resource "backupfw_peer_group" "g%[1]d" {
  name  = "clients-%[1]d"
  cidrs = ["10.%[4]d.%[5]d.0/28"]
}

resource "backupfw_policy" "h%[1]d" {
  name = "host-%[1]d"
  rules = {
    backup = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.p%[1]d]
      peers       = [backupfw_peer_group.g%[1]d]
    }
  }
}
`, i, first, first+15, i>>8&255, i&255)
}

// standIn are three resources that refer to each other as those of a triple do.
func standIn(b *strings.Builder, resource string, i int) {
	fmt.Fprintf(b, `
resource %[1]q "p%[2]d" {
  input = "vault-%[2]d"
}

resource %[1]q "g%[2]d" {
  input = "clients-%[2]d"
}

resource %[1]q "h%[2]d" {
  input = "host-%[2]d ${%[1]s.p%[2]d.input} ${%[1]s.g%[2]d.input}"
}
`, resource, i)
}
