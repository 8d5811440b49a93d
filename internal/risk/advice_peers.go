package risk

import (
	"fmt"
	"net/netip"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// peerCandidates keeps the hosts that are listed one by one, or else shows
// what networks of an ordinary size would score.
func peerCandidates(p *policy.Policy, rule *policy.Rule, group *policy.PeerGroup) []candidate {
	listed := group.Prefixes.Prefixes()
	var hosts, cut []netip.Prefix
	wide := false
	for _, prefix := range listed {
		if prefix.IsSingleIP() {
			hosts = append(hosts, prefix)
		}
		narrow := ordinary(prefix)
		wide = wide || narrow != prefix
		cut = append(cut, narrow)
	}
	var list []candidate
	add := func(prefixes []netip.Prefix, message string) {
		kept := prefixset.Of(prefixes...)
		texts := kept.Strings()
		// What cannot be read back cannot be written either.
		if read, faults := prefixset.ParseList(texts); len(texts) > longestValue || len(faults) > 0 || !read.Equal(kept) {
			return
		}
		value := quoted(texts)
		list = append(list, candidate{
			advice: Advice{Action: "cut-peers", Rule: rule.Name, Argument: "cidrs", Value: value,
				Message: fmt.Sprintf(message, value, group.Name)},
			edit: func() edit { return replacePeers(p, group, kept) },
		})
	}
	if len(hosts) > 0 && len(hosts) < len(listed) {
		add(hosts, "Keep only the hosts that are listed one by one: write cidrs = %s in peer group %q.")
	}
	if wide {
		add(cut, "List the networks in which the backup hosts are. With one network of an ordinary size for each, such as cidrs = %s in peer group %q, this is the score.")
	}
	return list
}

// examples stand for a network inside prefixes that are too wide to guess one.
var examples = []netip.Prefix{
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("10.0.0.0/24"),
	netip.MustParsePrefix("2001:db8::/64"),
	netip.MustParsePrefix("fd00::/64"),
}

// ordinary is a network of an ordinary size inside the prefix, or the prefix
// itself when it is not larger.
func ordinary(prefix netip.Prefix) netip.Prefix {
	narrow, guess := exampleNetwork4, 8
	if prefix.Addr().Is6() {
		narrow, guess = exampleNetwork6, 16
		if prefix.Bits() >= exampleNetwork6 && !prefixset.Of(prefix).EmbeddedIPv4().IsEmpty() {
			narrow = exampleEmbedded4
		}
	}
	if prefix.Bits() >= narrow {
		return prefix
	}
	for _, example := range examples {
		if prefix.Bits() < guess && prefix.Contains(example.Addr()) {
			return example
		}
	}
	return netip.PrefixFrom(prefix.Addr(), narrow)
}
