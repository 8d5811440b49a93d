package resolve_test

import (
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

func TestOpeningSpec_SaysEverythingThatIsWrong(t *testing.T) {
	ports, _ := portset.ParseList([]string{"29168/tcp"})
	peers, _ := prefixset.ParseList([]string{"10.0.0.0/24"})
	const (
		direction   = `direction: Unknown direction: direction = "in" is not a direction. It says who dials. Write "ingress" when the peers dial this host, "egress" when this host dials the peers.`
		noPorts     = `ports: No ports: ports = [] opens nothing. Some clouds read an empty list of ports as all ports. List at least one port, for example "40000-40039/tcp".`
		product     = `product: Unknown product: product = "nothing" is not in the catalogue. `
		zone        = `zone: Unknown zone: zone = "" is not a zone. The zone decides how much an address counts. Use one of by_address, management, internal, dmz, partner, internet.`
		noAddresses = `cidrs: No addresses: cidrs = [] holds no address. Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`
	)
	for name, c := range map[string]struct {
		spec resolve.OpeningSpec
		want []string
	}{
		"everything":  {resolve.OpeningSpec{Direction: "in", Product: "nothing"}, []string{direction, noPorts, product, zone, noAddresses}},
		"the product": {resolve.OpeningSpec{Ports: ports, Peers: peers, Zone: "dmz", Product: "nothing"}, []string{product}},
		"nothing":     {resolve.OpeningSpec{Ports: ports, Peers: peers, Zone: "dmz", Direction: "egress"}, nil},
	} {
		p, faults := c.spec.Resolve()
		if (p == nil) != (len(c.want) > 0) || len(faults) != len(c.want) {
			t.Errorf("%s: %v, %v", name, p, faults)
			continue
		}
		for i, want := range c.want {
			if got := faults[i].Error(); len(got) < len(want) || got[:len(want)] != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		if p != nil && (p.Rules[0].Direction != policy.Egress || p.Rules[0].Peers[0].Zone != policy.DMZ || !p.Rules[0].Ports().Equal(ports)) {
			t.Errorf("%s: %+v", name, p.Rules[0])
		}
	}
}
