package evasiontest

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// Texts that one reader takes for a small opening and another for a large one
// are refused, with what to write instead, and never read.

func TestRefused_Ports(t *testing.T) {
	for _, text := range []string{
		"00022/tcp", "+22/tcp", "0x16/tcp", "026/tcp", "0b10110/tcp", "2_2/tcp", "22.0/tcp", "2.2e1/tcp", "22,5/tcp", "22.5/tcp",
		"65558/tcp", "-65514/tcp", "4294967318/tcp", "18446744073709551638/tcp", "-22/tcp", "--22/tcp", "22--22/tcp",
		"22-/tcp", "-/tcp", "*/tcp", "/tcp", "22/", "22", "22/tcp/udp", "22/tcp,3389/tcp", "22/tcp 3389/tcp", "22/tcp\n3389/tcp",
		"3389-22/tcp", "65535-0/tcp", "65000-70000/tcp", "60000-100/tcp", "22:3389/tcp", "22..3389/tcp",
		"22/6", "22/TCP", "22/Tcp", "22/tcp6", "22/-1", "22/any", "22/*", "22/all", "22/icmp", "6", "17", "0", "-1", "tcp", "ip", "all", "*", "ANY", "Any", "any/tcp", "any ",
		"２２/tcp", "٢٢/tcp", "22/tсp", "22\u200b/tcp", "\u202e22/tcp", "22\u00ad/tcp", "2\u20602/tcp", "22\u2013 3389/tcp", "22–3389/tcp", "²²/tcp", "Ⅻ/tcp", "",
	} {
		if p, err := portset.Parse(text); err == nil {
			t.Errorf("%+q is read as %s", text, p)
		}
	}
	// The range of one port is that port.
	if !ports("22-22/tcp").Equal(ports("22/tcp")) {
		t.Error("22-22/tcp is not 22/tcp")
	}
}

func TestRefused_Addresses(t *testing.T) {
	for _, text := range []string{
		"10.20.30.16/8", "0.0.0.1/0", "2001:db8::1/32", "198.51.100.16/24",
		"010.020.030.016", "010.0.0.0/8", "0x0a.0.0.0/8", "0xa000000/8", "167772160", "012.0.0.0/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/0x8",
		"10/8", "10.0/16", "10.0.0/24", "10.1", "0/0", "0", "/0", "0.0.0.0/", "0.0.0.0/00", "0.0.0.0/-0", "0.0.0.0/-1", "0.0.0.0/33", "::/129", "0.0.0.0/256", "0.0.0.0/4294967296",
		"10.0.0.0/255.0.0.0", "10.0.0.0/0.255.255.255", "0.0.0.0/0.0.0.0", "10.0.0.1-10.0.0.9", "10.0.0.*", "*", "any", "all", "Internet", "localhost", "example.com",
		"fe80::1%eth0", "fe80::%0/64", "fe80::1%25eth0/64", "[::]/0", "[::1]", "::1/0", ":::/0", "1:2:3:4:5:6:7:8:9", "::ffff:10.0.0.0/8",
		"１０.0.0.0/8", "١٠.0.0.0/8", "10.0.0.0\u200b/8", "10\u3002 0.0.0/8", "10。0。0。0/8", "0.0.0.0\u2044 0", "0.0.0.0⁄0", "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8,0.0.0.0/0", "10.0.0.0/8\n0.0.0.0/0",
		"64:ff9b:1::/48", "64:ff9b:1:7::/96", "",
	} {
		if p, err := prefixset.Parse(text); err == nil {
			t.Errorf("%+q is read as %s", text, p)
		}
	}
}

// hostileNames look like another name, or like nothing, or break out of what
// they stand in.
var hostileNames = []string{
	"еgress", "ｅgress", "vault\u200b", "\u202evault", "vault\u00ad", "egress: out", "egress\ningress", "vault\x00", "", " ", "Vault", "VAULT", "vault ", "vаult", "vault\u0301",
	"../vault", "<b>", "`", "|", "${x}", "%{if}", strings.Repeat("a", 64), "-vault", "_vault",
}

// TestRefused_Names: every name of a policy ends in keys, descriptions of rules
// and reports.
func TestRefused_Names(t *testing.T) {
	for _, name := range hostileNames {
		for what, write := range map[string]func(p *policy.Policy){
			"policy":     func(p *policy.Policy) { p.Name = name },
			"rule":       func(p *policy.Policy) { p.Rules[0].Name = name },
			"port range": func(p *policy.Policy) { p.Rules[0].PortRanges[0].Name = name },
			"listener":   func(p *policy.Policy) { p.Rules[0].PortRanges[0].Listeners[0].Name = name },
			"peer group": func(p *policy.Policy) { p.Rules[0].Peers[0].Name = name },
			"reference":  func(p *policy.Policy) { p.Rules[0].Peers[0].References = []policy.Reference{list(name, 1)} },
		} {
			p := opens(vault(from(office)))
			write(p)
			if what == "listener" && name == "" {
				p.Rules[0].PortRanges[0].Listeners[0].Kind = policy.Negotiated
			}
			if _, faults := risk.Assess(p, settings()); len(faults) == 0 {
				t.Errorf("a %s may be named %+q", what, name)
			}
		}
	}
}

func TestRefused_Words(t *testing.T) {
	for _, word := range []string{"Egress", "egress ", "еgress", "egress\u200b", "outbound", "out", "", "\u202essergni"} {
		if d, known := policy.ParseDirection(word); known {
			t.Errorf("direction %+q is read as %s", word, d)
		}
	}
	for _, word := range []string{"Internal", "internal ", "іnternal", "internal\u200b", "trusted", "none"} {
		if z, f := resolve.ParseZone(word); f == nil {
			t.Errorf("zone %+q is read as %s", word, z)
		}
	}
	for name, spec := range map[string]resolve.PeerGroupSpec{
		"an exclusion of everything":   {Name: "peers", CIDRs: []string{everyIPv4}, Except: []string{"0.0.0.0/1", "128.0.0.0/1"}},
		"no peers":                     {Name: "peers"},
		"a reference without hosts":    {Name: "peers", References: []policy.Reference{list("world", 0)}},
		"a reference with too many":    {Name: "peers", References: []policy.Reference{list("world", 1<<33)}},
		"a list of no size":            {Name: "peers", References: []policy.Reference{{Name: "world", Kind: policy.AWSPrefixList, MaxHosts: 1}}},
		"a group with the size of one": {Name: "peers", References: []policy.Reference{{Name: "sg", Kind: policy.AWSSecurityGroup, MaxHosts: 1, MaxEntries: 3}}},
		"a kind in another case":       {Name: "peers", References: []policy.Reference{{Name: "sg", Kind: "AWS_security_group", MaxHosts: 1}}},
	} {
		if g, _, faults := spec.Resolve(); len(faults) == 0 {
			t.Errorf("%s is read as %v", name, g)
		}
	}
}

// TestRefused_Claims: what a listener claims beside its ports.
func TestRefused_Claims(t *testing.T) {
	yes, none := true, 0
	for name, spec := range map[string]resolve.PortRangeSpec{
		"any negotiated":                 {Name: "p", Ports: []string{"any"}, Negotiated: &yes},
		"icmp negotiated":                {Name: "p", Ports: []string{"icmp"}, Negotiated: &yes},
		"any as ports of a product":      {Name: "p", Product: "veeam", Ports: []string{"any"}},
		"a product said to negotiate":    {Name: "p", Product: "veeam", Ports: []string{"3389/tcp"}, Negotiated: &yes},
		"a flow of another product":      {Name: "p", Product: "borg", Flows: []string{"data-mover-range"}},
		"a flow named twice":             {Name: "p", Product: "veeam", Flows: []string{"data-mover", "data-mover"}},
		"a flow without a product":       {Name: "p", Flows: []string{"data-mover"}, Ports: []string{"3389/tcp"}},
		"a flow with other ports":        {Name: "p", Product: "veeam", Flows: []string{"data-mover", "server-to-repository-ssh"}, Ports: []string{"22/tcp"}},
		"a product in another case":      {Name: "p", Product: "Veeam", Ports: []string{"22/tcp"}},
		"a product with a Cyrillic name": {Name: "p", Product: "vееam", Ports: []string{"22/tcp"}},
		"no jobs at once":                {Name: "p", Ports: []string{quiet40}, Negotiated: &yes, Concurrency: &none},
		"no ports":                       {Name: "p", Ports: []string{}, Negotiated: &yes},
	} {
		if p, faults := spec.Resolve(); len(faults) == 0 {
			t.Errorf("%s is read as %v", name, p.Listeners)
		}
	}
	for name, l := range map[string]policy.Listener{
		"a flow of another product": {Name: "l", Kind: policy.ProductFlow, Product: "borg", Flow: "data-mover-range", Ports: ports("22/tcp")},
		"a flow without its kind":   {Name: "l", Kind: policy.Undeclared, Product: "veeam", Flow: "data-mover-range", Ports: ports("22/tcp")},
		"negotiated and not":        {Name: "l", Kind: policy.Negotiated, Ports: ports(quiet40)},
		"a kind of its own":         {Name: "l", Kind: "harmless", Ports: ports("22/tcp")},
		"no ports":                  {Name: "l", Kind: policy.Undeclared},
	} {
		p := opens(rule("r", policy.PortRange{Name: "p", Listeners: []policy.Listener{l}}, from(office)))
		if _, faults := risk.Assess(p, settings()); len(faults) == 0 {
			t.Errorf("by hand, %s is judged", name)
		}
	}
}
