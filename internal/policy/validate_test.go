package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

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

// valid is a policy without a fault, to be broken in one place.
func valid() *Policy {
	return &Policy{Name: "primary", Rules: []Rule{{
		Name: "clients",
		PortRanges: []PortRange{{Name: "vault", Listeners: []Listener{
			{Name: "vault", Kind: Negotiated, Negotiated: true, Ports: ports("40000-40039/tcp")}}}},
		Peers: []PeerGroup{{Name: "dmz", Zone: DMZ, Prefixes: addresses("198.51.100.16/28"),
			References: []Reference{{Name: "bastion", Kind: AWSSecurityGroup, MaxHosts: 2}}}},
	}}}
}

// TestValidate_Faults breaks one thing at a time and wants the exact words.
func TestValidate_Faults(t *testing.T) {
	score := func(n int) *int { return &n }
	rule := func(f func(*Rule)) func(*Policy) { return func(p *Policy) { f(&p.Rules[0]) } }
	listener := func(f func(*Listener)) func(*Policy) {
		return rule(func(r *Rule) { f(&r.PortRanges[0].Listeners[0]) })
	}
	group := func(f func(*PeerGroup)) func(*Policy) { return rule(func(r *Rule) { f(&r.Peers[0]) }) }
	reference := func(f func(*Reference)) func(*Policy) { return group(func(g *PeerGroup) { f(&g.References[0]) }) }
	only := func(texts ...string) func(*Policy) {
		return rule(func(r *Rule) {
			r.PortRanges[0].Listeners[0] = Listener{Name: "x", Kind: Undeclared, Ports: ports(texts...)}
			r.Peers[0].References = nil
		})
	}
	const (
		inListener = `rules["clients"].port_ranges[0].listeners[0]`
		inGroup    = `rules["clients"].peers[0]`
		names      = " Names become keys and descriptions of cloud rules, where other characters are refused. Use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit"
		kinds      = "aws_security_group, aws_prefix_list, azure_application_security_group, google_network_tag, google_service_account"
	)
	for _, c := range []struct {
		name   string
		change func(*Policy)
		want   string
	}{
		{"nothing", func(*Policy) {}, ""},
		{"policy name", func(p *Policy) { p.Name = "Primary Server" },
			`name: Invalid name: The policy's name "Primary Server" is not a valid name.` + names + `, such as "primary-server".`},
		{"empty name", func(p *Policy) { p.Name = "" }, `name: Invalid name: The policy's name "" is not a valid name.` + names + "."},
		{"name of 63", func(p *Policy) { p.Name = strings.Repeat("a", 63) }, ""},
		{"name of 64", func(p *Policy) { p.Name = strings.Repeat("a", 64) }, `name: Invalid name: The policy's name "` + strings.Repeat("a", 64) +
			`" is not a valid name.` + names + `, such as "` + strings.Repeat("a", 63) + `".`},
		{"name of 90", func(p *Policy) { p.Name = strings.Repeat("ä", 90) }, `name: Invalid name: The policy's name "` + strings.Repeat("ä", 80) +
			`" (shortened) is not a valid name.` + names + "."},
		{"score 101", func(p *Policy) { p.MaxScore = score(101) },
			`max_score: Score limit out of range: max_score = 101 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`},
		{"score 100", func(p *Policy) { p.MaxScore = score(100) }, ""},
		{"score 0", func(p *Policy) { p.MaxScore = score(0) }, ""},
		{"rule key", rule(func(r *Rule) { r.Name = "-" }), `rules["-"]: Invalid name: The rule's key "-" is not a valid name.` + names + "."},
		{"no port ranges", rule(func(r *Rule) { r.PortRanges = nil }),
			`rules["clients"].port_ranges: Rule without ports: Rule "clients" has no port ranges. Some clouds read a rule without ports as all ports. List at least one port range in port_ranges, or remove the rule.`},
		{"no port ranges yet", rule(func(r *Rule) { r.PortRanges, r.Partial = nil, true }), ""},
		{"no peers", rule(func(r *Rule) { r.Peers = nil }),
			`rules["clients"].peers: Rule without peers: Rule "clients" has no peers. Some clouds read a rule without peers as everybody. List at least one peer group in peers, or remove the rule.`},
		{"no peers yet", rule(func(r *Rule) { r.Peers, r.Partial = nil, true }), ""},
		{"port range name", rule(func(r *Rule) { r.PortRanges[0].Name = "a b" }),
			`rules["clients"].port_ranges[0].name: Invalid name: The port range's name "a b" is not a valid name.` + names + `, such as "a-b".`},
		{"no listeners", rule(func(r *Rule) { r.PortRanges[0].Listeners = nil }),
			`rules["clients"].port_ranges[0].listeners: Port range without listeners: Port range "vault" has no listeners, so it opens nothing. Some clouds read an empty list of ports as all ports. Pass a whole backupfw_port_range, or write listeners = [{ name = "vault", kind = "negotiated", ports = ["40000-40039/tcp"] }].`},
		{"no listeners yet", rule(func(r *Rule) { r.PortRanges[0].Listeners, r.PortRanges[0].Partial = nil, true }), ""},
		{"no ports", listener(func(l *Listener) { l.Ports = ports() }),
			inListener + `.ports: Listener without ports: Listener "vault" has no ports. Some clouds read an empty list of ports as all ports. List the ports, for example ports = ["40000-40039/tcp"].`},
		{"no ports yet", rule(func(r *Rule) {
			r.PortRanges[0].Listeners[0].Ports, r.PortRanges[0].Partial, r.Partial = ports(), true, true
		}), ""},
		{"flow of a negotiated range", listener(func(l *Listener) { l.Flow = "data-mover" }),
			inListener + `.flow: Flow without product kind: Listener "vault" names the flow "data-mover", but its kind is "negotiated". A flow's documentation counts only for a listener of that kind. Write kind = "product_flow", or leave flow out.`},
		{"negotiated and not", listener(func(l *Listener) { l.Negotiated = false }),
			inListener + `.negotiated: Kind contradicts negotiated: Listener "vault" has kind = "negotiated" and negotiated = false. Only one of the two can be true, and they are scored differently. Write negotiated = true, or kind = "undeclared".`},
		{"negotiated without name", listener(func(l *Listener) { l.Name = "" }),
			inListener + `.name: Listener without name: A negotiated listener has no name. Its ports are scored as one listener, and the name says which. Write name = "vault", say.`},
		{"undeclared", listener(func(l *Listener) { *l = Listener{Kind: Undeclared, Ports: l.Ports} }), ""},
		{"unknown product", listener(func(l *Listener) { l.Kind, l.Product = Undeclared, "vaem" }),
			inListener + `.product: Unknown product: product = "vaem" is not in the catalogue. Only a product of the catalogue has documented ports to compare with. Did you mean "veeam"? All products stand in docs/guides/products; or leave product out and write ports with negotiated = true.`},
		{"unknown product of a negotiated range", listener(func(l *Listener) { l.Product = "vaem" }),
			inListener + `.product: Unknown product: product = "vaem" is not in the catalogue. Only a product of the catalogue has documented ports to compare with. Did you mean "veeam"? All products stand in docs/guides/products; or leave product out and write ports with negotiated = true.`},
		{"unknown flow", listener(func(l *Listener) { l.Kind, l.Product, l.Flow = ProductFlow, "bareos", "fd-to-nowhere" }),
			inListener + `.flow: Unknown flow: "fd-to-nowhere" is not a flow of product "bareos". A flow says which program listens, and its documentation is what the ports are compared with. Use one of dir-to-fd, `},
		{"unknown kind", listener(func(l *Listener) { l.Kind = "negotiable" }),
			inListener + `.kind: Unknown listener kind: kind = "negotiable" is not a kind of listener. The kind decides how the ports are scored. Use one of product_flow, negotiated, undeclared.`},
		{"known flow", listener(func(l *Listener) { l.Kind, l.Product, l.Flow = ProductFlow, "bareos", "fd-to-sd" }), ""},
		{"group name", group(func(g *PeerGroup) { g.Name = "DMZ" }), inGroup + `.name: Invalid name: The peer group's name "DMZ" is not a valid name.` + names + `, such as "dmz".`},
		{"no peer", group(func(g *PeerGroup) { g.Prefixes, g.References = addresses(), nil }),
			inGroup + `.prefixes: Peer group without peers: Peer group "dmz" holds no address and no reference. Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`},
		{"no peer yet", group(func(g *PeerGroup) { g.Prefixes, g.References, g.Partial = addresses(), nil, true }), ""},
		{"reference name", reference(func(r *Reference) { r.Name = "sg 1" }),
			inGroup + `.references["sg 1"]: Invalid name: The reference's name "sg 1" is not a valid name.` + names + `, such as "sg-1".`},
		{"reference kind", reference(func(r *Reference) { r.Kind = "security_group" }),
			inGroup + `.references["bastion"].kind: Unknown reference kind: kind = "security_group" is not a kind of reference. The kind decides which cloud can express the rule. Use one of ` + kinds + "."},
		{"no hosts", reference(func(r *Reference) { r.MaxHosts = 0 }),
			inGroup + `.references["bastion"].max_hosts: Host count out of range: max_hosts = 0 of reference "bastion" is not a number of hosts. The reference is scored as that many hosts. Write how many hosts the object can stand for at most, from 1 to 4294967296.`},
		{"as many hosts as IPv4 has", reference(func(r *Reference) { r.MaxHosts = 1 << 32 }), ""},
		{"one host more", reference(func(r *Reference) { r.MaxHosts = 1<<32 + 1 }),
			inGroup + `.references["bastion"].max_hosts: Host count out of range: max_hosts = 4294967297 of reference "bastion" is not a number of hosts. The reference is scored as that many hosts. Write how many hosts the object can stand for at most, from 1 to 4294967296.`},
		{"list without size", reference(func(r *Reference) { r.Kind = AWSPrefixList }),
			inGroup + `.references["bastion"].max_entries: Prefix list without size: Reference "bastion" is a prefix list without max_entries. AWS counts a prefix list with its maximum number of entries against the quota of the group. Write max_entries as the prefix list has it.`},
		{"size without list", reference(func(r *Reference) { r.MaxEntries = 3 }),
			inGroup + `.references["bastion"].max_entries: Size of no list: Reference "bastion" has max_entries = 3, but its kind is "aws_security_group". Only a prefix list has entries that count against a quota. Leave max_entries out.`},
		{"two meanings", rule(func(r *Rule) {
			r.Peers = append(r.Peers, PeerGroup{Name: "b", References: []Reference{{Name: "bastion", Kind: AWSPrefixList, MaxHosts: 9, MaxEntries: 3}}})
		}), `rules["clients"].peers[1].references["bastion"]: Reference with two meanings: Reference "bastion" is aws_prefix_list with max_hosts = 9 and max_entries = 3 here, and aws_security_group with 2 and 0 elsewhere in the policy. The compiled rule carries only the name, so the two cannot be told apart. Give each object a name of its own.`},
		{"the same meaning twice", rule(func(r *Rule) { r.Peers = append(r.Peers, PeerGroup{Name: "b", References: r.Peers[0].References}) }), ""},
		{"ICMPv6 for IPv4", only("icmpv6"),
			`rules["clients"].port_ranges: Protocol without peers: Rule "clients" opens "icmpv6", which exists in IPv6 only, and none of its peers has an IPv6 address. The opening would allow nothing, and clouds differ in what they make of it. Write "icmp" for these peers, or add a peer with an IPv6 address.`},
		{"ICMP for IPv4", only("icmp"), ""},
		{"any for IPv4", only("any"), ""},
		{"ICMPv6 for a peer that may arrive", func(p *Policy) {
			only("icmpv6")(p)
			p.Rules[0].Peers[0].Partial = true
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := valid()
			c.change(p)
			got := Validate(p).Error()
			// Lists of the catalogue grow; their beginning is enough.
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || strings.HasSuffix(c.want, ".") && got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestValidate_AllFaultsAtOnce(t *testing.T) {
	p := valid()
	p.Name, p.Rules[0].Peers, p.Rules[0].PortRanges[0].Listeners = "", nil, nil
	if faults := Validate(p); len(faults) != 3 {
		t.Errorf("%d faults, want 3:\n%v", len(faults), faults)
	}
}

func TestIsPartial_LooksAtEveryLevel(t *testing.T) {
	for name, change := range map[string]func(*Policy){
		"policy":     func(p *Policy) { p.Partial = true },
		"waivers":    func(p *Policy) { p.WaiversPartial = true },
		"rule":       func(p *Policy) { p.Rules[0].Partial = true },
		"port range": func(p *Policy) { p.Rules[0].PortRanges[0].Partial = true },
		"peer group": func(p *Policy) { p.Rules[0].Peers[0].Partial = true },
	} {
		p := valid()
		if p.IsPartial() {
			t.Fatal("a whole policy is partial")
		}
		if change(p); !p.IsPartial() {
			t.Errorf("%s: not seen", name)
		}
	}
}

func TestZones_ReadAndWrite(t *testing.T) {
	for i, name := range ZoneNames() {
		zone, known := ParseZone(name)
		if !known || zone != Zones()[i] || zone.String() != name {
			t.Errorf("zone %q reads as %s, %t", name, zone, known)
		}
	}
	if _, known := ParseZone("dmz "); known {
		t.Error(`"dmz " is a zone`)
	}
	for _, d := range Directions() {
		if got, known := ParseDirection(d.String()); got != d || !known {
			t.Errorf("direction %s reads as %s, %t", d, got, known)
		}
	}
	if _, known := ParseDirection("inbound"); known {
		t.Error(`"inbound" is a direction`)
	}
}

func TestCheckShown(t *testing.T) {
	for text, shown := range map[string]bool{
		"": true, "backup-team@example.org": true, "Jörg (2nd floor), 山田": true, `say "yes"`: true,
		"a\nb": false, "a\x00": false, "\u202ea": false, "a\u200bb": false, "\xff": false, "a\u00a0b": false, "a\tb": false,
	} {
		f := CheckShown("The owner", text)
		want := fmt.Sprintf("Text with hidden characters: The owner %+q has characters that do not show. Findings repeat it, and would say something else than they mean. Write one line of letters, digits, spaces and punctuation.", text)
		if (f == nil) != shown || f != nil && f.Error() != want {
			t.Errorf("%+q: %v", text, f)
		}
	}
	if f := CheckShown("The owner", strings.Repeat("\u202e", 500)); len(f.Error()) > 800 {
		t.Errorf("a long text: %v", f)
	}
	p := Policy{Name: "p", Rules: []Rule{{Name: "r", PortRanges: []PortRange{{Name: "a", Sizing: &Sizing{Rule: "a\nb"},
		Listeners: []Listener{{Name: "a", Kind: Undeclared, Ports: portset.Any()}}}}, Partial: true}}}
	faults := Validate(&p)
	if len(faults) != 1 || faults[0].Path.String() != `rules["r"].port_ranges[0].sizing.rule` {
		t.Errorf("%v", faults)
	}
}
