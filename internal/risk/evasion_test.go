package risk

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// pieces cuts a prefix into 2^n of equal size, as texts.
func pieces(text string, n int) []string {
	p := netip.MustParsePrefix(text)
	var list []string
	for i := range 1 << n {
		b := p.Addr().AsSlice()
		for bit := range n {
			if i>>(n-1-bit)&1 == 1 {
				at := p.Bits() + bit
				b[at/8] |= 0x80 >> (at % 8)
			}
		}
		addr, _ := netip.AddrFromSlice(b)
		list = append(list, fmt.Sprintf("%s/%d", addr, p.Bits()+n))
	}
	return list
}

// TestInvariant7_NoEvasionByEncoding: whatever way everybody is written, it is
// found, and costs at least what everybody costs.
func TestInvariant7_NoEvasionByEncoding(t *testing.T) {
	everybody := map[string]string{
		"IPv4":            "0.0.0.0/0",
		"IPv4-mapped":     "::ffff:0:0/96",
		"IPv4-compatible": "::/96",
		"NAT64":           "64:ff9b::/96",
		"6to4":            "2002::/16",
		"Teredo":          "2001::/32",
		"IPv6":            "::/0",
		"global unicast":  "2000::/3",
	}
	least := assessed(t, ingress("clients", negotiated("vault", "40000-40039/tcp"), anywhere("0.0.0.0/0"))).Points
	for name, text := range everybody {
		for cuts := range 5 {
			for _, zone := range []policy.Zone{policy.ByAddress, policy.Internet, policy.DMZ, policy.Internal} {
				cidrs := pieces(text, cuts)
				t.Run(fmt.Sprintf("%s/%d/%s", name, len(cidrs), zone), func(t *testing.T) {
					together := assessed(t, ingress("clients", negotiated("vault", "40000-40039/tcp"), group(zone, cidrs...)))
					var rules []policy.Rule
					for i, cidr := range cidrs {
						rules = append(rules, ingress(fmt.Sprintf("rule-%d", i), negotiated("vault", "40000-40039/tcp"), group(zone, cidr)))
					}
					for _, a := range []*Assessment{together, assessed(t, rules...)} {
						f := a.finding(AnyPeer)
						if f == nil || f.Effect != Reject || a.Verdict != Rejected {
							t.Fatalf("any-peer is not raised; verdict %s, %v", a.Verdict, a.raised(Reject))
						}
						if !f.Prefixes.Equal(addresses(text)) {
							t.Errorf("any-peer speaks of %s, want %s", f.Prefixes, addresses(text))
						}
						if a.Points != together.Points {
							t.Errorf("in rules of their own the pieces have %f points, together %f", a.Points, together.Points)
						}
						if (zone == policy.ByAddress || zone == policy.Internet) && a.Points < least {
							t.Errorf("%f points, fewer than the %f of 0.0.0.0/0", a.Points, least)
						}
					}
				})
			}
		}
	}
}

// TestInvariant7_HalfOfEverybodyInTwoEncodings: one half of IPv4 as itself,
// the other half through a transition mechanism.
func TestInvariant7_HalfOfEverybodyInTwoEncodings(t *testing.T) {
	for _, other := range []string{"64:ff9b::8000:0/97", "::ffff:128.0.0.0/97", "2002:8000::/17", "2001:0::/33"} {
		a := assessed(t, ingress("clients", negotiated("vault", "40000-40039/tcp"), anywhere("0.0.0.0/1", other)))
		if a.finding(AnyPeer) == nil {
			t.Errorf("0.0.0.0/1 and %s together do not raise any-peer", other)
		}
	}
	// Two halves that overlap are half of everybody, not everybody.
	a := assessed(t, ingress("clients", negotiated("vault", "40000-40039/tcp"), anywhere("0.0.0.0/1", "64:ff9b::/97")))
	if a.finding(AnyPeer) != nil {
		t.Error("the same half twice raises any-peer")
	}
}

// embeddings write an IPv4 prefix as the IPv6 prefix that reaches it.
var embeddings = map[string]func(netip.Prefix) netip.Prefix{
	"NAT64":  func(p netip.Prefix) netip.Prefix { return embed("64:ff9b::", p, 96) },
	"6to4":   func(p netip.Prefix) netip.Prefix { return embed("2002::", p, 16) },
	"mapped": func(p netip.Prefix) netip.Prefix { return embed("::ffff:0:0", p, 96) },
	"Teredo": func(p netip.Prefix) netip.Prefix { return embed("2001::", p, 96) },
}

func embed(base string, p netip.Prefix, at int) netip.Prefix {
	b, inner := netip.MustParseAddr(base).As16(), p.Addr().As4()
	if base == "2001::" { // Teredo flips the address; the bits behind the prefix stay 0
		for i := range inner {
			inner[i] = ^inner[i]
		}
	}
	copy(b[at/8:], inner[:])
	return netip.PrefixFrom(netip.AddrFrom16(b), at+p.Bits()).Masked()
}

// TestInvariant7_Embedded_CountsAtLeastWhatItReaches over random IPv4 prefixes
// in every zone and encoding.
func TestInvariant7_Embedded_CountsAtLeastWhatItReaches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		addr := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
		plain := netip.PrefixFrom(addr, rapid.IntRange(0, 32).Draw(t, "bits")).Masked()
		zone := sample(t, "zone", policy.Zones())
		judge := func(p netip.Prefix) *Assessment {
			parsed, faults := prefixset.ParseList([]string{p.String()})
			if len(faults) > 0 {
				t.Fatalf("%s: %v", p, faults)
			}
			return assessedWith(t, policyOf(ingress("clients", negotiated("vault", "40000-40039/tcp"),
				policy.PeerGroup{Name: "peers", Zone: zone, Prefixes: parsed})), testSettings())
		}
		want := judge(plain)
		for name, embedding := range embeddings {
			got := judge(embedding(plain))
			if got.Points < want.Points {
				t.Errorf("%s as %s (%s): %f points, fewer than %f", plain, embedding(plain), name, got.Points, want.Points)
			}
			for _, code := range []Code{AnyPeer, BroadPeer} {
				if want.finding(code) != nil && got.finding(code) == nil && got.finding(AnyPeer) == nil {
					t.Errorf("%s as %s (%s): no finding %s", plain, embedding(plain), name, code)
				}
			}
		}
	})
}

// TestInvariant7_WidePeers_Monotone: what one of the two findings about wide
// peers speaks of stays wide when more is opened, whatever it is called.
func TestInvariant7_WidePeers_Monotone(t *testing.T) {
	wideOf := func(a *Assessment) (prefixset.Set, map[string]bool) {
		var prefixes []prefixset.Set
		references := map[string]bool{}
		for i := range a.Findings {
			if f := &a.Findings[i]; f.Code == AnyPeer || f.Code == BroadPeer {
				prefixes = append(prefixes, f.Prefixes)
				for _, name := range f.References {
					references[name] = true
				}
			}
		}
		return prefixset.UnionAll(prefixes), references
	}
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t, 3)
		more := copied(p)
		more.Rules = append(more.Rules, drawRule(t, "rule-z"))
		group := &more.Rules[0].Peers[0]
		group.Prefixes = group.Prefixes.Union(drawPrefixes(t, 0, 2))
		before, references := wideOf(assessedWith(t, p, testSettings()))
		after, still := wideOf(assessedWith(t, more, testSettings()))
		if !after.Covers(before) {
			t.Fatalf("with more open, %s is not too wide any more", before.Minus(after))
		}
		for name := range references {
			if !still[name] {
				t.Fatalf("with more open, the list %s is not too wide any more", name)
			}
		}
	})
}
