package catalogtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// end is one end of a link as its author writes it: what is opened, and to
// whom.
type end struct {
	ranges []writtenRange
	peers  resolve.PeerGroupSpec
}

// writtenRange is a port range with a direction of its own.
type writtenRange struct {
	resolve.PortRangeSpec
	direction policy.Direction
}

// policy resolves the end, one rule per direction that is in use.
func (e end) policy() (*policy.Policy, error) {
	group, _, faults := e.peers.Resolve()
	if len(faults) > 0 {
		return nil, faults
	}
	p := &policy.Policy{Name: "host"}
	for _, direction := range policy.Directions() {
		rule := policy.Rule{Name: direction.String(), Direction: direction, Peers: []policy.PeerGroup{*group}}
		for _, r := range e.ranges {
			if r.direction != direction {
				continue
			}
			resolved, faults := r.Resolve()
			if len(faults) > 0 {
				return nil, faults
			}
			rule.PortRanges = append(rule.PortRanges, resolved.PortRange)
		}
		if len(rule.PortRanges) > 0 {
			p.Rules = append(p.Rules, rule)
		}
	}
	slices.SortFunc(p.Rules, func(a, b policy.Rule) int { return strings.Compare(a.Name, b.Name) })
	return p, nil
}

func (e end) judge(t *testing.T) (*policy.Policy, *risk.Assessment) {
	t.Helper()
	p, err := e.policy()
	if err != nil {
		t.Fatalf("%+v: %v", e.ranges, err)
	}
	a, faults := risk.Assess(p, risk.DefaultSettings())
	if len(faults) > 0 {
		t.Fatalf("%+v: %v", e.ranges, faults)
	}
	return p, a
}

// group is a /28 in a zone, private or public as the zone suggests.
func group(zone policy.Zone) resolve.PeerGroupSpec {
	cidr := "10.20.30.16/28"
	if zone == policy.DMZ {
		cidr = "198.51.100.16/28"
	}
	return resolve.PeerGroupSpec{Name: "hosts", CIDRs: []string{cidr}, Zone: zone.String()}
}

// ends are both ends of a link: the listener lets the dialler in, and the
// dialler may go out to the listener.
func ends(spec resolve.PortRangeSpec, dialler, listener policy.Zone) map[policy.Direction]end {
	return map[policy.Direction]end{
		policy.Ingress: {ranges: []writtenRange{{spec, policy.Ingress}}, peers: group(dialler)},
		policy.Egress:  {ranges: []writtenRange{{spec, policy.Egress}}, peers: group(listener)},
	}
}

var proposal = regexp.MustCompile(`ports = \[([^]]*)\]`)

// withOwnPorts answers the only question that a documented selection may
// raise: an open-ended flow needs the author's own ports. What the message
// proposes is taken.
func withOwnPorts(t *testing.T, spec resolve.PortRangeSpec) resolve.PortRangeSpec {
	t.Helper()
	_, faults := spec.Resolve()
	if len(faults) == 0 {
		return spec
	}
	found := proposal.FindStringSubmatch(faults.Error())
	if len(faults) != 1 || faults[0].Title != "Range without an end" || found == nil {
		t.Fatalf("%+v: %v", spec, faults)
	}
	spec.Ports = list(found[1])
	return spec
}

var inQuotes = regexp.MustCompile(`"([^"]*)"`)

// list reads the elements of a list as Terraform would.
func list(text string) []string {
	var elements []string
	for _, match := range inQuotes.FindAllStringSubmatch(text, -1) {
		elements = append(elements, match[1])
	}
	return elements
}

// TestEveryFlow_IsScoredAndCompiled: both ends of every flow of every product,
// with the same ports on either.
func TestEveryFlow_IsScoredAndCompiled(t *testing.T) {
	flows := 0
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for i := range product.Flows {
			flow := &product.Flows[i]
			flows++
			t.Run(id+"/"+flow.ID, func(t *testing.T) {
				spec := withOwnPorts(t, resolve.PortRangeSpec{Name: "link", Product: id, Flows: []string{flow.ID}})
				if (spec.Ports != nil) != flow.OpenEnded {
					t.Errorf("own ports %q, open-ended %t", spec.Ports, flow.OpenEnded)
				}
				want := flow.Ports
				if flow.OpenEnded {
					want, _ = portset.ParseList(spec.Ports)
				}
				scores := map[policy.Direction]float64{}
				for direction, e := range ends(spec, policy.DMZ, policy.Internal) {
					p, a := e.judge(t)
					scores[direction] = a.Points
					if got := opened(t, p, direction); !got.Equal(want) {
						t.Errorf("%s opens %s, want %s", direction, got, want)
					}
				}
				if scores[policy.Ingress] <= 0 || scores[policy.Egress] <= 0 || scores[policy.Egress] >= scores[policy.Ingress] {
					t.Errorf("points %v", scores)
				}
			})
		}
	}
	if flows < 300 {
		t.Errorf("only %d flows", flows)
	}
}

// opened compiles the policy to rules of AWS and reads the rows back.
func opened(t *testing.T, p *policy.Policy, direction policy.Direction) portset.Ports {
	t.Helper()
	target, known := emit.TargetNamed("aws_security_group_rules")
	if !known {
		t.Fatal("no rules for AWS")
	}
	result, faults := target.Emit(p, emit.Options{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rows, other := result.Ingress, result.Egress
	if direction == policy.Egress {
		rows, other = other, rows
	}
	if len(other) > 0 {
		t.Errorf("%d rules in the other direction", len(other))
	}
	var texts []string
	for _, row := range rows {
		text := fmt.Sprint(row.Values[0])
		if text == "tcp" || text == "udp" {
			text = fmt.Sprintf("%v-%v/%s", row.Values[1], row.Values[2], text)
		}
		texts = append(texts, text)
		if prefix := p.Rules[0].Peers[0].Prefixes.Strings(); row.Values[3] != prefix[0] {
			t.Errorf("%s is for %v, want %v", row.Key, row.Values[3], prefix)
		}
	}
	ports, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return ports
}
