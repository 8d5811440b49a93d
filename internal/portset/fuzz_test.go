package portset

import (
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// FuzzParseList reads the lines of a text as a list: a list is read as its
// elements are, in any order, and says of each that is not readable where it
// stands.
func FuzzParseList(f *testing.F) {
	for i := range len(refusals) - 2 {
		f.Add(refusals[i].text + "\n22/tcp\n" + refusals[i+2].text)
	}
	f.Add("22/tcp\n20-30/tcp\n31/tcp\nicmp\n0-65535/udp\nesp")
	f.Add("any\n22/tcp")
	f.Fuzz(func(t *testing.T, text string) {
		texts := strings.Split(text, "\n")
		var read Ports
		var faults fault.List
		worktest.CheckBounded(t, len(text), 4<<10, func() { read, faults = ParseList(texts) })
		for i, line := range texts {
			one, err := Parse(line)
			placed := slices.ContainsFunc(faults, func(f *fault.Fault) bool { return slices.Equal(f.Path, fault.Path{fault.Index(i)}) })
			if (err != nil) != placed || !read.Covers(one) {
				t.Errorf("%q alone is %v, %v; in the list %v, %v", line, one, err, read, faults)
			}
		}
		slices.Reverse(texts)
		if reversed, _ := ParseList(texts); !reversed.Equal(read) {
			t.Errorf("%q is %v, and reversed %v", text, read, reversed)
		}
		if again, wrong := ParseList(read.Strings()); len(wrong) > 0 || !again.Equal(read) {
			t.Errorf("%v is written as %q and read as %v, %v", read, read.Strings(), again, wrong)
		}
	})
}

func TestParse_WorkGrowsWithTheText(t *testing.T) {
	for _, part := range []string{"9", "22/tcp,", "22 ", "-", "/", "\u200b", "٢", "22-", "tcp/", "\xff", "2500–3300/tcp;"} {
		worktest.CheckDoubling(t, 20_000, 3, func(n int) func() {
			text := strings.Repeat(part, n)
			return func() {
				if _, err := Parse(text); err == nil {
					t.Errorf("a repetition of %q is accepted", part)
				}
			}
		})
	}
	for _, texts := range [][]string{{"22/tcp"}, {"22"}, everyThird(1000, 0), {"1-2/tcp", "icmp", "any"}} {
		worktest.CheckDoubling(t, 2_000, 3, func(n int) func() {
			list := slices.Repeat(texts, n)[:n]
			return func() { _, _ = ParseList(list) }
		})
	}
}
