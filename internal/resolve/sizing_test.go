package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func parsed(texts ...string) portset.Ports {
	ports, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return ports
}

// fleet is a product whose flows grow with different things.
var fleet = &catalog.Product{
	ID: "fleet",
	Flows: []catalog.Flow{
		{ID: "node", Ports: parsed("7000-7099/tcp"), Negotiated: true},
		{ID: "sessions", Ports: parsed("8000-8099/tcp"), Negotiated: true},
		{ID: "mixed", Ports: parsed("9000-9099/tcp"), Negotiated: true},
		{ID: "flat", Ports: parsed("9448-9999/tcp"), Negotiated: true},
		{ID: "upward", Ports: parsed("9082-9181/tcp"), Negotiated: true, OpenEnded: true},
		{ID: "picked", Ports: parsed("1024-65535/tcp", "1024-65535/udp"), Negotiated: true, OpenEnded: true},
		{ID: "bulk", Ports: parsed("20000-20999/tcp"), Negotiated: true, OpenEnded: true},
		{ID: "control", Ports: parsed("29168/tcp")},
	},
	Sizing: []catalog.SizingRule{
		{ID: "devices", Unit: catalog.Device, BasePorts: 5, PortsPerUnit: 1, MinPorts: 1, Formula: "5 ports plus one per device", Source: "guide, page 3", Confidence: catalog.High, AppliesTo: []string{"node", "upward"}},
		{ID: "daemons", Unit: catalog.Daemon, PortsPerUnit: 2, MinPorts: 1, Formula: "two ports per daemon.", Source: "guide, page 3", Confidence: catalog.High, AppliesTo: []string{"node"}},
		{ID: "sessions", Unit: catalog.Session, PortsPerUnit: 3, MinPorts: 10, Formula: "three ports per session", Source: "forum", Confidence: catalog.Low, AppliesTo: []string{"sessions"}},
		{ID: "jobs", Unit: catalog.Job, PortsPerUnit: 1, MinPorts: 1, Formula: "one port per job", Source: "guide, page 4", Confidence: catalog.High, AppliesTo: []string{"mixed"}},
		{ID: "users", Unit: catalog.User, PortsPerUnit: 1, MinPorts: 1, Formula: "one port per user", Source: "guide, page 4", Confidence: catalog.High, AppliesTo: []string{"mixed"}},
		{ID: "clients", Unit: catalog.Client, BasePorts: 50, PortsPerUnit: 1, MinPorts: 1, Formula: "50 ports plus one per client", Source: "guide, page 6", Confidence: catalog.High, AppliesTo: []string{"bulk"}},
		{ID: "floor", Unit: catalog.NoUnit, BasePorts: 100, MinPorts: 1, Formula: "at least 100 ports", Source: "guide, page 5", Confidence: catalog.Medium, AppliesTo: []string{"flat"}},
	},
}

// fleetListeners are listeners of the flows, each on the first ports of its
// flow.
func fleetListeners(width int, ids ...string) []policy.Listener {
	var listeners []policy.Listener
	for i := range fleet.Flows {
		if f := &fleet.Flows[i]; slices.Contains(ids, f.ID) {
			ports := portset.PortsOf(portset.TCP, f.Ports.Of(portset.TCP).FirstN(width))
			listeners = append(listeners, policy.Listener{Name: f.ID, Kind: policy.ProductFlow, Product: "fleet", Flow: f.ID, Ports: ports})
		}
	}
	return append(listeners, policy.Listener{Name: "own", Kind: policy.Undeclared, Product: "fleet", Ports: parsed("5000-5009/tcp")})
}

func TestProductSizing(t *testing.T) {
	six := 6
	const (
		node     = "5 ports plus one per device; two ports per daemon (guide, page 3)"
		sessions = "three ports per session (forum, low confidence)"
		mixed    = "one port per job; one port per user (guide, page 4)"
	)
	for _, c := range []struct {
		name    string
		flows   []string
		load    map[string]int
		jobs    *int
		want    *policy.Sizing
		sizedBy string
		faults  []string
	}{
		{"two units of one flow", []string{"node"}, map[string]int{"device": 4, "daemon": 3}, nil, &policy.Sizing{Needed: 15, Configured: 20, Rule: node}, "load", nil},
		{"two flows", []string{"node", "sessions", "control"}, map[string]int{"device": 4, "daemon": 3, "session": 4}, nil,
			&policy.Sizing{Needed: 15 + 12, Configured: 40, Rule: node + "; " + sessions}, "load", nil},
		{"the minimum of each flow", []string{"node", "sessions"}, map[string]int{"device": 4, "daemon": 3, "session": 1}, nil,
			&policy.Sizing{Needed: 15 + 10, Configured: 40, Rule: node + "; " + sessions}, "load", nil},
		{"the flow that lacks most", []string{"node", "sessions"}, map[string]int{"device": 4, "daemon": 10, "session": 10}, nil,
			&policy.Sizing{Needed: 30, Configured: 20, Rule: sessions}, "load", nil},
		{"one that lacks some beside one with spare ports", []string{"node", "sessions"}, map[string]int{"device": 4, "daemon": 6, "session": 1}, nil,
			&policy.Sizing{Needed: 21, Configured: 20, Rule: node}, "load", nil},
		{"more than there are", []string{"node", "sessions", "upward", "mixed"}, map[string]int{"device": 1 << 31, "daemon": 1, "session": 1 << 31, "job": 1 << 31, "user": 1}, nil,
			&policy.Sizing{Needed: 1 << 16, Configured: 20, Rule: node}, "load", nil},
		{"concurrency counts the only unit", []string{"sessions", "control"}, nil, &six, &policy.Sizing{Needed: 18, Configured: 20, Rule: sessions}, "concurrency", nil},
		{"whatever it is", []string{"upward"}, nil, &six, &policy.Sizing{Needed: 11, Configured: 20, Rule: "5 ports plus one per device (guide, page 3)"}, "concurrency", nil},
		{"the jobs of several units", []string{"mixed"}, map[string]int{"user": 2}, &six, &policy.Sizing{Needed: 8, Configured: 20, Rule: mixed}, "load", nil},
		{"only jobs", []string{"mixed"}, nil, &six, nil, "", []string{
			`concurrency: Load incomplete: The selected flows of product "fleet" grow with job and user, and nothing counts user. The needed width is not known without. Add user to load with your own numbers, for example load = { user = 1 }.`}},
		{"no jobs among several units", []string{"node"}, nil, &six, nil, "", []string{
			`concurrency: Load incomplete: The selected flows of product "fleet" grow with device and daemon, and nothing counts device and daemon. The needed width is not known without. Add device and daemon to load with your own numbers, for example load = { device = 1, daemon = 1 }.`}},
		{"one of two", []string{"node"}, map[string]int{"device": 4}, nil, nil, "", []string{
			`load: Load incomplete: The selected flows of product "fleet" grow with device and daemon, and nothing counts daemon. The needed width is not known without. Add daemon to load with your own numbers, for example load = { device = 4, daemon = 1 }.`}},
		{"units of other flows", []string{"node", "sessions"}, map[string]int{"job": 4, "gadget": 2}, nil, nil, "", []string{
			`load["gadget"]: Unknown unit: "gadget" is not what the selected flows of product "fleet" grow with. A count of something else says nothing about the width of the range. Use device, daemon and session.`,
			`load["job"]: Unknown unit: "job" is not what the selected flows of product "fleet" grow with. A count of something else says nothing about the width of the range. Use device, daemon and session.`}},
		{"none is no unit", []string{"flat", "sessions"}, map[string]int{"none": 4, "session": 1}, nil, nil, "", []string{
			`load["none"]: Unknown unit: "none" is not what the selected flows of product "fleet" grow with. A count of something else says nothing about the width of the range. Use session.`}},
		{"counted twice", []string{"sessions"}, map[string]int{"session": 4}, &six, nil, "", []string{
			`load["session"]: Load counted twice: concurrency = 6 counts session, and load counts it as well. The two can contradict each other. Remove concurrency, or session from load.`}},
		{"nothing grows", []string{"control"}, map[string]int{"session": 4}, nil, nil, "", []string{
			`load: Load without sizing: load is given, and no selected flow of product "fleet" grows with a load. The width of fixed ports does not depend on what runs. Remove load, or select a flow that grows: node, sessions, mixed, upward, bulk.`}},
		{"nothing grows with concurrency", []string{"control"}, nil, &six, nil, "", nil},
		{"nothing counted", []string{"node"}, nil, nil, nil, "", nil},
		{"a flat rule asks for no count", []string{"flat"}, nil, nil, &policy.Sizing{Needed: 100, Configured: 20, Rule: "at least 100 ports (guide, page 5)"}, "product", nil},
		{"a flat rule beside one that does", []string{"flat", "sessions"}, nil, nil, nil, "", nil},
		{"a flat rule and jobs", []string{"flat", "sessions"}, nil, &six, &policy.Sizing{Needed: 100, Configured: 20, Rule: "at least 100 ports (guide, page 5)"}, "concurrency", nil},
		{"a load that counts nothing", []string{"sessions"}, map[string]int{}, nil, nil, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := PortRangeSpec{Name: "r", Product: "fleet", Load: c.load, Concurrency: c.jobs}
			got, sizedBy, faults := productSizing(fleet, spec, fleetListeners(20, c.flows...))
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if sizedBy != c.sizedBy {
				t.Errorf("sized by %q, want %q", sizedBy, c.sizedBy)
			}
			var texts []string
			for _, f := range faults {
				texts = append(texts, f.Error())
			}
			if !slices.Equal(texts, c.faults) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(texts, "\n"), strings.Join(c.faults, "\n"))
			}
		})
	}
}

// TestProductSizing_FlatRule_StandsAtTheArgumentThatOpens: nobody wrote a load.
func TestProductSizing_FlatRule_StandsAtTheArgumentThatOpens(t *testing.T) {
	_, sizedBy, _ := productSizing(fleet, PortRangeSpec{Product: "fleet", Ports: []string{"9448-9467/tcp"}}, fleetListeners(20, "flat"))
	if sizedBy != "ports" {
		t.Errorf("sized by %q, want ports", sizedBy)
	}
}

func TestSizingWarnings_StandAtTheArgument(t *testing.T) {
	resolved := &PortRange{SizedBy: "load"}
	resolved.Sizing = &policy.Sizing{Needed: 10, Configured: 9, Rule: "a rule"}
	warnings := SizingWarnings(resolved)
	if len(warnings) != 1 || warnings[0].Path.String() != "load" {
		t.Errorf("warnings: %v", warnings)
	}
}

func TestCheckOpenEnded(t *testing.T) {
	flows := func(ids ...string) []*catalog.Flow {
		var list []*catalog.Flow
		for i := range fleet.Flows {
			if slices.Contains(ids, fleet.Flows[i].ID) {
				list = append(list, &fleet.Flows[i])
			}
		}
		return list
	}
	six := 6
	for _, c := range []struct {
		name  string
		spec  PortRangeSpec
		flows []*catalog.Flow
		want  string
	}{
		{"no such flow", PortRangeSpec{}, flows("node", "control"), ""},
		{"ports given", PortRangeSpec{Ports: []string{"9082-9090/tcp"}}, flows("upward"), ""},
		{"load not known", PortRangeSpec{}, flows("upward"),
			`Range without an end: The vendor names no upper bound for flow "upward" of product "fleet"; 9082-9181/tcp is an example. Only you know which ports the product may use, and all others would be open for nothing. Write the range that you set in the product or in its operating system, for example ports = ["9082-9113/tcp"].`},
		{"load known, fixed ports kept", PortRangeSpec{Concurrency: &six}, flows("upward", "control"),
			`Range without an end: The vendor names no upper bound for flow "upward" of product "fleet"; 9082-9181/tcp is an example. Only you know which ports the product may use, and all others would be open for nothing. Write the range that you set in the product or in its operating system, for example ports = ["9082-9092/tcp", "29168/tcp"].`},
		{"picked by the system: somewhere quiet, beside the fixed port", PortRangeSpec{}, flows("picked", "control"),
			`Range without an end: The vendor names no upper bound for flow "picked" of product "fleet"; 1024-65535/tcp, 1024-65535/udp is an example. Only you know which ports the product may use, and all others would be open for nothing. Write the range that you set in the product or in its operating system, for example ports = ["29168-29200/tcp", "29168-29199/udp"].`},
		{"at least the flat part", PortRangeSpec{}, flows("bulk"),
			`Range without an end: The vendor names no upper bound for flow "bulk" of product "fleet"; 20000-20999/tcp is an example. Only you know which ports the product may use, and all others would be open for nothing. Write the range that you set in the product or in its operating system, for example ports = ["20000-20049/tcp"].`},
		{"both", PortRangeSpec{Load: map[string]int{"device": 1}}, flows("upward", "picked"),
			`Range without an end: The vendor names no upper bound for flows "upward" and "picked" of product "fleet"; 1024-65535/tcp, 1024-65535/udp is an example. Only you know which ports the product may use, and all others would be open for nothing. Write the range that you set in the product or in its operating system, for example ports = ["9082-9087/tcp", "29168-29199/tcp", "29168-29199/udp"].`},
	} {
		got := ""
		if f := checkOpenEnded(fleet, c.flows, c.spec); f != nil {
			got = f.Error()
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestOpenEnded_EveryProduct_AcceptsItsExample: what the message proposes can
// be written as it stands.
func TestOpenEnded_EveryProduct_AcceptsItsExample(t *testing.T) {
	tried := 0
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for i := range product.Flows {
			flow := &product.Flows[i]
			if !flow.OpenEnded {
				continue
			}
			spec := PortRangeSpec{Name: "r", Product: id, Flows: []string{flow.ID}}
			_, faults := spec.Resolve()
			if len(faults) != 1 || faults[0].Path.String() != "ports" {
				t.Errorf("%s, %s: %v", id, flow.ID, faults)
				continue
			}
			tried++
			spec.Ports = proposedPorts(t, faults)
			resolved, faults := spec.Resolve()
			if len(faults) > 0 {
				t.Errorf("%s, %s with %q: %v", id, flow.ID, spec.Ports, faults)
			} else if len(resolved.Listeners) != 1 || resolved.Listeners[0].Flow != flow.ID || !flow.Ports.Covers(resolved.Listeners[0].Ports) {
				t.Errorf("%s, %s with %q: %+v", id, flow.ID, spec.Ports, resolved.Listeners)
			}
		}
	}
	if tried == 0 && len(catalog.IDs()) > 40 {
		t.Error("no product has an open-ended flow")
	}
}

// TestRoles_EveryPair_OpensItsRequiredFlows: every pair of every product that
// has required flows can be written, with the proposed ports where the vendor
// names no end.
func TestRoles_EveryPair_OpensItsRequiredFlows(t *testing.T) {
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for _, pair := range product.Pairs() {
			required, openEnded := portset.Ports{}, false
			for _, flow := range product.Between(pair.From, pair.To) {
				if flow.Required {
					required = required.Union(flow.Ports)
					openEnded = openEnded || flow.OpenEnded
				}
			}
			if required.IsEmpty() {
				continue
			}
			spec := PortRangeSpec{Name: "r", Product: id, FromRole: pair.From, ToRole: pair.To}
			resolved, faults := spec.Resolve()
			if openEnded {
				if len(faults) != 1 {
					t.Fatalf("%s, %v: %v", id, pair, faults)
				}
				spec.Ports = proposedPorts(t, faults)
				resolved, faults = spec.Resolve()
				required = parsed(spec.Ports...)
			}
			if len(faults) > 0 {
				t.Errorf("%s, %v: %v", id, pair, faults)
			} else if !resolved.Effective.Equal(required) {
				t.Errorf("%s, %v: opens %s, required are %s", id, pair, resolved.Effective, required)
			}
		}
	}
}

func proposedPorts(t *testing.T, faults fault.List) []string {
	t.Helper()
	_, list, found := strings.Cut(faults[0].Instead, "ports = [")
	if !found {
		t.Fatalf("no example in %v", faults)
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(list, `"`, ""), "]."), ", ")
}

func TestPortRangeSpec_Load_OutOfRange(t *testing.T) {
	_, faults := PortRangeSpec{Name: "r", Product: "veeam", Flows: []string{"data-mover-range"}, Load: map[string]int{"task": 0, "jobs": -1}}.Resolve()
	want := `load["jobs"]: Load out of range: "jobs" = -1 is not a number of anything that runs. The width of the range is compared with what the load needs. Write a whole number from 1, or leave the unit out.
load["task"]: Load out of range: "task" = 0 is not a number of anything that runs. The width of the range is compared with what the load needs. Write a whole number from 1, or leave the unit out.`
	if got := faults.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPortRangeSpec_Load_WithoutProduct(t *testing.T) {
	_, faults := PortRangeSpec{Name: "r", Ports: []string{"29168/tcp"}, Load: map[string]int{"task": 1}}.Resolve()
	want := `load: Argument without product: load is given, and product is not. Roles, flows and units of load are those of a product in the catalogue. Add product, an id of docs/guides/products, or remove load.`
	if got := faults.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPortRangeSpec_Load_CountsAsConcurrencyDoes: a product with one unit
// takes either.
func TestPortRangeSpec_Load_CountsAsConcurrencyDoes(t *testing.T) {
	forty := 40
	spec := PortRangeSpec{Name: "r", Product: "veeam", Flows: []string{"data-mover-range"}, Concurrency: &forty}
	byJobs, faults := spec.Resolve()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	spec.Concurrency, spec.Load = nil, map[string]int{"task": 40}
	byLoad, faults := spec.Resolve()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if *byJobs.Sizing != *byLoad.Sizing || byJobs.SizedBy != "concurrency" || byLoad.SizedBy != "load" || byLoad.Sizing.Needed != 40 {
		t.Errorf("%+v by %s, %+v by %s", byJobs.Sizing, byJobs.SizedBy, byLoad.Sizing, byLoad.SizedBy)
	}
}
