package evasiontest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// A test reads like a policy:
//
//	opens(rule("clients", undeclared("desk", "3389/tcp"), from("0.0.0.0/0")))
//
// Everything is written in the texts that authors write, so that the parsers
// are part of what is attacked. What they refuse is in refused_test.go.

var today = must(policy.ParseDate("2026-11-23"))

func settings() risk.Settings {
	s := risk.DefaultSettings()
	s.Today = today
	return s
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ports(texts ...string) portset.Ports {
	p, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return p
}

func addresses(texts ...string) prefixset.Set {
	s, faults := prefixset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return s
}

func portRange(spec resolve.PortRangeSpec) policy.PortRange {
	resolved, faults := spec.Resolve()
	if len(faults) > 0 {
		panic(faults)
	}
	return resolved.PortRange
}

func undeclared(name string, texts ...string) policy.PortRange {
	return portRange(resolve.PortRangeSpec{Name: name, Ports: texts})
}

func negotiated(name string, texts ...string) policy.PortRange {
	yes := true
	return portRange(resolve.PortRangeSpec{Name: name, Ports: texts, Negotiated: &yes})
}

// product is a port range of a product, with ports of the author's choice.
func product(id string, flows []string, texts ...string) policy.PortRange {
	return portRange(resolve.PortRangeSpec{Name: "product", Product: id, Flows: flows, Ports: texts})
}

func group(spec resolve.PeerGroupSpec) policy.PeerGroup {
	if spec.Name == "" {
		spec.Name = "peers"
	}
	g, _, faults := spec.Resolve()
	if len(faults) > 0 {
		panic(faults)
	}
	return *g
}

func from(cidrs ...string) policy.PeerGroup { return group(resolve.PeerGroupSpec{CIDRs: cidrs}) }

func except(cidr string, excluded ...string) policy.PeerGroup {
	return group(resolve.PeerGroupSpec{CIDRs: []string{cidr}, Except: excluded})
}

func zoned(zone, reason string, cidrs ...string) policy.PeerGroup {
	return group(resolve.PeerGroupSpec{CIDRs: cidrs, Zone: zone, ZoneReason: reason})
}

// list is a prefix list that is claimed to stand for so many hosts.
func list(name string, hosts uint64) policy.Reference {
	return policy.Reference{Name: name, Kind: policy.AWSPrefixList, MaxHosts: hosts, MaxEntries: 1}
}

func references(zone, reason string, refs ...policy.Reference) policy.PeerGroup {
	return group(resolve.PeerGroupSpec{Zone: zone, ZoneReason: reason, References: refs})
}

func rule(name string, p policy.PortRange, peers ...policy.PeerGroup) policy.Rule {
	return policy.Rule{Name: name, Direction: policy.Ingress, PortRanges: []policy.PortRange{p}, Peers: peers}
}

func opens(rules ...policy.Rule) *policy.Policy {
	slices.SortFunc(rules, func(a, b policy.Rule) int { return strings.Compare(a.Name, b.Name) })
	return &policy.Policy{Name: "primary", Rules: rules}
}

// ruleEach writes a rule for each of the texts.
func ruleEach(texts []string, write func(name, text string) policy.Rule) *policy.Policy {
	rules := make([]policy.Rule, len(texts))
	for i, text := range texts {
		rules[i] = write(fmt.Sprintf("rule-%05d", i), text)
	}
	return opens(rules...)
}

func waived(p *policy.Policy, waivers ...policy.Waiver) *policy.Policy {
	p.Waivers = waivers
	return p
}

func waiver(code risk.Code, ports portset.Ports, peers prefixset.Set, expires string) policy.Waiver {
	return policy.Waiver{Finding: string(code), Ports: ports, Peers: peers, Reason: "site B leaves in March", Owner: "backup team",
		Expires: must(policy.ParseDate(expires))}
}

func judged(t testing.TB, p *policy.Policy) *risk.Assessment {
	t.Helper()
	a, faults := risk.Assess(p, settings())
	if len(faults) > 0 {
		t.Fatalf("the policy cannot be judged: %v", faults)
	}
	return a
}

// rejections are the codes that reject, sorted.
func rejections(a *risk.Assessment) []string {
	var codes []string
	for i := range a.Findings {
		if a.Findings[i].Effect == risk.Reject {
			codes = append(codes, string(a.Findings[i].Code))
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// strictness orders the verdicts.
var strictness = map[risk.Verdict]int{risk.Accept: 0, risk.AcceptWithWaivers: 1, risk.Unknown: 2, risk.Rejected: 3}

func parsePrefix(text string) (netip.Prefix, error) { return netip.ParsePrefix(text) }
