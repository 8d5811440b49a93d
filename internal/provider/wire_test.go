package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// pair is the provider's server and the framework's, with the same settings.
type pair struct {
	name             string // of a resource, without "backupfw_"
	ours, frameworks *server
	typ              tftypes.Object
	schema           *tfprotov6.Schema
}

func newPair(t testing.TB, name string, settings obj) *pair {
	t.Helper()
	p := &pair{name: name, ours: serve(t, settings)}
	p.frameworks = &server{providerserver.NewProtocol6(provider.NewWithClock("test", at(today))())(), p.ours.schema}
	if problems := p.frameworks.configure(t, settings); len(problems) > 0 {
		t.Fatal(problems)
	}
	p.schema, p.typ = p.ours.resourceType(t, name)
	return p
}

// both calls both servers.
func both[Request, Response any](t testing.TB, p *pair, call func(tfprotov6.ProviderServer, Request) (Response, error), request Request) (ours, frameworks Response) {
	t.Helper()
	ours, err := call(p.ours.ProviderServer, request)
	if err != nil {
		t.Fatal(err)
	}
	if frameworks, err = call(p.frameworks.ProviderServer, request); err != nil {
		t.Fatal(err)
	}
	return ours, frameworks
}

// same compares diagnostics to the letter and reports whether there are errors.
func same(t testing.TB, what string, ours, frameworks []*tfprotov6.Diagnostic) (failed bool) {
	t.Helper()
	lines := func(all []*tfprotov6.Diagnostic) []string {
		var texts []string
		for _, d := range all {
			failed = failed || d.Severity == tfprotov6.DiagnosticSeverityError
			texts = append(texts, fmt.Sprintf("%s %s: %s: %s", d.Severity, d.Attribute, d.Summary, d.Detail))
		}
		slices.Sort(texts) // the framework's own have no order
		return texts
	}
	got, want := lines(ours), lines(frameworks)
	if anyFraction(frameworks) {
		// The framework calls a fraction an error of the provider.
		if !slices.ContainsFunc(ours, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }) {
			t.Errorf("%s accepts a fraction; the framework says %q", what, want)
		}
		return true
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s says\n%q\nthe framework says\n%q", what, got, want)
	}
	return failed
}

// anyFraction reports whether the framework takes a fraction, or a number that
// is too large, for an error of the provider.
func anyFraction(diagnostics []*tfprotov6.Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d *tfprotov6.Diagnostic) bool {
		return strings.Contains(d.Detail, " is not an integer.") || strings.Contains(d.Detail, " cannot be represented as a 64-bit integer.")
	})
}

func (p *pair) sameState(t testing.TB, what string, ours, frameworks *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	got, want := open(t, p.typ, ours), open(t, p.typ, frameworks)
	if !got.Equal(want) {
		t.Errorf("%s is\n%s\nthe framework says\n%s", what, got, want)
	}
	return want
}

// live takes a configuration through everything that Terraform asks of a
// resource, and compares the answers.
func (p *pair) live(t testing.TB, d *drawer, prior, config tftypes.Value) {
	t.Helper()
	ctx := context.Background()
	typeName := "backupfw_" + p.name
	wire := func(v tftypes.Value) *tfprotov6.DynamicValue { return p.ours.dynamic(t, p.typ, v) }

	ours, frameworks := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
		return s.ValidateResourceConfig(ctx, r)
	}, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: wire(config)})
	same(t, "validation", ours.Diagnostics, frameworks.Diagnostics)
	if !config.Equal(asConfig(t, p.schema, p.typ, config)) {
		return // validation has refused it, and Terraform asks no more
	}

	plan := func(prior, config tftypes.Value) (tftypes.Value, bool) {
		proposed := config
		if !config.IsNull() {
			proposed = proposedNew(t, p.schema, p.typ, prior, config)
		}
		ours, frameworks := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
			return s.PlanResourceChange(ctx, r)
		}, &tfprotov6.PlanResourceChangeRequest{TypeName: typeName, PriorState: wire(prior), ProposedNewState: wire(proposed), Config: wire(config), PriorPrivate: []byte(`{"a":"MQ=="}`)})
		if same(t, "the plan", ours.Diagnostics, frameworks.Diagnostics) {
			return tftypes.Value{}, false
		}
		if len(ours.RequiresReplace) != len(frameworks.RequiresReplace) || string(ours.PlannedPrivate) != string(frameworks.PlannedPrivate) {
			t.Errorf("the plan has %v and %q, the framework's %v and %q", ours.RequiresReplace, ours.PlannedPrivate, frameworks.RequiresReplace, frameworks.PlannedPrivate)
		}
		return p.sameState(t, "the planned state", ours.PlannedState, frameworks.PlannedState), true
	}
	apply := func(prior, planned, config tftypes.Value) (tftypes.Value, bool) {
		ours, frameworks := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
			return s.ApplyResourceChange(ctx, r)
		}, &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: wire(prior), PlannedState: wire(planned), Config: wire(config), PlannedPrivate: []byte(`{"a":"MQ=="}`)})
		failed := same(t, "apply", ours.Diagnostics, frameworks.Diagnostics)
		if string(ours.Private) != string(frameworks.Private) {
			t.Errorf("apply keeps %q, the framework %q", ours.Private, frameworks.Private)
		}
		return p.sameState(t, "the new state", ours.NewState, frameworks.NewState), !failed
	}

	planned, accepted := plan(prior, config)
	if !accepted {
		return
	}
	known := d.known(config)
	apply(prior, planned, known)
	if planned, accepted = plan(prior, known); !accepted {
		return
	}
	state, done := apply(prior, planned, known)
	if !done {
		return
	}
	read, frameworksRead := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
		return s.ReadResource(ctx, r)
	}, &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: wire(state), Private: []byte(`{"a":"MQ=="}`)})
	same(t, "reading", read.Diagnostics, frameworksRead.Diagnostics)
	p.sameState(t, "the state read", read.NewState, frameworksRead.NewState)
	if string(read.Private) != string(frameworksRead.Private) {
		t.Errorf("reading keeps %q, the framework %q", read.Private, frameworksRead.Private)
	}
	plan(state, known)
	null := tftypes.NewValue(p.typ, nil)
	if gone, accepted := plan(state, null); accepted {
		apply(state, gone, null)
	}
}

// wirePairs are the resources with configurations to start from, and a server
// that rejects as well as one that warns.
func wirePairs(t testing.TB) (pairs []*pair, configs map[string][]obj) {
	configs = map[string][]obj{
		"policy":     {accepted(), waived(), richPolicy(), scoredPolicy()},
		"port_range": samples("port_range"), "peer_group": samples("peer_group"),
	}
	for _, name := range []string{"policy", "port_range", "peer_group"} {
		pairs = append(pairs, newPair(t, name, nil), newPair(t, name, obj{"enforcement": "warn", "max_score": 100}))
	}
	return pairs, configs
}

// draw makes a configuration, and a state to change or none.
func (p *pair) draw(t testing.TB, d *drawer, configs []obj) (prior, config tftypes.Value) {
	prior = tftypes.NewValue(p.typ, nil)
	if before := pick(d, configs); !d.oneIn(3) {
		if planned := p.frameworks.plan(t, p.name, tftypes.Value{}, before); len(planned.errors()) == 0 {
			prior = p.frameworks.create(t, p.name, before)
		}
	}
	config = value(t, p.typ, pick(d, configs))
	switch {
	case d.oneIn(4):
		if drawn := d.any(p.typ, true, 0); drawn.IsKnown() && !drawn.IsNull() {
			config = drawn
		}
	case !d.oneIn(4):
		config = d.mutate(config, true)
	}
	if !d.oneIn(10) { // else computed attributes are configured
		config = asConfig(t, p.schema, p.typ, config)
	}
	return prior, p.withoutNullBlocks(t, config)
}

// withoutNullBlocks leaves out blocks that are null: there is no way to write
// one.
func (p *pair) withoutNullBlocks(t testing.TB, config tftypes.Value) tftypes.Value {
	attributes := fields(t, config)
	for _, b := range p.schema.Block.BlockTypes {
		var blocks []tftypes.Value
		if v := attributes[b.TypeName]; v.IsKnown() && !v.IsNull() {
			must(t, v.As(&blocks))
			blocks = slices.DeleteFunc(blocks, tftypes.Value.IsNull)
			attributes[b.TypeName] = tftypes.NewValue(v.Type(), blocks)
		}
	}
	return tftypes.NewValue(p.typ, attributes)
}

// TestServer_AnswersLikeTheFramework compares the provider's own way through
// the protocol with the framework's, for configurations of any kind.
func TestServer_AnswersLikeTheFramework(t *testing.T) {
	pairs, configs := wirePairs(t)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 150 {
		input := make([]byte, 64)
		for j := range input {
			input[j] = byte(random.Uint32())
		}
		d, p := newDrawer(t, input), pairs[i%len(pairs)]
		prior, config := p.draw(t, d, configs[p.name])
		p.live(t, d, prior, config)
		if t.Failed() {
			t.Fatalf("%s, case %d: %s", p.name, i, config)
		}
	}
}

func FuzzServer(f *testing.F) {
	pairs, configs := wirePairs(f)
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := newDrawer(t, input)
		p := pick(d, pairs)
		prior, config := p.draw(t, d, configs[p.name])
		p.live(t, d, prior, config)
	})
}

// TestServer_ReadsDataSourcesLikeTheFramework does the same with data sources.
func TestServer_ReadsDataSourcesLikeTheFramework(t *testing.T) {
	ctx := context.Background()
	p := newPair(t, "policy", obj{"enforcement": "warn", "max_score": 100})
	names := namesOf(p.ours.schema.DataSourceSchemas)
	random := rand.New(rand.NewPCG(3, 4))
	read := 0
	for i := range 30 * len(names) {
		input := make([]byte, 64)
		for j := range input {
			input[j] = byte(random.Uint32())
		}
		d, name := newDrawer(t, input), names[i%len(names)]
		config, possible := p.ours.drawSource(t, d, name)
		if !possible {
			continue
		}
		typ := p.ours.schema.DataSourceSchemas[name].ValueType()
		wire := p.ours.dynamic(t, typ, config)
		ours, frameworks := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
			return s.ValidateDataResourceConfig(ctx, r)
		}, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: wire})
		if !anyFraction(frameworks.Diagnostics) && same(t, name, ours.Diagnostics, frameworks.Diagnostics) {
			continue
		}
		ourRead, frameworksRead := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
			return s.ReadDataSource(ctx, r)
		}, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: wire})
		if same(t, name, ourRead.Diagnostics, frameworksRead.Diagnostics) {
			continue
		}
		read++
		if got, want := open(t, typ, ourRead.State), open(t, typ, frameworksRead.State); !got.Equal(want) {
			t.Fatalf("%s, case %d: %s\nis read as\n%s\nthe framework says\n%s", name, i, config, got, want)
		}
	}
	if read < 40 {
		t.Errorf("%d of the data sources could be read, want 40 at least", read)
	}
}

// sampleStates have numbers of every kind.
var sampleStates = map[string]obj{
	"policy":     accepted(),
	"port_range": {"name": "vault", "ports": seq{"29168-29183/tcp"}, "negotiated": true, "concurrency": 3},
	"peer_group": {"name": "six", "cidrs": seq{"2001:db8::/32", "10.0.0.0/28"}, "references": obj{"app": obj{"kind": "aws_security_group", "max_hosts": 3}}},
}

// stateJSON is the state of a new resource as Terraform keeps it.
func (p *pair) stateJSON(t testing.TB, config obj) []byte {
	t.Helper()
	text, err := json.Marshal(asJSON(plain(t, p.frameworks.create(t, p.name, config))))
	must(t, err)
	return text
}

// TestServer_ReadsStatesLikeTheFramework gives both the states of real runs,
// and what editors and other versions make of them.
func TestServer_ReadsStatesLikeTheFramework(t *testing.T) {
	states := map[string]func(state string) string{
		"as written": func(s string) string { return s },
	}
	for name, c := range map[string]struct{ old, new string }{
		"another attribute": {`{`, `{"more":[1],`}, "a missing attribute": {`"name":`, `"nome":`}, "a text for a number": {`"port_count":16`, `"port_count":"16"`},
		"a number for a text": {`"id":"`, `"id":5,"description":"`}, "digits": {`"points":`, `"points":0.1000000000000000055511151231257827,"x":`}, "not JSON": {`{`, `{{`}, "empty": {`{`, ``},
		"a fraction for an integer": {`"score":`, `"score":1.5,"x":`}, "a list": {`{`, `[{`}, "more after it": {`}`, `}}`}, "twice": {`{`, `{"name":"a",`},
	} {
		states[name] = func(s string) string { return strings.Replace(s, c.old, c.new, 1) }
	}
	files := recordedStates(t)
	for _, r := range readState(t, files[len(files)-1]).Resources {
		name := strings.TrimPrefix(r.Type, "backupfw_")
		if name == r.Type || r.Mode != "managed" {
			continue
		}
		p := newPair(t, name, nil)
		var written bytes.Buffer
		must(t, json.Compact(&written, r.Instances[0].Attributes))
		states["of this version"] = func(string) string { return string(p.stateJSON(t, sampleStates[name])) }
		for edited, edit := range states {
			for _, version := range []int64{0, 1} {
				request := &tfprotov6.UpgradeResourceStateRequest{TypeName: r.Type, Version: version, RawState: &tfprotov6.RawState{JSON: []byte(edit(written.String()))}}
				ours, frameworks := both(t, p, func(s tfprotov6.ProviderServer, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
					return s.UpgradeResourceState(context.Background(), r)
				}, request)
				if same(t, name+" "+edited, ours.Diagnostics, frameworks.Diagnostics) {
					continue
				}
				got, want := asJSON(plain(t, open(t, p.typ, ours.UpgradedState))), asJSON(plain(t, open(t, p.typ, frameworks.UpgradedState)))
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s, %s: the state is\n%v\nthe framework says\n%v", name, edited, got, want)
				}
			}
		}
	}
}

// TestServer_AnswersWithoutTheFramework bounds what a call allocates. The
// framework's way allocates ten times that and more.
func TestServer_AnswersWithoutTheFramework(t *testing.T) {
	ctx := context.Background()
	p := newPair(t, "policy", nil)
	config := value(t, p.typ, accepted())
	null, state := tftypes.NewValue(p.typ, nil), p.ours.create(t, "policy", accepted())
	wire := func(v tftypes.Value) *tfprotov6.DynamicValue { return p.ours.dynamic(t, p.typ, v) }
	validate := &tfprotov6.ValidateResourceConfigRequest{TypeName: "backupfw_policy", Config: wire(config)}
	create := &tfprotov6.PlanResourceChangeRequest{TypeName: "backupfw_policy", PriorState: wire(null), ProposedNewState: wire(config), Config: wire(config)}
	again := &tfprotov6.PlanResourceChangeRequest{TypeName: "backupfw_policy", PriorState: wire(state), ProposedNewState: wire(state), Config: wire(config)}
	apply := &tfprotov6.ApplyResourceChangeRequest{TypeName: "backupfw_policy", PriorState: wire(null), PlannedState: wire(state), Config: wire(config)}
	upgrade := &tfprotov6.UpgradeResourceStateRequest{TypeName: "backupfw_policy", RawState: &tfprotov6.RawState{JSON: p.stateJSON(t, accepted())}}
	for _, c := range []struct {
		name  string
		limit float64
		call  func(s tfprotov6.ProviderServer) error
	}{
		{"validation", 380, func(s tfprotov6.ProviderServer) error { _, err := s.ValidateResourceConfig(ctx, validate); return err }},
		{"a plan to create", 960, func(s tfprotov6.ProviderServer) error { _, err := s.PlanResourceChange(ctx, create); return err }},
		{"a plan without changes", 990, func(s tfprotov6.ProviderServer) error { _, err := s.PlanResourceChange(ctx, again); return err }},
		{"apply", 940, func(s tfprotov6.ProviderServer) error { _, err := s.ApplyResourceChange(ctx, apply); return err }},
		{"reading a state", 360, func(s tfprotov6.ProviderServer) error { _, err := s.UpgradeResourceState(ctx, upgrade); return err }},
	} {
		count := func(s *server) float64 {
			return testing.AllocsPerRun(20, func() { must(t, c.call(s.ProviderServer)) })
		}
		ours, frameworks := count(p.ours), count(p.frameworks)
		t.Logf("%s: %.0f allocations; the framework %.0f", c.name, ours, frameworks)
		if frameworks < 10*ours {
			t.Errorf("%s: %.0f allocations, and %.0f in the framework, want less than a tenth", c.name, ours, frameworks)
		}
		if ours > c.limit {
			t.Errorf("%s: %.0f allocations, want at most %.0f", c.name, ours, c.limit)
		}
	}
}
