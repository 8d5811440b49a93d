package emit

import (
	"net/netip"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// ipBlock is a prefix without some of the prefixes inside of it.
type ipBlock struct {
	cidr   netip.Prefix
	except []netip.Prefix
}

// values are those of the column "ip_block".
func (b ipBlock) values() []any {
	if len(b.except) == 0 {
		return []any{b.cidr.String(), nil}
	}
	return []any{b.cidr.String(), prefixTexts(b.except)}
}

func prefixTexts(prefixes []netip.Prefix) []string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return texts
}

// ipBlocks writes a set with the fewest prefixes, those of the exceptions
// counted too; where exceptions save nothing there are none. The blocks are
// disjoint, sorted, IPv4 first, and depend on the set alone.
func ipBlocks(s prefixset.Set) []ipBlock {
	v4, _ := fewestBlocks(netip.PrefixFrom(netip.IPv4Unspecified(), 0), s.IPv4().Prefixes())
	v6, _ := fewestBlocks(netip.PrefixFrom(netip.IPv6Unspecified(), 0), s.IPv6().Prefixes())
	return slices.Concat(v4, v6)
}

// fewestBlocks writes the prefixes inside of node, which are sorted and as few
// as possible, and counts the prefixes that make up the rest of node.
func fewestBlocks(node netip.Prefix, inside []netip.Prefix) (blocks []ipBlock, gaps int) {
	switch {
	case len(inside) == 0:
		return nil, 1
	case inside[0] == node:
		return []ipBlock{{cidr: node}}, 0
	}
	left, right := halves(node)
	low, high := splitAt(inside, right)
	lowBlocks, lowGaps := fewestBlocks(left, low)
	highBlocks, highGaps := fewestBlocks(right, high)
	gaps = lowGaps + highGaps
	blocks = lowBlocks
	if len(highBlocks) > 0 {
		blocks = slices.Concat(lowBlocks, highBlocks)
	}
	if 1+gaps < cost(blocks) {
		except := gapsOf(node, inside)
		// Readers take a prefix of mapped addresses for an IPv4 one, which lies
		// outside of its block.
		if !slices.ContainsFunc(except, isMapped) {
			blocks = []ipBlock{{node, except}}
		}
	}
	return blocks, gaps
}

func cost(blocks []ipBlock) int {
	n := len(blocks)
	for i := range blocks {
		n += len(blocks[i].except)
	}
	return n
}

// gapsOf returns the prefixes that make up the rest of node, sorted.
func gapsOf(node netip.Prefix, inside []netip.Prefix) []netip.Prefix {
	switch {
	case len(inside) == 0:
		return []netip.Prefix{node}
	case inside[0] == node:
		return nil
	}
	left, right := halves(node)
	low, high := splitAt(inside, right)
	return slices.Concat(gapsOf(left, low), gapsOf(right, high))
}

// splitAt cuts sorted prefixes at the first address of right.
func splitAt(sorted []netip.Prefix, right netip.Prefix) (low, high []netip.Prefix) {
	at, _ := slices.BinarySearchFunc(sorted, right.Addr(), func(p netip.Prefix, a netip.Addr) int { return p.Addr().Compare(a) })
	return sorted[:at], sorted[at:]
}

// halves cuts a prefix of more than one address in two.
func halves(p netip.Prefix) (left, right netip.Prefix) {
	bytes := p.Addr().AsSlice()
	bytes[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	middle, _ := netip.AddrFromSlice(bytes)
	return netip.PrefixFrom(p.Addr(), p.Bits()+1), netip.PrefixFrom(middle, p.Bits()+1)
}

func isMapped(p netip.Prefix) bool {
	return mapped.Contains(p.Addr()) && p.Bits() >= mapped.Bits()
}
