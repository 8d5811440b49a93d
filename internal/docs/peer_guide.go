package docs

import (
	"fmt"
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// peerParts are the parts of the guide to peers.
func peerParts(root string) []Part {
	part := func(name string, text func() string) Part {
		return Part{Name: name, Text: func() (string, error) { return text(), nil }}
	}
	parts := []Part{
		part("peer steps", peerStepTable),
		part("private peer steps", privatePeerTable),
		part("reference hosts", referenceHostTable),
	}
	return append(parts, exampleParts(root,
		"resources/backupfw_peer_group/resource.tf",
		"resources/backupfw_peer_group/resource_references.tf",
		"functions/exclude_cidrs/function.tf",
	)...)
}

// peerStep is a group of peers and what was done to get there.
type peerStep struct {
	what  string
	group policy.PeerGroup
}

// peerSteps go from everybody to a handful of hosts.
func peerSteps() []peerStep {
	return []peerStep{
		{"everybody: `0.0.0.0/0`, `::/0`", policy.PeerGroup{Prefixes: prefixes("0.0.0.0/0", "::/0")}},
		{"a public /16: `198.51.0.0/16`", policy.PeerGroup{Prefixes: prefixes("198.51.0.0/16")}},
		{"the /24 of the site: `198.51.100.0/24`", policy.PeerGroup{Prefixes: prefixes("198.51.100.0/24")}},
		{"the same, and it is a DMZ: `zone = \"dmz\"`", policy.PeerGroup{Prefixes: prefixes("198.51.100.0/24"), Zone: policy.DMZ}},
		{"the /28 with the clients: `198.51.100.16/28`", policy.PeerGroup{Prefixes: prefixes(clients), Zone: policy.DMZ}},
		{"without the gateway and the printer: `except`", policy.PeerGroup{Prefixes: prefixes(clients).Minus(prefixes("198.51.100.17", "198.51.100.30")), Zone: policy.DMZ}},
		{"the four clients one by one", policy.PeerGroup{Prefixes: prefixes("198.51.100.20", "198.51.100.21", "198.51.100.22", "198.51.100.23"), Zone: policy.DMZ}},
		{"a security group of four hosts: `max_hosts = 4`", referenced(policy.AWSSecurityGroup, 4, policy.ByAddress)},
	}
}

func privatePeerSteps() []peerStep {
	return []peerStep{
		{"everything private: `10.0.0.0/8`", policy.PeerGroup{Prefixes: prefixes("10.0.0.0/8")}},
		{"the company: `10.16.0.0/12`", policy.PeerGroup{Prefixes: prefixes("10.16.0.0/12")}},
		{"the site: `10.20.0.0/16`", policy.PeerGroup{Prefixes: prefixes("10.20.0.0/16")}},
		{"the subnet: `10.20.30.0/24`", policy.PeerGroup{Prefixes: prefixes("10.20.30.0/24")}},
		{"a network that only administrators reach: `zone = \"management\"`", policy.PeerGroup{Prefixes: prefixes("10.20.30.0/24"), Zone: policy.Management}},
		{"the backup server alone: `10.20.30.5`", policy.PeerGroup{Prefixes: prefixes("10.20.30.5")}},
	}
}

func prefixes(texts ...string) prefixset.Set {
	set, faults := prefixset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return set
}

func referenced(kind policy.ReferenceKind, hosts uint64, zone policy.Zone) policy.PeerGroup {
	ref := policy.Reference{Name: "clients", Kind: kind, MaxHosts: hosts}
	if kind == policy.AWSPrefixList {
		ref.MaxEntries = 1
	}
	return policy.PeerGroup{Zone: zone, References: []policy.Reference{ref}}
}

// attacked is a listener that CISA lists as exploited.
func attacked() policy.Listener { return flow("veeam", "console-to-server-v12", "") }

func peerStepTable() string    { return stepTable(peerSteps()) }
func privatePeerTable() string { return stepTable(privatePeerSteps()) }

// stepTable judges two listeners for each step: the forty ports of one quiet
// listener, and one port that is attacked.
func stepTable(steps []peerStep) string {
	var rows [][]string
	for _, s := range steps {
		row := []string{s.what, hosts(&s.group)}
		for _, l := range []policy.Listener{negotiated(fortyPorts), attacked()} {
			a := assessPeers(l, s.group)
			row = append(row, points(a.Points), verdict(a))
		}
		rows = append(rows, row)
	}
	return table([]string{"peers", "addresses", "forty quiet ports", "verdict", "one attacked port", "verdict"}, rows)
}

// hosts counts the addresses of a group; a reference has its max_hosts.
func hosts(g *policy.PeerGroup) string {
	if len(g.References) > 0 {
		return fmt.Sprint(g.References[0].MaxHosts)
	}
	if count := g.Prefixes.AddressCount(); count.IsInt64() {
		return thousands(count.Int64())
	}
	return "all"
}

// assessPeers judges one rule: the listener, open to the group.
func assessPeers(l policy.Listener, g policy.PeerGroup) *risk.Assessment {
	g.Name, g.ZoneReason = "peers", "an example"
	p := &policy.Policy{Name: "server", Rules: []policy.Rule{{
		Name:       "clients",
		PortRanges: []policy.PortRange{{Name: l.Name, Listeners: []policy.Listener{l}}},
		Peers:      []policy.PeerGroup{g},
	}}}
	a, faults := risk.Assess(p, risk.DefaultSettings())
	if len(faults) > 0 {
		panic(faults)
	}
	return a
}

// referenceHostTable shows what max_hosts does.
func referenceHostTable() string {
	kinds := []struct {
		name string
		kind policy.ReferenceKind
		zone policy.Zone
	}{
		{"security group, no zone", policy.AWSSecurityGroup, policy.ByAddress},
		{"security group, `dmz`", policy.AWSSecurityGroup, policy.DMZ},
		{"prefix list, no zone", policy.AWSPrefixList, policy.ByAddress},
		{"prefix list, `internal`", policy.AWSPrefixList, policy.Internal},
	}
	head := []string{"`max_hosts`"}
	for _, k := range kinds {
		head = append(head, k.name)
	}
	var rows [][]string
	for _, n := range []uint64{1, 8, 64, 256, 4096} {
		row := []string{strconv.FormatUint(n, 10)}
		for _, k := range kinds {
			row = append(row, points(assessPeers(negotiated(fortyPorts), referenced(k.kind, n, k.zone)).Points))
		}
		rows = append(rows, row)
	}
	return table(head, rows)
}
