package region

import (
	"fmt"
	"slices"
	"testing"

	"go4.org/netipx"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// TestLine_IsTheAtomsInAnOrder compares with Atoms, which lists the members.
func TestLine_IsTheAtomsInAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		family := rapid.SampledFrom([]func(prefixset.Set) prefixset.Set{prefixset.Set.IPv4, prefixset.Set.IPv6}).Draw(t, "family")
		sets := make([]prefixset.Set, rapid.IntRange(0, 9).Draw(t, "sets"))
		for i := range sets {
			sets[i] = family(drawSet(t))
		}
		want := Atoms(sets)
		atoms, spans := Line(sets)
		if len(atoms) != len(want) {
			t.Fatalf("%d atoms, want %d", len(atoms), len(want))
		}
		for i := range atoms {
			// Adjacent ranges of one atom are two when an edge lies between them.
			if got := prefixset.OfRanges(atoms[i]...); !got.Equal(want[i].Set()) {
				t.Errorf("atom %d is %s, want %s", i, got, want[i].Set())
			}
		}
		for j := range sets {
			var made []netipx.IPRange
			end := -1
			for _, span := range spans[j] {
				if span.First < end || span.First >= span.End {
					t.Errorf("set %d: spans %v", j, spans[j])
				}
				end = span.End
				made = append(made, slices.Concat(atoms[span.First:span.End]...)...)
			}
			if got := prefixset.OfRanges(made...); !got.Equal(sets[j]) || len(spans[j]) > len(sets[j].Ranges()) {
				t.Errorf("set %d is %s in spans %v, want %s", j, got, spans[j], sets[j])
			}
		}
	})
}

// TestLine_WorkGrowsWithTheRanges takes sets that all overlap: a network each,
// without one host of its own.
func TestLine_WorkGrowsWithTheRanges(t *testing.T) {
	worktest.CheckDoubling(t, 500, 2.5, func(n int) func() {
		sets := make([]prefixset.Set, n)
		for i := range sets {
			r, err := netipx.ParseIPRange(fmt.Sprintf("10.%d.%d.1-10.200.0.0", i>>8, i&255))
			if err != nil {
				t.Fatal(err)
			}
			sets[i] = prefixset.OfRanges(r)
		}
		return func() { Line(sets) }
	})
}
