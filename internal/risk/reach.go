package risk

import (
	"math"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// zoneWeight is how much one address of a zone counts. One step outward costs
// the same as sixteen times more hosts. The weights are judgement: nothing
// published compares exposure inside private networks.
var zoneWeight = map[policy.Zone]float64{
	policy.Management: 1.0 / 512,
	policy.Internal:   1.0 / 256,
	policy.DMZ:        1.0 / 16,
	policy.Partner:    1.0 / 4,
	policy.Internet:   1,
}

// reachScale makes the reach of the whole IPv4 internet just under 1:
// 1 + log2(1 + 2^32) is 33.
const reachScale = 33

// reachOf turns an exposure into a reach, 0 < reach <= 1. The law is
// logarithmic by declared choice: no published figure supports a linear one.
func reachOf(exposure float64) float64 {
	return math.Min(1, (1+math.Log2(1+exposure))/reachScale)
}

// census counts hosts by the most exposed zone in which they stand. IPv4
// addresses and references count whole; IPv6 is counted in addresses here and
// in /64 networks when it is weighed.
type census struct {
	ipv4, ipv6 [policy.Internet + 1]region.Count
	// members is the number of atoms counted, so that a host that weighs
	// nothing (one IPv6 address is 2^-64 of a network) still counts as there.
	members int
}

func (c *census) add(zone policy.Zone, size region.Count, is6 bool) {
	if is6 {
		c.ipv6[zone] = c.ipv6[zone].Plus(size)
	} else {
		c.ipv4[zone] = c.ipv4[zone].Plus(size)
	}
	c.members++
}

func (c *census) remove(zone policy.Zone, size region.Count, is6 bool) {
	if is6 {
		c.ipv6[zone] = c.ipv6[zone].Minus(size)
	} else {
		c.ipv4[zone] = c.ipv4[zone].Minus(size)
	}
	c.members--
}

// ipv6Network is the number of addresses in a /64, the unit IPv6 is counted in.
const ipv6Network = (1 << 32) * (1 << 32)

// reach is 0 when nobody is counted. The sum runs over integers in a fixed
// order, so it depends on the set of hosts alone and not on how it came about.
func (c *census) reach() float64 {
	if c.members == 0 {
		return 0
	}
	exposure := 0.0
	for _, zone := range policy.Zones() {
		exposure += zoneWeight[zone] * (c.ipv4[zone].Float() + c.ipv6[zone].Float()/ipv6Network)
	}
	return reachOf(exposure)
}

// hosts is the number of hosts counted, IPv6 in /64 networks, rounded up.
func (c *census) hosts() float64 {
	total := 0.0
	for _, zone := range policy.Zones() {
		total += c.ipv4[zone].Float() + math.Ceil(c.ipv6[zone].Float()/ipv6Network)
	}
	return total
}
