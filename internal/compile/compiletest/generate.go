package compiletest

import (
	"fmt"
	"net/netip"
	"slices"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Options narrows the policies that Policies generates.
type Options struct {
	// WholeSCTP leaves out parts of SCTP.
	WholeSCTP bool
	// NoWide leaves out prefixes that cover more than the small networks in
	// which all others lie.
	NoWide bool
	// NoPortZero leaves out port 0, except where the whole protocol is open.
	NoPortZero bool
	// Without are protocols that no policy opens, unless it opens everything.
	Without []portset.Protocol
	// References are drawn from; empty means that there are none.
	References []policy.Reference
	// IngressReferences leaves them out of egress rules.
	IngressReferences bool
}

// Policies generates policies in which ports and peers often overlap and
// touch, and often lie at the ends of their spaces.
func Policies(o Options) *rapid.Generator[*policy.Policy] {
	return rapid.Custom(func(t *rapid.T) *policy.Policy {
		p := &policy.Policy{Name: "generated"}
		for i := range rapid.IntRange(0, 5).Draw(t, "rules") {
			r := policy.Rule{Name: fmt.Sprintf("rule-%d", i)}
			r.Direction = rapid.SampledFrom(policy.Directions()).Draw(t, "direction")
			for range rapid.IntRange(1, 2).Draw(t, "port ranges") {
				r.PortRanges = append(r.PortRanges, portRange(o.ports().Draw(t, "ports")))
			}
			for range rapid.IntRange(1, 2).Draw(t, "peer groups") {
				peers := o.peers().Draw(t, "peers")
				if o.IngressReferences && r.Direction == policy.Egress {
					peers.References = nil
				}
				r.Peers = append(r.Peers, peers)
			}
			p.Rules = append(p.Rules, r)
		}
		return p
	})
}

// run prefers short runs of ports that touch each other or an end.
func run() *rapid.Generator[portset.Range] {
	port := rapid.OneOf(
		rapid.Uint16Range(20, 30),
		rapid.Uint16Range(20, 30),
		rapid.SampledFrom([]uint16{0, 1, 2, 65533, 65534, 65535}),
		rapid.Uint16())
	return rapid.Custom(func(t *rapid.T) portset.Range {
		a := port.Draw(t, "a")
		b := a + rapid.Uint16Range(0, 5).Draw(t, "length")
		if rapid.IntRange(0, 3).Draw(t, "long") == 3 {
			b = port.Draw(t, "b")
		}
		return portset.Range{First: min(a, b), Last: max(a, b)}
	})
}

func (o Options) ports() *rapid.Generator[portset.Ports] {
	return rapid.Custom(func(t *rapid.T) portset.Ports {
		// An address that is allowed everything hides the rest, so any is rare.
		if rapid.IntRange(0, 9).Draw(t, "any") == 9 {
			return portset.Any()
		}
		var all portset.Ports
		for range rapid.IntRange(1, 3).Draw(t, "entries") {
			p := rapid.SampledFrom(o.protocols()).Draw(t, "protocol")
			whole := !p.HasPorts() || p == portset.SCTP && o.WholeSCTP || rapid.IntRange(0, 9).Draw(t, "whole") == 9
			if whole {
				all = all.Union(portset.WholeProtocol(p))
				continue
			}
			r := run().Draw(t, "run")
			if o.NoPortZero {
				r.First, r.Last = max(r.First, 1), max(r.Last, 1)
			}
			all = all.Union(portset.PortsOf(p, portset.Of(r)))
		}
		return all
	})
}

// protocols prefers TCP.
func (o Options) protocols() []portset.Protocol {
	return slices.DeleteFunc([]portset.Protocol{
		portset.TCP, portset.TCP, portset.TCP, portset.UDP, portset.SCTP,
		portset.ICMP, portset.ICMPv6, portset.ESP}, func(p portset.Protocol) bool { return slices.Contains(o.Without, p) })
}

func (o Options) prefix() *rapid.Generator[netip.Prefix] {
	wide := []string{"0.0.0.0/0", "::/0", "10.0.0.0/8", "2001:db8::/32", "128.0.0.0/1", "0.0.0.0/32",
		"255.255.255.255/32", "::/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		if !o.NoWide && rapid.IntRange(0, 4).Draw(t, "wide") == 4 {
			return netip.MustParsePrefix(rapid.SampledFrom(wide).Draw(t, "prefix"))
		}
		last := rapid.Byte().Draw(t, "host")
		short := rapid.SampledFrom([]int{0, 0, 1, 2, 4, 6, 7, 8}).Draw(t, "host bits")
		if rapid.Bool().Draw(t, "ipv6") {
			b := netip.MustParseAddr("2001:db8::").As16()
			b[15] = last
			return netip.PrefixFrom(netip.AddrFrom16(b), 128-short).Masked()
		}
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, last}), 32-short).Masked()
	})
}

func (o Options) peers() *rapid.Generator[policy.PeerGroup] {
	return rapid.Custom(func(t *rapid.T) policy.PeerGroup {
		g := policy.PeerGroup{Name: "peers"}
		prefixes := rapid.SliceOfN(o.prefix(), 0, 3).Draw(t, "prefixes")
		g.Prefixes = prefixset.Of(prefixes...)
		if rapid.IntRange(0, 3).Draw(t, "except") == 3 {
			// One IPv6 address taken out of everything leaves 128 prefixes.
			if rest := g.Prefixes.Minus(prefixset.Of(o.prefix().Draw(t, "excluded"))); len(rest.Prefixes()) <= 40 {
				g.Prefixes = rest
			}
		}
		for _, ref := range o.References {
			if rapid.IntRange(0, 3).Draw(t, "reference") == 3 {
				g.References = append(g.References, ref)
			}
		}
		return g
	})
}
