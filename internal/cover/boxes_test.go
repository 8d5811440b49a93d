package cover_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

var bothModes = []cover.Mode{cover.Stable, cover.Minimal}

// boxSource reads "22/tcp,esp for 10.0.0.0/8,sg-apps".
func boxSource(t testing.TB, text string) cover.Source {
	t.Helper()
	portTexts, peers, _ := strings.Cut(text, " for ")
	ports, faults := portset.ParseList(strings.Split(portTexts, ","))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s := cover.Source{Ports: ports}
	var prefixes []netip.Prefix
	for _, peer := range strings.Split(peers, ",") {
		if prefix, err := netip.ParsePrefix(peer); err == nil {
			prefixes = append(prefixes, prefix)
			continue
		}
		s.References = append(s.References, peer)
	}
	s.Prefixes = prefixset.Of(prefixes...)
	return s
}

func boxSourcesOf(t testing.TB, texts []string) []cover.Source {
	t.Helper()
	sources := make([]cover.Source, len(texts))
	for i, text := range texts {
		sources[i] = boxSource(t, text)
	}
	return sources
}

// boxText writes "22/tcp for 10.0.0.0/8 [0 1]".
func boxText(b *cover.Box) string {
	ports := portset.Entry{Protocol: b.Protocol, Range: b.Ports}.String()
	if b.Any {
		ports = "any"
		if b.Protocol != 0 || b.Ports != (portset.Range{}) {
			ports = fmt.Sprintf("any, and protocol %s and ports %s", b.Protocol, b.Ports)
		}
	}
	peer := b.Reference
	switch {
	case b.Reference == "":
		peer = b.Prefix.String()
	case b.Prefix.IsValid():
		peer += " and " + b.Prefix.String()
	}
	return fmt.Sprintf("%s for %s %v", ports, peer, b.Sources)
}

func boxTexts(boxes []cover.Box) []string {
	texts := make([]string, len(boxes))
	for i := range boxes {
		texts[i] = boxText(&boxes[i])
	}
	return texts
}

// boxCase is a set and its smallest covers; minimal is nil when both modes
// agree.
type boxCase struct {
	name            string
	sources         []string
	stable, minimal []string
}

var boxCases = []boxCase{
	{name: "nothing"},
	{
		name:    "a source without peers and one without an address of its family",
		sources: []string{"icmp for 2001:db8::/32", "icmpv6 for 10.0.0.0/8", "icmpv6,icmp for ::/0"},
		stable:  []string{"icmpv6 for ::/0 [2]"},
	},
	{
		//	23           +--+
		//	22  +--------+--+----+
		name:    "a host with one port more than its network has no complement",
		sources: []string{"22/tcp for 10.0.0.0/8", "22-23/tcp for 10.1.1.1/32"},
		stable:  []string{"22/tcp for 10.0.0.0/8 [0]", "22-23/tcp for 10.1.1.1/32 [1]"},
	},
	{
		//	23           +--+
		//	22  +--------+--+----+
		name:    "a host with the port that touches gets what touches too",
		sources: []string{"22/tcp for 10.0.0.0/8", "23/tcp for 10.1.1.1/32"},
		stable:  []string{"22/tcp for 10.0.0.0/8 [0]", "23/tcp for 10.1.1.1/32 [1]"},
		minimal: []string{"22/tcp for 10.0.0.0/8 [0]", "22-23/tcp for 10.1.1.1/32 [1]"},
	},
	{
		//	24           +--+
		//	22  +--------+--+----+
		name:    "a gap of one port keeps runs apart",
		sources: []string{"22/tcp for 10.0.0.0/8", "24/tcp for 10.1.1.1/32"},
		stable:  []string{"22/tcp for 10.0.0.0/8 [0]", "24/tcp for 10.1.1.1/32 [1]"},
	},
	{
		//	23  +--------+--+----+
		//	22           +--+
		//	21  +--------+--+----+
		//	20           +--+
		name:    "a host fills the gaps between the ports of its network",
		sources: []string{"21/tcp,23/tcp for 10.0.0.0/8", "20/tcp,22/tcp for 10.1.1.1/32"},
		stable: []string{"20-22/tcp for 10.1.1.1/32 [1]", "21/tcp for 10.0.0.0/8 [0]",
			"23/tcp for 10.0.0.0/8 [0]"},
		minimal: []string{"20-23/tcp for 10.1.1.1/32 [1]", "21/tcp for 10.0.0.0/8 [0]",
			"23/tcp for 10.0.0.0/8 [0]"},
	},
	{
		name:    "shorter runs come before longer ones",
		sources: []string{"22-23/tcp for 10.0.0.0/8", "22/tcp for 12.0.0.0/8,::/0", "22/tcp for 0.0.0.0/8"},
		stable: []string{"22/tcp for 0.0.0.0/8 [2]", "22/tcp for 12.0.0.0/8 [1]", "22/tcp for ::/0 [1]",
			"22-23/tcp for 10.0.0.0/8 [0]"},
	},
	{
		//	22  +----+----+
		name:    "halves make a network",
		sources: []string{"22/tcp for 10.0.0.0/9", "22/tcp for 10.128.0.0/9"},
		stable:  []string{"22/tcp for 10.0.0.0/8 [0 1]"},
	},
	{
		name:    "neighbours that are no halves do not",
		sources: []string{"22/tcp for 10.0.0.1/32", "22/tcp for 10.0.0.2/32"},
		stable:  []string{"22/tcp for 10.0.0.1/32 [0]", "22/tcp for 10.0.0.2/32 [1]"},
	},
	{
		//	23       +----+
		//	22  +----+----+
		//	21  +----+
		name:    "what halves have in common needs no box when each has more",
		sources: []string{"22/tcp for 10.0.0.0/8", "21-22/tcp for 10.0.0.0/9", "22-23/tcp for 10.128.0.0/9"},
		stable:  []string{"21-22/tcp for 10.0.0.0/9 [0 1]", "22-23/tcp for 10.128.0.0/9 [0 2]"},
	},
	{
		//	23       +----+
		//	22  +----+----+
		//	21  +--+
		name:    "but it needs one when a quarter has no more",
		sources: []string{"22/tcp for 10.0.0.0/8", "21-22/tcp for 10.0.0.0/10", "22-23/tcp for 10.128.0.0/9"},
		stable: []string{"21-22/tcp for 10.0.0.0/10 [1]", "22/tcp for 10.0.0.0/8 [0]",
			"22-23/tcp for 10.128.0.0/9 [2]"},
	},
	{
		//	23       +----+
		//	22  +----+----+
		name:    "stable keeps the author's halves where they suffice",
		sources: []string{"22/tcp for 10.0.0.0/9", "22-23/tcp for 10.128.0.0/9"},
		stable:  []string{"22/tcp for 10.0.0.0/9 [0]", "22-23/tcp for 10.128.0.0/9 [1]"},
		minimal: []string{"22/tcp for 10.0.0.0/8 [0]", "22-23/tcp for 10.128.0.0/9 [1]"},
	},
	{
		name:    "whole protocols of both families, and the highest ports",
		sources: []string{"esp,65535/udp for 0.0.0.0/0,::/0", "65534/udp,0/udp for 0.0.0.0/0"},
		stable: []string{"0/udp for 0.0.0.0/0 [1]", "65534-65535/udp for 0.0.0.0/0 [0 1]", "65535/udp for ::/0 [0]",
			"esp for 0.0.0.0/0 [0]", "esp for ::/0 [0]"},
	},
	{
		//	22  +----+ everything +----+
		name:    "boxes run across what is open to everything",
		sources: []string{"any for 10.64.0.0/10", "22/tcp for 10.0.0.0/10", "22/tcp for 10.128.0.0/9"},
		stable:  []string{"any for 10.64.0.0/10 [0]", "22/tcp for 10.0.0.0/8 [1 2]"},
	},
	{
		name:    "everything swallows what lies in it",
		sources: []string{"any for 10.0.0.0/9", "any for 10.128.0.0/9", "22/tcp for 10.1.0.0/16", "icmpv6 for 10.1.0.0/16"},
		stable:  []string{"any for 10.0.0.0/8 [0 1 2]"},
	},
	{
		//	    everything
		//	23     +--+----+
		//	22  +--+--+    |
		//	21  +--+  +----+
		name: "everything takes its part of a port that is needed nowhere",
		sources: []string{"22/tcp for 10.0.0.0/8", "21-22/tcp for 10.0.0.0/10", "22-23/tcp for 10.64.0.0/10",
			"any for 10.128.0.0/9"},
		stable: []string{"any for 10.128.0.0/9 [0 3]", "21-22/tcp for 10.0.0.0/10 [0 1]",
			"22-23/tcp for 10.64.0.0/10 [0 2]"},
	},
	{
		name:    "references are peers of their own",
		sources: []string{"22/tcp,icmp,icmpv6 for a,b", "23/tcp for b", "any for c", "1/tcp for c", "22/tcp for ::/128"},
		stable: []string{"any for c [2 3]", "22/tcp for ::/128 [4]", "22/tcp for a [0]", "22-23/tcp for b [0 1]",
			"icmp for a [0]", "icmp for b [0]", "icmpv6 for a [0]", "icmpv6 for b [0]"},
	},
}

func TestBoxes_Cases(t *testing.T) {
	for _, c := range boxCases {
		t.Run(c.name, func(t *testing.T) {
			if c.minimal == nil {
				c.minimal = c.stable
			}
			sources := boxSourcesOf(t, c.sources)
			if got := boxTexts(cover.Boxes(sources, cover.Stable)); !slices.Equal(got, c.stable) {
				t.Errorf("stable:\n got %q\nwant %q", got, c.stable)
			}
			if got := boxTexts(cover.Boxes(sources, cover.Minimal)); !slices.Equal(got, c.minimal) {
				t.Errorf("minimal:\n got %q\nwant %q", got, c.minimal)
			}
		})
	}
}

func TestBoxes_RefuseUnnamedProtocolsAlone(t *testing.T) {
	defer func() {
		if got, want := recover(), "cover: unnamed protocols are open and named ones are not"; got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	cover.Boxes([]cover.Source{{Ports: portset.WholeProtocol(portset.Other)}}, cover.Stable)
}
