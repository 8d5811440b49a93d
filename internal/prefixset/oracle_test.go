package prefixset

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"go4.org/netipx"
	"pgregory.net/rapid"
)

// prefixes reads a list of texts as policies would write it, or fails the test.
func prefixes(t testing.TB, list string) Set {
	t.Helper()
	if list == "" {
		return Set{}
	}
	read, faults := ParseList(strings.Split(list, ","))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return read
}

// universe is a /24 or /120 in which every address can be tried.
type universe struct {
	name string
	base netip.Prefix
}

// The universes lie where arithmetic can go wrong: at both ends of the two
// families and in the IPv4-mapped addresses.
var universes = []universe{
	{"start of IPv4", netip.MustParsePrefix("0.0.0.0/24")},
	{"middle of IPv4", netip.MustParsePrefix("10.0.0.0/24")},
	{"end of IPv4", netip.MustParsePrefix("255.255.255.0/24")},
	{"start of IPv6", netip.MustParsePrefix("::/120")},
	{"IPv4-mapped", netip.MustParsePrefix("::ffff:10.0.0.0/120")},
	{"middle of IPv6", netip.MustParsePrefix("2001:db8::ff00/120")},
	{"end of IPv6", netip.MustParsePrefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120")},
}

// at is the address of the universe with the last octet.
func (u universe) at(octet int) netip.Addr {
	if u.base.Addr().Is4() {
		b := u.base.Addr().As4()
		b[3] = byte(octet)
		return netip.AddrFrom4(b)
	}
	b := u.base.Addr().As16()
	b[15] = byte(octet)
	return netip.AddrFrom16(b)
}

// drawRanges draws ranges of the universe; half of them are aligned prefixes.
func (u universe) drawRanges(t *rapid.T, label string) []netipx.IPRange {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) netipx.IPRange {
		first := rapid.IntRange(0, 255).Draw(t, "first")
		if rapid.Bool().Draw(t, "aligned") {
			length := u.base.Bits() + rapid.IntRange(0, 8).Draw(t, "length")
			return netipx.RangeOfPrefix(netip.PrefixFrom(u.at(first), length))
		}
		return netipx.IPRangeFrom(u.at(first), u.at(rapid.IntRange(first, min(first+20, 255)).Draw(t, "last")))
	}), 0, 10).Draw(t, label)
}

// oracle is a set of addresses of a universe, by their last octet.
type oracle [256]bool

func oracleOf(u universe, ranges []netipx.IPRange) oracle {
	var o oracle
	for octet := range o {
		o[octet] = slices.ContainsFunc(ranges, func(r netipx.IPRange) bool { return r.Contains(u.at(octet)) })
	}
	return o
}

func combine(a, b oracle, operation func(a, b bool) bool) oracle {
	var o oracle
	for i := range o {
		o[i] = operation(a[i], b[i])
	}
	return o
}

func (o oracle) len() int {
	n := 0
	for _, in := range o {
		if in {
			n++
		}
	}
	return n
}

// ranges reads the canonical ranges off the oracle.
func (o oracle) ranges(u universe) []netipx.IPRange {
	var out []netipx.IPRange
	for octet := range o {
		switch {
		case !o[octet]:
		case octet > 0 && o[octet-1]:
			out[len(out)-1] = netipx.IPRangeFrom(out[len(out)-1].From(), u.at(octet))
		default:
			out = append(out, netipx.IPRangeFrom(u.at(octet), u.at(octet)))
		}
	}
	return out
}

// prefixes reads the fewest prefixes off the oracle: the widest aligned block
// around each address that is wholly in the set.
func (o oracle) prefixes(u universe) []netip.Prefix {
	var out []netip.Prefix
	for octet := 0; octet < 256; {
		size := 256
		for size > 0 && (octet%size != 0 || slices.Contains(o[octet:octet+size], false)) {
			size /= 2
		}
		if size == 0 {
			octet++
			continue
		}
		length := u.base.Addr().BitLen()
		for s := size; s > 1; s /= 2 {
			length--
		}
		out = append(out, netip.PrefixFrom(u.at(octet), length))
		octet += size
	}
	return out
}

// checkSet compares every way of looking at a set with the oracle.
func checkSet(t *rapid.T, what string, u universe, got Set, want oracle) {
	t.Helper()
	if !slices.Equal(got.Ranges(), want.ranges(u)) {
		t.Fatalf("%s: ranges %v, want %v", what, got.Ranges(), want.ranges(u))
	}
	if !slices.Equal(got.Prefixes(), want.prefixes(u)) {
		t.Fatalf("%s: prefixes %v, want %v", what, got.Prefixes(), want.prefixes(u))
	}
	if got.AddressCount().Cmp(big.NewInt(int64(want.len()))) != 0 || got.IsEmpty() != (want.len() == 0) {
		t.Fatalf("%s: AddressCount %v, IsEmpty %v, want %d addresses", what, got.AddressCount(), got.IsEmpty(), want.len())
	}
	for octet := range want {
		if got.Contains(u.at(octet)) != want[octet] {
			t.Fatalf("%s: Contains(%v) = %v", what, u.at(octet), !want[octet])
		}
	}
	own, other := got.IPv4(), got.IPv6()
	if u.base.Addr().Is6() {
		own, other = other, own
	}
	if !own.Equal(got) || !other.IsEmpty() {
		t.Fatalf("%s: of the family of the universe %v, of the other %v", what, own, other)
	}
}

func TestSet_AgreesWithOracle(t *testing.T) {
	for _, u := range universes {
		t.Run(u.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				aRanges, bRanges := u.drawRanges(t, "a"), u.drawRanges(t, "b")
				a, b := OfRanges(aRanges...), OfRanges(bRanges...)
				oa, ob := oracleOf(u, aRanges), oracleOf(u, bRanges)
				union := combine(oa, ob, func(a, b bool) bool { return a || b })
				both := combine(oa, ob, func(a, b bool) bool { return a && b })
				onlyB := combine(oa, ob, func(a, b bool) bool { return b && !a })

				checkSet(t, "OfRanges", u, a, oa)
				checkSet(t, "Of", u, Of(a.Prefixes()...), oa)
				checkSet(t, "Union", u, a.Union(b), union)
				checkSet(t, "UnionAll", u, UnionAll([]Set{a, {}, b, a}), union)
				checkSet(t, "Intersect", u, a.Intersect(b), both)
				checkSet(t, "Minus", u, b.Minus(a), onlyB)
				if got, want := a.Covers(b), onlyB.len() == 0; got != want {
					t.Fatalf("%v.Covers(%v) = %v, want %v", a, b, got, want)
				}
				if got, want := a.Overlaps(b), both.len() > 0; got != want {
					t.Fatalf("%v.Overlaps(%v) = %v, want %v", a, b, got, want)
				}
				if got, want := a.Equal(b), oa == ob; got != want {
					t.Fatalf("%v.Equal(%v) = %v, want %v", a, b, got, want)
				}
				// Operands are as they were.
				checkSet(t, "a afterwards", u, a, oa)
				checkSet(t, "b afterwards", u, b, ob)
			})
		})
	}
}

// drawMixed draws a set of both families, of prefixes of every length.
func drawMixed(t *rapid.T, label string) Set {
	var ranges []netipx.IPRange
	for range rapid.IntRange(0, 5).Draw(t, label) {
		u := rapid.SampledFrom(universes).Draw(t, "universe")
		ranges = append(ranges, u.drawRanges(t, "ranges")...)
		length := rapid.IntRange(0, u.base.Addr().BitLen()).Draw(t, "length")
		ranges = append(ranges, netipx.RangeOfPrefix(netip.PrefixFrom(u.at(7), length)))
	}
	return OfRanges(ranges...)
}

// Laws that hold for sets whatever they contain.
func TestSet_Laws(t *testing.T) {
	everything := Of(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawMixed(t, "a"), drawMixed(t, "b"), drawMixed(t, "c")
		count := func(s Set) *big.Int { return s.AddressCount() }
		sum := func(a, b *big.Int) *big.Int { return new(big.Int).Add(a, b) }
		for _, law := range []struct {
			name  string
			holds bool
		}{
			{"a ∪ b = b ∪ a", a.Union(b).Equal(b.Union(a))},
			{"(a ∪ b) ∪ c = a ∪ (b ∪ c)", a.Union(b).Union(c).Equal(a.Union(b.Union(c)))},
			{"a ∩ (b ∪ c) = (a ∩ b) ∪ (a ∩ c)", a.Intersect(b.Union(c)).Equal(a.Intersect(b).Union(a.Intersect(c)))},
			{"a − (b ∪ c) = (a − b) − c", a.Minus(b.Union(c)).Equal(a.Minus(b).Minus(c))},
			{"(a − b) ∪ (a ∩ b) = a", a.Minus(b).Union(a.Intersect(b)).Equal(a)},
			{"a − b meets no b", !a.Minus(b).Overlaps(b)},
			{"a ∪ b covers both", a.Union(b).Covers(a) && a.Union(b).Covers(b)},
			{"a covers b exactly if b − a is empty", a.Covers(b) == b.Minus(a).IsEmpty()},
			{"|a ∪ b| + |a ∩ b| = |a| + |b|", sum(count(a.Union(b)), count(a.Intersect(b))).Cmp(sum(count(a), count(b))) == 0},
			{"everything minus the rest is a", everything.Minus(everything.Minus(a)).Equal(a)},
			{"the two families make up a", a.IPv4().Union(a.IPv6()).Equal(a) && !a.IPv4().Overlaps(a.IPv6())},
			{"the prefixes make up a", Of(a.Prefixes()...).Equal(a)},
		} {
			if !law.holds {
				t.Fatalf("%s does not hold for a = %v, b = %v, c = %v", law.name, a, b, c)
			}
		}
	})
}

func TestParse_ReadsWhatStringsWrites(t *testing.T) {
	unwritable := Of(netip.MustParsePrefix("::ffff:0:0/96"), localNAT64)
	rapid.Check(t, func(t *rapid.T) {
		s := drawMixed(t, "set").Minus(unwritable)
		texts := s.Strings()
		read, faults := ParseList(rapid.Permutation(texts).Draw(t, "order"))
		if len(faults) > 0 || !read.Equal(s) || !slices.Equal(read.Strings(), texts) {
			t.Fatalf("%q was read as %v with faults %v", texts, read, faults)
		}
	})
}
