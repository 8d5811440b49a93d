// Package cover finds the fewest rules that allow exactly a set of packets,
// for the two shapes that rules of firewalls have: boxes, in which one run of
// ports meets one prefix, and products, in which a list of ports meets a list
// of prefixes. The rules of a cover may overlap, and never leave the set.
package cover

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Source is one part of the set to cover, as its author wrote it: every port
// in Ports is open to everybody in Prefixes and References. The set is the
// union of its sources, and answers name sources by their index.
//
// ICMP exists in IPv4 only and ICMPv6 in IPv6 only: such a port and a prefix
// of the other family open nothing together. portset.Other is open only where
// everything is (portset.Any).
type Source struct {
	Ports    portset.Ports
	Prefixes prefixset.Set
	// References are peers of which nobody knows the addresses, by name, sorted
	// and each once. Each is a peer of its own.
	References []string
}
