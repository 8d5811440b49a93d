package emit

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func lowerOrDigit(r rune) bool { return r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

func TestSafeName(t *testing.T) {
	for text, want := range map[string]string{
		"primary-ingress": "primary-ingress",
		"a_b":             "a-b-648fa9b3",
		"a+b":             "a-b-300273da",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-0f45e858",
		"\"; drop\n}": "---drop-dfc7f24f",
	} {
		if got := safeName(text, 40, lowerOrDigit); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	a, b := strings.Repeat("a", 80)+"1", strings.Repeat("a", 80)+"2"
	if safeName(a, 40, lowerOrDigit) == safeName(b, 40, lowerOrDigit) {
		t.Error("two long names become one")
	}
}

func TestNumbered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.IntRange(1, 100).Draw(t, "first")
		width := rapid.IntRange(1, 60).Draw(t, "width")
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]{1,6}`), 0, width, rapid.ID[string]).Draw(t, "keys")
		numbers, fit := numbered(keys, first, first+width-1)
		if !fit || len(numbers) != len(keys) {
			t.Fatalf("%d numbers for %d keys", len(numbers), len(keys))
		}
		seen := map[int]string{}
		for key, n := range numbers {
			if other, taken := seen[n]; taken || n < first || n >= first+width {
				t.Fatalf("%s has %d, and so has %q", key, n, other)
			}
			seen[n] = key
		}
		again, _ := numbered(rapid.Permutation(keys).Draw(t, "order"), first, first+width-1)
		if fmt.Sprint(again) != fmt.Sprint(numbers) {
			t.Fatalf("in another order the numbers are %v, not %v", again, numbers)
		}
	})
	if _, fit := numbered([]string{"a", "b", "c"}, 1, 2); fit {
		t.Error("three keys have two numbers")
	}
}

// One more key moves only keys that it meets: in a band with room, few.
func TestNumbered_NewKey_MovesFewOthers(t *testing.T) {
	var keys []string
	for i := range 200 {
		keys = append(keys, fmt.Sprintf("tcp-%d", i))
	}
	before, _ := numbered(keys, 100, 4096)
	moved, most := 0, 0
	for i := range 500 {
		after, _ := numbered(append(keys[:len(keys):len(keys)], fmt.Sprintf("udp-%d", i)), 100, 4096)
		now := 0
		for _, key := range keys {
			if after[key] != before[key] {
				now++
			}
		}
		moved, most = moved+now, max(most, now)
	}
	// A newcomer meets one of 200 taken numbers in 3,997 one time in 20, and
	// pushes it away half of the time.
	if moved > 40 || most > 2 {
		t.Errorf("500 newcomers moved %d keys, up to %d at once", moved, most)
	}
}
