package portset

import (
	"slices"
	"testing"
)

func TestRange(t *testing.T) {
	for _, tt := range []struct {
		r        Range
		text     string
		length   int
		in, past uint16
	}{
		{Range{First: 22, Last: 22}, "22", 1, 22, 23},
		{Range{First: 2500, Last: 3300}, "2500-3300", 801, 3300, 3301},
		{Range{First: 2500, Last: 3300}, "2500-3300", 801, 2500, 2499},
		{Range{First: 0, Last: 65534}, "0-65534", 65535, 0, 65535},
	} {
		if tt.r.String() != tt.text || tt.r.Len() != tt.length || !tt.r.Contains(tt.in) || tt.r.Contains(tt.past) {
			t.Errorf("%v: String %q, Len %d, Contains(%d) %v, Contains(%d) %v", tt.r, tt.r.String(), tt.r.Len(),
				tt.in, tt.r.Contains(tt.in), tt.past, tt.r.Contains(tt.past))
		}
	}
}

func TestOf_MergesToCanonicalRanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ranges []Range
		want   string
	}{
		{"nothing", nil, ""},
		{"any order", []Range{{80, 80}, {22, 22}}, "22,80"},
		{"overlap", []Range{{10, 20}, {15, 25}}, "10-25"},
		{"inside", []Range{{10, 20}, {12, 13}}, "10-20"},
		{"adjacent", []Range{{10, 20}, {21, 25}}, "10-25"},
		{"one apart", []Range{{10, 20}, {22, 25}}, "10-20,22-25"},
		{"repeated", []Range{{22, 22}, {22, 22}}, "22"},
		{"up to the highest port", []Range{{65535, 65535}, {0, 0}, {65534, 65534}}, "0,65534-65535"},
		{"everything", []Range{{32768, 65535}, {0, 32767}}, "0-65535"},
	} {
		if got := Of(tt.ranges...).String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if !Of(Range{0, 65535}).Equal(AllPorts()) || AllPorts().Len() != 65536 {
		t.Errorf("AllPorts is %v with %d ports", AllPorts(), AllPorts().Len())
	}
}

func TestOf_LeavesItsArgumentAlone(t *testing.T) {
	ranges := []Range{{80, 90}, {22, 22}, {85, 100}}
	Of(ranges...)
	if want := []Range{{80, 90}, {22, 22}, {85, 100}}; !slices.Equal(ranges, want) {
		t.Errorf("ranges are %v, want %v", ranges, want)
	}
}

// Ranges that share one port overlap, and ranges that touch do not.
func TestSet_Overlaps_AtTheEnds(t *testing.T) {
	for _, tt := range []struct {
		a, b Set
		want bool
	}{
		{Of(Range{10, 20}), Of(Range{20, 30}), true},
		{Of(Range{10, 20}), Of(Range{21, 30}), false},
		{Of(Range{1, 2}, Range{20, 20}), Of(Range{4, 5}, Range{20, 20}), true},
		{Of(Range{65535, 65535}), Of(Range{0, 0}, Range{65535, 65535}), true},
		{Of(Range{1, 2}, Range{20, 20}), Of(Range{4, 5}, Range{21, 22}), false},
	} {
		if tt.a.Overlaps(tt.b) != tt.want || tt.b.Overlaps(tt.a) != tt.want {
			t.Errorf("%v and %v: %v and %v, want %v", tt.a, tt.b, tt.a.Overlaps(tt.b), tt.b.Overlaps(tt.a), tt.want)
		}
	}
}

func TestSet_RangesBelongToTheCaller(t *testing.T) {
	s := Of(Range{22, 22}, Range{80, 80})
	s.Ranges()[0] = Range{1, 65535}
	if s.String() != "22,80" {
		t.Errorf("the set became %v", s)
	}
}

// mustPanic fails the test unless f panics with exactly the message.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	f()
}

func TestMistakesOfTheProgramPanic(t *testing.T) {
	mustPanic(t, "portset: reversed range 23-22", func() { Of(Range{1, 2}, Range{23, 22}) })
	mustPanic(t, "portset: protocol icmp has no ports, got 8", func() { PortsOf(ICMP, Of(Range{8, 8})) })
}

func TestProtocols(t *testing.T) {
	var names []string
	for _, p := range Protocols() {
		names = append(names, p.String())
		if want := p == TCP || p == UDP || p == SCTP; p.HasPorts() != want {
			t.Errorf("%s.HasPorts() = %v", p, !want)
		}
	}
	if want := []string{"tcp", "udp", "sctp", "icmp", "icmpv6", "esp", "other"}; !slices.Equal(names, want) {
		t.Errorf("protocols are %q, want %q", names, want)
	}
}

func TestPorts_CanonicalTexts(t *testing.T) {
	withoutSSH := Any().Minus(PortsOf(TCP, Of(Range{22, 22})))
	for _, tt := range []struct {
		name  string
		ports Ports
		want  []string
	}{
		{"nothing", Ports{}, []string{}},
		{"sorted by protocol, then by port", ports(t, "esp,53/udp,icmp,443/tcp,9/sctp,22/tcp,icmpv6"),
			[]string{"22/tcp", "443/tcp", "53/udp", "9/sctp", "icmp", "icmpv6", "esp"}},
		{"sorted by number, not by text", ports(t, "10000/tcp,9/tcp"), []string{"9/tcp", "10000/tcp"}},
		{"merged", ports(t, "3000-3300/tcp,2500-2999/tcp,2600/tcp"), []string{"2500-3300/tcp"}},
		{"the same port of two protocols", ports(t, "53/tcp,53/udp"), []string{"53/tcp", "53/udp"}},
		{"any", Any(), []string{"any"}},
		{"any and what it covers", ports(t, "22/tcp,any"), []string{"any"}},
		{"any but one port", withoutSSH, []string{"0-21/tcp", "23-65535/tcp", "0-65535/udp", "0-65535/sctp", "icmp", "icmpv6", "esp", "other"}},
		{"everything with a name", ports(t, "0-65535/tcp,0-65535/udp,0-65535/sctp,icmp,icmpv6,esp"),
			[]string{"0-65535/tcp", "0-65535/udp", "0-65535/sctp", "icmp", "icmpv6", "esp"}},
	} {
		if got := tt.ports.Strings(); !slices.Equal(got, tt.want) || got == nil {
			t.Errorf("%s: got %#v, want %q", tt.name, got, tt.want)
		}
	}
	if got, want := ports(t, "icmp,2500-3300/tcp").String(), "2500-3300/tcp, icmp"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := Any().Len(), 3*65536+4; got != want {
		t.Errorf("Any().Len() = %d, want %d", got, want)
	}
}

func TestWholeProtocol(t *testing.T) {
	for _, tt := range []struct {
		proto Protocol
		text  string
	}{{TCP, "0-65535/tcp"}, {ESP, "esp"}, {Other, "other"}} {
		whole := WholeProtocol(tt.proto)
		if whole.String() != tt.text || !PortsOf(tt.proto, whole.Of(tt.proto)).Equal(whole) {
			t.Errorf("%s: %q", tt.proto, whole)
		}
	}
}

// Other is reached through "any" alone, so everything else together does not
// cover it.
func TestAny_CoversMoreThanAllNames(t *testing.T) {
	named := ports(t, "0-65535/tcp,0-65535/udp,0-65535/sctp,icmp,icmpv6,esp")
	if named.Covers(Any()) || !Any().Covers(named) || Any().Minus(named).String() != "other" {
		t.Errorf("any without all names is %q", Any().Minus(named))
	}
}
