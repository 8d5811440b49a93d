package risk

import (
	"fmt"
	"math"
	"net/netip"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// An independent reading of section 1 of the scoring design: every port and
// every address by itself, no sets, no sweeps. It shares the tables of
// services and products with the engine and nothing else.

// oraclePorts and oracleAddresses are the universe of the oracle.
var (
	oraclePorts = []struct {
		protocol portset.Protocol
		first    uint16
		last     uint16
	}{
		{portset.TCP, 20, 25}, {portset.TCP, 132, 140}, {portset.TCP, 1020, 1027}, {portset.TCP, 2500, 2512}, {portset.TCP, 9390, 9403},
		{portset.TCP, 40000, 40005}, {portset.UDP, 52, 54}, {portset.UDP, 512, 515}, {portset.UDP, 40000, 40002}, {portset.SCTP, 22, 22},
		{portset.ICMP, 0, 0}, {portset.ESP, 0, 0},
	}
	// 10.1.2.0/29 is private, 198.51.100.0/29 public; the IPv6 networks hold
	// eight addresses of one /64 and eight whole /64 networks.
	oracleBases = []string{"10.1.2.0/29", "198.51.100.0/29", "2001:db8::/125", "2001:db8:0:8::/61", "64:ff9b::c633:6400/125"}
)

type oraclePort struct {
	protocol portset.Protocol
	port     uint16
}

// oracleUnit is an address, or for IPv6 a whole /64 network or one address.
type oracleUnit struct {
	at   string
	size float64 // in the unit of exposure
	// private is the unit's own nature.
	private bool
}

// oracleUnits walks a prefix unit by unit and adds what a NAT64 address reaches.
func oracleUnits(p netip.Prefix) []oracleUnit {
	var units []oracleUnit
	if p.Addr().Is6() && p.Bits() <= 64 {
		for addr := p.Addr(); p.Contains(addr); {
			units = append(units, oracleUnit{at: addr.String() + "/64", size: 1})
			b := addr.As16()
			for i := 7; i >= 0; i-- {
				if b[i]++; b[i] != 0 {
					break
				}
			}
			addr = netip.AddrFrom16(b)
		}
		return units
	}
	for addr := p.Addr(); p.Contains(addr); addr = addr.Next() {
		size := 1.0
		if addr.Is6() {
			size = math.Pow(2, -64)
			if b := addr.As16(); b[0] == 0 && b[1] == 0x64 {
				inner := netip.AddrFrom4([4]byte(b[12:]))
				units = append(units, oracleUnit{at: inner.String(), size: 1, private: inner.IsPrivate()})
			}
		}
		units = append(units, oracleUnit{at: addr.String(), size: size, private: addr.IsPrivate()})
	}
	return units
}

var oracleWeight = map[policy.Zone]float64{policy.Internet: 1, policy.Partner: 0.25, policy.DMZ: 0.0625, policy.Internal: 0.00390625, policy.Management: 0.001953125}

// oracleServices says in which groups a port of a listener is counted.
func oracleServices(l *policy.Listener, at oraclePort) map[string]func(n float64) float64 {
	constant := func(weight float64) func(float64) float64 { return func(float64) float64 { return weight } }
	found := map[string]func(float64) float64{}
	if service, special := services.Classify(at.protocol, at.port); special {
		switch {
		case service.Class == services.MostAttacked:
			found["well known "+service.ID] = constant(100)
		case service.Class == services.Sensitive:
			found["well known "+service.ID] = constant(50)
		case service.ID == services.UnassignedID:
			found["well known "+service.ID] = func(n float64) float64 { return 5 + math.Log2(n) }
		default:
			found["well known "+service.ID] = constant(30)
		}
		return found
	}
	var listener string
	switch l.Kind {
	case policy.ProductFlow:
		product, _ := catalog.Get(l.Product)
		f, _ := product.Flow(l.Flow)
		listener = l.Product + " " + l.Flow
		base := 20.0
		if len(f.ExploitedBy) > 0 {
			base = 50
		}
		found[listener] = func(n float64) float64 { return base + math.Log2(n) }
	case policy.Negotiated:
		listener = "negotiated " + l.Name
		found[listener] = func(n float64) float64 { return 20 + math.Log2(n) }
	default:
		found["undeclared "+at.protocol.String()] = func(n float64) float64 { return 30 + 10*math.Log2(n) }
		return found
	}
	if _, registered := iana.Name(at.protocol, at.port); registered && !oracleOwn(l.Product, at) {
		found["beside "+listener] = func(n float64) float64 { return 6 * math.Log2(1+n) }
	}
	return found
}

// oracleOwn reports whether a fixed flow of the product has the port.
func oracleOwn(productID string, at oraclePort) bool {
	product, known := catalog.Get(productID)
	if !known {
		return false
	}
	for _, f := range product.Flows {
		if !f.Negotiated && f.Ports.Of(at.protocol).Contains(at.port) {
			return true
		}
	}
	return false
}

// oraclePoints adds up C_s over all services of both directions.
func oraclePoints(p *policy.Policy) float64 {
	type group struct {
		direction policy.Direction
		name      string
	}
	curves := map[group]func(float64) float64{}
	// weights of the hosts that reach each port of a service, most exposed zone
	reach := map[group]map[oraclePort]map[string][2]float64{}
	for _, r := range p.Rules {
		hosts := oracleHosts(&r)
		for _, portRange := range r.PortRanges {
			for i := range portRange.Listeners {
				l := &portRange.Listeners[i]
				for _, stretch := range oraclePorts {
					for port := int(stretch.first); port <= int(stretch.last); port++ {
						at := oraclePort{stretch.protocol, uint16(port)}
						if !l.Ports.Of(at.protocol).Contains(at.port) {
							continue
						}
						for name, curve := range oracleServices(l, at) {
							g := group{r.Direction, name}
							curves[g] = curve
							if reach[g] == nil {
								reach[g] = map[oraclePort]map[string][2]float64{}
							}
							if reach[g][at] == nil {
								reach[g][at] = map[string][2]float64{}
							}
							for host, weight := range hosts {
								if weight[0] > reach[g][at][host][0] {
									reach[g][at][host] = weight
								}
							}
						}
					}
				}
			}
		}
	}
	points := 0.0
	for g, byPort := range reach {
		var levels []float64
		for _, hosts := range byPort {
			exposure := 0.0
			for _, weight := range hosts {
				exposure += weight[0] * weight[1]
			}
			levels = append(levels, math.Min(1, (1+math.Log2(1+exposure))/33))
		}
		sort.Sort(sort.Reverse(sort.Float64Slice(levels)))
		sum := 0.0
		for k, level := range levels {
			before := 0.0
			if k > 0 {
				before = curves[g](float64(k))
			}
			sum += (curves[g](float64(k+1)) - before) * level
		}
		if g.direction == policy.Egress {
			sum /= 4
		}
		points += sum
	}
	return points
}

// oracleHosts are the hosts of a rule with the weight of the most exposed zone
// in which they stand, and their size.
func oracleHosts(r *policy.Rule) map[string][2]float64 {
	hosts := map[string][2]float64{}
	put := func(name string, zone policy.Zone, size float64) {
		if weight := oracleWeight[zone]; weight > hosts[name][0] {
			hosts[name] = [2]float64{weight, size}
		}
	}
	for _, g := range r.Peers {
		for _, prefix := range g.Prefixes.Prefixes() {
			for _, unit := range oracleUnits(prefix) {
				zone := g.Zone
				if zone == policy.ByAddress {
					zone = policy.Internet
					if unit.private {
						zone = policy.Internal
					}
				}
				put(unit.at, zone, unit.size)
			}
		}
		for _, reference := range g.References {
			zone := g.Zone
			if zone == policy.ByAddress {
				zone = policy.Internal
				if reference.Kind == policy.AWSPrefixList {
					zone = policy.Internet
				}
			}
			put("ref:"+reference.Name, zone, float64(reference.MaxHosts))
		}
	}
	return hosts
}

// drawSmall draws a policy that stays inside the universe of the oracle.
func drawSmall(t *rapid.T) *policy.Policy {
	var rules []policy.Rule
	for i := range rapid.IntRange(1, 5).Draw(t, "rules") {
		r := drawRule(t, fmt.Sprintf("rule-%c", 'a'+i))
		for j := range r.PortRanges {
			for k := range r.PortRanges[j].Listeners {
				r.PortRanges[j].Listeners[k].Ports = drawOraclePorts(t)
			}
		}
		for j := range r.Peers {
			r.Peers[j].Prefixes = drawOraclePrefixes(t)
		}
		rules = append(rules, r)
	}
	return policyOf(rules...)
}

func drawOraclePorts(t *rapid.T) portset.Ports {
	var all portset.Ports
	for range rapid.IntRange(1, 3).Draw(t, "stretches") {
		s := sample(t, "stretch", oraclePorts)
		first := rapid.IntRange(int(s.first), int(s.last)).Draw(t, "first")
		last := rapid.IntRange(first, int(s.last)).Draw(t, "last")
		all = all.Union(portset.PortsOf(s.protocol, portset.Of(portset.Range{First: uint16(first), Last: uint16(last)})))
	}
	return all
}

func drawOraclePrefixes(t *rapid.T) prefixset.Set {
	list := []netip.Prefix{netip.MustParsePrefix("10.1.2.0/32")} // ICMP needs IPv4
	for range rapid.IntRange(0, 3).Draw(t, "prefixes") {
		base := netip.MustParsePrefix(sample(t, "base", oracleBases))
		b := base.Addr().AsSlice()
		unit := len(b) - 1 // the byte in which the eight units differ
		if base.Bits() == 61 {
			unit = 7
		}
		b[unit] += byte(rapid.IntRange(0, 7).Draw(t, "host"))
		addr, _ := netip.AddrFromSlice(b)
		list = append(list, netip.PrefixFrom(addr, rapid.IntRange(base.Bits(), base.Bits()+3).Draw(t, "bits")).Masked())
	}
	return prefixset.Of(list...)
}

func TestAssess_AgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawSmall(t)
		want, got := oraclePoints(p), assessedWith(t, p, testSettings())
		if math.Abs(want-got.Points) > 1e-6*float64(1+len(got.Contributions)) {
			t.Fatalf("the formula gives %.9f points, the engine %.9f:\n%s", want, got.Points, substance(got))
		}
	})
}
