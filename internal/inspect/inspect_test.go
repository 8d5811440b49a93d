package inspect

import (
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func ports(t testing.TB, text string) portset.Ports {
	t.Helper()
	p, err := portset.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The properties of the function port_services hold the report to the other
// answers of the provider; here is what a reader can check by hand.
func TestPorts(t *testing.T) {
	r := Ports(ports(t, "10006/tcp"))
	if r.FlowCount != len(r.Flows) || r.FlowCount == 0 || r.Quiet || r.ServiceCount != 1 || len(r.Ephemeral) != 0 {
		t.Errorf("10006/tcp: %+v", r)
	}
	for _, f := range r.Flows {
		if f.Flow.SystemPicks() {
			t.Errorf("%s: any port is picked for %s", f.Product.ID, f.Flow.ID)
		}
	}
	everything := Ports(ports(t, "any"))
	if len(everything.Flows) != MaxListed || len(everything.Registered) != MaxListed || len(everything.Services) != MaxListed || len(everything.Ephemeral) != 3 {
		t.Errorf("any: %d flows, %d registered, %d services", len(everything.Flows), len(everything.Registered), len(everything.Services))
	}
	if nothing := Ports(portset.Ports{}); nothing.FlowCount+nothing.RegisteredCount+nothing.ServiceCount+len(nothing.Ephemeral) != 0 || nothing.Quiet {
		t.Errorf("no ports: %+v", nothing)
	}
}

func BenchmarkPorts(b *testing.B) {
	for _, text := range []string{"22/tcp", "2500-3300/tcp", "any"} {
		asked := ports(b, text)
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				Ports(asked)
			}
		})
	}
}
