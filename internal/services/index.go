package services

import (
	"fmt"
	"strings"
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// protocolIndex is what one protocol's questions are answered from.
type protocolIndex struct {
	segments []Segment // ascending, disjoint, maximal
	special  portset.Set
	top      portset.Set
}

func index(proto portset.Protocol) protocolIndex {
	switch proto {
	case portset.TCP:
		return indexTCP()
	case portset.UDP:
		return indexUDP()
	case portset.SCTP:
		return indexSCTP()
	default:
		return protocolIndex{}
	}
}

var (
	indexTCP  = sync.OnceValue(func() protocolIndex { return buildIndex(portset.TCP) })
	indexUDP  = sync.OnceValue(func() protocolIndex { return buildIndex(portset.UDP) })
	indexSCTP = sync.OnceValue(func() protocolIndex { return buildIndex(portset.SCTP) })
)

func buildIndex(proto portset.Protocol) protocolIndex {
	var built protocolIndex
	owner := map[uint16]Service{}
	for _, entry := range table {
		ports := parsePorts(entry).Of(proto)
		built.top = built.top.Union(ports)
		for _, r := range ports.Ranges() {
			for port := int(r.First); port <= int(r.Last); port++ {
				owner[uint16(port)] = entry.service
			}
		}
	}
	for port := range uint16(lastSystemPort + 1) {
		if _, taken := owner[port]; !taken {
			owner[port] = systemService(proto, port)
		}
	}
	for port := range 1 << 16 {
		service, ok := owner[uint16(port)]
		if !ok {
			continue
		}
		built.segments = appendPort(built.segments, uint16(port), service)
	}
	ranges := make([]portset.Range, len(built.segments))
	for i, segment := range built.segments {
		ranges[i] = segment.Range
	}
	built.special = portset.Of(ranges...)
	return built
}

// appendPort adds the next higher port: to the last segment when it continues
// it, as a new one otherwise.
func appendPort(segments []Segment, port uint16, service Service) []Segment {
	if n := len(segments); n > 0 {
		last := &segments[n-1]
		if last.Service.ID == service.ID && int(last.Range.Last)+1 == int(port) {
			last.Range.Last = port
			return segments
		}
	}
	return append(segments, Segment{Range: portset.Range{First: port, Last: port}, Service: service})
}

func systemService(proto portset.Protocol, port uint16) Service {
	if name, ok := iana.Name(proto, port); ok {
		return Service{ID: "iana:" + name, Name: name, Class: System}
	}
	return Service{ID: UnassignedID, Name: "unassigned system ports", Class: System}
}

// parsePorts reads the ports of a table entry. A test reads all of them.
func parsePorts(entry entry) portset.Ports {
	ports, faults := portset.ParseList(strings.Fields(entry.ports))
	if len(faults) > 0 {
		panic(fmt.Sprintf("services: %s: %v", entry.service.ID, faults))
	}
	return ports
}
