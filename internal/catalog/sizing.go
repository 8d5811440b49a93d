package catalog

import "slices"

// SizingRule says how many ports a negotiated range needs: a flat part and a
// part for each unit of load.
type SizingRule struct {
	ID string
	// Unit is what the width grows with, NoUnit for a flat rule.
	Unit Unit
	// BasePorts are needed whatever the load, PortsPerUnit for each unit, and
	// MinPorts is the least that the range may have, at least 1.
	BasePorts, PortsPerUnit, MinPorts int

	// Formula says the rule in words; Source is where it was read.
	Formula, Source string
	Confidence      Confidence
	// AppliesTo are the ids of the negotiated flows that the rule is about. The
	// rules of one flow add up.
	AppliesTo []string
	// Examples are the vendor's own; loading a file runs them.
	Examples []SizingExample
}

// SizingExample is a worked example: so many units need so many ports.
type SizingExample struct {
	Units, Ports int
	Says         string
}

// Unit is what the load of a product is counted in.
type Unit string

// The units. Some products count what runs at once, others what is installed.
const (
	NoUnit     Unit = "none"
	Job        Unit = "job"
	Task       Unit = "task"
	Stream     Unit = "stream"
	Session    Unit = "session"
	Daemon     Unit = "daemon"
	Device     Unit = "device"
	DataStore  Unit = "data_store"
	MediaAgent Unit = "media_agent"
	Client     Unit = "client"
	Appliance  Unit = "appliance"
	User       Unit = "user"
	DLE        Unit = "dle" // disk list entry
	Resource   Unit = "resource"
	VRA        Unit = "vra" // virtual replication appliance
)

// Units lists all units, the work that runs at once first and NoUnit last.
func Units() []Unit {
	return []Unit{Job, Task, Stream, Session, Daemon, Device, DataStore, MediaAgent, Client, Appliance, User, DLE, Resource, VRA, NoUnit}
}

// IsJobs reports whether the unit counts work that runs at once.
func (u Unit) IsJobs() bool {
	return u == Job || u == Task || u == Stream || u == Session
}

// MaxPorts is how many ports a protocol has, and the most that a rule needs.
const MaxPorts = 1 << 16

// Needed returns how many ports the rule alone needs for so many units, never
// more than a protocol has. A negative count counts as none.
func (r *SizingRule) Needed(units int) int {
	return max(r.width(units), min(r.MinPorts, MaxPorts))
}

// width is Needed without the minimum.
func (r *SizingRule) width(units int) int {
	units = max(units, 0)
	if r.PortsPerUnit > 0 && units > MaxPorts/r.PortsPerUnit {
		return MaxPorts
	}
	return min(r.BasePorts+units*r.PortsPerUnit, MaxPorts)
}

// Scaling returns the rules of a flow, in the order of the file.
func (p *Product) Scaling(flowID string) []*SizingRule {
	var rules []*SizingRule
	for i := range p.Sizing {
		if rule := &p.Sizing[i]; slices.Contains(rule.AppliesTo, flowID) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// Needed returns how many ports a flow needs for a load, with the rules that
// say so: the sum of what they need, at least the largest of their minima, and
// never more than a protocol has. A flow without rules needs what it documents,
// so there are 0 ports and no rules.
//
// missing are the units that have no count, in the order of the rules. They
// count as none then, so ports is a lower bound.
func (p *Product) Needed(flowID string, counts map[Unit]int) (ports int, rules []*SizingRule, missing []Unit) {
	rules = p.Scaling(flowID)
	least := 0
	for _, rule := range rules {
		count, given := counts[rule.Unit]
		if !given && rule.Unit != NoUnit && !slices.Contains(missing, rule.Unit) {
			missing = append(missing, rule.Unit)
		}
		ports = min(ports+rule.width(count), MaxPorts)
		least = max(least, min(rule.MinPorts, MaxPorts))
	}
	return max(ports, least), rules, missing
}
