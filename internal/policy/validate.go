package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// NamePattern is the form of every name: it appears in keys, in cloud rule
// descriptions and in reports, so it must be safe in all of them.
var NamePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckName returns a fault when the name does not have the form of a name.
func CheckName(what, name string) *fault.Fault {
	if NamePattern.MatchString(name) {
		return nil
	}
	return fault.New("Invalid name",
		fmt.Sprintf("%s %s is not a valid name.", what, Quote(name)),
		"Names become keys and descriptions of cloud rules, where other characters are refused.",
		"Use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit"+suggestName(name)+".")
}

var notName = regexp.MustCompile(`[^a-z0-9_-]+`)

func suggestName(name string) string {
	proposal := strings.Trim(notName.ReplaceAllString(strings.ToLower(name), "-"), "-_")
	if len(proposal) > 63 {
		proposal = proposal[:63]
	}
	if !NamePattern.MatchString(proposal) {
		return ""
	}
	return fmt.Sprintf(", such as %q", proposal)
}

// Quote quotes a value for a message and keeps it short: at most 80 runes.
func Quote(value string) string {
	runes := []rune(value)
	if len(runes) <= 80 {
		return fmt.Sprintf("%q", value)
	}
	return fmt.Sprintf("%q (shortened)", string(runes[:80]))
}

// Validate returns everything that keeps the policy from being judged. In a
// partial policy it does not complain of what may still arrive.
func Validate(p *Policy) fault.List {
	var faults fault.List
	faults.Add(CheckName("The policy's name", p.Name), fault.Attribute("name"))
	if p.MaxScore != nil && (*p.MaxScore < 0 || *p.MaxScore > 100) {
		faults.Add(fault.New("Score limit out of range",
			fmt.Sprintf("max_score = %d is not a score.", *p.MaxScore),
			"Scores go from 0 to 100.",
			"Write a whole number from 0 to 100."), fault.Attribute("max_score"))
	}
	for i := range p.Rules {
		faults.AddAll(validateRule(&p.Rules[i]), fault.Attribute("rules"), fault.Key(p.Rules[i].Name))
	}
	faults.AddAll(conflictingReferences(p))
	return faults
}

func validateRule(r *Rule) fault.List {
	var faults fault.List
	faults.Add(CheckName("The rule's key", r.Name))
	for i := range r.PortRanges {
		faults.AddAll(validatePortRange(&r.PortRanges[i]), fault.Attribute("port_ranges"), fault.Index(i))
	}
	for i := range r.Peers {
		faults.AddAll(ValidatePeerGroup(&r.Peers[i]), fault.Attribute("peers"), fault.Index(i))
	}
	if r.IsPartial() {
		return faults
	}
	if len(r.PortRanges) == 0 {
		faults.Add(fault.New("Rule without ports",
			fmt.Sprintf("Rule %q has no port ranges.", r.Name),
			"Some clouds read a rule without ports as all ports.",
			"List at least one port range in port_ranges, or remove the rule."), fault.Attribute("port_ranges"))
	}
	if len(r.Peers) == 0 {
		faults.Add(fault.New("Rule without peers",
			fmt.Sprintf("Rule %q has no peers.", r.Name),
			"Some clouds read a rule without peers as everybody.",
			"List at least one peer group in peers, or remove the rule."), fault.Attribute("peers"))
	}
	faults.Add(checkICMPFamily(r))
	return faults
}

// checkICMPFamily refuses ICMP for peers of the other family only: the rule
// would allow nothing, and each cloud reads such a rule differently.
func checkICMPFamily(r *Rule) *fault.Fault {
	if !r.opensICMP() {
		return nil // what hardly a rule does, and the union is not needed
	}
	ports := r.Ports()
	if ports.Equal(portset.Any()) {
		return nil
	}
	peers := r.Prefixes()
	if peers.IsEmpty() || len(r.References()) > 0 {
		return nil
	}
	for _, c := range []struct {
		protocol portset.Protocol
		family   string
		missing  bool
		other    portset.Protocol
	}{
		{portset.ICMP, "IPv4", peers.IPv4().IsEmpty(), portset.ICMPv6},
		{portset.ICMPv6, "IPv6", peers.IPv6().IsEmpty(), portset.ICMP},
	} {
		if c.missing && !ports.Of(c.protocol).IsEmpty() {
			return fault.New("Protocol without peers",
				fmt.Sprintf("Rule %q opens %q, which exists in %s only, and none of its peers has an %s address.",
					r.Name, c.protocol, c.family, c.family),
				"The opening would allow nothing, and clouds differ in what they make of it.",
				fmt.Sprintf("Write %q for these peers, or add a peer with an %s address.", c.other, c.family)).
				At(fault.Attribute("port_ranges"))
		}
	}
	return nil
}

func (r *Rule) opensICMP() bool {
	for i := range r.PortRanges {
		for j := range r.PortRanges[i].Listeners {
			ports := &r.PortRanges[i].Listeners[j].Ports
			if !ports.Of(portset.ICMP).IsEmpty() || !ports.Of(portset.ICMPv6).IsEmpty() {
				return true
			}
		}
	}
	return false
}

func validatePortRange(p *PortRange) fault.List {
	var faults fault.List
	faults.Add(CheckName("The port range's name", p.Name), fault.Attribute("name"))
	if p.Sizing != nil {
		faults.Add(CheckShown("The sizing rule", p.Sizing.Rule), fault.Attribute("sizing"), fault.Attribute("rule"))
	}
	for i := range p.Listeners {
		faults.AddAll(validateListener(&p.Listeners[i], p.Partial), fault.Attribute("listeners"), fault.Index(i))
	}
	if len(p.Listeners) == 0 && !p.Partial {
		faults.Add(fault.New("Port range without listeners",
			fmt.Sprintf("Port range %q has no listeners, so it opens nothing.", p.Name),
			"Some clouds read an empty list of ports as all ports.",
			`Pass a whole backupfw_port_range, or write listeners = [{ name = "vault", kind = "negotiated", ports = ["40000-40039/tcp"] }].`),
			fault.Attribute("listeners"))
	}
	return faults
}

func validateListener(l *Listener, partial bool) fault.List {
	var faults fault.List
	if l.Ports.IsEmpty() && !partial {
		faults.Add(fault.New("Listener without ports",
			fmt.Sprintf("Listener %q has no ports.", l.Name),
			"Some clouds read an empty list of ports as all ports.",
			`List the ports, for example ports = ["40000-40039/tcp"].`), fault.Attribute("ports"))
	}
	if l.Kind != ProductFlow && l.Flow != "" {
		faults.Add(fault.New("Flow without product kind",
			fmt.Sprintf("Listener %q names the flow %q, but its kind is %q.", l.Name, l.Flow, l.Kind),
			"A flow's documentation counts only for a listener of that kind.",
			`Write kind = "product_flow", or leave flow out.`), fault.Attribute("flow"))
	}
	if l.Kind == Negotiated && !l.Negotiated {
		faults.Add(fault.New("Kind contradicts negotiated",
			fmt.Sprintf("Listener %q has kind = \"negotiated\" and negotiated = false.", l.Name),
			"Only one of the two can be true, and they are scored differently.",
			`Write negotiated = true, or kind = "undeclared".`), fault.Attribute("negotiated"))
	}
	if l.Name != "" {
		// It stands in messages and reports, and sets one listener apart from
		// another there.
		faults.Add(CheckName("The listener's name", l.Name), fault.Attribute("name"))
	}
	if l.Kind == Negotiated && l.Name == "" {
		faults.Add(fault.New("Listener without name",
			"A negotiated listener has no name.",
			"Its ports are scored as one listener, and the name says which.",
			`Write name = "vault", say.`), fault.Attribute("name"))
	}
	if !slices.Contains(ListenerKinds(), l.Kind) {
		kinds := make([]string, len(ListenerKinds()))
		for i, kind := range ListenerKinds() {
			kinds[i] = string(kind)
		}
		faults.Add(fault.New("Unknown listener kind",
			fmt.Sprintf("kind = %s is not a kind of listener.", Quote(string(l.Kind))),
			"The kind decides how the ports are scored.",
			"Use one of "+strings.Join(kinds, ", ")+"."), fault.Attribute("kind"))
		return faults
	}
	if l.Kind != ProductFlow && l.Product == "" {
		return faults
	}
	product, known := catalog.Get(l.Product)
	if !known {
		faults.Add(UnknownProduct(l.Product), fault.Attribute("product"))
		return faults
	}
	if l.Kind != ProductFlow {
		return faults
	}
	if _, known := product.Flow(l.Flow); !known {
		faults.Add(UnknownFlow(product, l.Flow), fault.Attribute("flow"))
	}
	return faults
}

// UnknownFlow is the fault of a flow id that the product lacks.
func UnknownFlow(product *catalog.Product, id string) *fault.Fault {
	ids := make([]string, len(product.Flows))
	for i := range product.Flows {
		ids[i] = product.Flows[i].ID
	}
	return fault.New("Unknown flow",
		fmt.Sprintf("%s is not a flow of product %q.", Quote(id), product.ID),
		"A flow says which program listens, and its documentation is what the ports are compared with.",
		"Use one of "+strings.Join(ids, ", ")+".")
}

// ValidatePeerGroup returns the faults of one peer group in its resolved form.
func ValidatePeerGroup(g *PeerGroup) fault.List {
	var faults fault.List
	faults.Add(CheckName("The peer group's name", g.Name), fault.Attribute("name"))
	if g.Prefixes.IsEmpty() && len(g.References) == 0 && !g.Partial {
		faults.Add(fault.New("Peer group without peers",
			fmt.Sprintf("Peer group %q holds no address and no reference.", g.Name),
			"Some clouds read an empty list of peers as everybody.",
			`List at least one address, for example "198.51.100.16/28".`), fault.Attribute("prefixes"))
	}
	for _, r := range g.References {
		faults.AddAll(validateReference(&r), fault.Attribute("references"), fault.Key(r.Name))
	}
	return faults
}

// maxHosts is the size of the IPv4 internet: no reference stands for more.
const maxHosts = 1 << 32

func validateReference(r *Reference) fault.List {
	var faults fault.List
	faults.Add(CheckName("The reference's name", r.Name))
	known := false
	kinds := make([]string, 0, len(ReferenceKinds()))
	for _, kind := range ReferenceKinds() {
		known = known || r.Kind == kind
		kinds = append(kinds, string(kind))
	}
	if !known {
		faults.Add(fault.New("Unknown reference kind",
			fmt.Sprintf("kind = %s is not a kind of reference.", Quote(string(r.Kind))),
			"The kind decides which cloud can express the rule.",
			"Use one of "+strings.Join(kinds, ", ")+"."), fault.Attribute("kind"))
	}
	if r.MaxHosts < 1 || r.MaxHosts > maxHosts {
		faults.Add(fault.New("Host count out of range",
			fmt.Sprintf("max_hosts = %d of reference %q is not a number of hosts.", r.MaxHosts, r.Name),
			"The reference is scored as that many hosts.",
			"Write how many hosts the object can stand for at most, from 1 to 4294967296."), fault.Attribute("max_hosts"))
	}
	switch {
	case r.Kind == AWSPrefixList && r.MaxEntries < 1:
		faults.Add(fault.New("Prefix list without size",
			fmt.Sprintf("Reference %q is a prefix list without max_entries.", r.Name),
			"AWS counts a prefix list with its maximum number of entries against the quota of the group.",
			"Write max_entries as the prefix list has it."), fault.Attribute("max_entries"))
	case r.Kind != AWSPrefixList && r.MaxEntries != 0:
		faults.Add(fault.New("Size of no list",
			fmt.Sprintf("Reference %q has max_entries = %d, but its kind is %q.", r.Name, r.MaxEntries, r.Kind),
			"Only a prefix list has entries that count against a quota.",
			"Leave max_entries out."), fault.Attribute("max_entries"))
	}
	return faults
}

// conflictingReferences finds one name used for two different things: the
// compiled rule carries only the name.
func conflictingReferences(p *Policy) fault.List {
	var faults fault.List
	first := map[string]Reference{}
	for i := range p.Rules {
		for j := range p.Rules[i].Peers {
			for _, r := range p.Rules[i].Peers[j].References {
				seen, known := first[r.Name]
				if !known {
					first[r.Name] = r
					continue
				}
				if seen != r {
					faults.Add(fault.New("Reference with two meanings",
						fmt.Sprintf("Reference %q is %s with max_hosts = %d and max_entries = %d here, and %s with %d and %d elsewhere in the policy.",
							r.Name, r.Kind, r.MaxHosts, r.MaxEntries, seen.Kind, seen.MaxHosts, seen.MaxEntries),
						"The compiled rule carries only the name, so the two cannot be told apart.",
						"Give each object a name of its own."),
						fault.Attribute("rules"), fault.Key(p.Rules[i].Name),
						fault.Attribute("peers"), fault.Index(j), fault.Attribute("references"), fault.Key(r.Name))
				}
			}
		}
	}
	return faults
}
