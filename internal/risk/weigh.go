package risk

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Weight is what open ports of one service count at full reach, that is when
// the whole internet dials them.
type Weight struct {
	// ID is the one of package services, such as "rdp"; empty for ports that say
	// nothing by their number.
	ID string
	// Service is the name as in a Contribution.
	Service string
	Class   Class
	Ports   portset.Ports
	// Points is rounded to a millionth.
	Points float64
}

// Weigh sorts ports of which nobody has said what listens there into services,
// as a score does, the heaviest first.
func Weigh(ports portset.Ports) []Weight {
	listener := policy.Listener{Kind: policy.Undeclared, Ports: ports}
	m := &model{policy: &policy.Policy{Rules: []policy.Rule{{
		PortRanges: []policy.PortRange{{Listeners: []policy.Listener{listener}}},
		Peers:      []policy.PeerGroup{{Zone: policy.Internet, Prefixes: wholeIPv4}},
	}}}}
	m.open()
	m.sortIntoBuckets()
	weights := make([]Weight, len(m.buckets))
	for i, b := range m.buckets {
		open := b.ports()
		id, _ := strings.CutPrefix(b.id, wellKnownPrefix)
		if b.class == UndeclaredPorts {
			id = ""
		}
		weights[i] = Weight{ID: id, Service: b.name, Class: b.class, Ports: open,
			Points: millionths(curve(b.class, b.id, open.Len()))}
	}
	// Stable, so that services of one weight keep the order of their ids.
	slices.SortStableFunc(weights, func(a, b Weight) int { return cmp.Compare(b.Points, a.Points) })
	return weights
}

// wholeIPv4 only has to let somebody in: a weight does not depend on whom.
var wholeIPv4 = prefixset.Of(netip.PrefixFrom(netip.IPv4Unspecified(), 0))
