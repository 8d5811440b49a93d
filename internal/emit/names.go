package emit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
)

// safeName makes a target's name out of text. Characters that the target does
// not allow become "-". A text that had to be changed, or that has more than
// limit bytes, ends in a hash of all of it, so that two texts never become one
// name. limit is at least 20, and allowed takes "-", a-z and 0-9.
func safeName(text string, limit int, allowed func(r rune) bool) string {
	name := strings.Map(func(r rune) rune {
		if allowed(r) && r < 0x80 {
			return r
		}
		return '-'
	}, text)
	if name == text && len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(text))
	tail := "-" + hex.EncodeToString(sum[:4])
	return strings.TrimRight(name[:min(len(name), limit-len(tail))], "-") + tail
}

// numbered gives each key a number of its own from first to last, for targets
// whose rules have unique numbers. It returns false when there are more keys
// than numbers; no key may stand twice.
//
// A key's first choice follows from the key alone. Where two keys want the
// same number, the one whose hash is smaller has it and the other takes its
// next choice, so that a key who comes or goes moves only those that it meets.
func numbered(keys []string, first, last int) (map[string]int, bool) {
	width := last - first + 1
	if len(keys) > width {
		return nil, false
	}
	type candidate struct {
		key string
		sum [sha256.Size]byte
	}
	candidates := make([]candidate, len(keys))
	for i, key := range keys {
		candidates[i] = candidate{key, sha256.Sum256([]byte(key))}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(slices.Compare(a.sum[:], b.sum[:]), cmp.Compare(a.key, b.key))
	})
	numbers := make(map[string]int, len(keys))
	taken := make(map[int]bool, len(keys))
	for _, c := range candidates {
		// The first bytes decide who goes first, so the choice takes others.
		choice := binary.BigEndian.Uint64(c.sum[8:16])
		step := binary.BigEndian.Uint64(c.sum[16:24])
		at := int(choice % uint64(width))
		for try := 0; taken[at]; try++ {
			if try < width {
				choice += step | 1
				at = int(choice % uint64(width))
				continue
			}
			// The steps need not visit every number; the neighbours do.
			at = (at + 1) % width
		}
		taken[at] = true
		numbers[c.key] = first + at
	}
	return numbers, true
}
