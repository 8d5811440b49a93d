package portset

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

func TestParse_AcceptsTheGrammar(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Ports
	}{
		{"22/tcp", PortsOf(TCP, Of(Range{22, 22}))},
		{"0/udp", PortsOf(UDP, Of(Range{0, 0}))},
		{"65535/sctp", PortsOf(SCTP, Of(Range{65535, 65535}))},
		{"2500-3300/tcp", PortsOf(TCP, Of(Range{2500, 3300}))},
		{"32767-32768/tcp", PortsOf(TCP, Of(Range{32767, 32768}))},
		{"22-22/tcp", PortsOf(TCP, Of(Range{22, 22}))},
		{"0-65535/udp", WholeProtocol(UDP)},
		{"icmp", WholeProtocol(ICMP)},
		{"icmpv6", WholeProtocol(ICMPv6)},
		{"esp", WholeProtocol(ESP)},
		{"any", Any()},
	} {
		got, err := Parse(tt.text)
		if err != nil || !got.Equal(tt.want) {
			t.Errorf("%q was read as %v, %v; want %v", tt.text, got, err, tt.want)
		}
	}
}

// The numbers are those of the IANA registry of IP protocols.
func TestParse_NamesTheProtocolOfANumber(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"22/6", `Write "22/tcp".`},
		{"22/17", `Write "22/udp".`},
		{"22/132", `Write "22/sctp".`},
		{"22/1", `Write "icmp".`},
		{"22/58", `Write "icmpv6".`},
		{"22/50", `Write "esp".`},
	} {
		_, err := Parse(tt.text)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Instead != tt.want {
			t.Errorf("%q: got %v, want %s", tt.text, err, tt.want)
		}
	}
}

// Every single port survives the way through text.
func TestParse_EveryPort(t *testing.T) {
	for n := range 1 << 16 {
		p := uint16(n)
		got, err := Parse(fmt.Sprintf("%d/tcp", n))
		if err != nil || !got.Equal(PortsOf(TCP, Of(Range{First: p, Last: p}))) {
			t.Fatalf("%d/tcp was read as %v, %v", n, got, err)
		}
	}
}

func TestParse_RefusesWithAFaultAndNoPorts(t *testing.T) {
	got, err := Parse("65536/tcp")
	var f *fault.Fault
	if !errors.As(err, &f) || !got.IsEmpty() {
		t.Errorf("got %v and an error of type %T", got, err)
	}
}

func TestParseList_ReadsTheRestAndPlacesEachFault(t *testing.T) {
	got, faults := ParseList([]string{"80/tcp", "tcp", "22/tcp", "81-90/tcp", "22"})
	if got.String() != "22/tcp, 80-90/tcp" {
		t.Errorf("read %v", got)
	}
	var places []string
	for _, f := range faults {
		places = append(places, f.Path.String()+" "+f.Title)
	}
	if got, want := strings.Join(places, ", "), "[1] Missing port, [4] Missing protocol"; got != want {
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
	for _, part := range []string{"9", "0", "+", "-", "/", " ", ",", "x", "22,", "22/tcp ", ":", "..", "\u200b", "٢", "\xff", "é", "tcp", "- ", "icmp-", "é "} {
		for _, text := range []string{
			strings.Repeat(part, n/len(part)),
			"1" + strings.Repeat(part, n/len(part)) + "/tcp",
			"22/" + strings.Repeat(part, n/len(part)),
		} {
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
	if strings.Contains(err.Error(), "%!") && !strings.Contains(text, "%!") || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\r\t\x00\u200b") {
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
	for _, text := range []string{"22/tcp", "22-22/tcp", "0-65535/udp", "icmp", "icmpv6", "esp", "any"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := Parse(text)
		if err != nil {
			if !read.IsEmpty() {
				t.Errorf("%q was refused and read as %v", text, read)
			}
			checkFault(t, text, err)
			return
		}
		// One text means one thing: written canonically, it is the text itself
		// unless it is a range of one port.
		canonical := read.String()
		again, err := Parse(canonical)
		if err != nil || !again.Equal(read) {
			t.Errorf("%q was read as %v, and that as %v, %v", text, read, again, err)
		}
		port, name, _ := strings.Cut(canonical, "/")
		if text != canonical && text != port+"-"+port+"/"+name {
			t.Errorf("%q was read as %q", text, canonical)
		}
	})
}
