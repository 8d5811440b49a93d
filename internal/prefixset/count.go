package prefixset

import (
	"math/big"
	"math/bits"

	"go4.org/netipx"
)

// count is a number of addresses, below 2^192: numbers of IPv6 addresses need
// more than 64 bits, and a big.Int for each range would be most of the cost of
// judging a small policy.
type count struct{ top, high, low uint64 }

// rangeSize counts the addresses of r: 1 to 2^128.
func rangeSize(r netipx.IPRange) count {
	fromHigh, fromLow := words(r.From())
	toHigh, toLow := words(r.To())
	low, borrow := bits.Sub64(toLow, fromLow, 0)
	high, _ := bits.Sub64(toHigh, fromHigh, borrow)
	return count{high: high, low: low}.plus(count{low: 1})
}

func (c count) plus(d count) count {
	low, carry := bits.Add64(c.low, d.low, 0)
	high, carry := bits.Add64(c.high, d.high, carry)
	top, _ := bits.Add64(c.top, d.top, carry)
	return count{top, high, low}
}

func (c count) times(n uint64) count {
	carryLow, low := bits.Mul64(c.low, n)
	carryHigh, high := bits.Mul64(c.high, n)
	high, carry := bits.Add64(high, carryLow, 0)
	return count{top: c.top*n + carryHigh + carry, high: high, low: low}
}

func (c count) less(d count) bool {
	if c.top != d.top {
		return c.top < d.top
	}
	if c.high != d.high {
		return c.high < d.high
	}
	return c.low < d.low
}

func (c count) big() *big.Int {
	n := new(big.Int)
	for _, word := range []uint64{c.top, c.high, c.low} {
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(word))
	}
	return n
}

// size counts the addresses of s: 0 to 2^128 + 2^32.
func (s Set) size() count {
	var sum count
	for _, r := range s.ranges {
		sum = sum.plus(rangeSize(r))
	}
	return sum
}
