package risk

import (
	"fmt"
	"net/netip"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Random policies for the property tests. The values come from small pools, so
// that rules overlap, nest and touch, and so that every threshold is near.

var prefixPool = []string{
	"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/2", "20.0.0.0/8",
	"10.0.0.0/8", "10.0.0.0/11", "10.0.0.0/12", "10.1.2.0/24", "10.1.2.0/25", "10.1.2.128/25", "10.1.2.3", "10.1.2.4",
	"192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.1", "8.0.0.0/6",
	"198.51.100.16/28", "198.51.100.0/24", "198.51.100.0/23", "198.51.100.17", "203.0.113.0/24",
	"::/0", "::/1", "2000::/3", "2000::/4", "3000::/4", "2001:db8::/48", "2001:db8::/47", "2001:db8:0:1::/64", "2001:db8::1",
	"fd00::/44", "fd00::/43", "fd00:0:0:7::/64", "fe80::/10", "::1", "fc00::/7",
	"64:ff9b::/96", "64:ff9b::a00:0/104", "64:ff9b::/97", "2002::/16", "2002:a00::/24", "2002::/17", "2001::/32", "2001::/33",
	"::ffff:0:0/96", "::ffff:10.0.0.0/104", "::fffe:0:0/95", "::/96",
}

var portPool = []string{
	"0/tcp", "22/tcp", "20-23/tcp", "80/tcp", "100-139/tcp", "135-139/udp", "443/tcp", "445/tcp", "873/tcp", "1000-1030/tcp",
	"1023-1024/tcp", "1024/tcp", "1-9/tcp", "3389/tcp", "3389/udp", "53/udp", "53/tcp", "514/tcp", "514/udp", "5432/tcp", "6379/tcp",
	"2500-3300/tcp", "2500-2539/tcp", "2540-3300/tcp", "6162/tcp", "1556/tcp", "9100-9110/tcp", "10000-11024/tcp", "10000-11023/tcp",
	"29168-29207/tcp", "29168-29187/tcp", "29188-29207/tcp", "40000-40039/tcp", "40000-40039/udp", "40000/tcp", "40001/tcp",
	"30000-46384/tcp", "30000-46383/tcp", "49152-65535/tcp", "65535/tcp", "65535/udp", "0-65535/tcp", "1024-65535/tcp",
	"0-32767/tcp", "32768-65535/tcp", "0-58982/udp", "22/sctp", "2905/sctp", "36412-36500/sctp",
	"icmp", "icmpv6", "esp", "any",
}

var referencePool = []policy.Reference{
	{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 1},
	{Name: "clients", Kind: policy.AWSSecurityGroup, MaxHosts: 500},
	{Name: "offices", Kind: policy.AWSPrefixList, MaxHosts: 4096, MaxEntries: 12},
	{Name: "tagged", Kind: policy.GoogleNetworkTag, MaxHosts: 70000},
	{Name: "world", Kind: policy.AWSPrefixList, MaxHosts: 1 << 32, MaxEntries: 1},
}

var flowPool = func() [][2]string {
	var pool [][2]string
	for _, id := range []string{"veeam", "netbackup", "bareos"} {
		product, known := catalog.Get(id)
		if !known {
			panic("no product " + id)
		}
		for i := range product.Flows {
			pool = append(pool, [2]string{id, product.Flows[i].ID})
		}
	}
	return pool
}()

func sample[T any](t *rapid.T, name string, from []T) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, name)]
}

func chance(t *rapid.T, name string, oneIn int) bool {
	return rapid.IntRange(1, oneIn).Draw(t, name) == 1
}

func drawPrefixes(t *rapid.T, atLeast, atMost int) prefixset.Set {
	var list []netip.Prefix
	for range rapid.IntRange(atLeast, atMost).Draw(t, "prefixes") {
		text := sample(t, "prefix", prefixPool)
		if chance(t, "other prefix", 3) {
			length := rapid.IntRange(4, 32).Draw(t, "length")
			addr := netip.AddrFrom4([4]byte{sample(t, "first octet", []byte{10, 11, 198, 172}), byte(rapid.IntRange(0, 255).Draw(t, "octet")), 7, 64})
			text = netip.PrefixFrom(addr, length).Masked().String()
		}
		list = append(list, addresses(text).Prefixes()...)
	}
	return prefixset.Of(list...)
}

func drawPorts(t *rapid.T) portset.Ports {
	var all portset.Ports
	for range rapid.IntRange(1, 3).Draw(t, "port texts") {
		if chance(t, "other range", 3) {
			first := rapid.IntRange(0, 65535).Draw(t, "first")
			last := min(65535, first+sample(t, "more", []int{0, 1, 39, 800, 1024, 20000}))
			all = all.Union(ports(fmt.Sprintf("%d-%d/%s", first, last, sample(t, "protocol", []string{"tcp", "udp"}))))
			continue
		}
		text := sample(t, "ports", portPool)
		if text == "any" && !chance(t, "really any", 3) {
			text = "22/tcp"
		}
		all = all.Union(ports(text))
	}
	return all
}

func drawListener(t *rapid.T) policy.Listener {
	product := sample(t, "product", []string{"", "", "veeam", "netbackup", "bareos"})
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		name := sample(t, "negotiated name", []string{"vault", "movers"})
		return policy.Listener{Name: name, Kind: policy.Negotiated, Negotiated: true, Product: product, Ports: drawPorts(t)}
	case 1:
		return policy.Listener{Name: "nobody-said", Kind: policy.Undeclared, Product: product, Ports: drawPorts(t)}
	default:
		id := sample(t, "flow", flowPool)
		l := flow(id[0], id[1]).Listeners[0]
		switch {
		case chance(t, "narrowed", 3):
			l.Ports = portset.PortsOf(portset.TCP, l.Ports.Of(portset.TCP).FirstN(rapid.IntRange(1, 900).Draw(t, "width")))
			if l.Ports.IsEmpty() {
				l.Ports = flow(id[0], id[1]).Listeners[0].Ports
			}
		case chance(t, "widened", 4):
			l.Ports = l.Ports.Union(drawPorts(t))
		}
		return l
	}
}

func drawGroup(t *rapid.T) policy.PeerGroup {
	g := policy.PeerGroup{Name: fmt.Sprintf("group-%d", rapid.IntRange(0, 3).Draw(t, "group")), Zone: sample(t, "zone", policy.Zones())}
	g.Prefixes = drawPrefixes(t, 0, 3)
	if chance(t, "reason", 3) {
		g.ZoneReason = "our own network"
	}
	for i := range referencePool {
		if chance(t, "reference", 6) {
			g.References = append(g.References, referencePool[i])
		}
	}
	if g.Prefixes.IsEmpty() && len(g.References) == 0 {
		g.Prefixes = addresses("10.1.2.3")
	}
	return g
}

// drawRule draws a rule that can be judged: ICMP has peers of its family.
func drawRule(t *rapid.T, name string) policy.Rule {
	r := policy.Rule{Name: name, Direction: sample(t, "direction", policy.Directions())}
	for i := range rapid.IntRange(1, 2).Draw(t, "port ranges") {
		p := policy.PortRange{Name: fmt.Sprintf("%s-range-%d", name, i)}
		for range rapid.IntRange(1, 2).Draw(t, "listeners") {
			p.Listeners = append(p.Listeners, drawListener(t))
		}
		if chance(t, "sized", 4) {
			p.Sizing = &policy.Sizing{Needed: rapid.IntRange(1, 50).Draw(t, "needed"), Configured: p.Listeners[0].Ports.Len(), Rule: "a port for each job"}
		}
		r.PortRanges = append(r.PortRanges, p)
	}
	for range rapid.IntRange(1, 2).Draw(t, "groups") {
		r.Peers = append(r.Peers, drawGroup(t))
	}
	return withFamilies(r)
}

// withFamilies adds a peer of a family that an opened ICMP lacks.
func withFamilies(r policy.Rule) policy.Rule {
	opened, peers := r.Ports(), r.Prefixes()
	r.Peers = append([]policy.PeerGroup{}, r.Peers...)
	if !opened.Of(portset.ICMP).IsEmpty() && peers.IPv4().IsEmpty() {
		r.Peers = append(r.Peers, dmz("198.51.100.99"))
	}
	if !opened.Of(portset.ICMPv6).IsEmpty() && peers.IPv6().IsEmpty() {
		r.Peers = append(r.Peers, dmz("2001:db8:0:9::9"))
	}
	return r
}

func drawPolicy(t *rapid.T, atMost int) *policy.Policy {
	var rules []policy.Rule
	for i := range rapid.IntRange(1, atMost).Draw(t, "rules") {
		rules = append(rules, drawRule(t, fmt.Sprintf("rule-%c", 'a'+i)))
	}
	return policyOf(rules...)
}

// copied is a deep copy of everything that tests change.
func copied(p *policy.Policy) *policy.Policy {
	c := *p
	c.Rules = append([]policy.Rule{}, p.Rules...)
	for i := range c.Rules {
		r := &c.Rules[i]
		r.Peers = append([]policy.PeerGroup{}, r.Peers...)
		for j := range r.Peers {
			r.Peers[j].References = append([]policy.Reference{}, r.Peers[j].References...)
		}
		r.PortRanges = append([]policy.PortRange{}, r.PortRanges...)
		for j := range r.PortRanges {
			r.PortRanges[j].Listeners = append([]policy.Listener{}, r.PortRanges[j].Listeners...)
		}
	}
	c.Waivers = append([]policy.Waiver{}, p.Waivers...)
	return &c
}

// halves cuts every prefix of a set in two where that is possible and returns
// them in two sets.
func halves(s prefixset.Set) (lower, upper prefixset.Set) {
	var a, b []netip.Prefix
	for _, p := range s.Prefixes() {
		if p.IsSingleIP() {
			a = append(a, p)
			continue
		}
		low := netip.PrefixFrom(p.Addr(), p.Bits()+1)
		a = append(a, low)
		b = append(b, prefixset.Of(p).Minus(prefixset.Of(low)).Prefixes()...)
	}
	return prefixset.Of(a...), prefixset.Of(b...)
}
