package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
)

// dig steps into a plain value, by names and positions.
func dig(from any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			from = from.(obj)[step]
		case int:
			from = from.(seq)[step]
		}
	}
	return from
}

func TestProductDataSource_ShowsEverything(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	state, problems := s.read(t, "product", obj{"id": "veeam"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, _ := catalog.Get("veeam")
	for attribute, want := range map[string]any{
		"id": "veeam", "name": p.Name, "vendor": p.Vendor, "doc_version": p.DocVersion, "dial_direction": p.DialDirection, "narrowing": p.Narrowing,
	} {
		equalPlain(t, attribute, get(t, state, attribute), want)
	}
	flows := get(t, state, "flows").(seq)
	if len(flows) != len(p.Flows) || len(get(t, state, "roles").(seq)) != len(p.Roles) || len(get(t, state, "sources").(seq)) != len(p.Sources) {
		t.Fatalf("%d flows of %d", len(flows), len(p.Flows))
	}
	at := slices.IndexFunc(p.Flows, func(f catalog.Flow) bool { return f.ID == "data-mover-range" })
	f := p.Flows[at]
	equalPlain(t, "flow", flows[at], obj{"id": "data-mover-range", "from": "proxy", "to": "repository", "ports": seq{"2500-3300/tcp"}, "purpose": f.Purpose,
		"required": false, "negotiated": true, "open_ended": false, "encrypted": nil, "configurable": f.Configurable, "versions": nil, "note": f.Note,
		"single_port": "data-mover", "reversed": nil, "source": f.Source, "confidence": "high", "exploited_by": seq{}})
	at = slices.IndexFunc(p.Flows, func(f catalog.Flow) bool { return f.ID == "server-secure-v12" })
	equalPlain(t, "exploited", dig(get(t, state, "flows"), at, "exploited_by"), seq{"CVE-2023-27532", "CVE-2024-40711"})
	rule := p.Sizing[0]
	applies := seq{}
	for _, id := range rule.AppliesTo {
		applies = append(applies, id)
	}
	equalPlain(t, "sizing", get(t, state, "sizing"), seq{obj{"id": "tasks", "unit": "task", "base_ports": 0.0, "ports_per_unit": 1.0, "min_ports": 1.0,
		"formula": rule.Formula, "applies_to": applies, "examples": seq{obj{"units": 10.0, "ports": 10.0, "says": rule.Examples[0].Says}},
		"source": rule.Source, "confidence": "high"}})
	v := p.History[0]
	named := seq{}
	for _, id := range v.Flows {
		named = append(named, id)
	}
	ports := seq{}
	for _, text := range v.Ports.Strings() {
		ports = append(ports, text)
	}
	equalPlain(t, "vulnerability", dig(get(t, state, "vulnerabilities"), 0), obj{"cve": v.CVE, "year": float64(v.Year), "ports": ports, "flows": named,
		"in_kev": true, "kev_date_added": v.KEVDateAdded, "summary": v.Summary, "source": v.Source, "confidence": string(v.Confidence)})
	if got := get(t, state, "documented_ports").(seq); !slices.Contains(got, any("2500-3300/tcp")) {
		t.Errorf("documented ports: %v", got)
	}
}

// TestProductDataSource_EveryProduct_CanBeShown reads all of them: nothing in
// any file may be without a place in the schema.
func TestProductDataSource_EveryProduct_CanBeShown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, id := range catalog.IDs() {
		state, problems := s.read(t, "product", obj{"id": id})
		if len(problems) > 0 || !state.IsFullyKnown() {
			t.Errorf("%s: %v", id, problems)
			continue
		}
		p, _ := catalog.Get(id)
		if flows := get(t, state, "flows").(seq); len(flows) != len(p.Flows) || get(t, state, "name") != p.Name {
			t.Errorf("%s: %d flows of %d", id, len(flows), len(p.Flows))
		}
	}
}

func TestProductDataSource_UnknownId_SaysWhatWasMeant(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for id, want := range map[string]string{
		"veem": `ERROR id: Unknown product. id = "veem" is not in the catalogue. There is nothing to show. Did you mean "veeam"? All products stand in docs/guides/products.`,
		"zzz":  `ERROR id: Unknown product. id = "zzz" is not in the catalogue. There is nothing to show. Use an id of docs/guides/products.`,
	} {
		if _, problems := s.read(t, "product", obj{"id": id}); len(problems) != 1 || problems[0] != want {
			t.Errorf("got  %q\nwant %q", problems, want)
		}
	}
}

func TestProductsDataSource_Filters(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name            string
		filter          obj
		with, without   []string
		alone, complete bool
	}{
		{"none", obj{}, []string{"veeam", "netbackup", "bareos"}, nil, false, true},
		{"vendor in another case", obj{"vendor": "vEEam"}, []string{"veeam"}, nil, true, false},
		{"port", obj{"port": "9103/tcp"}, []string{"bareos"}, []string{"veeam", "netbackup"}, false, false},
		{"port in a range", obj{"port": "2777/tcp"}, []string{"veeam"}, []string{"bareos", "netbackup"}, false, false},
		{"range around a port", obj{"port": "1500-1600/tcp"}, []string{"netbackup"}, []string{"bareos"}, false, false},
		{"first port of a range without an end", obj{"port": "9082/tcp"}, []string{"zerto"}, []string{"veeam"}, false, false},
		{"what the system picks does not count", obj{"port": "33333/tcp"}, nil, []string{"backuppc", "oracle_rman"}, false, false},
		{"another protocol", obj{"port": "9103/udp"}, nil, []string{"bareos"}, false, false},
		{"role", obj{"role": "media_server"}, []string{"netbackup"}, []string{"veeam"}, false, false},
		{"part of a role", obj{"role": "media_serve"}, nil, []string{"netbackup"}, false, false},
		{"text of the name", obj{"text": "REPLICATION"}, []string{"veeam"}, []string{"bareos"}, false, false},
		{"text of a role", obj{"text": "hardened"}, []string{"veeam"}, []string{"bareos"}, false, false},
		{"text of a flow", obj{"text": "sd-to-fd"}, []string{"bareos"}, []string{"veeam"}, false, false},
		{"all at once", obj{"vendor": "bareos", "port": "9102/tcp", "role": "client", "text": "file daemon"}, []string{"bareos"}, nil, true, false},
		{"one that does not fit", obj{"vendor": "bareos", "port": "2500/tcp"}, nil, []string{"bareos", "veeam"}, true, false},
	} {
		state, problems := s.read(t, "products", c.filter)
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.name, problems)
			continue
		}
		var ids []string
		for i, id := range get(t, state, "ids").(seq) {
			ids = append(ids, id.(string))
			p, known := catalog.Get(ids[i])
			if !known || dig(get(t, state, "products"), i, "id") != p.ID || dig(get(t, state, "products"), i, "name") != p.Name || dig(get(t, state, "products"), i, "vendor") != p.Vendor ||
				len(dig(get(t, state, "products"), i, "roles").(seq)) != len(p.Roles) || len(dig(get(t, state, "products"), i, "ports").(seq)) != len(p.Documented().Strings()) {
				t.Errorf("%s: product %d is not %s", c.name, i, id)
			}
		}
		for _, id := range c.with {
			if !slices.Contains(ids, id) {
				t.Errorf("%s: %v lacks %s", c.name, ids, id)
			}
		}
		for _, id := range c.without {
			if slices.Contains(ids, id) {
				t.Errorf("%s: %v has %s", c.name, ids, id)
			}
		}
		if c.alone && len(ids) != len(c.with) {
			t.Errorf("%s: %v, want %v alone", c.name, ids, c.with)
		}
		if c.complete && !slices.Equal(ids, catalog.IDs()) {
			t.Errorf("%s: %v, want all", c.name, ids)
		}
	}
}

func TestProductsDataSource_UnreadablePort_IsAFault(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	want := `ERROR port: Missing protocol. "2500" has no protocol. The same number is another service on another protocol. Write "2500/tcp", or "2500/udp" where the service uses UDP.`
	if _, problems := s.read(t, "products", obj{"port": "2500"}); len(problems) != 1 || problems[0] != want {
		t.Errorf("got  %q\nwant %q", problems, want)
	}
}

// TestPortRange_Load_SizesTheRange also finds out that a policy takes the
// whole resource, load and all.
func TestPortRange_Load_SizesTheRange(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	config := obj{"name": "movers", "product": "veeam", "flows": seq{"data-mover-range"}, "ports": seq{"2500-2539/tcp"}, "load": obj{"task": 40}}
	state := s.create(t, "port_range", config)
	rule := "one port per task that runs at once on that server, and every VM disk is a task of its own (https://helpcenter.veeam.com/docs/vbr/userguide/windows_server_credentials.html)"
	equalPlain(t, "sizing", get(t, state, "sizing"), obj{"needed": 40.0, "configured": 40.0, "rule": rule})
	if _, problems := s.read(t, "assessment", obj{"policy": policyOf(obj{"copy": ruleOf(state, clients())})}); len(problems) > 0 {
		t.Errorf("a policy refuses it: %q", problems)
	}
	config["load"] = obj{"task": 10}
	want := "load: Range too wide. The range is 40 ports wide, and 10 are needed (" + rule + "). Every port more is one more place where something else can listen. Narrow it to 10 ports here and in the product."
	if got := s.plan(t, "port_range", state, config).warnings(); len(got) != 1 || got[0] != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPortRange_Load_Faults(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, c := range map[string]struct {
		load any
		want string
	}{
		"no number": {obj{"task": nil}, `ERROR load["task"]: Null value. The element is null. A unit without a number counts nothing. Remove the unit, or write a number.`},
		"zero":      {obj{"task": 0}, `ERROR load["task"]: Load out of range. "task" = 0 is not a number of anything that runs. The width of the range is compared with what the load needs. Write a whole number from 1, or leave the unit out.`},
		"unknown unit": {obj{"job": 4}, `ERROR load["job"]: Unknown unit. "job" is not what the selected flows of product "veeam" grow with. ` +
			`A count of something else says nothing about the width of the range. Use task.`},
	} {
		config := obj{"name": "movers", "product": "veeam", "flows": seq{"data-mover-range"}, "load": c.load}
		if got := s.validate(t, "port_range", config); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, c.want)
		}
	}
}

// TestPortRange_Load_Unknown_WaitsForApply: nothing is judged by a count that
// is not there yet, and everything is when it arrives.
func TestPortRange_Load_Unknown_WaitsForApply(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	config := obj{"name": "movers", "product": "veeam", "flows": seq{"data-mover-range"}, "ports": seq{"2500-2539/tcp"}}
	for name, load := range map[string]any{"all of it": unknown, "one count": obj{"task": unknown}} {
		config["load"] = load
		p := s.plan(t, "port_range", tftypes.Value{}, config)
		if len(p.problems) > 0 {
			t.Fatalf("%s: %q", name, p.problems)
		}
		if sizing := fields(t, p.state)["sizing"]; sizing.IsKnown() {
			t.Errorf("%s: sizing is known: %s", name, sizing)
		}
		config["load"] = obj{"task": 40}
		state, problems := s.apply(t, "port_range", tftypes.Value{}, p, config)
		if len(problems) > 0 || !strings.HasPrefix(dig(get(t, state, "sizing"), "rule").(string), "one port per task") {
			t.Errorf("%s: %q, %s", name, problems, state)
		}
	}
}
