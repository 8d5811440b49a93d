package evasiontest

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

const (
	everyIPv4 = "0.0.0.0/0"
	everyIPv6 = "::/0"
	quiet40   = "29168-29207/tcp" // 40 ports without a registered neighbour
)

// vault is a listener that is harmless but for its peers.
func vault(peers ...policy.PeerGroup) policy.Rule {
	return rule("vault", negotiated("vault", quiet40), peers...)
}

func desk(peers ...policy.PeerGroup) policy.Rule {
	return rule("desk", undeclared("desk", "3389/tcp"), peers...)
}

// equal cuts a prefix into pieces of the length.
func equal(cidr string, length int) []string {
	p := netip.MustParsePrefix(cidr)
	var pieces []string
	for addr := p.Addr(); p.Contains(addr); {
		piece := netip.PrefixFrom(addr, length)
		pieces = append(pieces, piece.String())
		b := addr.As16()
		if addr.Is4() {
			n := uint64(b[12])<<24 | uint64(b[13])<<16 | uint64(b[14])<<8 | uint64(b[15])
			if n += 1 << (32 - length); n >= 1<<32 {
				break
			}
			addr = netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
			continue
		}
		at, step := (length-1)/8, 1<<(7-(length-1)%8)
		for carry := step; carry > 0 && at >= 0; at-- {
			sum := int(b[at]) + carry
			b[at], carry = byte(sum), sum>>8
			if at == 0 && carry > 0 {
				return pieces
			}
		}
		addr = netip.AddrFrom16(b)
	}
	return pieces
}

// ladder is a prefix in steps, each half of the one before: the last two are
// of the length.
func ladder(cidr string, length int) []string {
	p := netip.MustParsePrefix(cidr)
	var steps []string
	for bits := p.Bits() + 1; bits <= length; bits++ {
		b := p.Addr().AsSlice()
		b[(bits-1)/8] |= 0x80 >> ((bits - 1) % 8)
		upper, _ := netip.AddrFromSlice(b)
		steps = append(steps, netip.PrefixFrom(upper, bits).String())
	}
	return append(steps, netip.PrefixFrom(p.Addr(), length).String())
}

// holes are single addresses to be excluded, the first one of each piece.
func holes(cidr string, length int) []string {
	pieces := equal(cidr, length)
	for i, piece := range pieces {
		pieces[i] = netip.MustParsePrefix(piece).Addr().String()
	}
	return pieces
}

// through writes IPv4 prefixes as the IPv6 ones that reach them.
func through(mechanism string, cidrs ...string) []string {
	var written []string
	for _, cidr := range cidrs {
		p := netip.MustParsePrefix(cidr)
		a := p.Addr().As4()
		switch mechanism {
		case "mapped":
			written = append(written, fmt.Sprintf("::ffff:%s/%d", p.Addr(), 96+p.Bits()))
		case "NAT64":
			written = append(written, fmt.Sprintf("64:ff9b::%s/%d", p.Addr(), 96+p.Bits()))
		case "6to4":
			written = append(written, netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x02, a[0], a[1], a[2], a[3]}), 16+p.Bits()).String())
		case "Teredo":
			b := [16]byte{0x20, 0x01, 12: ^a[0], 13: ^a[1], 14: ^a[2], 15: ^a[3]}
			written = append(written, netip.PrefixFrom(netip.AddrFrom16(b), 96+p.Bits()).Masked().String())
		default:
			panic(mechanism)
		}
	}
	return written
}

var public16 = "198.51.0.0/16"

func TestAddresses_PiecesOfTheWorld(t *testing.T) {
	var attacks []attack
	for _, family := range []string{everyIPv4, everyIPv6} {
		for _, length := range []int{1, 2, 4, 8} {
			pieces := equal(family, length)
			attacks = append(attacks,
				attack{name: fmt.Sprintf("%s in %d pieces", family, len(pieces)), same: true, verdict: risk.Rejected,
					hidden: opens(desk(from(pieces...))), honest: opens(desk(from(family)))},
				attack{name: fmt.Sprintf("%s in %d rules", family, len(pieces)), same: true, verdict: risk.Rejected,
					hidden: ruleEach(pieces, func(name, cidr string) policy.Rule { return rule(name, negotiated("vault", quiet40), from(cidr)) }),
					honest: opens(vault(from(family)))})
		}
	}
	var groups []policy.PeerGroup
	for i, cidr := range equal(everyIPv4, 4) {
		g := from(cidr)
		g.Name = fmt.Sprintf("office-%d", i)
		groups = append(groups, g)
	}
	ports40 := make([]string, 40)
	for i := range ports40 {
		ports40[i] = fmt.Sprintf("%d/tcp", 29168+i)
	}
	run(t, append(attacks,
		attack{name: "0.0.0.0/0 in 65,536 pieces of /16", same: true, verdict: risk.Rejected,
			hidden: opens(vault(from(equal(everyIPv4, 16)...))), honest: opens(vault(from(everyIPv4)))},
		attack{name: "0.0.0.0/0 in 65,536 pieces of /16 without the private ones", slack: 1, verdict: risk.Rejected,
			hidden: opens(vault(group(peersExcept(equal(everyIPv4, 16), "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")))),
			honest: opens(vault(from(everyIPv4)))},
		attack{name: "a ladder of /1, /2, /3 to /32", same: true, verdict: risk.Rejected,
			hidden: opens(vault(from(ladder(everyIPv4, 32)...))), honest: opens(vault(from(everyIPv4)))},
		attack{name: "a ladder of IPv6 to /128", same: true, verdict: risk.Rejected,
			hidden: opens(vault(from(ladder(everyIPv6, 128)...))), honest: opens(vault(from(everyIPv6)))},
		attack{name: "a ladder of rules", same: true, verdict: risk.Rejected,
			hidden: ruleEach(ladder(everyIPv4, 32), func(name, cidr string) policy.Rule { return rule(name, negotiated("vault", quiet40), from(cidr)) }),
			honest: opens(vault(from(everyIPv4)))},
		attack{name: "sixteen groups of one rule", same: true, verdict: risk.Rejected,
			hidden: opens(vault(groups...)), honest: opens(vault(from(everyIPv4)))},
		attack{name: "half of the world for even ports and half for odd ones", verdict: risk.Rejected, stays: []risk.Code{risk.AnyPeer}, slack: 1,
			hidden: ruleEach(ports40, func(name, text string) policy.Rule {
				return rule(name, negotiated("vault", text), from(equal(everyIPv4, 1)[int(name[len(name)-1])%2]))
			}),
			honest: opens(vault(from(everyIPv4)))},
		attack{name: "the world in halves for two names of one port", verdict: risk.Rejected,
			hidden: opens(rule("a", negotiated("vault", quiet40), from("0.0.0.0/1")), rule("b", negotiated("tresor", quiet40), from("128.0.0.0/1"))),
			honest: opens(vault(from(everyIPv4)))},
		attack{name: "a /22 in quarters for four names of one port", verdict: risk.Rejected,
			hidden: ruleEach(equal("198.51.100.0/22", 24), func(name, cidr string) policy.Rule { return rule(name, negotiated(name, quiet40), from(cidr)) }),
			honest: opens(vault(from("198.51.100.0/22")))},
		attack{name: "a /23 in halves, declared and not", verdict: risk.Rejected, slack: 10,
			hidden: opens(rule("a", negotiated("vault", quiet40), from("198.51.100.0/24")), rule("b", undeclared("b", "29170/tcp"), from("198.51.101.0/24"))),
			honest: opens(rule("b", undeclared("b", "29170/tcp"), from("198.51.100.0/23")))},
		attack{name: "10.0.0.0/11 in halves for a flow and for a range", verdict: risk.Rejected, slack: 10,
			hidden: opens(rule("a", product("veeam", nil, "2500-3300/tcp"), from("10.0.0.0/12")), rule("b", negotiated("vault", "2600/tcp"), from("10.16.0.0/12"))),
			honest: opens(rule("a", negotiated("vault", "2600/tcp"), from("10.0.0.0/11")))},
		attack{name: "everything but one address", verdict: risk.Rejected,
			hidden: opens(vault(except(everyIPv4, "198.51.100.1"))), honest: opens(vault(from(everyIPv4)))},
		attack{name: "everything but one address of IPv6", verdict: risk.Rejected,
			hidden: opens(vault(except(everyIPv6, "2001:db8::1"))), honest: opens(vault(from(everyIPv6)))},
		attack{name: "everything but 4,096 addresses", verdict: risk.Rejected,
			hidden: opens(vault(except(everyIPv4, holes(everyIPv4, 12)...))), honest: opens(vault(from(everyIPv4)))},
		attack{name: "the IPv6 internet alone", slack: 1, verdict: risk.Rejected,
			hidden: opens(vault(from("2000::/3"))), honest: opens(vault(from(everyIPv6)))},
		attack{name: "half of IPv4 and half of IPv6", verdict: risk.Rejected, slack: 1,
			hidden: opens(vault(from("0.0.0.0/1", "::/1"))), honest: opens(vault(from(everyIPv4)))},
	))
}
