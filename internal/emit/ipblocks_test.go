package emit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

func blockTexts(blocks []ipBlock) string {
	var texts []string
	for _, b := range blocks {
		text := b.cidr.String()
		if len(b.except) > 0 {
			text += "-" + strings.Join(prefixTexts(b.except), "-")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

func setOf(t *testing.T, texts ...string) prefixset.Set {
	t.Helper()
	s, faults := prefixset.ParseList(texts)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

func TestIPBlocks(t *testing.T) {
	for _, test := range []struct {
		name            string
		include, except []string
		want            string
	}{
		{"nothing", nil, nil, ""},
		{"everybody", []string{"0.0.0.0/0", "::/0"}, nil, "0.0.0.0/0 ::/0"},
		{"one host out of a network", []string{"198.51.100.16/28"}, []string{"198.51.100.17/32"}, "198.51.100.16/28-198.51.100.17/32"},
		{"everybody but one host", []string{"::/0"}, []string{"2001:db8::1/128"}, "::/0-2001:db8::1/128"},
		{"two holes", []string{"10.0.0.0/8"}, []string{"10.0.0.0/24", "10.0.2.0/24"}, "10.0.0.0/8-10.0.0.0/24-10.0.2.0/24"},
		{"a hole that saves nothing", []string{"10.0.0.0/24"}, []string{"10.0.0.64/26"}, "10.0.0.0/26 10.0.0.128/25"},
		{"a hole in one of two", []string{"10.0.0.0/24", "10.0.9.0/24"}, []string{"10.0.0.9/32"}, "10.0.0.0/24-10.0.0.9/32 10.0.9.0/24"},
		{"half", []string{"10.0.0.0/24"}, []string{"10.0.0.0/25"}, "10.0.0.128/25"},
		{"the last host", []string{"255.255.255.0/24"}, []string{"255.255.255.255/32"}, "255.255.255.0/24-255.255.255.255/32"},
		{"scattered hosts", []string{"10.0.0.1/32", "10.0.0.4/32", "2001:db8::7/128"}, nil, "10.0.0.1/32 10.0.0.4/32 2001:db8::7/128"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := setOf(t, test.include...).Minus(setOf(t, test.except...))
			if got := blockTexts(ipBlocks(s)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Readers take ::ffff:0:0/96 for IPv4 addresses, and then it lies outside of
// its block.
func TestIPBlocks_NoMappedExceptions(t *testing.T) {
	everything := prefixset.Of(netip.MustParsePrefix("::/0"))
	for _, hole := range []string{"::ffff:0:0/96", "::ffff:10.0.0.0/104"} {
		blocks := ipBlocks(everything.Minus(prefixset.Of(netip.MustParsePrefix(hole))))
		if got := blockTexts(blocks); strings.Contains(got, "-::ffff:") {
			t.Errorf("without %s: %s", hole, got)
		}
	}
	wider := ipBlocks(everything.Minus(prefixset.Of(netip.MustParsePrefix("::fffe:0:0/95"))))
	if got := blockTexts(wider); got != "::/0-::fffe:0:0/95" {
		t.Errorf("got %s", got)
	}
}

// TestIPBlocks_ExactAndFewest compares with brute force on 16 addresses: the
// same set, disjoint blocks, no exception outside of its block, and no shorter
// way to write it.
func TestIPBlocks_ExactAndFewest(t *testing.T) {
	fewest := fewestByForce(t)
	for bits := range 1 << 16 {
		s := sixteen(uint16(bits))
		blocks := ipBlocks(s)
		if got := cost(blocks); got != int(fewest[bits]) {
			t.Fatalf("%s takes %d prefixes (%s), and %d are enough", s, got, blockTexts(blocks), fewest[bits])
		}
		checkBlocks(t, s, blocks)
	}
}

func checkBlocks(t interface{ Fatalf(string, ...any) }, s prefixset.Set, blocks []ipBlock) {
	var all prefixset.Set
	for _, b := range blocks {
		own := prefixset.Of(b.cidr)
		for _, hole := range b.except {
			if !prefixset.Of(b.cidr).Covers(prefixset.Of(hole)) || hole.Bits() <= b.cidr.Bits() {
				t.Fatalf("%s is not inside of %s", hole, b.cidr)
			}
			own = own.Minus(prefixset.Of(hole))
		}
		if all.Overlaps(own) || own.IsEmpty() {
			t.Fatalf("%s: blocks %s meet, or one is empty", s, blockTexts(blocks))
		}
		all = all.Union(own)
	}
	if !all.Equal(s) {
		t.Fatalf("%s is written as %s", s, blockTexts(blocks))
	}
}

// sixteen is the set of the addresses 10.0.0.0 to 10.0.0.15 whose bits are set.
func sixteen(bits uint16) prefixset.Set {
	var prefixes []netip.Prefix
	for i := range 16 {
		if bits>>i&1 == 1 {
			prefixes = append(prefixes, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 32))
		}
	}
	return prefixset.Of(prefixes...)
}

// fewestByForce returns, for every set of sixteen addresses, the fewest
// prefixes that write it with exceptions: blocks of a prefix without any set
// of smaller prefixes inside, put together in all ways.
func fewestByForce(t *testing.T) []uint8 {
	t.Helper()
	var nodes []uint16
	for size := 16; size > 0; size /= 2 {
		for at := 0; at < 16; at += size {
			nodes = append(nodes, uint16((1<<size-1)<<at))
		}
	}
	// plain is the cost of a set as prefixes alone, all of them below node.
	const never = 200
	plain := make([]uint8, 1<<16)
	for bits := 1; bits < 1<<16; bits++ {
		plain[bits] = uint8(len(sixteen(uint16(bits)).Prefixes()))
	}
	block := make([]uint8, 1<<16)
	for bits := range block {
		block[bits] = never
		for _, node := range nodes {
			hole := node &^ uint16(bits)
			if uint16(bits)&^node == 0 && hole != node {
				block[bits] = min(block[bits], 1+plain[hole])
			}
		}
	}
	// Blocks may stand side by side: halves of a node first, then all of it.
	best := slices.Clone(block)
	best[0] = 0
	for size := 2; size <= 16; size *= 2 {
		half := uint16(1<<(size/2) - 1)
		for at := 0; at < 16; at += size {
			for bits := 1; bits < 1<<size; bits++ {
				low, high := uint16(bits)&half<<at, uint16(bits)&^half<<at
				whole := uint16(bits) << at
				best[whole] = min(best[whole], best[low]+best[high])
			}
		}
	}
	return best
}

func TestIPBlocks_Exact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sets [2]prefixset.Set
		for i := range sets {
			for range rapid.IntRange(0, 6).Draw(t, "prefixes") {
				bytes := rapid.SampledFrom([][]byte{make([]byte, 4), make([]byte, 16)}).Draw(t, "family")
				bytes = slices.Clone(bytes)
				bytes[0] = rapid.SampledFrom([]byte{0, 0x20, 0xff}).Draw(t, "first")
				bytes[len(bytes)-1] = rapid.Byte().Draw(t, "last")
				addr, _ := netip.AddrFromSlice(bytes)
				bits := rapid.IntRange(0, addr.BitLen()).Draw(t, "bits")
				sets[i] = sets[i].Union(prefixset.Of(netip.PrefixFrom(addr, bits).Masked()))
			}
		}
		s := sets[0].Minus(sets[1])
		blocks := ipBlocks(s)
		checkBlocks(t, s, blocks)
		if cost(blocks) > len(s.Prefixes()) {
			t.Fatalf("%s is longer than %s", blockTexts(blocks), s)
		}
	})
}

func BenchmarkIPBlocks(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		var prefixes []netip.Prefix
		for i := range n {
			prefixes = append(prefixes, netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 14: byte(i >> 7), 15: byte(i << 1)}), 128))
		}
		s := prefixset.Of(prefixes...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				ipBlocks(s)
			}
		})
	}
}
