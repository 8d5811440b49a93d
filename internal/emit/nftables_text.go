package emit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// nftablesFamily is an address family as nft and the rows call it.
type nftablesFamily struct {
	name     string // in names of sets and in rows
	header   string // the header that has the addresses
	datatype string
	is4      bool
	part     func(prefixset.Set) prefixset.Set
}

var nftablesFamilies = []nftablesFamily{
	{"ipv4", "ip", "ipv4_addr", true, prefixset.Set.IPv4},
	{"ipv6", "ip6", "ipv6_addr", false, prefixset.Set.IPv6},
}

// nftablesKind says what a set has besides addresses. An address with every
// protocol needs a set of its own, because a packet without a transport header
// that the kernel can read has no port to look up, and the later fragments of
// a packet have none either.
type nftablesKind struct {
	name     string
	datatype string // what follows the type of the address
	match    string // what follows the address in a rule
	has      func(*compile.Rule) bool
	suffix   func(*compile.Rule) string // what follows the address in an element
}

var nftablesKinds = []nftablesKind{
	{
		name:   "any",
		has:    func(r *compile.Rule) bool { return r.Any },
		suffix: func(*compile.Rule) string { return "" },
	},
	{
		name: "ports", datatype: " . inet_proto . inet_service", match: " . meta l4proto . th dport",
		has:    func(r *compile.Rule) bool { return !r.Any && r.Protocol.HasPorts() },
		suffix: func(r *compile.Rule) string { return fmt.Sprintf(" . %s . %s", r.Protocol, r.Ports) },
	},
	{
		name: "protocols", datatype: " . inet_proto", match: " . meta l4proto",
		has: func(r *compile.Rule) bool { return !r.Any && !r.Protocol.HasPorts() },
		// The protocols' names are words of nft, so that the host needs no
		// /etc/protocols.
		suffix: func(r *compile.Rule) string { return " . " + r.Protocol.String() },
	},
}

// nftablesSet is a set, the rule that looks into it, and their row.
type nftablesSet struct {
	direction policy.Direction
	family    *nftablesFamily
	kind      *nftablesKind
	elements  []string
	rules     []string
	comment   string
}

// nftablesSets writes the rules as sets, by direction, family and kind. The
// kernel refuses elements that overlap; those of compiled rules never do.
func nftablesSets(rules []compile.Rule) []nftablesSet {
	var sets []nftablesSet
	for _, d := range policy.Directions() {
		for f := range nftablesFamilies {
			for k := range nftablesKinds {
				set := nftablesSet{direction: d, family: &nftablesFamilies[f], kind: &nftablesKinds[k]}
				for i := range rules {
					if rules[i].Direction == d && set.kind.has(&rules[i]) {
						set.take(&rules[i])
					}
				}
				if len(set.elements) > 0 {
					slices.Sort(set.rules)
					set.rules = slices.Compact(set.rules)
					sets = append(sets, set)
				}
			}
		}
	}
	return sets
}

// take adds the part of a rule that is of the set's family.
func (s *nftablesSet) take(r *compile.Rule) {
	suffix := s.kind.suffix(r)
	for _, addresses := range s.family.part(r.Prefixes).Ranges() {
		s.elements = append(s.elements, addressesText(addresses)+suffix)
	}
	for _, peer := range r.Peers() {
		if peer.Reference == nil && peer.Prefix.Addr().Is4() == s.family.is4 {
			s.rules = append(s.rules, peer.Rules...)
		}
	}
}

// addressesText writes one address, a prefix or a range of addresses.
func addressesText(r netipx.IPRange) string {
	if r.From() == r.To() {
		return addressText(r.From())
	}
	if p, whole := r.Prefix(); whole {
		return fmt.Sprintf("%s/%d", addressText(p.Addr()), p.Bits())
	}
	return addressText(r.From()) + "-" + addressText(r.To())
}

// addressText writes mapped addresses in groups, so that nobody takes them for
// IPv4 ones.
func addressText(a netip.Addr) string {
	if a.Is4In6() {
		b := a.As16()
		return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15]))
	}
	return a.String()
}

// name is that of the set: "ingress_ipv4_ports".
func (s *nftablesSet) name() string {
	return s.direction.String() + "_" + s.family.name + "_" + s.kind.name
}

func (s *nftablesSet) datatype() string { return s.family.datatype + s.kind.datatype }

func (s *nftablesSet) rule() string {
	address := "saddr"
	if s.direction == policy.Egress {
		address = "daddr"
	}
	return fmt.Sprintf("%s %s%s @%s counter accept comment %q", s.family.header, address, s.kind.match, s.name(), s.comment)
}

// row writes the set; values stand in the order of the target's columns.
func (s *nftablesSet) row() Row {
	return Row{
		Key:    s.family.name + "-" + s.kind.name,
		Values: []any{s.family.name, s.name(), s.datatype(), s.elements, s.rule()},
		Rules:  s.rules,
	}
}

func elementCount(sets []nftablesSet) int {
	n := 0
	for i := range sets {
		n += len(sets[i].elements)
	}
	return n
}

// nftablesHook is the base chain of a direction, with what a host needs to
// live besides what the policy allows.
type nftablesHook struct {
	direction policy.Direction
	hook      string
	first     []string
}

// Neighbours and routers are found with ICMPv6, which connection tracking does
// not follow; no router forwards a packet with hop limit 255, so it comes from
// the link. Switches that watch multicast listeners pass it on only to those
// that report themselves. IPv4 has ARP for it, which chains of inet do not see.
var nftablesHooks = []nftablesHook{
	{policy.Ingress, "input", []string{
		`iif "lo" accept`,
		"ct state established,related accept",
		"ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
		"ip6 saddr fe80::/10 ip6 hoplimit 1 icmpv6 type mld-listener-query accept",
	}},
	{policy.Egress, "output", []string{
		`oif "lo" accept`,
		"ct state established,related accept",
		"ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept",
		"ip6 hoplimit 1 icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } accept",
	}},
}

// nftablesText writes the ruleset. nft reads a file as one transaction, so
// that the table is never missing in between.
func nftablesText(policyName, table string, sets []nftablesSet, drop bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Policy %s, for nft -f. Loading it again replaces the table.\n", policyName)
	// The first line makes the table, where it is missing, so that it can be deleted.
	fmt.Fprintf(&b, "table inet %s {\n}\ndelete table inet %s\n\ntable inet %s {\n", table, table, table)
	for i := range sets {
		s := &sets[i]
		fmt.Fprintf(&b, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n\t\telements = {\n\t\t\t%s\n\t\t}\n\t}\n\n",
			s.name(), s.datatype(), strings.Join(s.elements, ",\n\t\t\t"))
	}
	first := true
	for _, hook := range nftablesHooks {
		lines := hook.lines(policyName, sets)
		if lines == nil {
			continue
		}
		if !first {
			b.WriteString("\n")
		}
		first = false
		verdict := "accept"
		if drop {
			verdict = "drop"
		}
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype filter hook %s priority filter; policy %s;\n", hook.direction, hook.hook, verdict)
		for _, line := range lines {
			fmt.Fprintf(&b, "\t\t%s\n", line)
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// lines are the rules of a chain, none for a direction without rules.
func (h *nftablesHook) lines(policyName string, sets []nftablesSet) []string {
	var own []string
	for i := range sets {
		if sets[i].direction == h.direction {
			own = append(own, sets[i].rule())
		}
	}
	if own == nil {
		return nil
	}
	rest := fmt.Sprintf("counter comment %q", policyName+": everything else")
	return slices.Concat(h.first, own, []string{rest})
}
