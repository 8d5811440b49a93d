package cover

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// productUnit is one peer of a small universe: an address or a reference.
type productUnit struct {
	addr netip.Addr
	name string
}

// productWorld is a universe small enough to look at every packet.
type productWorld struct {
	ports []portset.Entry
	peers []productUnit
}

func (u productUnit) in(prefixes prefixset.Set, names []string) bool {
	if u.name != "" {
		return slices.Contains(names, u.name)
	}
	return prefixes.Contains(u.addr)
}

func (u productUnit) exists(p portset.Protocol) bool {
	return u.name != "" || p != portset.ICMP && p != portset.ICMPv6 || (p == portset.ICMP) == u.addr.Is4()
}

func (u productUnit) String() string {
	if u.name != "" {
		return "reference " + u.name
	}
	return u.addr.String()
}

func productHas(ports portset.Ports, e portset.Entry) bool {
	return ports.Of(e.Protocol).Contains(e.Range.First)
}

// opens reads the documentation of Source literally.
func (s Source) opens(e portset.Entry, u productUnit) bool {
	return productHas(s.Ports, e) && u.in(s.Prefixes, s.References) && u.exists(e.Protocol)
}

func (p *Product) opens(e portset.Entry, u productUnit) bool {
	return productHas(p.Ports, e) && u.in(p.Prefixes, p.References) && u.exists(e.Protocol)
}

var productSmallPeers = []productUnit{
	{addr: netip.MustParseAddr("10.0.0.0")}, {addr: netip.MustParseAddr("10.0.0.1")},
	{addr: netip.MustParseAddr("10.0.0.2")}, {addr: netip.MustParseAddr("255.255.255.255")},
	{addr: netip.MustParseAddr("::")}, {addr: netip.MustParseAddr("::1")}, {addr: netip.MustParseAddr("2001:db8::1")},
	{name: "apps"}, {name: "backup"},
}

var productSmallPorts = func() []portset.Entry {
	var entries []portset.Entry
	for _, port := range []uint16{0, 1, 2, 3, 65535} {
		entries = append(entries, portset.Entry{Protocol: portset.TCP, Range: portset.Range{First: port, Last: port}})
	}
	return append(entries, portset.Entry{Protocol: portset.UDP}, portset.Entry{Protocol: portset.ICMP},
		portset.Entry{Protocol: portset.ICMPv6}, portset.Entry{Protocol: portset.Other})
}()

func productPortsOfEntries(entries []portset.Entry) portset.Ports {
	var all portset.Ports
	for _, e := range entries {
		all = all.Union(portset.PortsOf(e.Protocol, portset.Of(e.Range)))
	}
	return all
}

func productPeersOfUnits(units []productUnit) (prefixset.Set, []string) {
	var ranges []netipx.IPRange
	var names []string
	for _, u := range units {
		if u.name != "" {
			names = append(names, u.name)
		} else {
			ranges = append(ranges, netipx.IPRangeFrom(u.addr, u.addr))
		}
	}
	slices.Sort(names)
	return prefixset.OfRanges(ranges...), names
}

// newProductWorld makes up to 6 ports and 6 peers, and sources of them. It does
// not use rapid, which prefers small numbers: few small universes are hard.
func newProductWorld(random *rand.Rand) (productWorld, []Source, Free) {
	var w productWorld
	for _, i := range random.Perm(len(productSmallPorts))[:1+random.IntN(6)] {
		w.ports = append(w.ports, productSmallPorts[i])
	}
	for _, i := range random.Perm(len(productSmallPeers))[:1+random.IntN(6)] {
		w.peers = append(w.peers, productSmallPeers[i])
	}
	pick := func(n, times int) uint64 {
		mask := uint64(1)<<n - 1
		for range times {
			mask &= random.Uint64()
		}
		return mask
	}
	sources := make([]Source, random.IntN(8))
	for i := range sources {
		sources[i].Ports = productPortsOfEntries(productMasked(w.ports, pick(len(w.ports), 1+random.IntN(2))))
		sources[i].Prefixes, sources[i].References = productPeersOfUnits(productMasked(w.peers, pick(len(w.peers), 1+random.IntN(2))))
	}
	var free Free
	if random.IntN(3) == 0 {
		free.Prefixes, free.References = productPeersOfUnits(productMasked(w.peers, pick(len(w.peers), 2)))
	}
	return w, sources, free
}

func productMasked[T any](all []T, mask uint64) []T {
	var some []T
	for i, v := range all {
		if mask>>i&1 == 1 {
			some = append(some, v)
		}
	}
	return some
}

// productBrute is the smallest number of products, found by trying all sets of
// ports for the first packet that has no product yet. It knows the table of
// packets and nothing else.
func productBrute(w productWorld, sources []Source, free Free) int {
	var allowed [6]uint64 // by port, peers as bits
	var needed uint64     // port*6 + peer as bits
	for i, e := range w.ports {
		for j, u := range w.peers {
			isFree := u.in(free.Prefixes, free.References)
			open := slices.ContainsFunc(sources, func(s Source) bool { return s.opens(e, u) })
			if open || isFree || !u.exists(e.Protocol) {
				allowed[i] |= 1 << j
			}
			if open && !isFree {
				needed |= 1 << (i*6 + j)
			}
		}
	}
	products := map[uint64][]uint64{} // the cells of each largest product, by port
	for ports := uint64(1); ports < 1<<len(w.ports); ports++ {
		peers := ^uint64(0)
		for i := range w.ports {
			if ports>>i&1 == 1 {
				peers &= allowed[i]
			}
		}
		var cells uint64
		for i := range w.ports {
			if ports>>i&1 == 1 {
				cells |= peers << (i * 6)
			}
		}
		for i := range w.ports {
			if ports>>i&1 == 1 {
				products[uint64(i)] = append(products[uint64(i)], cells)
			}
		}
	}
	var coverable func(rest uint64, n int) bool
	coverable = func(rest uint64, n int) bool {
		if rest == 0 {
			return true
		}
		if n == 0 {
			return false
		}
		first := bits.TrailingZeros64(rest)
		for _, cells := range products[uint64(first/6)] {
			if cells>>first&1 == 1 && coverable(rest&^cells, n-1) {
				return true
			}
		}
		return false
	}
	n := 0
	for !coverable(needed, n) {
		n++
	}
	return n
}

func TestProducts_SmallUniverse_AreAsFewAsAnyCover(t *testing.T) {
	const worlds = 4000
	saved := 0
	for seed := range uint64(worlds) {
		w, sources, free := newProductWorld(rand.New(rand.NewPCG(1, seed)))
		want := productBrute(w, sources, free)
		for _, m := range []Mode{Stable, Minimal} {
			got := Products(sources, free, m)
			if len(got.Products) != want || got.Bound != want {
				t.Fatalf("world %d, mode %d: %d products, bound %d, want %d\nsources %v\nfree %v\n%v",
					seed, m, len(got.Products), got.Bound, want, sources, free, got.Products)
			}
			checkProductPackets(t, w.ports, w.peers, sources, free, got)
		}
		if want < productJoined(sources) {
			saved++
		}
	}
	if saved*5 < worlds {
		t.Errorf("only %d of %d universes need fewer products than there are sources", saved, worlds)
	}
}

// checkProductPackets compares packet by packet what sources and products
// open, and holds the products to what is said of them.
func checkProductPackets(t productFatal, ports []portset.Entry, peers []productUnit, sources []Source, free Free, got ProductCover) {
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s\nsources %v\nfree %v\nproducts %v", fmt.Sprintf(format, args...), sources, free, got.Products)
	}
	serves := make([]map[int]bool, len(got.Products))
	for i := range serves {
		serves[i] = map[int]bool{}
	}
	for _, e := range ports {
		for _, u := range peers {
			if u.in(free.Prefixes, free.References) {
				continue
			}
			var by []int
			for i, s := range sources {
				if s.opens(e, u) {
					by = append(by, i)
				}
			}
			opened := false
			for i := range got.Products {
				if got.Products[i].opens(e, u) {
					opened = true
					for _, s := range by {
						serves[i][s] = true
					}
				}
			}
			if opened != (len(by) > 0) {
				fail("%s %s: sources %v open it, products do: %t", e, u, by, opened)
			}
		}
	}
	for i := range got.Products {
		p := &got.Products[i]
		if len(p.Sources) == 0 || !slices.IsSorted(p.Sources) || !slices.IsSorted(p.References) {
			fail("product %d has no sources, or its lists are not sorted", i)
		}
		if len(p.Sources) != len(serves[i]) || slices.ContainsFunc(p.Sources, func(s int) bool { return !serves[i][s] }) {
			fail("product %d serves %v, names %v", i, serves[i], p.Sources)
		}
		for j := range got.Products[:i] {
			o := &got.Products[j]
			if o.Ports.Equal(p.Ports) || o.Prefixes.Equal(p.Prefixes) && slices.Equal(o.References, p.References) {
				fail("products %d and %d have the same ports or the same peers", j, i)
			}
			if productPortsKey(o.Ports) > productPortsKey(p.Ports) {
				fail("products %d and %d are out of order", j, i)
			}
		}
	}
	if most := productJoined(sources); len(got.Products) > most || got.Bound > len(got.Products) || (got.Bound == 0) != (len(got.Products) == 0) {
		fail("%d products, bound %d, %d joined sources", len(got.Products), got.Bound, most)
	}
}

// productJoined counts the sources after those with equal peers or equal ports
// have been joined, in the better of the two orders.
func productJoined(sources []Source) int {
	ports := func(s Source) string { return s.Ports.String() }
	peers := func(s Source) string { return fmt.Sprint(s.Prefixes, s.References) }
	join := func(all []Source, key func(Source) string) []Source {
		at := map[string]int{}
		var joined []Source
		for _, s := range all {
			if s.Ports.IsEmpty() || s.Prefixes.IsEmpty() && len(s.References) == 0 {
				continue
			}
			k := key(s)
			i, seen := at[k]
			if !seen {
				at[k] = len(joined)
				joined = append(joined, s)
				continue
			}
			names := slices.Concat(joined[i].References, s.References)
			slices.Sort(names)
			joined[i] = Source{Ports: joined[i].Ports.Union(s.Ports), Prefixes: joined[i].Prefixes.Union(s.Prefixes), References: slices.Compact(names)}
		}
		return joined
	}
	least := len(sources)
	for _, keys := range [][]func(Source) string{{peers, ports}, {ports, peers}} {
		all := sources
		for before := -1; before != len(all); {
			before = len(all)
			all = join(join(all, keys[0]), keys[1])
		}
		least = min(least, len(all))
	}
	return least
}

// productFatal is a test or one draw of a test.
type productFatal interface {
	Helper()
	Fatalf(format string, args ...any)
}
