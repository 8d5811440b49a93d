package provider_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func TestPortServices_Known(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for port, want := range map[string]obj{
		"22/tcp": {
			"registered_services": seq{obj{"port": 22.0, "protocol": "tcp", "name": "ssh"}}, "registered_service_count": 1.0,
			"services":      seq{obj{"id": "ssh", "name": "SSH", "class": "sensitive", "ports": seq{"22/tcp"}, "points": 50.0}},
			"service_count": 1.0, "ephemeral_ranges": seq{}, "quiet": false,
		},
		"29168-29171/tcp": {
			"registered_services": seq{}, "registered_service_count": 0.0,
			"services":      seq{obj{"id": nil, "name": "undeclared tcp", "class": "undeclared", "ports": seq{"29168-29171/tcp"}, "points": 50.0}},
			"service_count": 1.0, "ephemeral_ranges": seq{}, "product_flows": seq{}, "product_flow_count": 0.0, "quiet": true,
		},
		"3388-3389/udp": {
			"services": seq{
				obj{"id": "rdp", "name": "Remote Desktop (RDP)", "class": "most_attacked", "ports": seq{"3389/udp"}, "points": 100.0},
				obj{"id": nil, "name": "undeclared udp", "class": "undeclared", "ports": seq{"3388/udp"}, "points": 30.0},
			},
			"service_count": 2.0, "quiet": false,
		},
		"32767-32768/tcp": {"ephemeral_ranges": seq{
			obj{"name": "Kubernetes NodePort", "ports": "30000-32767", "source": "Kubernetes documentation, Service, default of --service-node-port-range"},
			obj{"name": "Linux ephemeral ports", "ports": "32768-60999", "source": "Linux kernel documentation, ip-sysctl, default of net.ipv4.ip_local_port_range"},
		}, "quiet": false},
		"esp": {
			"services":         seq{obj{"id": nil, "name": "undeclared esp", "class": "undeclared", "ports": seq{"esp"}, "points": 30.0}},
			"ephemeral_ranges": seq{}, "registered_service_count": 0.0, "quiet": false,
		},
	} {
		result, failed := s.ask(t, "port_services", port)
		if failed != "" {
			t.Errorf("%s: %s", port, failed)
			continue
		}
		for name, value := range want {
			if got := result.(obj)[name]; !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s is\n%v\nwant\n%v", port, name, got, value)
			}
		}
	}
	for port, want := range map[string]string{
		"22": `argument 0: Missing protocol: "22" has no protocol. The same number is another service on another protocol. Write "22/tcp", or "22/udp" where the service uses UDP.`,
		"":   `argument 0: `,
	} {
		if _, failed := s.ask(t, "port_services", port); !strings.HasPrefix(failed, want) || failed == "" {
			t.Errorf("%q: %q, want %q", port, failed, want)
		}
	}
}

// Everything is bounded, and the counts say how much there is.
func TestPortServices_Any_IsBoundedAndCounted(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	result, failed := s.ask(t, "port_services", "any")
	if failed != "" {
		t.Fatal(failed)
	}
	for list, count := range map[string]string{"registered_services": "registered_service_count", "services": "service_count", "product_flows": "product_flow_count"} {
		if n := len(result.(obj)[list].(seq)); n != 50 || result.(obj)[count].(float64) <= 50 {
			t.Errorf("%s has %d elements of %v", list, n, result.(obj)[count])
		}
	}
	heaviest := math.Inf(1)
	for _, service := range result.(obj)["services"].(seq) {
		points := service.(obj)["points"].(float64)
		if points > heaviest {
			t.Errorf("%v stands behind one of %v points", service, heaviest)
		}
		heaviest = points
	}
}

// drawRange draws a range of ports that somebody may use.
func drawRange(r *rapid.T) string {
	first := rapid.OneOf(rapid.IntRange(0, 65535), rapid.IntRange(0, 4000), rapid.SampledFrom([]int{22, 443, 1556, 2500, 3389, 10006, 29168, 29998, 32767})).Draw(r, "first")
	last := min(65535, first+rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 900)).Draw(r, "more"))
	return fmt.Sprintf("%d-%d/%s", first, last, rapid.SampledFrom([]string{"tcp", "udp", "sctp"}).Draw(r, "protocol"))
}

// The services are those of a judgement by the same engine: at full reach the
// points of an undeclared opening are the sum of the weights.
func TestPortServices_AgreesWithTheOtherAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	rapid.Check(t, func(r *rapid.T) {
		text := drawRange(r)
		answer, failed := s.ask(t, "port_services", text)
		if failed != "" {
			r.Fatal(failed)
		}
		found := answer.(obj)
		judged, failed := s.ask(t, "score", seq{text}, seq{"0.0.0.0/0"}, "internet")
		if failed != "" {
			r.Fatal(failed)
		}
		byName := map[string]obj{}
		others := 0
		for _, c := range judged.(obj)["contributions"].(seq) {
			name := c.(obj)["service"].(string)
			if c.(obj)["class"] != "several" {
				byName[name] = c.(obj)
			} else if _, err := fmt.Sscanf(name, "%d more service", &others); err != nil {
				r.Errorf("the last contribution is %q", name)
			}
		}
		if len(byName)+others != int(found["service_count"].(float64)) {
			r.Errorf("%v services, the score has %d and %d more", found["service_count"], len(byName), others)
		}
		for _, service := range found["services"].(seq) {
			w := service.(obj)
			c, listed := byName[w["name"].(string)]
			if !listed && others > 0 {
				continue
			}
			if c["class"] != w["class"] || !reflect.DeepEqual(c["ports"], w["ports"]) || c["points"] != w["points"] {
				r.Errorf("%v, in the score %v", w, c)
			}
		}
		state := s.create(t, "port_range", obj{"name": "vault", "ports": seq{text}})
		for _, name := range []string{"registered_services", "registered_service_count"} {
			if got := get(t, state, name); !reflect.DeepEqual(got, found[name]) {
				r.Errorf("%s: %v, in the port range %v", name, found[name], got)
			}
		}
		checkProductFlows(r, text, found)
		checkQuietness(t, r, s, text, found)
	})
}

// checkProductFlows walks over the catalogue port by port.
func checkProductFlows(r *rapid.T, text string, found obj) {
	asked, err := portset.Parse(text)
	if err != nil {
		r.Fatal(err)
	}
	var want []string
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for _, flow := range product.Flows {
			anyPort := flow.OpenEnded && flow.Ports.Len() >= 10000
			if !anyPort && !asked.Intersect(flow.Ports).IsEmpty() {
				want = append(want, id+"/"+flow.ID)
			}
		}
	}
	var got []string
	narrow := 0
	for _, f := range found["product_flows"].(seq) {
		flow := f.(obj)
		got = append(got, flow["product"].(string)+"/"+flow["flow"].(string))
		product, _ := catalog.Get(flow["product"].(string))
		documented, known := product.Flow(flow["flow"].(string))
		if !known || documented.Ports.Len() < narrow {
			r.Fatalf("%v stands behind one of %d ports", flow, narrow)
		}
		narrow = documented.Ports.Len()
		if flow["from"] != documented.From || flow["to"] != documented.To || flow["purpose"] != documented.Purpose || flow["negotiated"] != documented.Negotiated {
			r.Errorf("%v is not %v", flow, documented)
		}
	}
	if int(found["product_flow_count"].(float64)) != len(want) || len(got) != min(len(want), 50) {
		r.Errorf("%d flows of %v, want %d", len(got), found["product_flow_count"], len(want))
	}
	for _, id := range got {
		if !slices.Contains(want, id) {
			r.Errorf("%s does not document %s", id, text)
		}
	}
}

// checkQuietness asks quiet_ports for the very range, with everything else to
// be avoided.
func checkQuietness(t *testing.T, r *rapid.T, s *server, text string, found obj) {
	asked, _ := portset.Parse(text)
	e := asked.Entries()[0]
	avoid := seq{}
	for _, rest := range portset.WholeProtocol(e.Protocol).Minus(asked).Strings() {
		avoid = append(avoid, rest)
	}
	proposal, failed := s.ask(t, "quiet_ports", e.Range.Len(), e.Protocol.String(), avoid)
	if want := failed == "" && proposal == e.String(); found["quiet"] != want {
		r.Errorf("%s is quiet: %v, and quiet_ports proposes %v %s", text, found["quiet"], proposal, failed)
	}
}
