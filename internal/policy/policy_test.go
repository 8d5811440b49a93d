package policy

import (
	"strings"
	"testing"
)

// Fixed ports of the product count among those that a sizing rule of its
// negotiated range counts, where they lie in the documented range.
func TestFixedBeside(t *testing.T) {
	flow := func(product, id, open string) Listener {
		return Listener{Name: id, Kind: ProductFlow, Product: product, Flow: id, Ports: ports(open)}
	}
	mover := flow("veeam", "data-mover-range", "2500-2539/tcp")
	services := flow("networker", "client-service-ports", "7940-7960/tcp")
	for name, c := range map[string]struct {
		listeners []Listener
		want      string
	}{
		"alone":                            {[]Listener{mover}, ""},
		"fixed ports in the range":         {[]Listener{services, flow("networker", "nsrexecd", "7937/tcp"), flow("networker", "portmapper", "7938/tcp")}, "7937-7938/tcp"},
		"a fixed port outside":             {[]Listener{services, flow("networker", "nsrexecd", "7936-7937/tcp")}, "7937/tcp"},
		"another negotiated range":         {[]Listener{services, flow("networker", "server-service-ports", "7940/tcp")}, ""},
		"no product":                       {[]Listener{{Name: "x", Kind: Negotiated, Negotiated: true, Ports: ports("2500-2539/tcp")}}, ""},
		"an unknown product":               {[]Listener{flow("nobody", "data", "2500-2539/tcp")}, ""},
		"an unknown flow":                  {[]Listener{flow("veeam", "nothing", "2500-2539/tcp")}, ""},
		"a flow of another product beside": {[]Listener{mover, flow("netbackup", "client-to-primary-pbx", "2510/tcp")}, ""},
	} {
		r := PortRange{Listeners: c.listeners}
		if got := r.FixedBeside(0).String(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAllPorts_IsTheUnionOfTheRules(t *testing.T) {
	p := valid()
	second := p.Rules[0]
	second.Name, second.Direction = "servers", Egress
	second.PortRanges = []PortRange{{Name: "rsync", Listeners: []Listener{{Name: "rsync", Kind: Undeclared, Ports: ports("873/tcp", "40010-40050/tcp")}}}}
	p.Rules = append(p.Rules, second)
	if got, want := p.AllPorts().String(), "873/tcp, 40000-40050/tcp"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestClaimsInside(t *testing.T) {
	for _, zone := range Zones() {
		for reason, excused := range map[string]bool{"": false, " \t": false, "our own /24": true} {
			want := (zone == Internal || zone == Management) && !excused
			if got := (&PeerGroup{Zone: zone, ZoneReason: reason}).ClaimsInside(); got != want {
				t.Errorf("zone %s with reason %q claims inside: %t, want %t", zone, reason, got, want)
			}
		}
	}
}

func TestValidate_ICMPOfTheOtherFamily(t *testing.T) {
	for name, c := range map[string]struct {
		open, peer string
		want       string // the protocol to write instead, "" for no fault
	}{
		"ICMP to IPv4":     {"icmp", "198.51.100.16/28", ""},
		"ICMP to IPv6":     {"icmp", "2001:db8::/64", "icmpv6"},
		"ICMPv6 to IPv4":   {"icmpv6", "198.51.100.16/28", "icmp"},
		"ICMPv6 to IPv6":   {"icmpv6", "2001:db8::/64", ""},
		"anything to IPv6": {"any", "2001:db8::/64", ""},
	} {
		p := valid()
		p.Rules[0].PortRanges[0].Listeners[0] = Listener{Name: "ping", Kind: Undeclared, Ports: ports(c.open)}
		p.Rules[0].Peers[0].Prefixes, p.Rules[0].Peers[0].References = addresses(c.peer), nil
		faults := Validate(p)
		switch {
		case c.want == "" && len(faults) > 0:
			t.Errorf("%s: %v", name, faults)
		case c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0].Error(), `Write "`+c.want+`"`)):
			t.Errorf("%s: %v, want to read %q", name, faults, c.want)
		}
	}
}
