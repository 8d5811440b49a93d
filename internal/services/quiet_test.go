package services

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func TestEphemeral_NamesTheThreeRanges(t *testing.T) {
	want := []portset.Range{{First: 30000, Last: 32767}, {First: 32768, Last: 60999}, {First: 49152, Last: 65535}}
	got := Ephemeral()
	if len(got) != len(want) {
		t.Fatalf("%d ranges, want %d", len(got), len(want))
	}
	for i, e := range got {
		if e.Range != want[i] || e.Name == "" || e.Source == "" {
			t.Errorf("range %d: %+v, want %s with a name and a source", i, e, want[i])
		}
	}
	if s := EphemeralSet(); !s.Equal(portset.Of(portset.Range{First: 30000, Last: 65535})) {
		t.Errorf("EphemeralSet() = %s", s)
	}
}

func TestQuiet_KnownAnswers(t *testing.T) {
	var none portset.Ports
	for _, c := range []struct {
		name  string
		width int
		proto portset.Protocol
		avoid portset.Ports
		want  string // "" when there is no answer
	}{
		{"widest gap", 40, portset.TCP, none, "29168-29207"},
		{"the same for UDP", 40, portset.UDP, none, "29168-29207"},
		{"SCTP avoids its own names too", 40, portset.SCTP, none, "29170-29209"},
		{"one port", 1, portset.TCP, none, "29168"},
		{"the whole gap", 831, portset.TCP, none, "29168-29998"},
		{"one more than any gap", 832, portset.TCP, none, ""},
		{"avoided, and the rest is narrower than the next gap", 40, portset.TCP, parse(t, "29500/tcp"), "26490-26529"},
		{"avoided for another protocol", 40, portset.TCP, parse(t, "29500/udp"), "29168-29207"},
		{"the rest is still the widest", 40, portset.TCP, parse(t, "29168-29207/tcp"), "29208-29247"},
		{"everything avoided", 1, portset.TCP, portset.Any(), ""},
		{"no ports", 0, portset.TCP, none, ""},
		{"less than none", -1, portset.TCP, none, ""},
		{"more than a protocol has", 1 << 20, portset.TCP, none, ""},
		{"a protocol without ports", 1, portset.ICMP, none, ""},
	} {
		got, ok := Quiet(c.width, c.proto, c.avoid)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: Quiet = %s, %t; want %q", c.name, got, ok, c.want)
		}
	}
}

// TestQuiet_EqualGaps_TakesTheLowest leaves two gaps of five free ports.
func TestQuiet_EqualGaps_TakesTheLowest(t *testing.T) {
	all := portset.PortsOf(portset.TCP, portset.AllPorts())
	avoid := all.Minus(parse(t, "29200-29204/tcp", "26500-26504/tcp", "29300-29303/tcp"))
	if got, ok := Quiet(2, portset.TCP, avoid); !ok || got.String() != "26500-26501" {
		t.Errorf("Quiet = %s, %t; want 26500-26501", got, ok)
	}
}

// TestQuiet_Answer_IsTheStartOfTheWidestFreeRun compares with a walk over all
// ports that asks each rule by itself.
func TestQuiet_Answer_IsTheStartOfTheWidestFreeRun(t *testing.T) {
	var busy [3][1 << 16]bool
	for proto := range busy {
		for port := range 1 << 16 {
			p := uint16(port)
			named := func(proto portset.Protocol) bool { _, ok := iana.Name(proto, p); return ok }
			topClass := func(proto portset.Protocol) bool { s, _ := Classify(proto, p); return s.Class >= Sensitive }
			sctp := portset.Protocol(proto) == portset.SCTP
			busy[proto][port] = port < 1024 || port >= 30000 || named(portset.TCP) || named(portset.UDP) ||
				topClass(portset.TCP) || topClass(portset.UDP) || sctp && (named(portset.SCTP) || topClass(portset.SCTP))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		proto := portset.Protocol(rapid.IntRange(0, 2).Draw(t, "proto"))
		width := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, 900)).Draw(t, "width")
		var avoid portset.Set
		for range rapid.IntRange(0, 12).Draw(t, "avoided ranges") {
			first := rapid.IntRange(0, 29999).Draw(t, "first")
			more := rapid.OneOf(rapid.IntRange(0, 600), rapid.IntRange(0, 30000)).Draw(t, "more")
			last := min(65535, first+more)
			avoid = avoid.Union(portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}))
		}
		start, longest, run := 0, 0, 0
		for port := range 1 << 16 {
			if busy[proto][port] || avoid.Contains(uint16(port)) {
				run = 0
				continue
			}
			run++
			if run > longest {
				start, longest = port-run+1, run
			}
		}
		got, ok := Quiet(width, proto, portset.PortsOf(proto, avoid))
		if ok != (longest >= width) {
			t.Fatalf("Quiet(%d, %s, %s): %t, but the widest gap has %d ports", width, proto, avoid, ok, longest)
		}
		if want := (portset.Range{First: uint16(start), Last: uint16(start + width - 1)}); ok && got != want {
			t.Fatalf("Quiet(%d, %s, %s) = %s, want %s", width, proto, avoid, got, want)
		}
	})
}

func BenchmarkQuiet(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Quiet(40, portset.TCP, portset.Ports{})
	}
}
