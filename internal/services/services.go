// Package services says what usually listens on a port, in the classes that
// the score weighs: the services that attackers look for first, the sensitive
// ones, and the well-known ports.
//
// Ports with one service are one group: risk follows the number of services
// that can be reached, not the number of ports. Every table is computed at the
// first question; nothing happens when the provider starts.
package services

import (
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Class is how much an open port of a service weighs. A higher class weighs
// more.
type Class uint8

// The classes; their weights are the business of the score.
const (
	// None is every port that says nothing by its number.
	None Class = iota
	// System is the service that IANA names on a port of 0–1023.
	System
	// Sensitive is a service that is worth an attack: remote access, file
	// sharing, directories, databases, control planes.
	Sensitive
	// MostAttacked is a service that is attacked wherever it can be reached.
	MostAttacked
)

// String returns the class as reports name it.
func (c Class) String() string {
	switch c {
	case System:
		return "system service"
	case Sensitive:
		return "sensitive"
	case MostAttacked:
		return "most attacked"
	default:
		return "none"
	}
}

// Service is one group of ports.
type Service struct {
	// ID is stable and unique: "rdp", or "iana:" and the registered name.
	ID string
	// Name is what reports show: "Remote Desktop (RDP)".
	Name  string
	Class Class
}

// UnassignedID is the ID of the one group of all ports of 0–1023 that IANA has
// not assigned.
const UnassignedID = "unassigned-system-ports"

// lastSystemPort ends the System Ports of RFC 6335, section 6.
const lastSystemPort = 1023

// Segment is a run of ports, first and last included, of one service.
type Segment struct {
	Range   portset.Range
	Service Service
}

// Classify returns the service of a port: the one of the two top classes, or
// for a port of 0–1023 the system service, which is one group per registered
// name whatever the protocol. It is false for all other ports and for a
// protocol without ports.
func Classify(proto portset.Protocol, port uint16) (Service, bool) {
	segments := index(proto).segments
	i, _ := slices.BinarySearchFunc(segments, port, func(s Segment, port uint16) int {
		return int(s.Range.Last) - int(port)
	})
	if i < len(segments) && segments[i].Range.Contains(port) {
		return segments[i].Service, true
	}
	return Service{}, false
}

// Special returns every classified port of a protocol as maximal runs of one
// service, ascending and disjoint. It is nil for a protocol without ports. The
// slice is shared: read it, do not change it.
func Special(proto portset.Protocol) []Segment { return index(proto).segments }

// SpecialSet returns the ports of Special.
func SpecialSet(proto portset.Protocol) portset.Set { return index(proto).special }

// TopClasses returns the ports of the classes MostAttacked and Sensitive.
func TopClasses(proto portset.Protocol) portset.Set { return index(proto).top }
