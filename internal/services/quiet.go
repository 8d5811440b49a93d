package services

import (
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// EphemeralRange is a range out of which a system picks ports by itself.
type EphemeralRange struct {
	Name   string
	Range  portset.Range
	Source string
}

// Ephemeral returns the ranges in which a listener can meet a port that its
// host, or its cluster, has given to something else.
//
// Two ranges are left out on purpose. FreeBSD's 10000–65535
// (IPPORT_EPHEMERALFIRST and LAST in netinet/in.h) and the 1025–5000 of Windows
// before 2008 would together mark nearly every range that a backup product
// uses; a remark that is always there says nothing.
func Ephemeral() []EphemeralRange {
	return []EphemeralRange{
		{
			Name:   "Kubernetes NodePort",
			Range:  portset.Range{First: 30000, Last: 32767},
			Source: "Kubernetes documentation, Service, default of --service-node-port-range",
		},
		{
			Name:   "Linux ephemeral ports",
			Range:  portset.Range{First: 32768, Last: 60999},
			Source: "Linux kernel documentation, ip-sysctl, default of net.ipv4.ip_local_port_range",
		},
		{
			Name:   "IANA dynamic ports (Windows and macOS ephemeral ports)",
			Range:  portset.Range{First: 49152, Last: 65535},
			Source: "RFC 6335, section 6; Microsoft KB 929851; macOS net.inet.ip.portrange",
		},
	}
}

// EphemeralSet returns the ports of all ephemeral ranges.
func EphemeralSet() portset.Set { return ephemeralSet() }

var ephemeralSet = sync.OnceValue(func() portset.Set {
	var ranges []portset.Range
	for _, e := range Ephemeral() {
		ranges = append(ranges, e.Range)
	}
	return portset.Of(ranges...)
})

// Quiet returns a range of width ports at the start of the widest gap. It is
// false when no gap is wide enough, and for a protocol without ports.
//
// The widest one leaves the most room to grow, and the same question always
// has the same answer.
func Quiet(width int, proto portset.Protocol, avoid portset.Ports) (portset.Range, bool) {
	widest, found := WidestGap(proto, avoid)
	if width < 1 || !found || size(widest) < width {
		return portset.Range{}, false
	}
	return portset.Range{First: widest.First, Last: widest.First + uint16(width-1)}, true
}

// WidestGap returns the widest run of Unused ports outside avoid, of equal ones
// the lowest. It is false when there is none, and for a protocol without ports.
func WidestGap(proto portset.Protocol, avoid portset.Ports) (widest portset.Range, found bool) {
	for gap := range Unused(proto).Minus(avoid.Of(proto)).All() {
		if !found || size(gap) > size(widest) {
			widest, found = gap, true
		}
	}
	return widest, found
}

// Unused returns the ports of a protocol that nothing is known to use: from
// 1024 up, no port that IANA has registered for TCP or UDP (nor for SCTP when
// that is the protocol), no port of the two top classes, none of an ephemeral
// range. It is empty for a protocol without ports.
//
// TCP and UDP are looked at together, because products and people rarely keep
// one number apart for two services.
func Unused(proto portset.Protocol) portset.Set {
	switch {
	case !proto.HasPorts():
		return portset.Set{}
	case proto == portset.SCTP:
		return unused().Minus(iana.Registered(portset.SCTP)).Minus(TopClasses(portset.SCTP))
	default:
		return unused()
	}
}

func size(r portset.Range) int { return int(r.Last) - int(r.First) + 1 }

// unused is the set of ports that neither TCP nor UDP is known to use.
var unused = sync.OnceValue(func() portset.Set {
	free := portset.Of(portset.Range{First: lastSystemPort + 1, Last: 1<<16 - 1}).Minus(EphemeralSet())
	for _, proto := range []portset.Protocol{portset.TCP, portset.UDP} {
		free = free.Minus(iana.Registered(proto)).Minus(TopClasses(proto))
	}
	return free
})
