package suggest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// existing generates policies of openings that flows of the catalogue
// document, whole or in part, among ports of nobody, some spread over several
// rules and some declared by the author.
func existing() *rapid.Generator[*policy.Policy] {
	cidrs := []string{"10.0.0.0/28", "10.0.0.16/28", "198.51.100.16/28", "2001:db8::/64"}
	return rapid.Custom(func(t *rapid.T) *policy.Policy {
		p := &policy.Policy{Name: "existing"}
		for i := range rapid.IntRange(0, 5).Draw(t, "rules") {
			d := rapid.SampledFrom(policy.Directions()).Draw(t, "direction")
			r := undeclared(fmt.Sprintf("rule-%d", i), d, portset.Ports{}, rapid.SampledFrom(cidrs).Draw(t, "peers"))
			r.Peers[0].Zone = rapid.SampledFrom(policy.Zones()).Draw(t, "zone")
			r.PortRanges[0].Listeners = nil
			for range rapid.IntRange(1, 5).Draw(t, "listeners") {
				r.PortRanges[0].Listeners = append(r.PortRanges[0].Listeners, listener().Draw(t, "listener"))
			}
			p.Rules = append(p.Rules, r)
		}
		return p
	})
}

func listener() *rapid.Generator[policy.Listener] {
	return rapid.Custom(func(t *rapid.T) policy.Listener {
		l := policy.Listener{Name: "listener", Kind: policy.Undeclared}
		product, _ := catalog.Get(rapid.SampledFrom([]string{"veeam", "veeam", "netbackup", "bacula", "commvault", "networker",
			"nfs_target", "dpm_mabs", "backup_exec", "netvault"}).Draw(t, "product"))
		flow := rapid.Custom(func(t *rapid.T) *catalog.Flow {
			return &product.Flows[rapid.IntRange(0, len(product.Flows)-1).Draw(t, "index")]
		})
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		default:
			l.Ports = flow.Draw(t, "flow").Ports
		case 4:
			entry := rapid.SampledFrom(flow.Draw(t, "flow").Ports.Entries()).Draw(t, "entry")
			l.Ports = portset.PortsOf(entry.Protocol, portset.Of(entry.Range).FirstN(rapid.IntRange(1, 40).Draw(t, "width")))
		case 5:
			l.Ports = rapid.SampledFrom([]portset.Ports{ports("22/tcp"), ports("443/tcp", "31999/tcp"), ports("6150-6200/tcp"),
				ports("icmp"), portset.WholeProtocol(portset.TCP), portset.Any()}).Draw(t, "other")
		case 6:
			f := flow.Draw(t, "flow")
			l.Kind, l.Product, l.Flow, l.Ports, l.Negotiated, l.Encrypted = policy.ProductFlow, product.ID, f.ID, f.Ports, f.Negotiated, f.Encrypted
		case 7: // declared, on other ports than documented
			f := flow.Draw(t, "flow")
			l.Kind, l.Product, l.Flow, l.Ports = policy.ProductFlow, product.ID, f.ID, ports("31000-31009/tcp", "31000/udp")
		case 8:
			l.Kind, l.Negotiated, l.Ports = policy.Negotiated, true, ports("40000-40039/tcp")
			l.Name = rapid.SampledFrom([]string{"vault", "unexplained-rule-0", "veeam"}).Draw(t, "name")
		case 9:
			l.Product, l.Ports = product.ID, flow.Draw(t, "flow").Ports.Union(ports("31999/tcp"))
		}
		return l
	})
}

func generated() *rapid.Generator[*policy.Policy] {
	references := []policy.Reference{
		{Name: "bastion", Kind: policy.AWSSecurityGroup, MaxHosts: 4},
		{Name: "1-list", Kind: policy.AWSPrefixList, MaxHosts: 1 << 32, MaxEntries: 20},
	}
	return rapid.OneOf(existing(), existing(), compiletest.Policies(compiletest.Options{References: references}))
}

// TestFor_OpensTheSame reads the text back and compares what it opens, compiled
// and for small policies packet by packet: none more, none less, each by the
// rule of the same name, and to the same peers.
func TestFor_OpensTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := generated().Filter(func(p *policy.Policy) bool { return len(policy.Validate(p)) == 0 }).Draw(t, "policy")
		s := For(p)
		suggested, err := readHCL(s.HCL)
		if err != nil {
			t.Fatalf("%v\n%s", err, s.HCL)
		}
		if before, after := compile.Compile(p), compile.Compile(suggested); !reflect.DeepEqual(before, after) {
			t.Fatalf("compiled: %+v\nnow: %+v\n%s", before, after, s.HCL)
		}
		for i := range p.Rules {
			a, b := p.Rules[i], suggested.Rules[slices.IndexFunc(suggested.Rules, func(r policy.Rule) bool { return r.Name == p.Rules[i].Name })]
			if peersKey(&a) != peersKey(&b) {
				t.Fatalf("rule %s: peers %s, now %s", a.Name, peersKey(&a), peersKey(&b))
			}
		}
		if len(p.Rules) > 2 {
			return // packet by packet takes long
		}
		packets := compiletest.Packets(suggested, compiletest.Extra{})
		for _, packet := range append(packets, compiletest.Packets(p, compiletest.Extra{})...) {
			before, after := compiletest.AllowedBy(p, packet), compiletest.AllowedBy(suggested, packet)
			if !slices.Equal(before, after) {
				t.Fatalf("%s: allowed by %v, now by %v\n%s", packet, before, after, s.HCL)
			}
		}
	})
}

// TestFor_Accounts adds up: every port of a rule is explained, unexplained or
// declared negotiated, and each flow explains only what it documents or what the
// author said of it.
func TestFor_Accounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := existing().Draw(t, "policy")
		s := For(p)
		for _, d := range policy.Directions() {
			var open, negotiated, declared, explained, left portset.Ports
			for i := range p.Rules {
				for _, l := range p.Rules[i].PortRanges[0].Listeners {
					if p.Rules[i].Direction != d {
						continue
					}
					open = open.Union(l.Ports)
					switch l.Kind {
					case policy.Negotiated:
						negotiated = negotiated.Union(l.Ports)
					case policy.ProductFlow:
						declared = declared.Union(l.Ports)
					}
				}
			}
			for _, e := range s.Explained {
				if e.Direction != d {
					continue
				}
				explained = explained.Union(e.Ports)
				product, _ := catalog.Get(e.Product)
				documented := declared
				for _, id := range e.Flows {
					flow, _ := product.Flow(id)
					documented = documented.Union(flow.Ports)
				}
				if !documented.Covers(e.Ports) || !slices.IsSorted(e.Flows) || !slices.IsSorted(e.Rules) {
					t.Fatalf("%+v", e)
				}
			}
			for _, l := range s.Unexplained {
				if l.Direction == d {
					left = left.Union(l.Ports)
				}
			}
			if all := explained.Union(left).Union(negotiated); !all.Equal(open) {
				t.Fatalf("%s: open are %s, accounted for %s", d, open, all)
			}
			if !explained.Covers(declared) {
				t.Fatalf("%s: declared are %s, explained %s", d, declared, explained)
			}
		}
		if again := For(p); again.HCL != s.HCL {
			t.Fatalf("other text:\n%s\n%s", s.HCL, again.HCL)
		}
	})
}
