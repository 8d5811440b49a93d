// Package policy is what an author means: which peers may reach which ports
// of which listener, in which direction. It holds plain values, checks that
// they make sense together and knows nothing of Terraform, of scores or of
// clouds.
package policy

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Policy is a named set of rules for one host or group of hosts.
//
// A policy may be partial while Terraform plans: values that are known only
// after apply are left out and the flags named Partial say where. What is
// there is then a lower bound of what the finished policy will allow.
type Policy struct {
	Name        string
	Description string
	// MaxScore is the policy's own limit, 0 to 100; nil means none of its own.
	MaxScore *int
	// Rules are sorted by name.
	Rules []Rule
	// Waivers keep the author's order: messages speak of waiver[0].
	Waivers []Waiver
	// Partial is set when anything in the policy was unknown.
	Partial bool
	// WaiversPartial is set when a waiver was unknown, in part or whole: it
	// may accept anything.
	WaiversPartial bool
}

// IsPartial reports whether anything in the policy was unknown, at any level:
// a flag that somebody forgot to pass up must not turn into a verdict.
func (p *Policy) IsPartial() bool {
	if p.Partial || p.WaiversPartial {
		return true
	}
	for i := range p.Rules {
		if p.Rules[i].IsPartial() {
			return true
		}
	}
	return false
}

// IsPartial reports whether anything in the rule was unknown.
func (r *Rule) IsPartial() bool {
	if r.Partial {
		return true
	}
	for i := range r.PortRanges {
		if r.PortRanges[i].Partial {
			return true
		}
	}
	for i := range r.Peers {
		if r.Peers[i].Partial {
			return true
		}
	}
	return false
}

// Direction says who dials.
type Direction uint8

const (
	// Ingress is the direction in which the peers dial this host.
	Ingress Direction = iota
	// Egress is the direction in which this host dials the peers.
	Egress
)

// Directions lists both, in the order in which everything is emitted.
func Directions() []Direction { return []Direction{Ingress, Egress} }

// String is the word that authors write.
func (d Direction) String() string {
	if d == Egress {
		return "egress"
	}
	return "ingress"
}

// ParseDirection reads the word that authors write.
func ParseDirection(text string) (Direction, bool) {
	for _, d := range Directions() {
		if text == d.String() {
			return d, true
		}
	}
	return Ingress, false
}

// Rule allows peers to reach listeners.
type Rule struct {
	// Name is the rule's key in the author's map.
	Name        string
	Description string
	Direction   Direction
	PortRanges  []PortRange
	Peers       []PeerGroup
	// Partial is set when something of the rule was unknown and left out.
	Partial bool
}

// Ports is the union of what all listeners of the rule open.
func (r *Rule) Ports() portset.Ports {
	n := 0
	for i := range r.PortRanges {
		n += len(r.PortRanges[i].Listeners)
	}
	all := make([]portset.Ports, 0, n)
	for i := range r.PortRanges {
		for j := range r.PortRanges[i].Listeners {
			all = append(all, r.PortRanges[i].Listeners[j].Ports)
		}
	}
	return portset.Merge(all)
}

// Prefixes is the union of the addresses of all peer groups of the rule.
func (r *Rule) Prefixes() prefixset.Set {
	sets := make([]prefixset.Set, len(r.Peers))
	for i := range r.Peers {
		sets[i] = r.Peers[i].Prefixes
	}
	return prefixset.UnionAll(sets)
}

// References lists the references of all peer groups of the rule.
func (r *Rule) References() []Reference {
	var all []Reference
	for i := range r.Peers {
		all = append(all, r.Peers[i].References...)
	}
	return all
}

// PortRange is a named group of listeners.
type PortRange struct {
	Name      string
	Listeners []Listener
	// Sizing says how many ports the author's load needs; nil when unknown.
	Sizing  *Sizing
	Partial bool
}

// FixedBeside returns the fixed ports of the range's product that lie where the
// product documents the negotiated range of listener k. They are among the ports
// that a sizing rule of that flow counts. An open-ended flow documents no range.
func (r *PortRange) FixedBeside(k int) portset.Ports {
	of := func(l *Listener) *catalog.Flow {
		if l.Kind != ProductFlow {
			return nil
		}
		product, known := catalog.Get(l.Product)
		if !known {
			return nil
		}
		flow, _ := product.Flow(l.Flow)
		return flow
	}
	var fixed portset.Ports
	flow := of(&r.Listeners[k])
	if flow == nil || !flow.Negotiated || flow.OpenEnded {
		return fixed
	}
	for i := range r.Listeners {
		l := &r.Listeners[i]
		if other := of(l); other != nil && !other.Negotiated && l.Product == r.Listeners[k].Product {
			fixed = fixed.Union(l.Ports.Intersect(flow.Ports))
		}
	}
	return fixed
}

// Sizing compares the width of a range with what its load needs, in ports.
type Sizing struct {
	Needed     int
	Configured int
	// Rule is the vendor's sizing rule in words.
	Rule string
}

// ListenerKind says what is known of the program behind a port.
type ListenerKind string

const (
	// ProductFlow is a documented flow of a product in the catalogue.
	ProductFlow ListenerKind = "product_flow"
	// Negotiated is one listener that picks a port of the range per connection.
	Negotiated ListenerKind = "negotiated"
	// Undeclared is anything: nobody said what listens there.
	Undeclared ListenerKind = "undeclared"
)

// ListenerKinds lists the words that authors may write.
func ListenerKinds() []ListenerKind { return []ListenerKind{ProductFlow, Negotiated, Undeclared} }

// Listener is what the author declared to be behind a set of ports.
type Listener struct {
	Name string
	Kind ListenerKind
	// Product and Flow are ids of the catalogue, empty for other kinds; an
	// undeclared listener keeps the product whose documentation does not list
	// its ports.
	Product string
	Flow    string
	Ports   portset.Ports
	// Negotiated is set when one port of the set is picked at run time.
	Negotiated bool
	// Encrypted is nil when it is not known or depends on settings.
	Encrypted *bool
}

// PeerGroup is a named set of hosts in one zone.
type PeerGroup struct {
	Name     string
	Prefixes prefixset.Set
	Zone     Zone
	// ZoneReason is why public addresses may count as inside.
	ZoneReason string
	// References are sorted by name.
	References []Reference
	Partial    bool
}

// Reference is a peer that is not an address: a name of the author's choice
// for an object of a cloud.
type Reference struct {
	Name string
	Kind ReferenceKind
	// MaxHosts is how many hosts the object stands for at most.
	MaxHosts uint64
	// MaxEntries is what a prefix list costs in quota; 0 for other kinds.
	MaxEntries int
}

// ReferenceKind names the kind of cloud object behind a reference.
type ReferenceKind string

// The reference kinds of the contract.
const (
	AWSSecurityGroup              ReferenceKind = "aws_security_group"
	AWSPrefixList                 ReferenceKind = "aws_prefix_list"
	AzureApplicationSecurityGroup ReferenceKind = "azure_application_security_group"
	GoogleNetworkTag              ReferenceKind = "google_network_tag"
	GoogleServiceAccount          ReferenceKind = "google_service_account"
)

// ReferenceKinds lists the words that authors may write.
func ReferenceKinds() []ReferenceKind {
	return []ReferenceKind{
		AWSSecurityGroup, AWSPrefixList, AzureApplicationSecurityGroup,
		GoogleNetworkTag, GoogleServiceAccount,
	}
}

// Waiver accepts one kind of finding for the values listed, until a day.
type Waiver struct {
	// Finding is the code that is accepted.
	Finding string
	// Rules narrows the waiver to some rules; empty means every rule.
	Rules []string
	// Ports and Peers are the accepted values.
	Ports portset.Ports
	Peers prefixset.Set
	// References are accepted peers that are not addresses, by name.
	References []string
	// MaxScore is the accepted score, for the finding score-limit only.
	MaxScore *int
	Reason   string
	Owner    string
	// Expires is the last day on which the waiver holds.
	Expires Date
}

// AllPorts is the union of what every rule of the policy opens.
func (p *Policy) AllPorts() portset.Ports {
	all := make([]portset.Ports, len(p.Rules))
	for i := range p.Rules {
		all[i] = p.Rules[i].Ports()
	}
	return portset.Merge(all)
}
