package iana

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana/format"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func source(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("registry.tsv")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRegistryBin_IsWhatItsSourceGives(t *testing.T) {
	parsed, err := format.Parse(source(t))
	if err != nil {
		t.Fatal(err)
	}
	if string(format.Encode(parsed)) != compact {
		t.Error("registry.bin is not what registry.tsv gives: run go generate ./internal/iana")
	}
}

// TestNameAndRegistered_EveryPort_AgreeWithTheText reads the text with other
// code than the generator does.
func TestNameAndRegistered_EveryPort_AgreeWithTheText(t *testing.T) {
	protocols := map[string]portset.Protocol{"tcp": portset.TCP, "udp": portset.UDP, "sctp": portset.SCTP}
	want := map[portset.Protocol]map[int]string{portset.TCP: {}, portset.UDP: {}, portset.SCTP: {}}
	for line := range strings.Lines(source(t)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		proto, ok := protocols[fields[0]]
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		from, _ := strconv.Atoi(fields[1])
		to, _ := strconv.Atoi(fields[2])
		for port := from; port <= to; port++ {
			if _, taken := want[proto][port]; !taken {
				want[proto][port] = fields[3]
			}
		}
	}
	for proto, names := range want {
		if len(names) == 0 {
			t.Fatalf("no rows of %s", proto)
		}
		ports := Registered(proto)
		if ports.Len() != len(names) {
			t.Errorf("Registered(%s) has %d ports, want %d", proto, ports.Len(), len(names))
		}
		for port := range 1 << 16 {
			name, ok := Name(proto, uint16(port))
			if wantName, wantOK := names[port]; name != wantName || ok != wantOK || ports.Contains(uint16(port)) != wantOK {
				t.Fatalf("%d/%s: %q %t, registered %t; want %q %t",
					port, proto, name, ok, ports.Contains(uint16(port)), wantName, wantOK)
			}
		}
	}
}

func TestName_KnownPorts(t *testing.T) {
	for _, c := range []struct {
		proto portset.Protocol
		port  uint16
		want  string
	}{
		{portset.TCP, 22, "ssh"},
		{portset.SCTP, 22, "ssh"},
		{portset.TCP, 514, "shell"},
		{portset.UDP, 514, "syslog"},
		{portset.TCP, 3389, "ms-wbt-server"},
		{portset.TCP, 80, "http"},   // the first of three names
		{portset.UDP, 2049, "nfs"},  // moved before shilp
		{portset.TCP, 6063, "x11"},  // the end of a row with a range
		{portset.TCP, 6669, "ircu"}, // the same
		{portset.TCP, 6664, ""},     // the port before it
		{portset.TCP, 1556, "veritas-pbx"},
		{portset.TCP, 0, ""},
		{portset.TCP, 65535, ""},
		{portset.SCTP, 9, "discard"},
		{portset.SCTP, 4194, ""},
		{portset.ICMP, 22, ""},
		{portset.Other, 22, ""},
	} {
		if name, ok := Name(c.proto, c.port); name != c.want || ok != (c.want != "") {
			t.Errorf("Name(%s, %d) = %q, %t; want %q", c.proto, c.port, name, ok, c.want)
		}
	}
	for _, proto := range portset.Protocols() {
		if !proto.HasPorts() && !Registered(proto).IsEmpty() {
			t.Errorf("Registered(%s) = %s, want nothing", proto, Registered(proto))
		}
	}
}

func TestVersion_NamesPackageAndDate(t *testing.T) {
	if want := "port-numbers 8.0.35, published 2026-09-17"; Version() != want {
		t.Errorf("Version() = %q, want %q", Version(), want)
	}
}

// TestRegistry_StaysSmall keeps the embedded file below a third of its source.
func TestRegistry_StaysSmall(t *testing.T) {
	if n := len(source(t)); len(compact)*3 > n {
		t.Errorf("registry.bin has %d bytes, more than a third of the %d of registry.tsv", len(compact), n)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportMetric(float64(len(compact)), "embedded-bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := format.Decode(compact); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkName(b *testing.B) {
	b.ReportAllocs()
	port := uint16(0)
	for b.Loop() {
		Name(portset.TCP, port)
		port += 251 // walks all ports, found and not found
	}
}

func BenchmarkCollect(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		collect(format.TCP)
	}
}
