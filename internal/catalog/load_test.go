package catalog

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// small is a whole product file that the tests below break in one place.
const small = `id: small
name: Small
vendor: Nobody
doc_version: "1"
sources:
  - id: manual
    where: https://example.org/manual
dial_direction: The server dials the client.
narrowing: Use the single port.
sizing:
  - id: jobs
    unit: job
    base_ports: 2
    ports_per_unit: 3
    min_ports: 10
    formula: 2 ports plus 3 per job
    source: manual
    confidence: high
    applies_to: [range]
    examples:
      - units: 4
        ports: 14
        says: four jobs
      - units: 1
        ports: 10
        says: one job
  - id: flat
    unit: none
    base_ports: 4
    ports_per_unit: 0
    formula: 4 ports
    source: manual
    confidence: low
    applies_to: [range]
    examples: []
roles:
  - id: server
    description: dials
  - id: client
    description: listens
flows:
  - id: range
    from: server
    to: client
    ports: ["5000-5009/tcp", "5100/udp"]
    purpose: data
    required: true
    negotiated: true
    encrypted: depends
    source: manual
    confidence: high
    single_port: single
  - id: single
    from: server
    to: client
    ports: ["5005/tcp"]
    purpose: data
    required: false
    encrypted: by-default
    source: manual
    confidence: low
    reversed: back
  - id: back
    from: client
    to: server
    ports: ["6000/tcp"]
    purpose: data
    required: false
    encrypted: never
    source: manual
    confidence: medium
    reversed: single
history:
  - cve: CVE-2020-12345
    year: 2020
    ports: ["5005/tcp"]
    in_kev: true
    kev_date_added: "2021-02-28"
    summary: listed, by port
    source: manual
    confidence: high
  - cve: CVE-2021-12345
    year: 2021
    ports: []
    in_kev: true
    kev_date_added: "2021-03-01"
    summary: listed, by name
    source: manual
    confidence: high
    flows: [range, back]
  - cve: CVE-2022-12345
    year: 2022
    ports: ["5005/tcp", "6000/tcp"]
    in_kev: false
    summary: not listed
    source: manual
    confidence: high
`

func loadText(text string) (*Product, error) {
	return load(fstest.MapFS{"products/small.yaml": {Data: []byte(text)}}, "small")
}

func TestLoad_WholeFile_FillsEveryField(t *testing.T) {
	p, err := loadText(small)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != "small" || p.Name != "Small" || p.Vendor != "Nobody" || p.DocVersion != "1" ||
		p.DialDirection == "" || p.Narrowing == "" || len(p.Sources) != 1 || p.Sources[0] != "https://example.org/manual" {
		t.Errorf("product: %+v", p)
	}
	if len(p.Roles) != 2 || p.Roles[0] != (Role{ID: "server", Description: "dials"}) || p.Roles[1].ID != "client" {
		t.Errorf("roles: %+v", p.Roles)
	}
	flow, ok := p.Flow("range")
	if !ok || flow != &p.Flows[0] || flow.Ports.String() != "5000-5009/tcp, 5100/udp" || !flow.Required || !flow.Negotiated ||
		flow.Encrypted != nil || flow.Source != "https://example.org/manual" || flow.Confidence != High || flow.SinglePort != "single" {
		t.Errorf("flow range: %+v, %t", flow, ok)
	}
	if single := p.Flows[1]; single.Encrypted == nil || !*single.Encrypted || single.Required || single.Reversed != "back" {
		t.Errorf("flow single: %+v", single)
	}
	if back := p.Flows[2]; back.Encrypted == nil || *back.Encrypted {
		t.Errorf("flow back: %+v", back)
	}
	if flow, ok := p.Flow("absent"); flow != nil || ok {
		t.Errorf("Flow(absent) = %+v, %t", flow, ok)
	}
	if got := p.Between("server", "client"); len(got) != 2 || got[0] != &p.Flows[0] || got[1] != &p.Flows[1] {
		t.Errorf("Between(server, client): %+v", got)
	}
	if got := p.Between("client", "client"); got != nil {
		t.Errorf("Between(client, client): %+v", got)
	}
	if got := p.Pairs(); len(got) != 2 || got[0] != (Pair{"server", "client"}) || got[1] != (Pair{"client", "server"}) {
		t.Errorf("Pairs: %+v", got)
	}
	wantRules := []SizingRule{
		{ID: "jobs", Unit: Job, BasePorts: 2, PortsPerUnit: 3, MinPorts: 10, Formula: "2 ports plus 3 per job", Source: "https://example.org/manual",
			Confidence: High, AppliesTo: []string{"range"}, Examples: []SizingExample{{4, 14, "four jobs"}, {1, 10, "one job"}}},
		{ID: "flat", Unit: NoUnit, BasePorts: 4, MinPorts: 1, Formula: "4 ports", Source: "https://example.org/manual", Confidence: Low, AppliesTo: []string{"range"}},
	}
	if !reflect.DeepEqual(p.Sizing, wantRules) {
		t.Errorf("sizing:\n%+v\nwant\n%+v", p.Sizing, wantRules)
	}
	if got := p.Documented().String(); got != "5000-5009/tcp, 6000/tcp, 5100/udp" {
		t.Errorf("Documented: %s", got)
	}
}

// TestLoad_History_MarksFixedFlowsByPortAndOthersByName: the negotiated range
// contains 5005 and is not marked for it, and what CISA does not list marks
// nothing.
func TestLoad_History_MarksFixedFlowsByPortAndOthersByName(t *testing.T) {
	p, err := loadText(small)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"range": "CVE-2021-12345", "single": "CVE-2020-12345", "back": "CVE-2021-12345"} {
		flow, _ := p.Flow(id)
		if got := strings.Join(flow.ExploitedBy, " "); got != want {
			t.Errorf("%s is exploited by %q, want %q", id, got, want)
		}
	}
}

func TestLoad_FaultyFile_NamesFileAndField(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown field", "vendor: Nobody", "vendro: Nobody", `unknown field "vendro"`},
		{"unknown flow field", "    negotiated: true", "    negotiable: true", `unknown field "negotiable"`},
		{"field twice", "vendor: Nobody", "vendor: Nobody\nvendor: Other", `"vendor" already set`},
		{"wrong type", "base_ports: 2", "base_ports: two", "base_ports"},
		{"second document", "roles:", "---\nroles:", "a second document begins"},
		{"other file name", "id: small", "id: big", `id: "big" is not the name of the file`},
		{"id of a wrong shape", "id: small", "id: Small-1", `id: "Small-1": want a lower-case letter`},
		{"no vendor", "vendor: Nobody", "", "vendor: is missing"},
		{"no purpose", "purpose: data\n    required: true", "required: true", `flows[0] "range": purpose: is missing`},
		{"required not said", "    required: true\n", "", `flows[0] "range": required: is missing`},
		{"no sources", "sources:\n  - id: manual\n    where: https://example.org/manual", "sources: []", "sources: is empty"},
		{"unknown source", "source: manual\n    confidence: high\n    single_port", "source: book\n    confidence: high\n    single_port", `flows[0] "range": source: "book" is not an id in sources`},
		{"unknown role", "from: client", "from: agent", `flows[2] "back": from: "agent" is no role`},
		{"role twice", "  - id: client\n    description", "  - id: server\n    description", `roles[1] "server": the id stands twice`},
		{"flow twice", "  - id: back\n", "  - id: single\n", `flows[2] "single": the id stands twice`},
		{"ports without protocol", `["6000/tcp"]`, `["6000"]`, `flows[2] "back": ports[0]: `},
		{"ports backwards", `["5000-5009/tcp", "5100/udp"]`, `["5100/udp", "5009-5000/tcp"]`, `flows[0] "range": ports[1]: `},
		{"no ports", `ports: ["6000/tcp"]`, `ports: []`, `flows[2] "back": ports: is missing`},
		{"any port", `ports: ["6000/tcp"]`, `ports: ["any"]`, `flows[2] "back": ports: "any" names no listener`},
		{"nothing to negotiate", `["5000-5009/tcp", "5100/udp"]`, `["5000/tcp"]`, `flows[0] "range": negotiated: one port`},
		{"encrypted", "encrypted: never", "encrypted: no", `encrypted`},
		{"encrypted spelt wrong", "encrypted: never", "encrypted: nevr", `flows[2] "back": encrypted: "nevr"`},
		{"confidence", "confidence: medium", "confidence: certain", `flows[2] "back": confidence: "certain": want high, medium or low`},
		{"single port unknown", "single_port: single", "single_port: none", `flows[0] "range": single_port: "none" is no flow`},
		{"single port of other roles", "single_port: single", "single_port: back", `single_port: "back" is between other roles`},
		{"single port with many", "single_port: single", "single_port: range", `single_port: "range" has not one port but 5000-5009/tcp, 5100/udp`},
		{"reversed unknown", "reversed: back", "reversed: none", `flows[1] "single": reversed: "none" is no flow`},
		{"reversed the same way", "reversed: back", "reversed: range", `reversed: "range" does not go from client to server`},
		{"reversed on one side", "    reversed: single\n", "", `flows[1] "single": reversed: "back" does not name this flow`},
		{"open-ended and fixed", "ports: [\"6000/tcp\"]", "ports: [\"6000/tcp\"]\n    open_ended: true\n    note: and up", `flows[2] "back": open_ended: a range without an upper bound is negotiated`},
		{"open-ended without a note", "    negotiated: true", "    negotiated: true\n    open_ended: true", `flows[0] "range": note: is missing: say that the vendor names no upper bound`},
		{"sizing of another layout", "    unit: job\n", "    ports_per_concurrent_job: 1\n", `unknown field "ports_per_concurrent_job"`},
		{"sizing of an unknown flow", "applies_to: [range]", "applies_to: [none]", `sizing[0] "jobs": applies_to: "none" is no flow`},
		{"sizing of a fixed flow", "applies_to: [range]", "applies_to: [range, single]", `sizing[0] "jobs": applies_to: "single" is not negotiated`},
		{"sizing of a flow twice", "applies_to: [range]", "applies_to: [range, range]", `sizing[0] "jobs": applies_to: "range" stands twice`},
		{"sizing of nothing", "applies_to: [range]", "applies_to: []", `sizing[0] "jobs": applies_to: is missing`},
		{"negative sizing", "base_ports: 2", "base_ports: -2", `sizing[0] "jobs": base_ports: -2: want 0 to 65536`},
		{"sizing without a base", "    base_ports: 2\n", "", `sizing[0] "jobs": base_ports: is missing`},
		{"sizing without a share", "    ports_per_unit: 3\n", "", `sizing[0] "jobs": ports_per_unit: is missing`},
		{"no least port", "min_ports: 10", "min_ports: 0", `sizing[0] "jobs": min_ports: 0: want 1 to 65536`},
		{"sizing without a formula", "    formula: 4 ports\n", "", `sizing[1] "flat": formula: is missing`},
		{"sizing from nowhere", "formula: 4 ports\n    source: manual", "formula: 4 ports\n    source: book", `sizing[1] "flat": source: "book" is not an id in sources`},
		{"sizing of no confidence", "confidence: low\n    applies_to", "applies_to", `sizing[1] "flat": confidence: "": want high`},
		{"rule twice", "id: flat", "id: jobs", `sizing[1] "jobs": the id stands twice`},
		{"rule with an underscore", "id: flat", "id: fl_at", `sizing[1] "fl_at": want an id of the shape`},
		{"unknown unit", "unit: job", "unit: jobs", `sizing[0] "jobs": unit: "jobs": want one of job, task, stream, session, daemon, device, data_store, media_agent, client, appliance, user, dle, resource, vra, none`},
		{"a unit that counts nothing", "unit: none", "unit: job", `sizing[1] "flat": unit: "job", but ports_per_unit is 0: write unit: none`},
		{"a share of nothing", "unit: job", "unit: none", `sizing[0] "jobs": ports_per_unit: 3, but a rule with unit none is flat`},
		{"examples left out", "    examples: []\n", "", `sizing[1] "flat": examples: is missing: write []`},
		{"example that is wrong", "ports: 14", "ports: 15", `sizing[0] "jobs": examples[0]: ports: 15, but the rule gives 14 for 4 units`},
		{"example below the minimum", "ports: 10\n        says: one", "ports: 5\n        says: one", `sizing[0] "jobs": examples[1]: ports: 5, but the rule gives 10 for 1 units`},
		{"example without units", "      - units: 4\n        ports", "      - ports", `sizing[0] "jobs": examples[0]: units: is missing`},
		{"example without ports", "        ports: 14\n", "", `sizing[0] "jobs": examples[0]: ports: is missing`},
		{"example without words", "        says: four jobs\n", "", `sizing[0] "jobs": examples[0]: says: is missing`},
		{"CVE of a wrong shape", "CVE-2020-12345", "CVE-20-1", `history[0] "CVE-20-1": want an id of the shape CVE-YEAR-NUMBER`},
		{"CVE with letters", "CVE-2020-12345", "CVE-2020-1234x", `history[0] "CVE-2020-1234x": want an id of the shape`},
		{"CVE in lower case", "CVE-2020-12345", "cve-2020-12345", `history[0] "cve-2020-12345": want an id of the shape`},
		{"role with a hyphen", "  - id: client\n", "  - id: cli-ent\n", `roles[1] "cli-ent": want an id of the shape`},
		{"flow with an underscore", "  - id: back\n", "  - id: ba_ck\n", `flows[2] "ba_ck": want an id of the shape`},
		{"flow without an id", "  - id: back\n", "  - id: ''\n", `flows[2] "": want an id of the shape`},
		{"flow that starts with a digit", "  - id: back\n", "  - id: 1back\n", `flows[2] "1back": want an id of the shape`},
		{"source twice", "    where: https://example.org/manual\n", "    where: a\n  - id: manual\n    where: b\n", `sources[1] "manual": the id stands twice`},
		{"single port of its own", "reversed: back", "single_port: single", "a flow does not replace itself"},
		{"CVE twice", "CVE-2021-12345\n    year: 2021", "CVE-2020-12345\n    year: 2020", `history[1] "CVE-2020-12345": the id stands twice`},
		{"CVE of another year", "year: 2020", "year: 2019", `history[0] "CVE-2020-12345": year: 2019 is not the year`},
		{"in_kev not said", "    in_kev: false\n", "", `history[2] "CVE-2022-12345": in_kev: is missing`},
		{"no day in KEV", `"2021-02-28"`, `"2021-02"`, `history[0] "CVE-2020-12345": kev_date_added: "2021-02"`},
		{"a day that is none", `"2021-02-28"`, `"2021-02-30"`, `kev_date_added: "2021-02-30"`},
		{"listed after all", "in_kev: false", "in_kev: false\n    kev_date_added: \"2022-01-01\"", "but in_kev is false"},
		{"vulnerable flow unknown", "flows: [range, back]", "flows: [range, none]", `history[1] "CVE-2021-12345": flows: "none" is no flow`},
		{"vulnerable port", `["5005/tcp", "6000/tcp"]`, `["5005/tcp", "6000/tcq"]`, `history[2] "CVE-2022-12345": ports[1]: `},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(small, c.old) {
				t.Fatalf("the file has no %q", c.old)
			}
			p, err := loadText(strings.Replace(small, c.old, c.new, 1))
			if err == nil {
				t.Fatal("accepted")
			}
			if p != nil {
				t.Error("a product besides the error")
			}
			if text := err.Error(); !strings.HasPrefix(text, "products/small.yaml: ") || !strings.Contains(text, c.want) {
				t.Errorf("error:\n%s\nwant the file's name and %q", text, c.want)
			}
		})
	}
}

// TestLoad_FaultyRule_LeavesItsExamplesAlone: they would come out wrong for a
// reason that is reported already.
func TestLoad_FaultyRule_LeavesItsExamplesAlone(t *testing.T) {
	_, err := loadText(strings.Replace(small, "base_ports: 2", "base_ports: -2", 1))
	if want := `products/small.yaml: sizing[0] "jobs": base_ports: -2: want 0 to 65536`; err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestLoad_OpenEndedFlow_KeepsItsExample(t *testing.T) {
	p, err := loadText(strings.Replace(small, "    negotiated: true", "    negotiated: true\n    open_ended: true\n    note: 5000 and up; the end is an example", 1))
	if err != nil {
		t.Fatal(err)
	}
	if f := p.Flows[0]; !f.OpenEnded || f.Ports.String() != "5000-5009/tcp, 5100/udp" || p.Flows[1].OpenEnded {
		t.Errorf("flows: %+v", p.Flows[:2])
	}
}

// TestLoad_WithoutSizing_AsksForAnEmptyList: an author who forgot it has not
// said that nothing grows.
func TestLoad_WithoutSizing_AsksForAnEmptyList(t *testing.T) {
	before, rest, _ := strings.Cut(small, "sizing:\n")
	_, after, _ := strings.Cut(rest, "roles:\n")
	if p, err := loadText(before + "sizing: []\nroles:\n" + after); err != nil || len(p.Sizing) != 0 {
		t.Errorf("an empty list: %v, %v", p, err)
	}
	for _, text := range []string{"", "sizing:\n"} {
		_, err := loadText(before + text + "roles:\n" + after)
		if want := "products/small.yaml: sizing: is missing: write [] when no range grows with the load"; err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestLoad_SeveralFaults_AreAllReported(t *testing.T) {
	text := strings.NewReplacer("vendor: Nobody", "", "confidence: medium", "confidence: certain").Replace(small)
	_, err := loadText(text)
	want := "products/small.yaml: vendor: is missing\n" +
		`products/small.yaml: flows[2] "back": confidence: "certain": want high, medium or low`
	if err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestLibrary_ParsesOnlyWhatIsAskedFor(t *testing.T) {
	l, err := newLibrary(fstest.MapFS{
		"products/small.yaml":  {Data: []byte(small)},
		"products/broken.yaml": {Data: []byte("flows: 1")},
		"products/README.md":   {Data: []byte("# not a product")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(l.ids, " "); got != "broken small" {
		t.Errorf("ids %q, want %q", got, "broken small")
	}
	first, err := l.get("small")
	if err != nil || first == nil {
		t.Fatalf("small: %v, %v", first, err)
	}
	if again, _ := l.get("small"); again != first {
		t.Error("parsed twice")
	}
	if p, err := l.get("broken"); p != nil || err == nil || !strings.HasPrefix(err.Error(), "products/broken.yaml: ") {
		t.Errorf("broken: %v, %v", p, err)
	}
	if p, err := l.get("absent"); p != nil || err != nil {
		t.Errorf("absent: %v, %v", p, err)
	}
}

// FuzzParse: whatever the file says, no panic, and what is accepted can be
// used.
func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add("flows: [{}]\nhistory: [{}]")
	f.Add("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n<<: *b")
	f.Add("sizing: [{id: a, base_ports: 1e999, ports_per_unit: -0, min_ports: 0x7fffffffffffffff, examples: [{units: .nan, ports: .inf}]}]")
	f.Add("\xff\xfeid: !!binary aGk=\n---\nid: 2")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var p *Product
		var problems problems
		worktest.CheckBounded(t, len(text), 64<<10, func() { p, problems = parse([]byte(text)) })
		if (p == nil) != (len(problems) > 0) {
			t.Fatalf("product %v with %d problems", p, len(problems))
		}
		if p == nil {
			return
		}
		for _, pair := range p.Pairs() {
			for _, flow := range p.Between(pair.From, pair.To) {
				if flow.Ports.IsEmpty() || flow.Ports.Equal(portset.Any()) || !flow.OpenEnded && !p.Documented().Covers(flow.Ports) {
					t.Fatalf("flow %q has ports %s", flow.ID, flow.Ports)
				}
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, id := range IDs() {
		b.Run(id, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := load(files, id); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoadAll is what a search in the catalogue pays at its first use.
func BenchmarkLoadAll(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for _, id := range IDs() {
			if _, err := load(files, id); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkNewLibrary(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newLibrary(files); err != nil {
			b.Fatal(err)
		}
	}
}
