package provider_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// withoutAllows are the notes about lists that a score has.
func withoutAllows(notes seq) any {
	left := slices.DeleteFunc(slices.Clone(notes), func(note any) bool { return strings.HasPrefix(note.(string), "allows:") })
	if len(left) == 0 {
		return nil
	}
	return left
}

// spelledOut is the policy that score stands for, by way of the resources.
func spelledOut(t testing.TB, s *server, ports, cidrs seq, zone string, settings obj) (policy obj, refused bool) {
	t.Helper()
	portRange := obj{"name": "opening", "ports": ports}
	for _, name := range []string{"product", "flows", "negotiated"} {
		if v, given := settings[name]; given {
			portRange[name] = v
		}
	}
	if p := s.plan(t, "port_range", tftypes.Value{}, portRange); len(p.errors()) > 0 {
		return nil, true
	}
	peers := obj{"name": "opening", "prefixes": cidrs, "zone": zone}
	if reason, given := settings["zone_reason"]; given {
		peers["zone_reason"] = reason
	}
	rule := ruleOf(s.create(t, "port_range", portRange), peers)
	if direction, given := settings["direction"]; given {
		rule["direction"] = direction
	}
	return obj{"name": "opening", "rules": obj{"opening": rule}}, false
}

func TestScore_Known(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	dmz := seq{"198.51.100.16/28"}
	for _, c := range []struct {
		name      string
		arguments []any
		score     float64
		verdict   string
		codes     string
		first     string // service and class of the first contribution
	}{
		{"forty quiet ports of a listener", []any{seq{"29168-29207/tcp"}, dmz, "dmz", obj{"negotiated": true}}, 2, "accept", "", "negotiated range opening backup_listener"},
		{"nobody says", []any{seq{"29168-29207/tcp"}, dmz, "dmz"}, 6, "accept", "", "undeclared tcp undeclared"},
		{"remote desktop for everybody", []any{seq{"3389/tcp"}, seq{"0.0.0.0/0"}, "internet"}, 100, "reject", "any-peer sensitive-service score-limit", "Remote Desktop (RDP) most_attacked"},
		{"a documented flow", []any{seq{"2500-2539/tcp"}, dmz, "dmz", obj{"product": "veeam", "flows": seq{"data-mover-range"}}}, 4, "accept", "", "services registered beside veeam/data-mover-range neighbours"},
		{"the limit", []any{seq{"29168-29207/tcp"}, dmz, "dmz", obj{"max_score": 5}}, 6, "reject", "score-limit", "undeclared tcp undeclared"},
		{"outward", []any{seq{"29168-29207/tcp"}, dmz, "dmz", obj{"direction": "egress"}}, 2, "accept", "", "undeclared tcp undeclared"},
		{"a claim without a reason", []any{seq{"29168/tcp"}, dmz, "internal"}, 1, "reject", "public-peer-private-claim", "undeclared tcp undeclared"},
		{"a claim with one", []any{seq{"29168/tcp"}, dmz, "internal", obj{"zone_reason": "our own range, routed inside"}}, 1, "accept", "", "undeclared tcp undeclared"},
		{"settings that are null", []any{seq{"29168/tcp"}, dmz, "dmz", obj{"negotiated": nil, "product": nil, "flows": nil, "direction": nil, "zone_reason": nil, "max_score": nil}}, 2, "accept", "", "undeclared tcp undeclared"},
	} {
		answer, failed := s.ask(t, "score", c.arguments...)
		if failed != "" {
			t.Errorf("%s: %s", c.name, failed)
			continue
		}
		result := answer.(obj)
		var codes []string
		for _, f := range result["findings"].(seq) {
			if f.(obj)["effect"] == "reject" {
				codes = append(codes, f.(obj)["code"].(string))
			}
		}
		top := result["contributions"].(seq)[0].(obj)
		if result["score"] != c.score || result["verdict"] != c.verdict || strings.Join(codes, " ") != c.codes || top["service"].(string)+" "+top["class"].(string) != c.first {
			t.Errorf("%s: %v, %v, %v, %v", c.name, result["score"], result["verdict"], codes, top)
		}
		if names := slices.Sorted(maps.Keys(result)); !slices.Equal(names, []string{"contributions", "findings", "left_out", "points", "rating", "score", "verdict"}) {
			t.Errorf("%s: %v", c.name, names)
		}
	}
}

func TestScore_RefusesWhatAPolicyRefuses(t *testing.T) {
	t.Parallel()
	port, peer := seq{"29168/tcp"}, seq{"10.0.0.0/24"}
	checkCalls(t, "score", []callRow{
		{[]any{seq{}, peer, "dmz"}, nil, `argument 0: No ports: ports = [] opens nothing. Some clouds read an empty list of ports as all ports. List at least one port, for example "40000-40039/tcp".`},
		{[]any{port, seq{}, "dmz"}, nil, `argument 1: No addresses: cidrs = [] holds no address. Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`},
		{[]any{port, peer, ""}, nil, `argument 2: Unknown zone: zone = "" is not a zone. The zone decides how much an address counts. Use one of by_address, management, internal, dmz, partner, internet.`},
		{[]any{port, peer, "DMZ"}, nil, `argument 2: Unknown zone: zone = "DMZ" is not a zone. The zone decides how much an address counts. Use one of by_address, management, internal, dmz, partner, internet.`},
		{[]any{seq{"icmpv6"}, peer, "dmz"}, nil, `argument 0: Protocol without peers: Rule "opening" opens "icmpv6", which exists in IPv6 only, and none of its peers has an IPv6 address. ` +
			`The opening would allow nothing, and clouds differ in what they make of it. Write "icmp" for these peers, or add a peer with an IPv6 address.`},
		{[]any{seq{"icmp"}, peer, "dmz", obj{"negotiated": true}}, nil, `argument 0: Nothing to negotiate: negotiated = true with "icmp", which is not a range of ports. ` +
			`A negotiated listener picks one port of the range per connection. Put protocols without ports into a port range of their own.`},
		{[]any{port, peer, "dmz", obj{"product": "veeam", "negotiated": true}}, nil, `argument 3: negotiated: Negotiated is the catalogue's: negotiated = true is given beside product = "veeam". ` +
			`Whether a flow negotiates its port is in the product's documentation. Remove negotiated, or remove product to describe a listener of your own.`},
		{[]any{port, peer, "dmz", obj{"flows": seq{"x"}}}, nil, `argument 3: flows: Argument without product: flows is given, and product is not. ` +
			`Roles, flows and units of load are those of a product in the catalogue. Add product, an id of docs/guides/products, or remove flows.`},
		{[]any{port, peer, "dmz", obj{"max_score": -1, "direction": 7}}, nil, `argument 3: direction: Wrong type: direction is not a string. The value cannot be read. Write a string.` + "\n" +
			`max_score: Score limit out of range: max_score = -1 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`},
	})
}

// Whatever is asked, the answer is that of assess for the policy spelt out.
func TestScore_AgreesWithAssess(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	answered := 0
	rapid.Check(t, func(r *rapid.T) {
		pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(r, name) }
		some := func(name string, from ...string) seq {
			list := seq{}
			for range rapid.IntRange(1, 3).Draw(r, name+" count") {
				list = append(list, pick(name, from...))
			}
			return list
		}
		ports := some("port", "29168-29207/tcp", "443/tcp", "3389/tcp", "2500-3300/tcp", "2500-2510/tcp", "53/udp", "1000-1030/udp", "6162/tcp", "icmp", "any", "0-65535/tcp", "40000-40039/tcp", "9448-10000/tcp", "9448-9460/tcp")
		cidrs := some("prefix", "198.51.100.16/28", "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/48", "0.0.0.0/0", "192.0.2.7", "::/0")
		zone := pick("zone", "by_address", "management", "internal", "dmz", "partner", "internet")
		settings := obj{}
		for _, c := range []struct {
			name string
			draw func() any
		}{
			{"direction", func() any { return pick("direction", "ingress", "egress") }},
			{"zone_reason", func() any { return pick("reason", "", "our own") }},
			{"negotiated", func() any { return rapid.Bool().Draw(r, "negotiated") }},
			{"product", func() any { return pick("product", "veeam", "netbackup", "bareos", "nakivo", "nakivo") }},
			{"max_score", func() any { return rapid.IntRange(0, 100).Draw(r, "max_score") }},
		} {
			if rapid.Bool().Draw(r, "with "+c.name) {
				settings[c.name] = c.draw()
			}
		}
		if settings["product"] == "veeam" && rapid.Bool().Draw(r, "with flows") {
			settings["flows"] = some("flow", "data-mover", "data-mover-range")
		}
		if settings["product"] == "nakivo" && rapid.Bool().Draw(r, "sized") {
			// Its rule needs no load, so the width is compared in any case.
			settings["flows"], ports = seq{"transporter-data"}, seq{pick("width", "9448-10000/tcp", "9448-9460/tcp", "9448-9600/tcp")}
		}
		answer, failed := s.ask(t, "score", ports, cidrs, zone, settings)
		policy, refused := spelledOut(t, s, ports, cidrs, zone, settings)
		if refused {
			if failed == "" {
				r.Fatal("the port range is refused, and there is a score")
			}
			return
		}
		rest := obj{}
		if limit, given := settings["max_score"]; given {
			rest["max_score"] = limit
		}
		judged, refusal := s.ask(t, "assess", policy, rest)
		if (failed != "") != (refusal != "") {
			r.Fatalf("score: %q, assess: %q", failed, refusal)
		}
		if failed != "" {
			return
		}
		answered++
		for name, got := range answer.(obj) {
			want := judged.(obj)[name]
			if name == "left_out" && want != nil { // the function has no allows
				want = withoutAllows(want.(seq))
			}
			if !reflect.DeepEqual(got, want) {
				r.Fatalf("%s is\n%v\nassess says\n%v", name, got, want)
			}
		}
	})
	if answered == 0 {
		t.Error("no score was compared")
	}
}
