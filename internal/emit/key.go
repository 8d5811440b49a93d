package emit

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
)

// flatKey names a rule with one run of ports and one peer:
//
//	tcp-1556-198.51.100.16/28      one port
//	tcp-2500-3300-2001:db8:40::/64 a run of ports
//	icmp-198.51.100.16/28          a protocol without ports
//	any-ref:bastion                every protocol, and a reference
//
// The runs and peers of a direction are disjoint, so no two rules have the
// same key: protocols and ports are digits, letters and at most one "-" each,
// and no prefix has one, so that two keys are equal only part by part.
func flatKey(r *compile.Rule, peer *compile.Peer) string {
	return portsKey(r) + "-" + peerKey(peer)
}

func portsKey(r *compile.Rule) string {
	switch {
	case r.Any:
		return "any"
	case r.Protocol.HasPorts():
		return r.Protocol.String() + "-" + r.Ports.String()
	}
	return r.Protocol.String()
}

func peerKey(peer *compile.Peer) string {
	if peer.Reference != nil {
		return "ref:" + peer.Reference.Name
	}
	return peer.Prefix.String()
}

// joinedNames describes which rules a row serves, in at most limit bytes:
//
//	primary-server: a, b, c
//	primary-server: a, b and 17 more
//
// It keeps whole names only, and at least one: limit must leave room for it.
func joinedNames(policyName string, rules []string, limit int) string {
	text := policyName + ": "
	fit := "" // the longest shortened form so far
	for i, rule := range rules {
		if i > 0 {
			text += ", "
		}
		text += rule
		if len(text) > limit {
			return fit
		}
		if more := len(rules) - i - 1; more > 0 {
			if short := text + andMore(more); len(short) <= limit || i == 0 {
				fit = short
			}
		}
	}
	return text
}
