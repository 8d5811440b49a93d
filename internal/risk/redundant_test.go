package risk

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// packetsOf lists every packet that a rule of the small universe allows.
func packetsOf(r *policy.Rule) map[string]bool {
	packets := map[string]bool{}
	for _, g := range r.Peers {
		var hosts []string
		for _, prefix := range g.Prefixes.Prefixes() {
			for _, unit := range oracleUnits(prefix) {
				if prefix.Addr().Is6() == (len(unit.at) > 0 && slices.Contains([]byte(unit.at), ':')) {
					hosts = append(hosts, unit.at)
				}
			}
		}
		for _, reference := range g.References {
			hosts = append(hosts, "ref:"+reference.Name)
		}
		for _, stretch := range oraclePorts {
			for port := int(stretch.first); port <= int(stretch.last); port++ {
				if !r.Ports().Of(stretch.protocol).Contains(uint16(port)) {
					continue
				}
				for _, host := range hosts {
					packets[fmt.Sprintf("%s %s %d %s", r.Direction, stretch.protocol, port, host)] = true
				}
			}
		}
	}
	return packets
}

// TestRedundantRule_AgreesWithThePackets takes rules away, the last name first,
// as long as the others allow all of their packets.
func TestRedundantRule_AgreesWithThePackets(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawSmall(t)
		for i := range p.Rules { // few values, so that rules often cover each other
			if i > 0 && rapid.Bool().Draw(t, "same peers") {
				p.Rules[i].Peers = p.Rules[rapid.IntRange(0, i-1).Draw(t, "peers of")].Peers
			}
			if i > 0 && rapid.Bool().Draw(t, "same ports") {
				p.Rules[i].PortRanges = p.Rules[rapid.IntRange(0, i-1).Draw(t, "ports of")].PortRanges
			}
			p.Rules[i] = withFamilies(p.Rules[i])
		}
		allowed := map[string]int{}
		for i := range p.Rules {
			for packet := range packetsOf(&p.Rules[i]) {
				allowed[packet]++
			}
		}
		var want []string
		for i := len(p.Rules) - 1; i >= 0; i-- {
			packets, alone := packetsOf(&p.Rules[i]), false
			for packet := range packets {
				alone = alone || allowed[packet] == 1
			}
			if alone {
				continue
			}
			for packet := range packets {
				allowed[packet]--
			}
			want = append(want, p.Rules[i].Name)
		}
		slices.Sort(want)
		var got []string
		for _, f := range assessedWith(t, p, testSettings()).Findings {
			if f.Code == RedundantRule {
				got = append(got, f.Rules...)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("redundant are %v, want %v", got, want)
		}
		found += len(want)
	})
	if found == 0 {
		t.Error("no rule was redundant")
	}
}
