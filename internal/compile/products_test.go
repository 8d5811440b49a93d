package compile_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// shapes are those of the targets whose rules hold lists.
var shapes = map[string]compile.ProductShape{
	"one protocol and one family": {OneProtocol: true, OneFamily: true}, // Azure
	"one family":                  {OneFamily: true},                    // Google
	"one protocol":                {OneProtocol: true},
	"anything":                    {}, // Kubernetes
}

var coverModes = []cover.Mode{cover.Stable, cover.Minimal}

func forEachShape(t *testing.T, property func(t *rapid.T, shape compile.ProductShape, m cover.Mode, p *policy.Policy)) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := compiletest.Policies(compiletest.Options{References: everyKind}).Draw(t, "policy")
				property(t, shape, rapid.SampledFrom(coverModes).Draw(t, "mode"), p)
			})
		})
	}
}

// inProduct reads a product as its documentation says.
func inProduct(c *compile.Product, packet compiletest.Packet) bool {
	if c.Direction != packet.Direction {
		return false
	}
	if !c.Any {
		protocol, named := portset.Other, false
		for p, number := range numberOf {
			if number == packet.Protocol {
				protocol, named = p, true
			}
		}
		if !named || !c.Ports.Of(protocol).Contains(packet.Port) {
			return false
		}
	}
	if packet.Peer.IsValid() {
		return c.Prefixes.Contains(packet.Peer)
	}
	return slices.ContainsFunc(c.References, func(ref policy.Reference) bool { return ref.Name == packet.Reference })
}

// TestProducts_AllowExactlyThePolicy compares packet by packet. Each policy
// rule stands in a product that allows its packets, and each product names
// only rules that allow some of it, and one at least.
func TestProducts_AllowExactlyThePolicy(t *testing.T) {
	forEachShape(t, func(t *rapid.T, shape compile.ProductShape, m cover.Mode, p *policy.Policy) {
		products, _ := compile.Products(p, shape, m)
		var extra compiletest.Extra
		for i := range products {
			for _, e := range products[i].Ports.Entries() {
				extra.Ports = append(extra.Ports, e.Range)
			}
			extra.Prefixes = append(extra.Prefixes, products[i].Prefixes.Prefixes()...)
		}
		served := make([]map[string]bool, len(products))
		for i := range served {
			served[i] = map[string]bool{}
		}
		for _, packet := range compiletest.Packets(p, extra) {
			want := compiletest.AllowedBy(p, packet)
			var by []int
			var names []string
			for i := range products {
				if inProduct(&products[i], packet) {
					by, names = append(by, i), append(names, products[i].Rules...)
					for _, rule := range want {
						served[i][rule] = true
					}
				}
			}
			if (len(want) > 0) != (len(by) > 0) {
				t.Fatalf("%v: policy rules %v allow it, products %v do\n%v", packet, want, by, products)
			}
			for _, rule := range want {
				if !slices.Contains(names, rule) {
					t.Fatalf("%v: rule %s is named by none of the products %v\n%v", packet, rule, by, products)
				}
			}
		}
		for i := range products {
			if len(products[i].Rules) == 0 || !slices.IsSorted(products[i].Rules) {
				t.Fatalf("product %d names the rules %v", i, products[i].Rules)
			}
			for _, rule := range products[i].Rules {
				if !served[i][rule] {
					t.Fatalf("product %d names rule %s, which allows nothing of it\n%v", i, rule, products)
				}
			}
		}
	})
}

// TestProducts_KeepTheirShape: nothing empty, nothing together that the shape
// keeps apart, no ICMP of the other family, and no two products of a direction
// with the same ports and the same kind of peers, which is what keys are made
// from.
func TestProducts_KeepTheirShape(t *testing.T) {
	forEachShape(t, func(t *rapid.T, shape compile.ProductShape, m cover.Mode, p *policy.Policy) {
		products, bound := compile.Products(p, shape, m)
		if bound > len(products) || bound == 0 != (len(products) == 0) {
			t.Fatalf("%d products, and a bound of %d", len(products), bound)
		}
		seen := map[string]bool{}
		for i := range products {
			c := &products[i]
			ipv4, ipv6, references := !c.Prefixes.IPv4().IsEmpty(), !c.Prefixes.IPv6().IsEmpty(), len(c.References) > 0
			if c.Ports.IsEmpty() || !ipv4 && !ipv6 && !references {
				t.Fatalf("product %d is empty\n%v", i, products)
			}
			if (ipv4 || ipv6) && references || shape.OneFamily && ipv4 && ipv6 {
				t.Fatalf("product %d mixes peers\n%v", i, products)
			}
			kind := fmt.Sprint("prefixes ", ipv4, ipv6)
			for j, ref := range c.References {
				kind = string(ref.Kind)
				if ref.Kind != c.References[0].Kind || j > 0 && c.References[j-1].Name >= ref.Name {
					t.Fatalf("references of product %d: %v", i, c.References)
				}
			}
			if c.Any != c.Ports.Equal(portset.Any()) {
				t.Fatalf("product %d: any is %t, ports are %s", i, c.Any, c.Ports)
			}
			entries := c.Ports.Entries()
			if !c.Any && shape.OneProtocol && entries[0].Protocol != entries[len(entries)-1].Protocol {
				t.Fatalf("product %d has several protocols: %s", i, c.Ports)
			}
			if absent := map[bool]portset.Protocol{true: portset.ICMPv6, false: portset.ICMP}[ipv4]; shape.OneFamily && !references && !c.Any && !c.Ports.Of(absent).IsEmpty() {
				t.Fatalf("product %d opens %s for the other family\n%v", i, absent, products)
			}
			key := fmt.Sprint(c.Direction, " ", c.Ports, " ", kind)
			if seen[key] {
				t.Fatalf("two products are %s\n%v", key, products)
			}
			seen[key] = true
		}
	})
}

// TestProducts_SpellingDoesNotMatter: in the mode "minimal" not even over how
// many rules a policy is spread. It compares texts, since equal sets may differ
// inside.
func TestProducts_SpellingDoesNotMatter(t *testing.T) {
	forEachShape(t, func(t *rapid.T, shape compile.ProductShape, m cover.Mode, p *policy.Policy) {
		products, _ := compile.Products(p, shape, m)
		respelt, _ := compile.Products(compiletest.Respell(t, p), shape, m)
		if got, want := fmt.Sprint(respelt), fmt.Sprint(products); got != want {
			t.Fatalf("the respelt policy gives\n%s\nwant\n%s", got, want)
		}
		if m != cover.Minimal {
			return
		}
		split, _ := compile.Products(compiletest.SplitRules(t, p), shape, m)
		for _, list := range [][]compile.Product{products, split} {
			for i := range list {
				list[i].Rules = nil // their names differ
			}
		}
		if got, want := fmt.Sprint(split), fmt.Sprint(products); got != want {
			t.Fatalf("the policy with split rules gives\n%s\nwant\n%s", got, want)
		}
	})
}

// TestProducts_NameNoRuleOfTheOtherFamilysICMP: where everything is open to
// some peers, a rule that opens something to them stands behind that too, and
// ICMP is nothing to IPv6.
func TestProducts_NameNoRuleOfTheOtherFamilysICMP(t *testing.T) {
	p := compiletest.MustParse("egress a icmp to 2001:db8::/64\negress b icmpv6 to 2001:db8::/64 10.0.0.0/24\negress c any to 2001:db8::/64 10.0.0.0/24\negress d icmp to 10.0.0.0/24\negress e icmpv6 to 10.0.0.0/24")
	for name, want := range map[string]string{
		"anything":   "[{egress true any 10.0.0.0/24, 2001:db8::/64 [] [b c d]}]",
		"one family": "[{egress true any 10.0.0.0/24 [] [c d]} {egress true any 2001:db8::/64 [] [b c]}]",
	} {
		products, _ := compile.Products(p, shapes[name], cover.Stable)
		if got := fmt.Sprint(products); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestProducts_Examples: as few as there can be, and the bound says so.
func TestProducts_Examples(t *testing.T) {
	const both = "ingress a 22/tcp 53/udp from 10.0.0.1 ref:x=aws_security_group\negress b 22/tcp to 10.0.0.1"
	for _, test := range []struct {
		shape, policy, want string
		bound               int
	}{
		{"anything", both, "[{ingress false 22/tcp, 53/udp 10.0.0.1/32 [] [a]} {ingress false 22/tcp, 53/udp  [x] [a]} {egress false 22/tcp 10.0.0.1/32 [] [b]}]", 3},
		{"one protocol", both, "[{ingress false 22/tcp 10.0.0.1/32 [] [a]} {ingress false 53/udp 10.0.0.1/32 [] [a]} " +
			"{ingress false 22/tcp  [x] [a]} {ingress false 53/udp  [x] [a]} {egress false 22/tcp 10.0.0.1/32 [] [b]}]", 5},
		// A rule for another reference does not stand behind "any".
		{"anything", "ingress a any from ref:x=aws_security_group\ningress b 22/tcp from ref:y=aws_security_group",
			"[{ingress true any  [x] [a]} {ingress false 22/tcp  [y] [b]}]", 2},
	} {
		products, bound := compile.Products(compiletest.MustParse(test.policy), shapes[test.shape], cover.Stable)
		var shown []string
		for _, c := range products {
			names := []string{}
			for _, ref := range c.References {
				names = append(names, ref.Name)
			}
			shown = append(shown, fmt.Sprintf("{%s %t %s %s %v %v}", c.Direction, c.Any, c.Ports, c.Prefixes, names, c.Rules))
		}
		if got := fmt.Sprint(shown); got != test.want || bound != test.bound {
			t.Errorf("%s:\n got %s, bound %d\nwant %s, bound %d", test.shape, got, bound, test.want, test.bound)
		}
	}
}
