package risk

import (
	"sort"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// The helpers below let a test read like a policy:
//
//	assessed(t, ingress("clients", negotiated("vault", "40000-40039/tcp"), dmz("198.51.100.16/28")))

var today = mustDate("2026-11-23")

func mustDate(text string) policy.Date {
	d, err := policy.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func testSettings() Settings {
	s := DefaultSettings()
	s.Today = today
	return s
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

func negotiated(name string, texts ...string) policy.PortRange {
	return policy.PortRange{Name: name, Listeners: []policy.Listener{
		{Name: name, Kind: policy.Negotiated, Negotiated: true, Ports: ports(texts...)}}}
}

func undeclared(name string, texts ...string) policy.PortRange {
	return policy.PortRange{Name: name, Listeners: []policy.Listener{
		{Name: name, Kind: policy.Undeclared, Ports: ports(texts...)}}}
}

// flow is a documented flow, narrowed to the given ports unless there are none.
func flow(productID, flowID string, texts ...string) policy.PortRange {
	product, known := catalog.Get(productID)
	if !known {
		panic("no product " + productID)
	}
	f, known := product.Flow(flowID)
	if !known {
		panic("no flow " + flowID)
	}
	open := f.Ports
	if len(texts) > 0 {
		open = ports(texts...)
	}
	return policy.PortRange{Name: flowID, Listeners: []policy.Listener{{
		Name: flowID, Kind: policy.ProductFlow, Product: productID, Flow: flowID,
		Ports: open, Negotiated: f.Negotiated, Encrypted: f.Encrypted}}}
}

func group(zone policy.Zone, cidrs ...string) policy.PeerGroup {
	return policy.PeerGroup{Name: "peers", Zone: zone, Prefixes: addresses(cidrs...)}
}

func dmz(cidrs ...string) policy.PeerGroup      { return group(policy.DMZ, cidrs...) }
func internal(cidrs ...string) policy.PeerGroup { return group(policy.Internal, cidrs...) }
func internet(cidrs ...string) policy.PeerGroup { return group(policy.Internet, cidrs...) }
func anywhere(cidrs ...string) policy.PeerGroup { return group(policy.ByAddress, cidrs...) }

func ingress(name string, p policy.PortRange, peers ...policy.PeerGroup) policy.Rule {
	return policy.Rule{Name: name, Direction: policy.Ingress, PortRanges: []policy.PortRange{p}, Peers: peers}
}

func egress(name string, p policy.PortRange, peers ...policy.PeerGroup) policy.Rule {
	r := ingress(name, p, peers...)
	r.Direction = policy.Egress
	return r
}

func policyOf(rules ...policy.Rule) *policy.Policy {
	sort.SliceStable(rules, func(i, j int) bool { return rules[i].Name < rules[j].Name })
	return &policy.Policy{Name: "primary", Rules: rules}
}

// failer is a test, a benchmark or a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func assessed(t failer, rules ...policy.Rule) *Assessment {
	t.Helper()
	return assessedWith(t, policyOf(rules...), testSettings())
}

func assessedWith(t failer, p *policy.Policy, s Settings) *Assessment {
	t.Helper()
	a, faults := Assess(p, s)
	if len(faults) > 0 {
		t.Fatalf("policy cannot be judged:\n%v", faults)
	}
	return a
}

// raised returns the codes with an effect.
func (a *Assessment) raised(effect Effect) []Code {
	var codes []Code
	for _, f := range a.Findings {
		if f.Effect == effect {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

func (a *Assessment) finding(code Code) *Finding {
	for i := range a.Findings {
		if a.Findings[i].Code == code {
			return &a.Findings[i]
		}
	}
	return nil
}
