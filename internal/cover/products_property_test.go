package cover

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// drawProductPorts prefers runs that overlap, touch each other or an end.
func drawProductPorts(t *rapid.T) portset.Ports {
	if rapid.IntRange(0, 15).Draw(t, "any") == 15 {
		return portset.Any()
	}
	var all portset.Ports
	port := rapid.OneOf(rapid.Uint16Range(20, 30), rapid.SampledFrom([]uint16{0, 1, 65534, 65535}))
	for range rapid.IntRange(0, 3).Draw(t, "runs") {
		protocol := rapid.SampledFrom([]portset.Protocol{portset.TCP, portset.TCP, portset.TCP, portset.UDP,
			portset.SCTP, portset.ICMP, portset.ICMPv6, portset.ESP}).Draw(t, "protocol")
		if !protocol.HasPorts() {
			all = all.Union(portset.WholeProtocol(protocol))
			continue
		}
		a, b := port.Draw(t, "port"), port.Draw(t, "other port")
		if rapid.Bool().Draw(t, "single") {
			b = a
		}
		all = all.Union(portset.PortsOf(protocol, portset.Of(portset.Range{First: min(a, b), Last: max(a, b)})))
	}
	return all
}

func drawProductPrefixes(t *rapid.T) prefixset.Set {
	wide := []string{"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/24", "2001:db8::/120", "128.0.0.0/1", "0.0.0.0/32",
		"255.255.255.255/32", "::/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}
	prefix := rapid.Custom(func(t *rapid.T) netip.Prefix {
		if rapid.IntRange(0, 3).Draw(t, "wide") == 3 {
			return netip.MustParsePrefix(rapid.SampledFrom(wide).Draw(t, "prefix"))
		}
		last, short := rapid.ByteRange(0, 15).Draw(t, "host"), rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "host bits")
		if rapid.Bool().Draw(t, "ipv6") {
			b := netip.MustParseAddr("2001:db8::").As16()
			b[15] = last
			return netip.PrefixFrom(netip.AddrFrom16(b), 128-short).Masked()
		}
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, last}), 32-short).Masked()
	})
	set := prefixset.Of(rapid.SliceOfN(prefix, 0, 3).Draw(t, "prefixes")...)
	if rapid.IntRange(0, 3).Draw(t, "except") == 3 {
		set = set.Minus(prefixset.Of(prefix.Draw(t, "excluded")))
	}
	return set
}

func drawProductNames(t *rapid.T) []string {
	return productMasked([]string{"apps", "backup", "clients"}, rapid.Uint64Range(0, 7).Draw(t, "references")&rapid.Uint64Range(0, 7).Draw(t, "too"))
}

func drawProductSources(t *rapid.T) ([]Source, Free) {
	sources := make([]Source, rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(5, 9)).Draw(t, "sources"))
	for i := range sources {
		sources[i] = Source{Ports: drawProductPorts(t), Prefixes: drawProductPrefixes(t), References: drawProductNames(t)}
		// What is equal can be joined.
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "same ports") == 3 {
			sources[i].Ports = sources[i-1].Ports
		}
	}
	var free Free
	if rapid.Bool().Draw(t, "free") {
		free = Free{Prefixes: drawProductPrefixes(t), References: drawProductNames(t)}
	}
	return sources, free
}

// productPackets are ports and peers on both sides of every boundary: between
// two boundaries nothing can differ.
func productPackets(sources []Source, free Free, products []Product) ([]portset.Entry, []productUnit) {
	ports := map[portset.Entry]bool{}
	addPorts := func(p portset.Ports) {
		for _, e := range p.Entries() {
			for _, port := range []uint16{e.Range.First - 1, e.Range.First, e.Range.Last, e.Range.Last + 1} {
				if e.Protocol.HasPorts() || port == 0 {
					ports[portset.Entry{Protocol: e.Protocol, Range: portset.Range{First: port, Last: port}}] = true
				}
			}
		}
	}
	peers := map[productUnit]bool{}
	addPeers := func(s prefixset.Set, names []string) {
		for _, r := range s.Ranges() {
			for _, a := range []netip.Addr{r.From().Prev(), r.From(), r.To(), r.To().Next()} {
				if a.IsValid() {
					peers[productUnit{addr: a}] = true
				}
			}
		}
		for _, name := range names {
			peers[productUnit{name: name}] = true
		}
	}
	for _, s := range sources {
		addPorts(s.Ports)
		addPeers(s.Prefixes, s.References)
	}
	addPeers(free.Prefixes, free.References)
	for _, p := range products {
		addPorts(p.Ports)
		addPeers(p.Prefixes, p.References)
	}
	var entries []portset.Entry
	for e := range ports {
		entries = append(entries, e)
	}
	var units []productUnit
	for u := range peers {
		units = append(units, u)
	}
	return entries, units
}

func TestProducts_OpenExactlyWhatSourcesOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sources, free := drawProductSources(t)
		counts := map[Mode]int{}
		for _, m := range []Mode{Stable, Minimal} {
			got := Products(sources, free, m)
			ports, peers := productPackets(sources, free, got.Products)
			checkProductPackets(t, ports, peers, sources, free, got)
			counts[m] = len(got.Products)
			if got.Bound != len(got.Products) {
				t.Fatalf("%d products, bound %d: a policy of 9 rules is to be proven\nsources %v", len(got.Products), got.Bound, sources)
			}
		}
		if counts[Stable] != counts[Minimal] {
			t.Fatalf("%d products in the stable mode, %d in the other\nsources %v", counts[Stable], counts[Minimal], sources)
		}
	})
}

// TestProducts_LargePolicies_OpenExactlyWhatSourcesOpen looks at policies that
// are past what is solved exactly.
func TestProducts_LargePolicies_OpenExactlyWhatSourcesOpen(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(8, seed))
		sources := productRandom(random, 40+int(seed)*10, 40, 6)
		for i := range sources { // some of both families, with ICMP
			if i%5 == 0 {
				sources[i].Prefixes = sources[i].Prefixes.Union(prefixset.Of(netip.MustParsePrefix(fmt.Sprintf("2001:db8::%x/128", random.IntN(20)))))
				sources[i].Ports = sources[i].Ports.Union(portset.WholeProtocol(portset.ICMP))
			}
		}
		for _, m := range []Mode{Stable, Minimal} {
			got := Products(sources, Free{}, m)
			ports, peers := productPackets(sources, Free{}, nil)
			checkProductPackets(t, ports, peers, sources, Free{}, got)
		}
	}
}

// productText is what Minimal promises the same bytes of.
func productText(c ProductCover) string {
	var b strings.Builder
	for _, p := range c.Products {
		fmt.Fprintln(&b, p.Ports, "|", p.Prefixes, "|", p.References)
	}
	return b.String()
}

// respellProducts says the same with other sources: it cuts each in two by its
// ports or its peers, adds some once more, and shuffles.
func respellProducts(t *rapid.T, sources []Source) []Source {
	var all []Source
	for _, s := range sources {
		first, second := s, s
		if entries := s.Ports.Entries(); rapid.Bool().Draw(t, "by ports") && len(entries) > 0 && !s.Ports.Equal(portset.Any()) {
			mask := rapid.Uint64Range(0, 1<<len(entries)-1).Draw(t, "ports")
			first.Ports = productPortsOfEntries(productMasked(entries, mask))
			second.Ports = s.Ports.Minus(first.Ports)
		} else {
			cut := drawProductPrefixes(t)
			first.Prefixes, second.Prefixes = s.Prefixes.Intersect(cut), s.Prefixes.Minus(cut)
			n := rapid.IntRange(0, len(s.References)).Draw(t, "names")
			first.References, second.References = s.References[:n], s.References[n:]
		}
		all = append(all, first, second)
		if rapid.Bool().Draw(t, "again") {
			all = append(all, first)
		}
	}
	return rapid.Permutation(all).Draw(t, "order")
}

func TestProducts_Minimal_DependsOnTheSetAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sources, free := drawProductSources(t)
		want := productText(Products(sources, free, Minimal))
		respelt := respellProducts(t, sources)
		if got := productText(Products(respelt, free, Minimal)); got != want {
			t.Fatalf("sources %v\nand %v\nfree %v\ngive\n%s\nand\n%s", sources, respelt, free, want, got)
		}
	})
}

// TestProducts_Minimal_SingleCells_GiveTheSame goes through policies that the
// search has to solve.
func TestProducts_Minimal_SingleCells_GiveTheSame(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(9, seed))
		sources := productRandom(random, 12, 10, 5)
		var cells []Source
		for _, s := range sources {
			for _, e := range s.Ports.Entries() {
				for _, p := range s.Prefixes.Prefixes() {
					cells = append(cells, Source{Ports: productPortsOfEntries([]portset.Entry{e}), Prefixes: prefixset.Of(p)})
				}
			}
		}
		random.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
		want, got := Products(sources, Free{}, Minimal), Products(cells, Free{}, Minimal)
		if want.Bound != len(want.Products) || productText(got) != productText(want) {
			t.Errorf("seed %d, bound %d:\n%s\nand\n%s", seed, want.Bound, productText(want), productText(got))
		}
		stable := Products(cells, Free{}, Stable)
		if len(stable.Products) != len(want.Products) {
			t.Errorf("seed %d: %d stable products, %d minimal ones", seed, len(stable.Products), len(want.Products))
		}
	}
}

// TestProducts_Stable_SmallestSources_AreKept asks for the author's products
// wherever they are as few as can be.
func TestProducts_Stable_SmallestSources_AreKept(t *testing.T) {
	kept := 0
	for seed := range uint64(4000) {
		w, sources, free := newProductWorld(rand.New(rand.NewPCG(2, seed)))
		if len(sources) == 0 || productJoined(sources) != len(sources) || productBrute(w, sources, free) != len(sources) {
			continue
		}
		kept++
		text := func(ports portset.Ports, prefixes prefixset.Set, names []string) string {
			return fmt.Sprint(ports, "|", prefixes, "|", names)
		}
		var want, got []string
		for _, s := range sources {
			want = append(want, text(s.Ports, s.Prefixes, s.References))
		}
		for _, p := range Products(sources, free, Stable).Products {
			got = append(got, text(p.Ports, p.Prefixes, p.References))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("world %d: sources %q\nfree %v\nproducts %q", seed, want, free, got)
		}
	}
	if kept < 250 {
		t.Errorf("only %d universes whose sources are as few as can be", kept)
	}
}
