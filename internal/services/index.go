package services

import (
	"cmp"
	"fmt"
	"slices"
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
	// whole are all ports of each service, and numbers[i] is the place of the
	// service of segments[i] among them.
	whole   []portset.Set
	numbers []int
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
	var runs []Segment
	var top []portset.Set
	for _, entry := range table {
		ports := parsePorts(entry).Of(proto)
		top = append(top, ports)
		for _, r := range ports.Ranges() {
			runs = append(runs, Segment{Range: r, Service: entry.service})
		}
	}
	built := protocolIndex{top: portset.UnionAll(top)}
	for port := range uint16(lastSystemPort + 1) {
		if !built.top.Contains(port) {
			r := portset.Range{First: port, Last: port}
			runs = append(runs, Segment{Range: r, Service: systemService(proto, port)})
		}
	}
	slices.SortFunc(runs, func(a, b Segment) int { return cmp.Compare(a.Range.First, b.Range.First) })
	ranges := make([]portset.Range, len(runs))
	for i, run := range runs {
		ranges[i] = run.Range
		built.segments = appendRun(built.segments, run)
	}
	built.special = portset.Of(ranges...)
	built.numberServices()
	return built
}

func (x *protocolIndex) numberServices() {
	byID := map[string]int{}
	var runs [][]portset.Range
	for _, segment := range x.segments {
		number, known := byID[segment.Service.ID]
		if !known {
			number = len(runs)
			byID[segment.Service.ID] = number
			runs = append(runs, nil)
		}
		runs[number] = append(runs[number], segment.Range)
		x.numbers = append(x.numbers, number)
	}
	x.whole = make([]portset.Set, len(runs))
	for i := range runs {
		x.whole[i] = portset.Of(runs[i]...)
	}
}

// appendRun adds the next higher run of ports: to the last segment when it
// continues it, as a new one otherwise.
func appendRun(segments []Segment, run Segment) []Segment {
	if n := len(segments); n > 0 {
		last := &segments[n-1]
		if last.Service == run.Service && int(last.Range.Last)+1 == int(run.Range.First) {
			last.Range.Last = run.Range.Last
			return segments
		}
	}
	return append(segments, run)
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
