package risk

import (
	"math"

	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// Class groups services by how much the number of open ports matters.
type Class string

// The classes, heaviest first; design and evidence in the scoring guide.
const (
	MostAttacked      Class = "most_attacked"
	Sensitive         Class = "sensitive"
	SystemService     Class = "system_service"
	ExploitedListener Class = "exploited_listener"
	BackupListener    Class = "backup_listener"
	UndeclaredPorts   Class = "undeclared"
	Neighbours        Class = "neighbours"
)

// Base weights. 20 is the base; insurers' claims put an exposed remote desktop
// at 2.5 times and the worst exposed products at 5 times the base.
const (
	weightMostAttacked = 100
	weightSensitive    = 50
	weightSystem       = 30
	weightExploited    = 50
	weightListener     = 20
	weightUndeclared   = 30
	slopeUndeclared    = 10
	weightUnassigned   = 5
	slopeNeighbours    = 6

	// egressShare is what an opening outward counts: the listener is
	// elsewhere; lateral movement and theft of data remain.
	egressShare = 0.25
)

// curve is what n open ports of one service weigh at full reach. Every curve
// is concave with curve(0) = 0, which makes the score subadditive.
func curve(class Class, serviceID string, n int) float64 {
	if n == 0 {
		return 0
	}
	ports := float64(n)
	switch class {
	case MostAttacked:
		return weightMostAttacked
	case Sensitive:
		return weightSensitive
	case SystemService:
		if serviceID == unassignedID {
			return weightUnassigned + math.Log2(ports)
		}
		return weightSystem
	case ExploitedListener:
		return weightExploited + math.Log2(ports)
	case BackupListener:
		return weightListener + math.Log2(ports)
	case UndeclaredPorts:
		return weightUndeclared + slopeUndeclared*math.Log2(ports)
	case Neighbours:
		return slopeNeighbours * math.Log2(1+ports)
	default:
		panic("risk: no growth curve for class " + string(class))
	}
}

// unassignedID is the id of the one service that holds the system ports which
// nobody registered.
const unassignedID = wellKnownPrefix + services.UnassignedID

// wellKnownPrefix sets the ids of well-known services apart from listeners.
const wellKnownPrefix = "service:"

// classOf translates the class of a well-known service.
func classOf(s services.Service) Class {
	switch s.Class {
	case services.MostAttacked:
		return MostAttacked
	case services.Sensitive:
		return Sensitive
	default:
		return SystemService
	}
}
