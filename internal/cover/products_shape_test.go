package cover

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// TestProductHulls_AreTheFewest compares with trying, for each prefix of a
// small network, whether to take it or to cut it in two.
func TestProductHulls_AreTheFewest(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(11, seed))
		var need, may [32]bool
		addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{255, 255, 255, byte(224 + i)}) }
		var needed, allowed []netipx.IPRange
		urgency := 1 + random.IntN(9)
		for i := range may {
			if may[i] = random.IntN(10) < 8; may[i] {
				need[i] = random.IntN(10) < urgency
				allowed = append(allowed, netipx.IPRangeFrom(addr(i), addr(i)))
			}
			if need[i] {
				needed = append(needed, netipx.IPRangeFrom(addr(i), addr(i)))
			}
		}
		var fewest func(from, size int) int
		fewest = func(from, size int) int {
			wanted, whole := false, true
			for i := from; i < from+size; i++ {
				wanted, whole = wanted || need[i], whole && may[i]
			}
			switch {
			case !wanted:
				return 0
			case whole:
				return 1
			}
			return fewest(from, size/2) + fewest(from+size/2, size/2)
		}
		got := productHulls(prefixset.OfRanges(needed...).Ranges(), prefixset.OfRanges(allowed...).Prefixes())
		set := prefixset.Of(got...)
		if !set.Covers(prefixset.OfRanges(needed...)) || !prefixset.OfRanges(allowed...).Covers(set) {
			t.Fatalf("needed %v\nallowed %v\nhulls %v", needed, allowed, got)
		}
		if want := fewest(0, 32); len(got) != want || len(set.Prefixes()) != want {
			t.Fatalf("%d hulls, want %d\nneeded %v\nallowed %v\nhulls %v", len(got), want, needed, allowed, got)
		}
		for _, p := range got {
			for _, half := range []netip.Prefix{netip.PrefixFrom(p.Addr(), p.Bits()+1), netip.PrefixFrom(netipx.RangeOfPrefix(p).To(), p.Bits()+1).Masked()} {
				if p.Bits() < 32 && prefixset.Of(half).Covers(prefixset.Of(p).Intersect(prefixset.OfRanges(needed...))) {
					t.Fatalf("hull %v is larger than needed, %v would do\nneeded %v", p, half, needed)
				}
			}
		}
	}
}

func TestProductBridge_FillsWhatIsAllowed(t *testing.T) {
	runs := func(pairs ...uint16) portset.Ports {
		var ranges []portset.Range
		for i := 0; i < len(pairs); i += 2 {
			ranges = append(ranges, portset.Range{First: pairs[i], Last: pairs[i+1]})
		}
		return portset.PortsOf(portset.TCP, portset.Of(ranges...))
	}
	for _, c := range []struct{ needed, allowed, want portset.Ports }{
		{runs(0, 1, 3, 4), runs(0, 4), runs(0, 4)},
		{runs(0, 1, 3, 4), runs(0, 1, 3, 10), runs(0, 1, 3, 4)},
		{runs(5, 6, 9, 9, 65535, 65535), runs(0, 20, 60000, 65535), runs(5, 9, 65535, 65535)},
	} {
		if got := productBridge(c.needed, c.allowed); !got.Equal(c.want) {
			t.Errorf("%s in %s: %s, want %s", c.needed, c.allowed, got, c.want)
		}
	}
}
