package prefixset

import (
	"math/big"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestCount_CountsAsBigNumbersDo compares with math/big, carries included.
func TestCount_CountsAsBigNumbersDo(t *testing.T) {
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, 1<<64 - 1}))
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) count {
			return count{rapid.Uint64Range(0, 1<<32).Draw(t, label+" top"), word.Draw(t, label+" high"), word.Draw(t, label+" low")}
		}
		a, b, n := draw("a"), draw("b"), rapid.Uint64Range(0, 100).Draw(t, "n")
		if got, want := a.plus(b).big(), new(big.Int).Add(a.big(), b.big()); got.Cmp(want) != 0 {
			t.Errorf("%v + %v = %v, want %v", a, b, got, want)
		}
		if got, want := a.times(n).big(), new(big.Int).Mul(a.big(), new(big.Int).SetUint64(n)); got.Cmp(want) != 0 {
			t.Errorf("%v * %d = %v, want %v", a, n, got, want)
		}
		if got, want := a.less(b), a.big().Cmp(b.big()) < 0; got != want {
			t.Errorf("%v < %v is %t, want %t", a, b, got, want)
		}
		if got := a.big(); got.BitLen() != bitLen(a) {
			t.Errorf("%v has %d bits", a, got.BitLen())
		}
	})
}

func bitLen(c count) int {
	switch {
	case c.top > 0:
		return 128 + bits.Len64(c.top)
	case c.high > 0:
		return 64 + bits.Len64(c.high)
	default:
		return bits.Len64(c.low)
	}
}

func TestAll_YieldsTheRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawCrowded(t)
		if got, want := slices.Collect(s.All()), s.Ranges(); !slices.Equal(got, want) {
			t.Errorf("All yields %v, and Ranges returns %v", got, want)
		}
	})
}
