package iana

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Asked port by port, the registry says the same; the list is cut, the total
// never.
func TestRegistrations_EqualsAskingForEachPort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []portset.Ports
		for range rapid.IntRange(0, 4).Draw(t, "ranges") {
			first := rapid.IntRange(0, 65535).Draw(t, "first")
			last := min(65535, first+rapid.IntRange(0, 400).Draw(t, "width"))
			protocol := rapid.SampledFrom([]string{"tcp", "udp", "sctp"}).Draw(t, "protocol")
			ports, err := portset.Parse(fmt.Sprintf("%d-%d/%s", first, last, protocol))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, ports)
		}
		ports := portset.Merge(append(all, portset.WholeProtocol(portset.ICMP)))
		most := rapid.IntRange(0, 60).Draw(t, "most")
		var want []Registration
		total := 0
		for _, protocol := range portset.Protocols() {
			for _, r := range ports.Of(protocol).Ranges() {
				for port := int(r.First); port <= int(r.Last); port++ {
					if name, registered := Name(protocol, uint16(port)); registered {
						if total++; len(want) < most {
							want = append(want, Registration{uint16(port), protocol, name})
						}
					}
				}
			}
		}
		list, counted := Registrations(ports, most)
		if counted != total || fmt.Sprint(list) != fmt.Sprint(want) {
			t.Fatalf("%d: %v, want %d: %v", counted, list, total, want)
		}
	})
}

func TestLoaded_AfterAName(t *testing.T) {
	if _, registered := Name(portset.TCP, 22); !registered || !Loaded() {
		t.Errorf("SSH is registered: %t; the registry is loaded: %t", registered, Loaded())
	}
}
