package risk

import (
	"sort"
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Code names a kind of finding. Codes are stable: they stand in waivers,
// reports and other people's pipelines, and never change their meaning.
type Code string

// The finding codes, in the order in which they are listed.
const (
	AnyPeer                Code = "any-peer"
	BroadPeer              Code = "broad-peer"
	WellKnownPort          Code = "well-known-port"
	SensitiveService       Code = "sensitive-service"
	AllPorts               Code = "all-ports"
	BroadRange             Code = "broad-range"
	ScoreLimit             Code = "score-limit"
	ExploitedListenerFound Code = "exploited-listener"
	PublicPeerPrivateClaim Code = "public-peer-private-claim"
	UndocumentedPort       Code = "undocumented-port"
	OversizedRange         Code = "oversized-range"
	UndersizedRange        Code = "undersized-range"
	NeighbourServices      Code = "neighbour-services"
	Cleartext              Code = "cleartext"
	RedundantRule          Code = "redundant-rule"
	EphemeralOverlap       Code = "ephemeral-overlap"
	WaiverExpired          Code = "waiver-expired"
	WaiverExpiring         Code = "waiver-expiring"
	WaiverUnused           Code = "waiver-unused"
)

// Effect is what a finding does to the plan.
type Effect string

// The effects, strongest first.
const (
	Reject   Effect = "reject"
	Accepted Effect = "accepted" // it would reject or warn, and a waiver accepts it
	Warn     Effect = "warn"
	Info     Effect = "info"
)

// Severity is how bad the finding is, whatever becomes of it.
type Severity string

// The severities, worst first.
const (
	Critical      Severity = "critical"
	High          Severity = "high"
	Medium        Severity = "medium"
	Low           Severity = "low"
	Informational Severity = "info"
)

// Finding is one thing that a policy opens and perhaps should not.
type Finding struct {
	Code     Code
	Severity Severity
	Effect   Effect
	// Rules are the names of the rules that cause it, sorted; empty when it is
	// about the policy as a whole.
	Rules []string
	// Ports, Prefixes and References are exactly what the finding is about.
	Ports      portset.Ports
	Prefixes   prefixset.Set
	References []string
	// Message says what is wrong and why it matters, Remedy what to do.
	Message string
	Remedy  string
	// WaivedBy names the waiver that accepts the finding, or is empty.
	WaivedBy string
	// Place leads to the value of the policy that causes the finding.
	Place fault.Path

	parts []part
	// rejects is set when the finding would reject the plan without a waiver.
	rejects bool
}

// part is one box of what a finding is about: a waiver accepts a finding when
// it covers every part.
type part struct {
	rule       string
	ports      portset.Ports
	prefixes   prefixset.Set
	references []string
}

// findingOf builds a finding from what causes it.
func findingOf(code Code, severity Severity, effect Effect, causes []cause) Finding {
	f := Finding{Code: code, Severity: severity, Effect: effect, rejects: effect == Reject}
	var ports []portset.Ports
	var prefixes []prefixset.Set
	rules, references, seen := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for _, c := range causes {
		p := part{rule: c.opening.rule.Name, ports: c.ports, prefixes: c.prefixes, references: c.references}
		for _, name := range c.references {
			references[name] = true
		}
		f.parts = append(f.parts, p)
		ports = append(ports, c.ports)
		if c.hosts == 0 || !seen[c.hosts] {
			seen[c.hosts] = true
			prefixes = append(prefixes, c.prefixes)
		}
		rules[p.rule] = true
	}
	f.Ports, f.Prefixes = portset.Merge(ports), prefixset.UnionAll(prefixes)
	f.Rules, f.References = sortedKeys(rules), sortedKeys(references)
	if len(causes) > 0 {
		f.Place = causes[0].place()
	}
	return f
}

// cause is an opening's share in a finding.
type cause struct {
	opening *opening
	// ports, prefixes and references are the part of the opening that the
	// finding is about.
	ports      portset.Ports
	prefixes   prefixset.Set
	references []string
	// hosts numbers the prefixes when many causes have the same ones: the host
	// set plus one, or 0.
	hosts int
	// attribute is the rule's attribute at fault: port_ranges or peers.
	attribute string
}

const (
	portRangesAttribute = "port_ranges"
	peersAttribute      = "peers"
)

func (c *cause) place() fault.Path {
	path := fault.Path{fault.Attribute("rules"), fault.Key(c.opening.rule.Name), fault.Attribute(c.attribute)}
	if c.attribute == portRangesAttribute {
		return path.With(fault.Index(c.opening.portRange))
	}
	return path
}

// causesByPorts blames all peers of the entries for the entries' ports.
func (m *model) causesByPorts(entries []bucketEntry) []cause {
	causes := make([]cause, 0, len(entries))
	for _, e := range entries {
		causes = append(causes, cause{
			opening:    e.opening,
			ports:      portset.PortsOf(e.protocol, e.ports),
			prefixes:   m.prefixes(e.opening.hosts),
			hosts:      e.opening.hosts + 1,
			references: m.hosts[e.opening.hosts].names,
			attribute:  portRangesAttribute,
		})
	}
	return causes
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// codeOrder is the place of each code in the catalogue.
var codeOrder = sync.OnceValue(func() map[Code]int {
	order := map[Code]int{}
	for i := range catalogue {
		order[catalogue[i].Code] = i
	}
	return order
})

var effectOrder = map[Effect]int{Reject: 0, Accepted: 1, Warn: 2, Info: 3}

// sortFindings puts what rejects first, then follows the table of checks, then
// the ports.
func sortFindings(findings []Finding) {
	if len(findings) < 2 {
		return
	}
	order := codeOrder()
	sort.SliceStable(findings, func(i, j int) bool {
		a, b := &findings[i], &findings[j]
		if a.Effect != b.Effect {
			return effectOrder[a.Effect] < effectOrder[b.Effect]
		}
		if a.Code != b.Code {
			return order[a.Code] < order[b.Code]
		}
		return a.Message < b.Message
	})
}

// CodeInfo describes a finding code for documentation and validation.
type CodeInfo struct {
	Code Code
	// Default is what the finding does unless a waiver accepts it, in words.
	Default string
	// Raised says when, in one sentence.
	Raised string
	// Waivable is false for findings about waivers themselves, and for those
	// that only inform: there is nothing to accept.
	Waivable bool

	// check finds them; nil for findings about the score and about waivers.
	check func(*model) []Finding
	// certain is set when a finding on part of a policy stays true whatever
	// the rest turns out to be.
	certain bool
}

// Codes lists every finding code, in the order of the documentation.
func Codes() []CodeInfo { return append([]CodeInfo{}, catalogue...) }

// ParseCode reads a finding code.
func ParseCode(text string) (CodeInfo, bool) {
	for _, info := range catalogue {
		if string(info.Code) == text {
			return info, true
		}
	}
	return CodeInfo{}, false
}

// direction of a finding, for messages.
func towards(d policy.Direction) string {
	if d == policy.Egress {
		return "to"
	}
	return "from"
}
