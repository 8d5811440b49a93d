package services

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// TestSplit_Parts_AreWhatClassifySays for each port of any set.
func TestSplit_Parts_AreWhatClassifySays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		proto := portset.Protocol(rapid.IntRange(0, 2).Draw(t, "proto"))
		var ports portset.Set
		for range rapid.IntRange(0, 8).Draw(t, "ranges") {
			first := rapid.OneOf(rapid.IntRange(0, 1100), rapid.IntRange(0, 65535)).Draw(t, "first")
			last := min(65535, first+rapid.IntRange(0, 3000).Draw(t, "more"))
			ports = ports.Union(portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}))
		}
		part := map[string]portset.Set{}
		lowest := -1
		for _, found := range Split(proto, ports) {
			if _, twice := part[found.Service.ID]; twice || found.Ports.IsEmpty() {
				t.Fatalf("%s stands twice or has no ports", found.Service.ID)
			}
			if first := int(found.Ports.Ranges()[0].First); first <= lowest {
				t.Fatalf("%s begins at %d, after a part that begins at %d", found.Service.ID, first, lowest)
			} else {
				lowest = first
			}
			part[found.Service.ID] = found.Ports
		}
		count := 0
		for port := range 1 << 16 {
			if service, ok := Classify(proto, uint16(port)); ok && ports.Contains(uint16(port)) {
				count++
				if !part[service.ID].Contains(uint16(port)) {
					t.Fatalf("%d belongs to %s, whose part is %s", port, service.ID, part[service.ID])
				}
			}
		}
		total := 0
		for _, p := range part {
			total += p.Len()
		}
		if total != count {
			t.Fatalf("the parts have %d ports, want %d", total, count)
		}
	})
}
