package prefixset

import (
	"fmt"
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
		f.Add(refusals[i].text + "\n10.0.0.0/8\n" + refusals[i+2].text)
	}
	f.Add("10.0.0.0/9\n10.128.0.0/9\n10.0.0.7\n::ffff:10.0.0.0/104\n2001:DB8::/32\n2001:db8::1")
	f.Add("0.0.0.0/0\n::/0\n255.255.255.255\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
	f.Fuzz(func(t *testing.T, text string) {
		texts := strings.Split(text, "\n")
		var read Set
		var faults fault.List
		worktest.CheckBounded(t, len(text), 4<<10, func() { read, faults = ParseList(texts) })
		for i, line := range texts {
			one, err := Parse(line)
			placed := slices.ContainsFunc(faults, func(f *fault.Fault) bool { return slices.Equal(f.Path, fault.Path{fault.Index(i)}) })
			if (err != nil) != placed || err == nil && !read.Covers(Of(one)) {
				t.Errorf("%q alone is %v, %v; in the list %v, %v", line, one, err, read, faults)
			}
		}
		slices.Reverse(texts)
		if reversed, _ := ParseList(texts); !reversed.Equal(read) {
			t.Errorf("%q is %v, and reversed %v", text, read, reversed)
		}
		var written []string
		for _, prefix := range read.Prefixes() {
			written = append(written, prefix.String())
		}
		if again, wrong := ParseList(written); len(wrong) > 0 || !again.Equal(read) {
			t.Errorf("%v is written as %q and read as %v, %v", read, written, again, wrong)
		}
	})
}

func TestParse_WorkGrowsWithTheText(t *testing.T) {
	for _, part := range []string{"9", "10.", "10.0.0.0/8,", "10.0.0.0/8 ", ":", "::", "/", "\u200b", "٢", "\xff", "%eth0", "fe80::1%", "10.0.0.1-10.0.0.9;"} {
		worktest.CheckDoubling(t, 20_000, 3, func(n int) func() {
			text := strings.Repeat(part, n)
			return func() {
				if _, err := Parse(text); err == nil {
					t.Errorf("a repetition of %q is accepted", part)
				}
			}
		})
	}
	for name, text := range map[string]func(i int) string{
		"hosts that do not touch": func(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>15&255, i>>7&255, i<<1&255) },
		"networks in each other":  func(i int) string { return fmt.Sprintf("2001:db8::/%d", 32+i%90) },
		"unreadable":              func(i int) string { return fmt.Sprintf("10.0.0.%d/8", i) },
		"ranges":                  func(i int) string { return fmt.Sprintf("10.0.0.1-10.0.%d.77", i%256) },
	} {
		t.Run(name, func(t *testing.T) {
			worktest.CheckDoubling(t, 2_000, 3, func(n int) func() {
				texts := make([]string, n)
				for i := range texts {
					texts[i] = text(i)
				}
				return func() { _, _ = ParseList(texts) }
			})
		})
	}
}
