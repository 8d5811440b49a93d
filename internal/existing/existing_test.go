package existing

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// row is a rule for one host; edit changes it.
func row(edit func(*Rule)) Rule {
	r := Rule{Direction: "ingress", Protocol: "tcp", FromPort: "29168", ToPort: "29168", CIDRs: []string{"10.0.0.7/32"}}
	edit(&r)
	return r
}

func TestNormalize_Words(t *testing.T) {
	for name, c := range map[string]struct {
		edit                    func(*Rule)
		direction, ports, peers string
	}{
		"plain":                   {func(*Rule) {}, "ingress", "29168/tcp", "10.0.0.7/32"},
		"Azure's words":           {func(r *Rule) { r.Direction, r.Protocol, r.Access = "Inbound", "Tcp", "Allow" }, "ingress", "29168/tcp", "10.0.0.7/32"},
		"Google's words":          {func(r *Rule) { r.Direction, r.Protocol = "EGRESS", "UDP" }, "egress", "29168/udp", "10.0.0.7/32"},
		"out":                     {func(r *Rule) { r.Direction = " out " }, "egress", "29168/tcp", "10.0.0.7/32"},
		"number 6":                {func(r *Rule) { r.Protocol = "6" }, "ingress", "29168/tcp", "10.0.0.7/32"},
		"number 17":               {func(r *Rule) { r.Protocol = "17" }, "ingress", "29168/udp", "10.0.0.7/32"},
		"number 132":              {func(r *Rule) { r.Protocol = "132" }, "ingress", "29168/sctp", "10.0.0.7/32"},
		"number 50":               {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "50", "0", "0" }, "ingress", "esp", "10.0.0.7/32"},
		"ICMP with type and code": {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "icmp", "8", "-1" }, "ingress", "icmp", "10.0.0.7/32"},
		"number 58": {func(r *Rule) {
			r.Protocol, r.FromPort, r.ToPort, r.CIDRs = "58", "-1", "-1", []string{"2001:db8::/64"}
		}, "ingress", "icmpv6", "2001:db8::/64"},
		"AWS's everything":    {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "-1", "", "" }, "ingress", "any", "10.0.0.7/32"},
		"everything, zero":    {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "ALL", "0", "0" }, "ingress", "any", "10.0.0.7/32"},
		"everything, -1":      {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "any", "-1", "-1" }, "ingress", "any", "10.0.0.7/32"},
		"everything, numbers": {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "*", "0", "65535" }, "ingress", "any", "10.0.0.7/32"},
		"Azure's everything": {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort, r.Ports = "*", "", "", []string{"*"} },
			"ingress", "any", "10.0.0.7/32"},
		"all ports as -1":     {func(r *Rule) { r.FromPort, r.ToPort = "-1", "-1" }, "ingress", "0-65535/tcp", "10.0.0.7/32"},
		"all ports as a star": {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"*"} }, "ingress", "0-65535/tcp", "10.0.0.7/32"},
		"a list of ports": {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"443", "8000-8100; 22"} },
			"ingress", "22/tcp, 443/tcp, 8000-8100/tcp", "10.0.0.7/32"},
		"a cell of addresses": {func(r *Rule) { r.CIDRs = []string{"10.0.0.7; 10.0.0.8/32,10.1.0.0/16", " "} },
			"ingress", "29168/tcp", "10.0.0.7/32, 10.0.0.8/32, 10.1.0.0/16"},
		"everybody as a star": {func(r *Rule) { r.CIDRs = []string{"*"} }, "ingress", "29168/tcp", "0.0.0.0/0, ::/0"},
		"everybody as a tag":  {func(r *Rule) { r.CIDRs = []string{"Internet"} }, "ingress", "29168/tcp", "0.0.0.0/0, ::/0"},
		"mapped addresses":    {func(r *Rule) { r.CIDRs = []string{"::ffff:0:0/96"} }, "ingress", "29168/tcp", "0.0.0.0/0"},
	} {
		rules, faults := Normalize([]Rule{row(c.edit)})
		if len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
			continue
		}
		r := rules[0]
		if got := r.Direction.String(); got != c.direction {
			t.Errorf("%s: direction %s, want %s", name, got, c.direction)
		}
		ports, prefixes := r.Ports(), r.Prefixes()
		if got := ports.String(); got != c.ports {
			t.Errorf("%s: ports %s, want %s", name, got, c.ports)
		}
		if got := prefixes.String(); got != c.peers {
			t.Errorf("%s: peers %s, want %s", name, got, c.peers)
		}
		if l := r.PortRanges[0].Listeners; len(l) != 1 || l[0].Kind != policy.Undeclared || l[0].Product != "" {
			t.Errorf("%s: listeners %+v", name, l)
		}
	}
}

func TestNormalize_Faults(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Rule)
		want string
	}{
		"no direction":       {func(r *Rule) { r.Direction = "" }, `[0].direction: Missing direction: direction is missing. Without it nobody can say who dials. Write "ingress" or "egress"; with AWS's is_egress: direction = r.is_egress ? "egress" : "ingress".`},
		"a bool":             {func(r *Rule) { r.Direction = "true" }, `[0].direction: Unknown direction: direction = "true" is not a direction. It says who dials. Write "ingress" (or "Inbound", "in") when the peers dial this host, "egress" (or "Outbound", "out") when this host dials the peers.`},
		"deny":               {func(r *Rule) { r.Access = "Deny" }, `[0].access: Rule that denies: access = "Deny" closes something. Only what is open is scored, and a rule that denies would count as one that allows. Filter such rules out in the expression, for example [for r in rules : r if lower(r.access) == "allow"]. What they close then counts as open, so the score is not too low.`},
		"odd access":         {func(r *Rule) { r.Access = "log" }, `[0].access: Unknown access: access = "log" is neither allow nor deny. A rule that denies must not be scored as one that allows. Write "Allow", or leave access out.`},
		"no protocol":        {func(r *Rule) { r.Protocol = " " }, `[0].protocol: Missing protocol: protocol is missing. Several clouds read a missing protocol as every protocol. Write "tcp", "udp" or another one, or "any" if it is every protocol.`},
		"GRE":                {func(r *Rule) { r.Protocol = "47" }, `[0].protocol: Protocol without a name here: protocol = "47" cannot be named in the grammar of ports. The grammar knows tcp, udp, sctp, icmp, icmpv6 and esp, so nothing else can be scored by itself. Write protocol = "any" without ports to have it judged as at least that exposed, or leave the rule out and say so beside the score.`},
		"AH":                 {func(r *Rule) { r.Protocol = "Ah" }, `[0].protocol: Protocol without a name here: protocol = "Ah" cannot `},
		"no ports":           {func(r *Rule) { r.FromPort, r.ToPort = "", "" }, `[0].from_port: Missing ports: Neither from_port and to_port nor ports are given, with protocol = "tcp". Several clouds read a rule without ports as one for all ports. Write ports = ["*"] if it is, or from_port and to_port.`},
		"an empty list":      {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{} }, `[0].from_port: Missing ports: `},
		"half a range":       {func(r *Rule) { r.ToPort = "" }, `[0].to_port: Half a range: from_port = "29168" is given, and to_port is not. Clouds differ in what they make of half a range. Write to_port too; for one port it is the same number.`},
		"the other half":     {func(r *Rule) { r.FromPort = "" }, `[0].from_port: Half a range: to_port = "29168" is given, and from_port is not. `},
		"zero":               {func(r *Rule) { r.FromPort, r.ToPort = "0", "0" }, `[0].from_port: Port zero: from_port = 0 and to_port = 0 with protocol = "tcp". Some tools write this for all ports, and nothing listens on port 0. Write ports = ["*"] if it is all ports, or the ports that are meant.`},
		"half of all":        {func(r *Rule) { r.FromPort = "-1" }, `[0].from_port: Half of all ports: from_port = -1 and to_port = 29168 do not make a range. -1 stands for all ports, and only when both are -1. Write the two ends of the range, or ports = ["*"].`},
		"reversed":           {func(r *Rule) { r.FromPort = "30000" }, `[0].from_port: Reversed port range: from_port = 30000 is above to_port = 29168. Clouds differ in what they make of such a range. Write from_port = 29168 and to_port = 30000.`},
		"a fraction":         {func(r *Rule) { r.FromPort = "22.5" }, `[0].from_port: Unreadable port: from_port = "22.5" is not a port. What the rule opens would be guesswork. Write a whole number from 0 to 65535, or -1 at both ends for all ports.`},
		"too high":           {func(r *Rule) { r.ToPort = "65536" }, `[0].to_port: Unreadable port: to_port = "65536" is not a port. `},
		"twice":              {func(r *Rule) { r.Ports = []string{"443"} }, `[0].ports: Ports given twice: Both ports and from_port or to_port are given ("443" and "29168" to "29168"). The two can contradict each other. Keep one form: ports, or from_port and to_port.`},
		"a colon":            {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"22", "8000:8100"} }, `[0].ports[1]: Unreadable ports: "8000:8100" is not a port, a range of ports or *. What the rule opens would be guesswork. Write "8000-8100".`},
		"with a protocol":    {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"443/tcp"} }, `[0].ports[0]: Unreadable ports: "443/tcp" is not a port, a range of ports or *. What the rule opens would be guesswork. Write "443", and "tcp" in protocol.`},
		"a reversed text":    {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"9-8"} }, `[0].ports[0]: Reversed port range: "9-8" begins above its end. Clouds differ in what they make of such a range. Write "8-9".`},
		"zero as a text":     {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"0"} }, `[0].ports[0]: Port zero: "0" is port 0. Some tools write this for all ports, and nothing listens on port 0. Write "*" if it is all ports, or the ports that are meant.`},
		"a name":             {func(r *Rule) { r.FromPort, r.ToPort, r.Ports = "", "", []string{"https"} }, `[0].ports[0]: Unreadable ports: "https" is not a port, a range of ports or *. What the rule opens would be guesswork. Write "443", "8000-8100" or "*", with numbers from 0 to 65535.`},
		"every protocol":     {func(r *Rule) { r.Protocol = "-1" }, `[0].from_port: Ports without protocol: protocol = "-1" means every protocol, and from_port = "29168" and to_port = "29168". Some clouds ignore such ports and open everything, others open these ports of each protocol. Leave the ports out to have everything judged, or write a rule for each protocol (tcp and udp) with these ports.`},
		"Azure's star":       {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort, r.Ports = "*", "", "", []string{"443"} }, `[0].ports[0]: Ports without protocol: protocol = "*" means every protocol, and ports has "443". `},
		"ESP with ports":     {func(r *Rule) { r.Protocol = "esp" }, `[0].from_port: Ports without protocol: ESP has no ports, and `},
		"ICMP with a word":   {func(r *Rule) { r.Protocol, r.FromPort, r.ToPort = "icmp", "echo", "" }, `[0].from_port: Unreadable type or code: from_port = "echo" is not an ICMP type or code. The rule counts as all of ICMP, but such a text may belong to another attribute. Write the number, -1, or leave it out.`},
		"no peers":           {func(r *Rule) { r.CIDRs = nil }, `[0].cidrs: Rule without peers: cidrs is missing or empty, and there are no references. Several clouds read a rule without peers as one for everybody. Write cidrs = ["0.0.0.0/0", "::/0"] if it is, list the addresses if not, or name a security group, a prefix list or a tag in references: { bastion = { kind = "aws_security_group", max_hosts = 2 } }.`},
		"an empty cell":      {func(r *Rule) { r.CIDRs = []string{" ; "} }, `[0].cidrs: Rule without peers: `},
		"host bits":          {func(r *Rule) { r.CIDRs = []string{"10.0.0.0/8", "10.0.0.5/24"} }, `[0].cidrs[1]: Host bits set: "10.0.0.5/24" `},
		"Azure's network":    {func(r *Rule) { r.CIDRs = []string{"VirtualNetwork"} }, `[0].cidrs[0]: Service tag among addresses: "VirtualNetwork" is a service tag or the name of an object, and not an address. How many hosts it stands for is not in the name, so it cannot be scored. Write the address spaces of the network, of those peered with it and of those behind its gateways, for example "10.0.0.0/16".`},
		"Azure's balancer":   {func(r *Rule) { r.CIDRs = []string{"AzureLoadBalancer"} }, `[0].cidrs[0]: Service tag among addresses: "AzureLoadBalancer" is a service tag or the name of an object, and not an address. How many hosts it stands for is not in the name, so it cannot be scored. Write "168.63.129.16/32", the address from which Azure probes.`},
		"Azure's storage":    {func(r *Rule) { r.CIDRs = []string{"Storage.WestEurope"} }, `[0].cidrs[0]: Service tag among addresses: "Storage.WestEurope" is a service tag or the name of an object, and not an address. How many hosts it stands for is not in the name, so it cannot be scored. Write the address ranges that it stands for (Azure publishes those of its service tags), or "Internet" to have it judged as everybody.`},
		"a group":            {func(r *Rule) { r.CIDRs = []string{"sg-0abc"} }, `[0].cidrs[0]: Group among addresses: "sg-0abc" is the id of a security group. How many hosts it stands for is not in the name, so it cannot be scored. Take it out of cidrs and write references = { peers = { kind = "aws_security_group", max_hosts = 10 } }, with the number of hosts in the group at most.`},
		"a list":             {func(r *Rule) { r.CIDRs = []string{"pl-0abc"} }, `[0].cidrs[0]: List among addresses: "pl-0abc" is the id of a prefix list. How many hosts it stands for is not in the name, so it cannot be scored. Put the entries of the list into cidrs, or write references = { peers = { kind = "aws_prefix_list", max_hosts = 10, max_entries = 10 } }.`},
		"no address":         {func(r *Rule) { r.CIDRs = []string{"10.0.0.300"} }, `[0].cidrs[0]: `},
		"odd zone":           {func(r *Rule) { r.Zone = "lan" }, `[0].zone: Unknown zone: zone = "lan" is not a zone. The zone decides how much an address counts. Use one of `},
		"odd product":        {func(r *Rule) { r.Product = "veam" }, `[0].product: Unknown product: product = "veam" is not in the catalogue. Only a product of the catalogue has documented ports to compare with. Did you mean "veeam"? All products stand in docs/guides/products. Or leave product out: the ports then count as undeclared.`},
		"reference, no size": {func(r *Rule) { r.References = []policy.Reference{{Name: "db", Kind: policy.AWSSecurityGroup}} }, `[0].references["db"].max_hosts: Host count out of range: `},
	} {
		rules, faults := Normalize([]Rule{row(c.edit)})
		if len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), c.want) || rules != nil {
			t.Errorf("%s: got\n%s\nwant\n%s", name, faults.Error(), c.want)
		}
	}
}

// Every fault of every rule is told at once.
func TestNormalize_ManyFaults_AreToldTogether(t *testing.T) {
	_, faults := Normalize([]Rule{
		row(func(*Rule) {}),
		{},
		row(func(r *Rule) { r.Protocol, r.CIDRs, r.Zone = "gre", []string{"x.y", "10.0.0.1/8"}, "lan" }),
	})
	var got []string
	for _, f := range faults {
		got = append(got, f.Path.String())
	}
	const want = "[1].direction [1].protocol [1].cidrs [2].protocol [2].zone [2].cidrs[0] [2].cidrs[1]"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v\nwant %s", got, want)
	}
}

func TestNormalize_Product_SharesOutAmongItsFlows(t *testing.T) {
	rules, faults := Normalize([]Rule{row(func(r *Rule) {
		r.Product, r.FromPort, r.ToPort = "bareos", "9101", "9104"
	})})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	documented, rest := "", ""
	for _, l := range rules[0].PortRanges[0].Listeners {
		switch {
		case l.Product != "bareos":
			t.Errorf("listener %+v is of no product", l)
		case l.Kind == policy.ProductFlow && l.Flow != "":
			documented += l.Ports.String() + ";"
		case l.Kind == policy.Undeclared && l.Name == "existing-0":
			rest += l.Ports.String()
		}
	}
	if !strings.Contains(documented, "9101/tcp") || !strings.Contains(documented, "9103/tcp") || rest != "9104/tcp" {
		t.Errorf("documented %s, rest %s", documented, rest)
	}
	if ports := rules[0].Ports(); ports.String() != "9101-9104/tcp" {
		t.Errorf("together %s", ports)
	}
}

func TestNormalize_References_AreSortedAndMayStandAlone(t *testing.T) {
	reference := func(name string) policy.Reference {
		return policy.Reference{Name: name, Kind: policy.AWSSecurityGroup, MaxHosts: 3}
	}
	rules, faults := Normalize([]Rule{row(func(r *Rule) { r.CIDRs, r.References = nil, []policy.Reference{reference("b"), reference("a")} })})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got := rules[0].References(); len(got) != 2 || got[0].Name != "a" || !rules[0].Peers[0].Prefixes.IsEmpty() {
		t.Errorf("got %+v", rules[0].Peers)
	}
}

func TestNormalize_Nothing(t *testing.T) {
	if rules, faults := Normalize(nil); len(rules) > 0 || len(faults) > 0 {
		t.Errorf("got %v, %v", rules, faults)
	}
}

func TestPlace(t *testing.T) {
	a, k, i := fault.Attribute, fault.Key, fault.Index
	for _, c := range []struct {
		at   fault.Path
		want string
	}{
		{fault.Path{a("rules"), k("existing-3")}, "[3]"},
		{fault.Path{a("rules"), k("existing-3"), a("port_ranges")}, "[3].protocol"},
		{fault.Path{a("rules"), k("existing-3"), a("peers"), i(0), a("references"), k("db")}, `[3].references["db"]`},
		{fault.Path{a("rules"), k("existing-3"), a("peers"), i(0)}, "[3].cidrs"},
		{fault.Path{a("rules"), k("existing-3"), a("direction")}, "[3].direction"},
		{fault.Path{a("rules"), k("existing-4")}, "none"},
		{fault.Path{a("rules"), k("existing-03")}, "none"},
		{fault.Path{a("rules"), k("existing--1")}, "none"},
		{fault.Path{a("rules"), k("clients")}, "none"},
		{fault.Path{a("waiver"), i(0)}, "none"},
		{fault.Path{a("rules")}, "none"},
		{nil, "none"},
	} {
		place, ours := Place(c.at, 4)
		got := place.String()
		if !ours {
			got = "none"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.at, got, c.want)
		}
	}
}

func TestName_IsAName(t *testing.T) {
	for _, index := range []int{0, 9, 1 << 40} {
		if f := policy.CheckName("The rule's key", Name(index)); f != nil {
			t.Error(f)
		}
	}
}

func TestIs_KnowsItsOwnRules(t *testing.T) {
	rules, _ := Normalize([]Rule{row(func(*Rule) {})})
	if !Is(&rules[0]) {
		t.Errorf("%+v is not known", rules[0])
	}
	for name, edit := range map[string]func(*policy.Rule){
		"another name":      func(r *policy.Rule) { r.Name = "clients" },
		"another number":    func(r *policy.Rule) { r.Name = "existing-1" },
		"an author's ports": func(r *policy.Rule) { r.PortRanges = []policy.PortRange{{Name: "vault"}} },
		"an author's peers": func(r *policy.Rule) { r.Peers = []policy.PeerGroup{{Name: "clients"}} },
		"no ports":          func(r *policy.Rule) { r.PortRanges = nil },
		"no peers":          func(r *policy.Rule) { r.Peers = nil },
	} {
		changed := rules[0]
		if edit(&changed); Is(&changed) {
			t.Errorf("%s: taken for an existing rule", name)
		}
	}
}
