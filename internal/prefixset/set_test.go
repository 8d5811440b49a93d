package prefixset

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"go4.org/netipx"
)

func TestSet_CanonicalTexts(t *testing.T) {
	for _, tt := range []struct {
		name, prefixes string
		want           []string
	}{
		{"nothing", "", []string{}},
		{"IPv4 before IPv6, by address", "::1,192.168.0.0/16,10.0.0.0/8,2001:db8::/32",
			[]string{"10.0.0.0/8", "192.168.0.0/16", "::1/128", "2001:db8::/32"}},
		{"sorted by number, not by text", "100.0.0.0/8,9.0.0.0/8", []string{"9.0.0.0/8", "100.0.0.0/8"}},
		{"inside", "10.1.0.0/16,10.0.0.0/8", []string{"10.0.0.0/8"}},
		{"halves", "0.0.0.0/1,128.0.0.0/1", []string{"0.0.0.0/0"}},
		{"halves of IPv6", "::/1,8000::/1", []string{"::/0"}},
		{"adjacent but not aligned", "10.0.1.0/24,10.0.2.0/24", []string{"10.0.1.0/24", "10.0.2.0/24"}},
		{"the families do not touch", "255.255.255.255,::", []string{"255.255.255.255/32", "::/128"}},
		{"mapped addresses are IPv4", "::ffff:10.0.0.0/105,10.128.0.0/9", []string{"10.0.0.0/8"}},
	} {
		if got := prefixes(t, tt.prefixes).Strings(); !slices.Equal(got, tt.want) || got == nil {
			t.Errorf("%s: got %#v, want %q", tt.name, got, tt.want)
		}
	}
	if got, want := prefixes(t, "::1,10.0.0.0/8").String(), "10.0.0.0/8, ::1/128"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestSet_TheFamiliesDoNotMeet(t *testing.T) {
	v4, v6 := prefixes(t, "0.0.0.0/0"), prefixes(t, "::/0")
	both := v4.Union(v6)
	if v4.Overlaps(v6) || v4.Covers(v6) || !v4.Intersect(v6).IsEmpty() || !v4.Minus(v6).Equal(v4) {
		t.Error("all of IPv4 and all of IPv6 have an address in common")
	}
	if !both.Minus(v4).Equal(v6) || !both.Minus(v6).Equal(v4) || !both.IPv4().Equal(v4) || !both.IPv6().Equal(v6) {
		t.Errorf("%v does not come apart", both)
	}
	if got, want := both.AddressCount().String(), "340282366920938463463374607436063178752"; got != want {
		t.Errorf("AddressCount() = %s, want 2^32 + 2^128 = %s", got, want)
	}
}

func TestSet_ArgumentsAndResultsBelongToTheCaller(t *testing.T) {
	one := netipx.MustParseIPRange("10.0.0.5-10.0.0.9")
	two := netipx.MustParseIPRange("10.0.0.1-10.0.0.6")
	ranges := []netipx.IPRange{one, two}
	s := OfRanges(ranges...)
	if ranges[0] != one || ranges[1] != two {
		t.Errorf("OfRanges changed its argument to %v", ranges)
	}
	s.Ranges()[0] = netipx.MustParseIPRange("0.0.0.0-255.255.255.255")
	// Growing one part of the set must not write over the other.
	mixed := prefixes(t, "10.0.0.0/8,::1")
	_ = append(mixed.IPv4().ranges, one)
	if got := s.AddressCount().String(); got != "9" || mixed.String() != "10.0.0.0/8, ::1/128" {
		t.Errorf("the sets became %v and %v", s, mixed)
	}
}

func TestContains_IgnoresZonesAndRefusesNoAddress(t *testing.T) {
	s := prefixes(t, "fe80::/10,0.0.0.0/0,2001:db8::1")
	for _, tt := range []struct {
		addr netip.Addr
		want bool
	}{
		{netip.MustParseAddr("fe80::1%eth0"), true},
		{netip.MustParseAddr("fec0::1%eth0"), false},
		{netip.MustParseAddr("2001:db8::1%eth0"), true},
		{netip.MustParseAddr("::ffff:10.0.0.1"), false}, // an IPv6 address, see Set
		{netip.Addr{}, false},
	} {
		if got := s.Contains(tt.addr); got != tt.want {
			t.Errorf("Contains(%v) = %v", tt.addr, got)
		}
	}
}

func TestAddressCount_AcrossTheHalvesOfAnIPv6Address(t *testing.T) {
	for _, tt := range []struct{ ips, want string }{
		{"::ffff:ffff:ffff:ffff-0:0:0:1::", "2"},
		{"0:0:0:1::-0:0:0:1:ffff:ffff:ffff:ffff", "18446744073709551616"},
		{"::2-0:0:0:2::1", "36893488147419103232"},
	} {
		if got := OfRanges(netipx.MustParseIPRange(tt.ips)).AddressCount().String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.ips, got, tt.want)
		}
	}
}

func TestOf_MasksHostBits(t *testing.T) {
	if got := Of(netip.MustParsePrefix("10.0.0.5/24")).String(); got != "10.0.0.0/24" {
		t.Errorf("got %s", got)
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
	one, two := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	mustPanic(t, "prefixset: invalid prefix invalid Prefix", func() { Of(netip.Prefix{}) })
	mustPanic(t, "prefixset: invalid range 10.0.0.2-10.0.0.1", func() { OfRanges(netipx.IPRangeFrom(two, one)) })
	mustPanic(t, "prefixset: invalid range 10.0.0.1-::1", func() { OfRanges(netipx.IPRangeFrom(one, netip.IPv6Loopback())) })
}

func TestPrivate(t *testing.T) {
	const want = "10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, ::1/128, fc00::/7, fe80::/10"
	if got := Private().String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMoreThanHalf(t *testing.T) {
	for _, tt := range []struct {
		name, prefixes string
		ipv4, ipv6     bool
	}{
		{"nothing", "", false, false},
		{"all of IPv4", "0.0.0.0/0", true, false},
		{"exactly half of IPv4", "128.0.0.0/1", false, false},
		{"half of IPv4 and one address", "128.0.0.0/1,8.8.8.8", true, false},
		{"half of IPv4 in many pieces", "0.0.0.0/2,128.0.0.0/3,192.0.0.0/3", false, false},
		{"all of IPv6", "::/0", false, true},
		{"exactly half of IPv6, without the internet", "8000::/1", false, false},
		{"half of IPv6 and one address", "8000::/1,::1", false, true},
		{"all of global unicast", "2000::/3", false, true},
		{"exactly half of global unicast", "2000::/4", false, false},
		{"half of global unicast and one address", "2000::/4,3000::1", false, true},
		{"as many addresses elsewhere", "4000::/3", false, false},
		{"all private addresses", Private().String(), false, false},
	} {
		s := Set{}
		for _, text := range splitList(tt.prefixes) {
			s = s.Union(prefixes(t, text))
		}
		if ipv4, ipv6 := s.MoreThanHalf(); ipv4 != tt.ipv4 || ipv6 != tt.ipv6 {
			t.Errorf("%s: got %v, %v", tt.name, ipv4, ipv6)
		}
	}
}

// hundredThousand returns /32 prefixes that do not touch, in no order.
func hundredThousand() []netip.Prefix {
	list := make([]netip.Prefix, 100_000)
	for i := range list {
		// 7919 is prime to the length, so this is a permutation.
		list[i] = netip.PrefixFrom(ipv4(uint32(i*7919%len(list))*3), 32)
	}
	return list
}

func TestOf_HundredThousandPrefixes(t *testing.T) {
	list := hundredThousand()
	start := time.Now()
	s := Of(list...)
	texts := s.Strings()
	if took := time.Since(start); took > 8*time.Second { // 0.1 s on an idle machine
		t.Errorf("took %v", took)
	}
	if len(texts) != len(list) || texts[99_999] != fmt.Sprintf("%v/32", ipv4(299_997)) {
		t.Errorf("%d prefixes up to %s", len(texts), texts[len(texts)-1])
	}
}

// TestSet_Overlaps_ShortListAgainstLong: each of many single addresses is found
// in the list that has it, and none in the list of the addresses between.
func TestSet_Overlaps_ShortListAgainstLong(t *testing.T) {
	var even, odd []netip.Prefix
	for i := range 100 {
		even = append(even, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(2 * i)}), 32))
		odd = append(odd, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(2*i + 1)}), 32))
	}
	evens, odds := Of(even...), Of(odd...)
	for i := range even {
		one := Of(even[i])
		if !one.Overlaps(evens) || !evens.Overlaps(one) {
			t.Errorf("%s is not found", one)
		}
		if one.Overlaps(odds) || odds.Overlaps(one) {
			t.Errorf("%s is found where it is not", one)
		}
	}
	if wide := Of(netip.MustParsePrefix("10.0.0.0/8")); !wide.Overlaps(evens) || Of(netip.MustParsePrefix("11.0.0.0/8")).Overlaps(evens) {
		t.Error("a network around the list, or beside it")
	}
}
