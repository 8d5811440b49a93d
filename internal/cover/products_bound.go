package cover

import (
	"math/bits"
	"slices"
)

// bound counts open edges no two of which can be in one product; first is
// taken first unless it is negative.
func (s *productSearch) bound(open []uint64, first int) int {
	left := slices.Clone(open)
	n := 0
	take := func(e int) {
		n++
		s.meter.spend(s.words)
		for w, m := range s.meets[e] {
			left[w] &^= m
		}
	}
	if first >= 0 {
		take(first)
	}
	for w := range left {
		for left[w] != 0 {
			take(w*64 + bits.TrailingZeros64(left[w]))
		}
	}
	return n
}

// productWeight is the unit of weight that a biclique can carry.
const productWeight = 1 << 20

// weigh is a lower bound too, sometimes higher than bound where the graph is
// dense, but too dear to ask for it more than once. It gives weights to the open edges such that no biclique has more than a unit
// in all, so that the units in the sum of all weights are no more than the
// bicliques that it takes. It starts with equal shares of the largest biclique
// of each edge, and then raises one weight after the other.
func (s *productSearch) weigh(open []uint64) int {
	gain := make([]int32, len(s.bicliques))
	for b, has := range s.has {
		for w := range open {
			gain[b] += int32(bits.OnesCount64(open[w] & has[w]))
		}
	}
	s.meter.spend(len(gain) * s.words)
	slack := make([]int32, len(s.bicliques))
	for b := range slack {
		slack[b] = productWeight
	}
	sum := 0
	raise := func(e int, weight int32) {
		sum += int(weight)
		for _, b := range s.in[e] {
			slack[b] -= weight
		}
	}
	each := func(do func(e int)) {
		for w := range open {
			for left := open[w]; left != 0; left &= left - 1 {
				e := w*64 + bits.TrailingZeros64(left)
				s.meter.spend(2 * len(s.in[e]))
				do(e)
			}
		}
	}
	each(func(e int) {
		most := int32(1)
		for _, b := range s.in[e] {
			most = max(most, gain[b])
		}
		raise(e, productWeight/most)
	})
	each(func(e int) {
		least := int32(productWeight)
		for _, b := range s.in[e] {
			least = min(least, slack[b])
		}
		raise(e, least)
	})
	return (sum + productWeight - 1) / productWeight
}
