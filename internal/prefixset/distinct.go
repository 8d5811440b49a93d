package prefixset

import (
	"hash/maphash"
	"net/netip"
	"slices"
)

// Distinct returns each of the sets once, in the order of first mention, and
// for every set its place among them. A set that rules share is recognised
// without reading its addresses; all others are read once.
func Distinct(sets []Set) (distinct []Set, place []int) {
	type hull struct {
		first, last netip.Addr
		ranges      int
	}
	latest := map[hull]int{} // the place of the last set with the hull
	byHash := map[uint64][]int{}
	place = make([]int, len(sets))
	seed := maphash.MakeSeed() // equal hashes are compared, so it decides nothing
	for i, s := range sets {
		var h hull
		h.first, h.last, h.ranges = s.Hull()
		last, known := latest[h]
		switch {
		case !known:
			place[i] = len(distinct)
			distinct = append(distinct, s)
			latest[h] = place[i]
			continue
		case distinct[last].Equal(s):
			place[i] = last
			continue
		}
		if hash := distinct[last].hash(seed); !slices.Contains(byHash[hash], last) {
			byHash[hash] = append(byHash[hash], last)
		}
		hash := s.hash(seed)
		at := slices.IndexFunc(byHash[hash], func(j int) bool { return distinct[j].Equal(s) })
		if at >= 0 {
			place[i] = byHash[hash][at]
		} else {
			place[i] = len(distinct)
			byHash[hash] = append(byHash[hash], len(distinct))
			distinct = append(distinct, s)
		}
		latest[h] = place[i]
	}
	return distinct, place
}

func (s Set) hash(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, r := range s.ranges {
		from, to := r.From().As16(), r.To().As16()
		h.Write(from[:])
		h.Write(to[:])
	}
	return h.Sum64()
}
