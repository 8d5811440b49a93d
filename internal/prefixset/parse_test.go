package prefixset

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

func TestParse_AcceptsAndCanonicalises(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.0.0.5", "10.0.0.5/32"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"0.0.0.0", "0.0.0.0/32"},
		{"::/0", "::/0"},
		{"::1", "::1/128"},
		{"2001:DB8:0::/48", "2001:db8::/48"},
		{"2001:0db8:0000:0000:0000:0000:0000:0000/32", "2001:db8::/32"},
		{"2001:db8::192.0.2.1", "2001:db8::c000:201/128"},
		{"64:ff9b::/96", "64:ff9b::/96"},
		{"64:ff9b::/47", "64:ff9b::/47"}, // wider than the local-use block
		// IPv4-mapped prefixes are the IPv4 prefixes that they stand for.
		{"::ffff:0:0/96", "0.0.0.0/0"},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8"},
		{"::FFFF:a00:5", "10.0.0.5/32"},
		{"::ffff:0:0/95", ""}, // host bits
		{"::fffe:0:0/95", "::fffe:0:0/95"},
		{"::/96", "::/96"}, // IPv4-compatible, not mapped
	} {
		got, err := Parse(tt.text)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q was read as %v", tt.text, got)
			}
		} else if err != nil || got.String() != tt.want {
			t.Errorf("%q was read as %v, %v; want %s", tt.text, got, err, tt.want)
		}
	}
}

func TestParse_RefusesWithAFaultAndNoPrefix(t *testing.T) {
	got, err := Parse("10.0.0.0/33")
	var f *fault.Fault
	if !errors.As(err, &f) || got != (netip.Prefix{}) {
		t.Errorf("got %v and an error of type %T", got, err)
	}
}

func TestParseList_ReadsTheRestAndPlacesEachFault(t *testing.T) {
	got, faults := ParseList([]string{"10.0.1.0/24", "any", "2001:db8::/32", "10.0.0.0/24", "10.0.0.5/24"})
	if got.String() != "10.0.0.0/23, 2001:db8::/32" {
		t.Errorf("read %v", got)
	}
	var places []string
	for _, f := range faults {
		places = append(places, f.Path.String()+" "+f.Title)
	}
	if got, want := strings.Join(places, ", "), "[1] Wildcard instead of prefix, [4] Host bits set"; got != want {
		t.Errorf("faults are %s, want %s", got, want)
	}
	if got, faults := ParseList(nil); !got.IsEmpty() || faults != nil {
		t.Errorf("the empty list is %v with faults %v", got, faults)
	}
}

// A text of any length costs linear time and gives a message of bounded
// length. At 128 KB a quadratic step would take much longer than the limit,
// which leaves room for a busy machine and the race detector.
func TestParse_LongTexts(t *testing.T) {
	const n = 128 << 10
	for _, part := range []string{"9", "0", "+", "-", "/", " ", ",", "x", "10.0.0.0/8,", "::/0 ", ":", ".", ".*", "%", "[", "]", "\u200b", "٢", "\xff", "é", "1.", "- "} {
		repeated := strings.Repeat(part, n/len(part))
		for _, text := range []string{repeated, "10.0.0.0" + repeated + "/8", "10.0.0.0/" + repeated, "2001:db8:" + repeated} {
			start := time.Now()
			_, err := Parse(text)
			if err == nil {
				t.Errorf("a repetition of %q was accepted", part)
				continue
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("a repetition of %q took %v", part, took)
			}
			if length := utf8.RuneCountInString(err.Error()); length > 2000 {
				t.Errorf("a repetition of %q has a message of %d characters", part, length)
			}
		}
	}
}

var quotedText = regexp.MustCompile(`"[^"]*"`)

// checkFault reports what no refusal may lack, and whether every text that it
// offers can be read.
func checkFault(t *testing.T, text string, err error) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatalf("%q: the error is a %T", text, err)
	}
	if f.Title == "" || f.Problem == "" || f.Why == "" || f.Instead == "" || len(f.Path) > 0 {
		t.Errorf("%q: a part is missing: %#v", text, f)
	}
	if len(strings.Fields(f.Title)) > 5 || strings.Contains(f.Title, "Error") {
		t.Errorf("%q: title %q", text, f.Title)
	}
	if strings.Contains(err.Error(), "%!") && !strings.Contains(text, "%!") ||
		!utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\r\t\x00\u200b") {
		t.Errorf("%q: badly formed message %q", text, err)
	}
	offered := quotedText.FindAllString(f.Instead, -1)
	if len(offered) == 0 {
		t.Errorf("%q: nothing to write instead: %s", text, f.Instead)
	}
	for _, quoted := range offered {
		corrected := strings.Trim(quoted, `"`)
		read, err := Parse(corrected)
		if err != nil || read.String() != corrected {
			t.Errorf("%q: the message offers %s, which is read as %v, %v", text, quoted, read, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range refusals {
		f.Add(tt.text)
	}
	for _, text := range []string{"10.0.0.0/8", "10.0.0.5", "::/0", "::1", "2001:DB8::/32", "::ffff:0:0/96", "::ffff:10.0.0.0/104", "64:ff9b::/96"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := Parse(text)
		if err != nil {
			if read.IsValid() {
				t.Errorf("%q was refused and read as %v", text, read)
			}
			checkFault(t, text, err)
			return
		}
		if read != read.Masked() || read.Addr().Is4In6() && read.Bits() >= 96 || insideLocalNAT64(read) {
			t.Errorf("%q was read as %v", text, read)
		}
		again, err := Parse(read.String())
		if err != nil || again != read {
			t.Errorf("%q was read as %v, and that as %v, %v", text, read, again, err)
		}
		// The standard library agrees on what the text means.
		addrText, _, slash := strings.Cut(text, "/")
		addr := netip.MustParseAddr(addrText)
		want := netip.PrefixFrom(addr, addr.BitLen())
		if slash {
			want = netip.MustParsePrefix(text)
		}
		if unmap(want) != read {
			t.Errorf("%q was read as %v, want %v", text, read, want)
		}
	})
}
