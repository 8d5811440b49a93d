package prefixset

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestDistinct_ComparesEveryPair draws sets that often are equal, or differ in
// the middle alone.
func TestDistinct_ComparesEveryPair(t *testing.T) {
	pool := []Set{{}, prefixes(t, "10.0.0.0/24"), prefixes(t, "::/0"), prefixes(t, "0.0.0.0/0,::/0")}
	for _, hole := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.7", "10.0.0.8/31"} {
		pool = append(pool, prefixes(t, "10.0.0.0/24").Minus(prefixes(t, hole)))
	}
	rapid.Check(t, func(t *rapid.T) {
		sets := rapid.SliceOf(rapid.SampledFrom(pool)).Draw(t, "sets")
		var want []Set
		distinct, place := Distinct(sets)
		for i, s := range sets {
			at := slices.IndexFunc(want, s.Equal)
			if at < 0 {
				at = len(want)
				want = append(want, s)
			}
			if place[i] != at {
				t.Fatalf("set %d of %v has place %d, want %d", i, sets, place[i], at)
			}
		}
		if !slices.EqualFunc(distinct, want, Set.Equal) {
			t.Fatalf("%v, want %v", distinct, want)
		}
	})
}
