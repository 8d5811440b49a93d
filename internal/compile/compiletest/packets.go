// Package compiletest helps to test what is made from policies: it reads and
// generates policies, and says by brute force, packet by packet, what they
// allow. It shares no code with the compiler and the emitters.
package compiletest

import (
	"fmt"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Packet is the first packet of a connection, as a firewall sees it.
type Packet struct {
	Direction policy.Direction
	// Protocol is the number in the IP header.
	Protocol uint8
	// Port is the destination port, 0 for a protocol without ports.
	Port uint16
	// Peer is the other end: an address, or, when it is not valid, a host that
	// is only known as a member of the object called Reference.
	Peer      netip.Addr
	Reference string
}

// String writes the packet as messages of failed tests show it.
func (p Packet) String() string {
	peer := "ref:" + p.Reference
	if p.Peer.IsValid() {
		peer = p.Peer.String()
	}
	return fmt.Sprintf("%s protocol %d port %d peer %s", p.Direction, p.Protocol, p.Port, peer)
}

// numbers are the protocols by number; GRE stands for every unnamed one.
var numbers = map[uint8]portset.Protocol{
	1: portset.ICMP, 6: portset.TCP, 17: portset.UDP, 47: portset.Other,
	50: portset.ESP, 58: portset.ICMPv6, 132: portset.SCTP,
}

// AllowedBy names the rules of the policy that allow the packet, sorted.
func AllowedBy(p *policy.Policy, packet Packet) []string {
	var names []string
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Direction == packet.Direction && opensPort(r, packet) && hasPeer(r, packet) {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

func opensPort(r *policy.Rule, packet Packet) bool {
	for i := range r.PortRanges {
		for j := range r.PortRanges[i].Listeners {
			if r.PortRanges[i].Listeners[j].Ports.Of(numbers[packet.Protocol]).Contains(packet.Port) {
				return true
			}
		}
	}
	return false
}

func hasPeer(r *policy.Rule, packet Packet) bool {
	for i := range r.Peers {
		if r.Peers[i].Prefixes.Contains(packet.Peer) {
			return true
		}
		for _, ref := range r.Peers[i].References {
			if !packet.Peer.IsValid() && ref.Name == packet.Reference {
				return true
			}
		}
	}
	return false
}

// Extra are boundaries that the thing under test has and the policy may not.
type Extra struct {
	Ports    []portset.Range
	Prefixes []netip.Prefix
}

// Packets returns packets enough to tell any difference: both sides of each
// boundary of the policy and of extra, in every combination, and the ends of
// both address families and of the ports. Between two boundaries, neither side
// of a comparison can change its mind.
func Packets(p *policy.Policy, extra Extra) []Packet {
	ports, peers, references := boundaries(p, extra)
	var packets []Packet
	for _, d := range policy.Directions() {
		for _, number := range []uint8{1, 6, 17, 47, 50, 58, 132} {
			own := ports
			if !numbers[number].HasPorts() {
				own = []uint16{0}
			}
			for _, port := range own {
				for _, peer := range peers {
					if number == 1 && peer.Is6() || number == 58 && peer.Is4() {
						continue // no such packet
					}
					packets = append(packets, Packet{Direction: d, Protocol: number, Port: port, Peer: peer})
				}
				for _, ref := range references {
					packets = append(packets, Packet{Direction: d, Protocol: number, Port: port, Reference: ref})
				}
			}
		}
	}
	return packets
}

func boundaries(p *policy.Policy, extra Extra) (ports []uint16, peers []netip.Addr, references []string) {
	ports = []uint16{0, 65535}
	addPorts := func(r portset.Range) {
		// Wrapping around is harmless: it adds an end of the space.
		ports = append(ports, r.First-1, r.First, r.Last, r.Last+1)
	}
	for _, text := range []string{"0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"} {
		peers = append(peers, netip.MustParseAddr(text))
	}
	addRange := func(r netipx.IPRange) {
		for _, a := range []netip.Addr{r.From().Prev(), r.From(), r.To(), r.To().Next()} {
			if a.IsValid() {
				peers = append(peers, a)
			}
		}
	}
	references = []string{"reference-that-nobody-has"}
	for i := range p.Rules {
		for _, entry := range p.Rules[i].Ports().Entries() {
			addPorts(entry.Range)
		}
		for _, g := range p.Rules[i].Peers {
			for _, r := range g.Prefixes.Ranges() {
				addRange(r)
			}
			for _, ref := range g.References {
				references = append(references, ref.Name)
			}
		}
	}
	for _, r := range extra.Ports {
		addPorts(r)
	}
	for _, prefix := range extra.Prefixes {
		addRange(netipx.RangeOfPrefix(prefix))
	}
	slices.Sort(ports)
	slices.SortFunc(peers, netip.Addr.Compare)
	slices.Sort(references)
	return slices.Compact(ports), slices.Compact(peers), slices.Compact(references)
}
