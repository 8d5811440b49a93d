package risk_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

func TestWeigh(t *testing.T) {
	ports, faults := portset.ParseList([]string{"137-139/tcp", "137/udp", "445/udp", "5-6/tcp", "1022/tcp", "29168-29171/tcp", "22/tcp", "icmp"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := ""
	for _, w := range risk.Weigh(ports) {
		got += w.ID + "|" + w.Service + "|" + string(w.Class) + "|" + w.Ports.String() + "|" + fmt.Sprint(w.Points) + "\n"
	}
	const want = "smb|SMB and NetBIOS|most_attacked|137-139/tcp, 137/udp, 445/udp|100\n" +
		"ssh|SSH|sensitive|22/tcp|50\n" +
		"|undeclared tcp|undeclared|29168-29171/tcp|50\n" +
		"iana:exp2|exp2|system_service|1022/tcp|30\n" +
		"iana:rje|rje|system_service|5/tcp|30\n" +
		"|undeclared icmp|undeclared|icmp|30\n" +
		"unassigned-system-ports|unassigned system ports|system_service|6/tcp|5\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Every port is in one weight, the one of its service.
func TestWeigh_IsAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.SampledFrom([]portset.Protocol{portset.TCP, portset.UDP, portset.SCTP}).Draw(t, "protocol")
		first := rapid.IntRange(0, 65535).Draw(t, "first")
		last := min(65535, first+rapid.IntRange(0, 3000).Draw(t, "more"))
		set := portset.Of(portset.Range{First: uint16(first), Last: uint16(last)})
		seen := 0
		before := math.Inf(1)
		for _, w := range risk.Weigh(portset.PortsOf(protocol, set)) {
			if w.Points > before {
				t.Errorf("%+v stands behind one of %g points", w, before)
			}
			before = w.Points
			for _, r := range w.Ports.Of(protocol).Ranges() {
				for port := int(r.First); port <= int(r.Last); port++ {
					service, known := services.Classify(protocol, uint16(port))
					if service.ID != w.ID || known == (w.Class == risk.UndeclaredPorts) {
						t.Fatalf("port %d is in %q, %s", port, w.ID, w.Class)
					}
					seen++
				}
			}
		}
		if seen != set.Len() {
			t.Errorf("%d ports are weighed of %d", seen, set.Len())
		}
	})
}
