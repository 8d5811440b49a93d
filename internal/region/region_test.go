package region

import (
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"testing"

	"go4.org/netipx"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// universes are small enough to ask of every address who holds it. The first
// ends at the last address of its family, the last one begins at the first.
var universes = []string{"255.255.255.0/24", "2001:db8::ff00/120", "10.1.2.0/24", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120", "::/120"}

// drawSet draws the union of a few ranges of the universes.
func drawSet(t *rapid.T) prefixset.Set {
	var ranges []netipx.IPRange
	for range rapid.IntRange(0, 4).Draw(t, "ranges") {
		base := netip.MustParsePrefix(universes[rapid.IntRange(0, len(universes)-1).Draw(t, "universe")])
		first := rapid.IntRange(0, 255).Draw(t, "first")
		last := rapid.IntRange(first, 255).Draw(t, "last")
		ranges = append(ranges, netipx.IPRangeFrom(nth(base, first), nth(base, last)))
	}
	return prefixset.OfRanges(ranges...)
}

func nth(base netip.Prefix, n int) netip.Addr {
	b := base.Addr().AsSlice()
	b[len(b)-1] = byte(n)
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

// TestAtoms_EveryAddress_IsInTheAtomOfItsMembers compares with asking every
// address of the universes which sets hold it.
func TestAtoms_EveryAddress_IsInTheAtomOfItsMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sets := make([]prefixset.Set, rapid.IntRange(0, 6).Draw(t, "sets"))
		for i := range sets {
			sets[i] = drawSet(t)
		}
		atoms := Atoms(sets)
		held := make([]prefixset.Set, len(atoms))
		for i := range atoms {
			held[i] = atoms[i].Set()
		}
		counted := make([]uint64, len(atoms))
		for _, text := range universes {
			base := netip.MustParsePrefix(text)
			for n := range 256 {
				addr := nth(base, n)
				var want []int
				for i, set := range sets {
					if set.Contains(addr) {
						want = append(want, i)
					}
				}
				var in []int
				for i := range atoms {
					if held[i].Contains(addr) {
						in = append(in, i)
					}
				}
				if len(in) != min(1, len(want)) {
					t.Fatalf("%s is held by sets %v and in atoms %v", addr, want, in)
				}
				if len(want) == 0 {
					continue
				}
				atom := &atoms[in[0]]
				counted[in[0]]++
				if !slices.Equal(atom.Members, want) || atom.Is6 != addr.Is6() {
					t.Fatalf("%s: atom of members %v (IPv6 %t), want %v", addr, atom.Members, atom.Is6, want)
				}
			}
		}
		seen := map[string]bool{}
		for i := range atoms {
			if atoms[i].Size() != (Count{Lo: counted[i]}) || counted[i] == 0 {
				t.Fatalf("atom %d has size %v, its addresses are %d", i, atoms[i].Size(), counted[i])
			}
			key := fmt.Sprint(atoms[i].Members, atoms[i].Is6)
			if seen[key] {
				t.Fatalf("two atoms have members %s", key)
			}
			seen[key] = true
			if i > 0 && !atoms[i-1].Ranges[0].From().Less(atoms[i].Ranges[0].From()) {
				t.Fatalf("atoms %d and %d are out of order", i-1, i)
			}
			if !slices.Equal(held[i].Ranges(), atoms[i].Ranges) {
				t.Fatalf("ranges %v are not canonical, want %v", atoms[i].Ranges, held[i].Ranges())
			}
		}
		if again := fmt.Sprint(Atoms(sets)); again != fmt.Sprint(atoms) {
			t.Fatalf("the second time it is %s, not %v", again, atoms)
		}
	})
}

func TestAtoms_WholeFamilies(t *testing.T) {
	parse := func(texts ...string) prefixset.Set {
		set, faults := prefixset.ParseList(texts)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return set
	}
	atoms := Atoms([]prefixset.Set{parse("0.0.0.0/0", "::/0"), parse("255.255.255.255", "::"), {}})
	want := []struct {
		members []int
		is6     bool
		size    Count
	}{
		{[]int{0}, false, Count{Lo: 1<<32 - 1}},
		{[]int{0, 1}, false, Count{Lo: 1}},
		{[]int{0, 1}, true, Count{Lo: 1}},
		{[]int{0}, true, Count{Hi: math.MaxUint64, Lo: math.MaxUint64}},
	}
	if len(atoms) != len(want) {
		t.Fatalf("%d atoms, want %d: %v", len(atoms), len(want), atoms)
	}
	for i, w := range want {
		if a := &atoms[i]; !slices.Equal(a.Members, w.members) || a.Is6 != w.is6 || a.Size() != w.size {
			t.Errorf("atom %d: members %v, IPv6 %t, size %v; want %v, %t, %v", i, a.Members, a.Is6, a.Size(), w.members, w.is6, w.size)
		}
	}
	if size := SizeOf(parse("::/0").Ranges()); size != (Count{Top: 1}) {
		t.Errorf("size of ::/0 is %v", size)
	}
}

func (c Count) big() *big.Int {
	n := new(big.Int).SetUint64(c.Top)
	n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(c.Hi))
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(c.Lo))
}

func TestCount_AgreesWithBigIntegers(t *testing.T) {
	limb := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, math.MaxUint64}))
	rapid.Check(t, func(t *rapid.T) {
		c := Count{limb.Draw(t, "top") / 2, limb.Draw(t, "hi"), limb.Draw(t, "lo")}
		d := Count{limb.Draw(t, "top") / 2, limb.Draw(t, "hi"), limb.Draw(t, "lo")}
		sum := c.Plus(d)
		if want := new(big.Int).Add(c.big(), d.big()); sum.big().Cmp(want) != 0 {
			t.Fatalf("%v + %v = %v, want %s", c, d, sum, want)
		}
		if back := sum.Minus(d); back != c {
			t.Fatalf("%v + %v - the second = %v", c, d, back)
		}
		want, _ := new(big.Float).SetInt(c.big()).Float64()
		if got := c.Float(); math.Abs(got-want) > want*1e-15 {
			t.Fatalf("%v as a float is %g, want %g", c, got, want)
		}
		if c.IsZero() != (c.big().Sign() == 0) {
			t.Fatalf("IsZero of %v is %t", c, c.IsZero())
		}
	})
}

func TestCount_BelowZero_Panics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("1 - 2 did not panic")
		}
	}()
	Count{Lo: 1}.Minus(Count{Lo: 2})
}
