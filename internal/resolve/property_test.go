package resolve_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

func drawPorts(r *rapid.T) []string {
	documented := []string{"6162/tcp", "2500-3300/tcp", "2500-2539/tcp", "1556/tcp", "9101-9103/tcp", "9102/tcp", "443/tcp", "49152-65535/tcp", "445/tcp", "111/udp"}
	list := []string{}
	for range rapid.IntRange(1, 4).Draw(r, "count") {
		if rapid.Bool().Draw(r, "documented") {
			list = append(list, rapid.SampledFrom(documented).Draw(r, "ports"))
			continue
		}
		first := rapid.IntRange(0, 65535).Draw(r, "first")
		last := min(65535, first+rapid.IntRange(0, 900).Draw(r, "more"))
		list = append(list, fmt.Sprintf("%d-%d/%s", first, last, rapid.SampledFrom([]string{"tcp", "udp", "sctp"}).Draw(r, "protocol")))
	}
	return list
}

// drawSpec draws a selection that may or may not resolve.
func drawSpec(r *rapid.T) spec {
	s := spec{Name: "own"}
	if rapid.Bool().Draw(r, "own") {
		s.Ports = drawPorts(r)
		if rapid.Bool().Draw(r, "says negotiated") {
			s.Negotiated = ref(rapid.Bool().Draw(r, "negotiated"))
		}
		return s
	}
	s.Product = rapid.SampledFrom(catalog.IDs()).Draw(r, "product")
	product, _ := catalog.Get(s.Product)
	switch rapid.IntRange(0, 2).Draw(r, "selection") {
	case 0:
		pair := rapid.SampledFrom(product.Pairs()).Draw(r, "pair")
		s.FromRole, s.ToRole = pair.From, pair.To
	case 1:
		for _, flow := range product.Flows {
			if rapid.IntRange(0, 9).Draw(r, "flow") == 0 {
				s.Flows = append(s.Flows, flow.ID)
			}
		}
	}
	if s.FromRole == "" && s.Flows == nil || rapid.Bool().Draw(r, "narrowed") {
		s.Ports = drawPorts(r)
	}
	return s
}

func TestPortRangeSpec_AnySpec_SharesEveryPortOutOnce(t *testing.T) {
	resolvedOnce := 0
	rapid.Check(t, func(r *rapid.T) {
		s := drawSpec(r)
		resolved, faults := s.Resolve()
		if (resolved == nil) == (len(faults) == 0) {
			r.Fatalf("resolved %v, faults %v", resolved, faults)
		}
		if resolved == nil {
			return
		}
		resolvedOnce++
		var all portset.Ports
		for i, l := range resolved.Listeners {
			if l.Ports.IsEmpty() {
				r.Errorf("listener %q has no ports", l.Name)
			}
			if all.Overlaps(l.Ports) {
				r.Errorf("listener %d, %q, shares %s with another", i, l.Name, all.Intersect(l.Ports))
			}
			all = all.Union(l.Ports)
			checkFlow(r, s, l)
		}
		if len(resolved.Listeners) == 0 {
			r.Error("nothing listens")
		}
		if !resolved.Effective.Equal(all) {
			r.Errorf("opens %s, its listeners have %s", resolved.Effective, all)
		}
		if s.Ports != nil {
			if given, _ := portset.ParseList(s.Ports); !resolved.Effective.Equal(given) {
				r.Errorf("opens %s of %s", resolved.Effective, given)
			}
		}
		checkRegistered(r, resolved)
		checkQuiet(r, resolved)
		if faults := policy.Validate(&policy.Policy{Name: "p", Rules: []policy.Rule{{Name: "r", PortRanges: []policy.PortRange{resolved.PortRange}, Partial: true}}}); len(faults) > 0 {
			r.Errorf("a policy refuses it: %v", faults)
		}
	})
	if resolvedOnce == 0 {
		t.Error("no spec resolved")
	}
}

// checkFlow holds a listener to the catalogue and to the author's selection.
func checkFlow(r *rapid.T, s spec, l policy.Listener) {
	if l.Kind != policy.ProductFlow {
		if l.Name != s.Name || l.Flow != "" {
			r.Errorf("a listener without a flow: %+v", l)
		}
		return
	}
	product, _ := catalog.Get(s.Product)
	flow, known := product.Flow(l.Flow)
	if !known || l.Product != s.Product || l.Name != flow.ID || l.Negotiated != flow.Negotiated || l.Encrypted != flow.Encrypted {
		r.Errorf("not the catalogue's flow: %+v", l)
		return
	}
	switch {
	case s.Flows != nil && !slices.Contains(s.Flows, flow.ID):
		r.Errorf("flow %q was not named", flow.ID)
	case s.FromRole != "" && (flow.From != s.FromRole || flow.To != s.ToRole || !flow.Required):
		r.Errorf("roles %s → %s select %q, %s → %s, required %t", s.FromRole, s.ToRole, flow.ID, flow.From, flow.To, flow.Required)
	case s.Ports == nil && !flow.Ports.Covers(l.Ports):
		r.Errorf("flow %q has %s, documented are %s", flow.ID, l.Ports, flow.Ports)
	case s.Flows == nil && s.FromRole == "" && !flow.Ports.Covers(l.Ports):
		r.Errorf("nobody said that %q has moved to %s", flow.ID, l.Ports.Minus(flow.Ports))
	}
}

func checkRegistered(r *rapid.T, resolved *resolve.PortRange) {
	n := 0
	for _, e := range resolved.Effective.Entries() {
		for port := int(e.Range.First); e.Protocol.HasPorts() && port <= int(e.Range.Last); port++ {
			name, known := iana.Name(e.Protocol, uint16(port))
			if !known {
				continue
			}
			if n < resolve.MaxRegistered {
				if got := resolved.Registered[n]; int(got.Port) != port || got.Protocol != e.Protocol || got.Name != name {
					r.Fatalf("registered service %d is %+v, want %d/%s %s", n, got, port, e.Protocol, name)
				}
			}
			n++
		}
	}
	if n != resolved.RegisteredCount || len(resolved.Registered) != min(n, resolve.MaxRegistered) {
		r.Errorf("%d registered services, %d listed, %d counted one by one", resolved.RegisteredCount, len(resolved.Registered), n)
	}
}

// checkQuiet holds the alternative to its promise: as wide, and quiet.
func checkQuiet(r *rapid.T, resolved *resolve.PortRange) {
	if resolved.Quiet == "" {
		return
	}
	quiet, err := portset.Parse(resolved.Quiet)
	if err != nil {
		r.Fatal(err)
	}
	if quiet.Len() != resolved.Effective.Len() {
		r.Errorf("%s in place of %s", quiet, resolved.Effective)
	}
	for _, protocol := range portset.Protocols() {
		set := quiet.Of(protocol)
		if !protocol.HasPorts() {
			continue
		}
		if set.Overlaps(iana.Registered(protocol)) || set.Overlaps(services.SpecialSet(protocol)) || set.Overlaps(services.EphemeralSet()) {
			r.Errorf("%s is not quiet", quiet)
		}
		if set.IsEmpty() != resolved.Effective.Of(protocol).IsEmpty() {
			r.Errorf("%s in place of %s", quiet, resolved.Effective)
		}
	}
}

// A small universe, address by address.
func TestPeerGroupSpec_PrefixesAreCidrsWithoutExcept(t *testing.T) {
	drawPrefixes := func(r *rapid.T, name string, least int) []string {
		list := []string{}
		for range rapid.IntRange(least, 5).Draw(r, name) {
			bits := rapid.IntRange(24, 32).Draw(r, "length")
			addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(rapid.IntRange(0, 255).Draw(r, "octet"))})
			list = append(list, netip.PrefixFrom(addr, bits).Masked().String())
		}
		return list
	}
	contains := func(list []string, addr netip.Addr) bool {
		return slices.ContainsFunc(list, func(text string) bool { return netip.MustParsePrefix(text).Contains(addr) })
	}
	rapid.Check(t, func(r *rapid.T) {
		s := resolve.PeerGroupSpec{Name: "g", CIDRs: drawPrefixes(r, "cidrs", 1), Except: drawPrefixes(r, "except", 0)}
		group, warnings, faults := s.Resolve()
		left := 0
		useless := slices.Repeat([]bool{true}, len(s.Except))
		for octet := range 256 {
			addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(octet)})
			want := contains(s.CIDRs, addr) && !contains(s.Except, addr)
			if want {
				left++
			}
			if group != nil && group.Prefixes.Contains(addr) != want {
				r.Fatalf("%s: %t, want %t", addr, !want, want)
			}
			for i, text := range s.Except {
				useless[i] = useless[i] && (!contains(s.CIDRs, addr) || !netip.MustParsePrefix(text).Contains(addr))
			}
		}
		if (group == nil) != (left == 0) || (len(faults) > 0) != (left == 0) {
			r.Fatalf("%d addresses left: %v, %v", left, group, faults)
		}
		if group == nil {
			return
		}
		if n := group.Prefixes.AddressCount(); !n.IsInt64() || n.Int64() != int64(left) {
			r.Errorf("%s addresses, counted %d", n, left)
		}
		var places []string
		for i := range useless {
			if useless[i] {
				places = append(places, fmt.Sprintf("except[%d]", i))
			}
		}
		var warned []string
		for _, w := range warnings {
			warned = append(warned, w.Path.String())
		}
		if !slices.Equal(places, warned) {
			r.Errorf("warned of %q, useless are %q", warned, places)
		}
	})
}
