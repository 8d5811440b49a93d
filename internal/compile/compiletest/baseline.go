package compiletest

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// FlatBaseline is how many flat rules a careful person writes: for each rule
// of the policy the ports are merged and the prefixes collapsed, each run of
// ports gets one rule per peer, and what stands twice is dropped.
func FlatBaseline(p *policy.Policy) int {
	rules := map[string]bool{}
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, ports := range r.Ports().Strings() {
			for _, peer := range peerTexts(r, ports) {
				rules[fmt.Sprint(r.Direction, ports, peer)] = true
			}
		}
	}
	return len(rules)
}

// ListBaseline is the same for rules that hold lists of ports and of prefixes:
// each rule of the policy becomes one for each address family and kind of
// reference and, with oneProtocol, for each protocol.
func ListBaseline(p *policy.Policy, oneProtocol, oneFamily bool) int {
	count := 0
	for i := range p.Rules {
		r := &p.Rules[i]
		peers := 0
		v4, v6 := r.Prefixes().IPv4(), r.Prefixes().IPv6()
		for _, family := range []prefixset.Set{v4, v6} {
			if !family.IsEmpty() {
				peers++
			}
		}
		if !oneFamily && peers == 2 {
			peers = 1
		}
		kinds := map[policy.ReferenceKind]bool{}
		for _, ref := range r.References() {
			kinds[ref.Kind] = true
		}
		protocols := 1
		if oneProtocol && !r.Ports().Equal(portset.Any()) {
			protocols = 0
			for _, protocol := range portset.Protocols() {
				if !r.Ports().Of(protocol).IsEmpty() {
					protocols++
				}
			}
		}
		count += (peers + len(kinds)) * protocols
	}
	return count
}

// peerTexts are the peers for which packets of the entry exist.
func peerTexts(r *policy.Rule, entry string) []string {
	prefixes := r.Prefixes()
	switch entry {
	case portset.ICMP.String():
		prefixes = prefixes.IPv4()
	case portset.ICMPv6.String():
		prefixes = prefixes.IPv6()
	}
	texts := prefixes.Strings()
	for _, ref := range r.References() {
		texts = append(texts, "ref:"+ref.Name)
	}
	return texts
}
