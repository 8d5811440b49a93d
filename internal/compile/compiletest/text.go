package compiletest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Parse reads a policy written in short, one rule a line:
//
//	policy primary-server
//	ingress clients 1556/tcp 13724/tcp from 198.51.100.16/28 except 198.51.100.17
//	ingress admins 22/tcp from ref:bastion=aws_security_group ref:offices=aws_prefix_list:20
//	egress media any to 10.0.0.0/8 2001:db8::/32
//
// Empty lines and lines that start with # say nothing. The number after a
// prefix list is its max_entries. What the text says is not validated further.
func Parse(text string) (*policy.Policy, error) {
	p := &policy.Policy{}
	for number, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if words[0] == "policy" && len(words) == 2 {
			p.Name = words[1]
			continue
		}
		rule, err := parseRule(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
		p.Rules = append(p.Rules, rule)
	}
	slices.SortStableFunc(p.Rules, func(a, b policy.Rule) int { return cmp.Compare(a.Name, b.Name) })
	return p, nil
}

// MustParse is Parse for texts inside tests; it panics.
func MustParse(text string) *policy.Policy {
	p, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

func parseRule(words []string) (policy.Rule, error) {
	d, known := policy.ParseDirection(words[0])
	if !known || len(words) < 2 {
		return policy.Rule{}, fmt.Errorf("want a direction and a name, got %q", strings.Join(words, " "))
	}
	join := map[policy.Direction]string{policy.Ingress: "from", policy.Egress: "to"}[d]
	rule := policy.Rule{Name: words[1], Direction: d}
	at := slices.Index(words, join)
	if at < 0 {
		return policy.Rule{}, fmt.Errorf("rule %q has no %q", rule.Name, join)
	}
	ports, faults := portset.ParseList(words[2:at])
	if len(faults) > 0 {
		return policy.Rule{}, faults
	}
	rule.PortRanges = []policy.PortRange{portRange(ports)}
	peers, err := parsePeers(words[at+1:])
	rule.Peers = []policy.PeerGroup{peers}
	return rule, err
}

func portRange(ports portset.Ports) policy.PortRange {
	return policy.PortRange{Name: "ports", Listeners: []policy.Listener{
		{Name: "listener", Kind: policy.Undeclared, Ports: ports}}}
}

func parsePeers(words []string) (policy.PeerGroup, error) {
	g := policy.PeerGroup{Name: "peers"}
	var with, without []string
	into := &with
	for _, word := range words {
		switch {
		case word == "except":
			into = &without
		case strings.HasPrefix(word, "ref:"):
			ref, err := parseReference(strings.TrimPrefix(word, "ref:"))
			if err != nil {
				return g, err
			}
			g.References = append(g.References, ref)
		default:
			*into = append(*into, word)
		}
	}
	slices.SortFunc(g.References, func(a, b policy.Reference) int { return cmp.Compare(a.Name, b.Name) })
	include, faults := prefixset.ParseList(with)
	exclude, more := prefixset.ParseList(without)
	if faults.AddAll(more); len(faults) > 0 {
		return g, faults
	}
	g.Prefixes = include.Minus(exclude)
	return g, nil
}

func parseReference(text string) (policy.Reference, error) {
	name, kind, found := strings.Cut(text, "=")
	if !found {
		return policy.Reference{}, fmt.Errorf("want ref:NAME=KIND, got ref:%s", text)
	}
	kind, entries, counted := strings.Cut(kind, ":")
	ref := policy.Reference{Name: name, Kind: policy.ReferenceKind(kind), MaxHosts: 10}
	if counted {
		n, err := strconv.Atoi(entries)
		if err != nil {
			return policy.Reference{}, fmt.Errorf("reference %q: %w", name, err)
		}
		ref.MaxEntries = n
	}
	return ref, nil
}
