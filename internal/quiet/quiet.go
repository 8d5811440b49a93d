// Package quiet finds ports that nothing is known to use: no service that is
// registered or often attacked, no system that hands ports out by itself, and
// no backup product of the catalogue.
package quiet

import (
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// Range returns a range of width consecutive ports for a listener that can be
// put anywhere, outside avoid. It is false when no gap is wide enough, and for
// a protocol without ports. The same question always has the same answer.
func Range(width int, protocol portset.Protocol, avoid portset.Ports) (portset.Range, bool) {
	if width < 1 || !protocol.HasPorts() {
		return portset.Range{}, false
	}
	if avoid.Of(protocol).IsEmpty() {
		// What every negotiated range asks: the widest gap answers for each
		// width that it has room for.
		gap := widest()[protocol]
		if !gap.found || width > gap.Len() {
			return portset.Range{}, false
		}
		return portset.Range{First: gap.First, Last: gap.First + uint16(width-1)}, true
	}
	return services.Quiet(width, protocol, taken(protocol, avoid))
}

// Widest returns the widest range that there is, of equal ones the lowest. It
// is false when every port is taken.
func Widest(protocol portset.Protocol, avoid portset.Ports) (portset.Range, bool) {
	if !protocol.HasPorts() {
		return portset.Range{}, false
	}
	return services.WidestGap(protocol, taken(protocol, avoid))
}

// Is reports whether nothing is known to use any of the ports: whether Range
// could propose each of them. It is false for no ports, and where a protocol
// without ports is among them.
func Is(ports portset.Ports) bool {
	for _, protocol := range portset.Protocols() {
		if !services.Unused(protocol).Minus(documented()).Covers(ports.Of(protocol)) {
			return false
		}
	}
	return !ports.IsEmpty()
}

type gap struct {
	portset.Range
	found bool
}

// widest are the widest gaps by protocol when nothing else is to be avoided.
var widest = sync.OnceValue(func() map[portset.Protocol]gap {
	gaps := map[portset.Protocol]gap{}
	for _, protocol := range portset.Protocols() {
		r, found := Widest(protocol, portset.Ports{})
		gaps[protocol] = gap{r, found}
	}
	return gaps
})

func taken(protocol portset.Protocol, avoid portset.Ports) portset.Ports {
	return avoid.Union(portset.PortsOf(protocol, documented()))
}

// documented are the numbers that a product of the catalogue documents on any
// protocol: products and people rarely keep one number apart for two services.
var documented = sync.OnceValue(func() portset.Set {
	var all []portset.Set
	ports := catalog.Documented()
	for _, protocol := range portset.Protocols() {
		if protocol.HasPorts() {
			all = append(all, ports.Of(protocol))
		}
	}
	return portset.UnionAll(all)
})
