package provider_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// allocatedPerByte is what a call may allocate for each byte that it is sent.
const allocatedPerByte = 256 << 10

// addSeeds adds bytes from which quite different values are drawn.
func addSeeds(f *testing.F) {
	f.Helper()
	f.Add([]byte{})
	for i := range byte(12) {
		f.Add([]byte{i, 0, i * 3, 1})
	}
}

// FuzzPolicyResource, FuzzPortRange and FuzzPeerGroup take configurations of
// any values through what Terraform does with a resource: nothing panics, and
// nothing breaks a rule of the protocol, which the server of these tests holds
// every answer to.
func FuzzPolicyResource(f *testing.F) {
	fuzzResource(f, "policy", accepted(), waived(), richPolicy(), scoredPolicy())
}

func FuzzPortRange(f *testing.F) { fuzzResource(f, "port_range", samples("port_range")...) }

func FuzzPeerGroup(f *testing.F) { fuzzResource(f, "peer_group", samples("peer_group")...) }

// samples are the different configurations of a resource in unknownCases.
func samples(resource string) []obj {
	var all []obj
	for _, c := range unknownCases() {
		if c.resource == resource && !slices.ContainsFunc(all, func(o obj) bool { return len(o) == len(c.config) && o["name"] == c.config["name"] }) {
			all = append(all, c.config)
		}
	}
	return all
}

func scoredPolicy() obj {
	p := policyOf(obj{"desk": ruleOf(rdp(), clients())})
	p["waiver"] = seq{obj{"finding": "score-limit", "max_score": 90, "reason": "r", "owner": "o", "expires": "2026-12-31"}}
	return p
}

func fuzzResource(f *testing.F, name string, configs ...obj) {
	servers := []*server{serve(f, nil), serve(f, obj{"enforcement": "warn", "max_score": 100})}
	schema, typ := servers[0].resourceType(f, name)
	var priors []tftypes.Value // states of the samples, and none
	for _, config := range configs {
		if p := servers[1].plan(f, name, tftypes.Value{}, config); len(p.errors()) == 0 {
			priors = append(priors, servers[1].create(f, name, config))
		}
	}
	priors = append(priors, tftypes.NewValue(typ, nil))
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := newDrawer(t, input)
		s := pick(d, servers)
		config := value(t, typ, pick(d, configs))
		if d.oneIn(4) {
			config = d.any(typ, true, 0)
			if !config.IsKnown() || config.IsNull() {
				return // Terraform never sends such a configuration
			}
		} else {
			config = d.mutate(config, true)
		}
		config = asConfig(t, schema, typ, config)
		lifecycle(t, d, s, name, pick(d, priors), config)
	})
}

// asConfig leaves to computed attributes what only the provider decides, and
// makes of a block that is null what Terraform makes of a missing one.
func asConfig(t testing.TB, schema *tfprotov6.Schema, typ tftypes.Object, config tftypes.Value) tftypes.Value {
	attributes := fields(t, config)
	for _, a := range schema.Block.Attributes {
		if a.Computed && !a.Optional {
			attributes[a.Name] = tftypes.NewValue(a.Type, nil)
			if a.NestedType != nil {
				attributes[a.Name] = tftypes.NewValue(a.NestedType.ValueType(), nil)
			}
		}
	}
	for _, b := range schema.Block.BlockTypes {
		if of := typ.AttributeTypes[b.TypeName]; attributes[b.TypeName].IsNull() {
			attributes[b.TypeName] = tftypes.NewValue(of, []tftypes.Value{})
		}
	}
	return tftypes.NewValue(typ, attributes)
}

func lifecycle(t *testing.T, d *drawer, s *server, name string, prior, config tftypes.Value) {
	_, typ := s.resourceType(t, name)
	dynamic := s.dynamic(t, typ, config)
	worktest.CheckBounded(t, len(dynamic.MsgPack), allocatedPerByte, func() {
		resp, err := s.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "backupfw_" + name, Config: dynamic})
		if err != nil {
			t.Fatal(err)
		}
		checkDiagnostics(t, resp.Diagnostics)
		if problems := severity(texts(resp.Diagnostics), "ERROR "); len(problems) > 0 {
			if p := s.planValue(t, name, prior, config); len(p.errors()) == 0 && !config.IsFullyKnown() {
				return // a limit that is unknown may waive what is wrong
			} else if len(p.errors()) == 0 {
				t.Errorf("validation says %q, and the plan nothing", problems)
			}
			return
		}
		p := s.planValue(t, name, prior, config)
		if again := s.planValue(t, name, prior, config); !slices.Equal(p.problems, again.problems) || len(p.errors()) == 0 && !p.state.Equal(again.state) {
			t.Errorf("the second plan is\n%s\nand not\n%s", again.state, p.state)
		}
		if len(p.errors()) > 0 {
			return
		}
		known := d.known(config)
		then := s.planValue(t, name, prior, known)
		if len(then.errors()) > 0 {
			return
		}
		if !then.state.IsFullyKnown() {
			t.Errorf("with everything known the plan is %s", then.state)
		}
		assertCompatible(t, "the plan made in apply", p.state, then.state)
		state, problems := s.write(t, name, prior, then.state, known)
		if errors := severity(problems, "ERROR "); len(errors) > 0 {
			t.Errorf("the plan is accepted, and apply says %q", errors)
			return
		}
		if next := s.planValue(t, name, state, known); len(next.errors()) > 0 || !next.state.Equal(state) {
			t.Errorf("the next plan of %s is %s, %q", state, next.state, next.errors())
		}
		if gone := s.planValue(t, name, state, tftypes.NewValue(typ, nil)); len(gone.errors()) > 0 || !gone.state.IsNull() {
			t.Errorf("the plan to destroy it is %s, %q", gone.state, gone.errors())
		}
	})
}

// checkDiagnostics holds what is said to whole texts of characters that show.
func checkDiagnostics(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		if d.Summary == "" || d.Detail == "" || !utf8.ValidString(d.Summary+d.Detail) || strings.ContainsAny(d.Summary+d.Detail, "\x00\u202e\u200b") {
			t.Errorf("badly formed diagnostic %+q: %+q", d.Summary, d.Detail)
		}
	}
}

// FuzzDataSources reads every data source with any arguments.
func FuzzDataSources(f *testing.F) {
	servers := []*server{serve(f, nil), serve(f, obj{"enforcement": "warn", "max_score": 100})}
	names := namesOf(servers[0].schema.DataSourceSchemas)
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := newDrawer(t, input)
		s, name := pick(d, servers), pick(d, names)
		typ := s.schema.DataSourceSchemas[name].ValueType().(tftypes.Object)
		config, possible := s.drawSource(t, d, name)
		if !possible {
			return
		}
		dynamic := s.dynamic(t, typ, config)
		worktest.CheckBounded(t, len(dynamic.MsgPack), allocatedPerByte, func() { readSource(t, s, name, typ, config, dynamic) })
	})
}

// drawSource draws arguments of a data source; false when Terraform would never
// send them.
func (s *server) drawSource(t testing.TB, d *drawer, name string) (config tftypes.Value, possible bool) {
	schema := s.schema.DataSourceSchemas[name]
	typ := schema.ValueType().(tftypes.Object)
	config = d.any(typ, true, 2)
	if !config.IsKnown() || config.IsNull() {
		return config, false
	}
	attributes := fields(t, asConfig(t, schema, typ, config))
	for _, sample := range []struct {
		name string
		of   any
	}{
		{"policy", pick(d, []obj{accepted(), waived(), richPolicy()})}, {"policies", seq{accepted(), waived()}},
		{"existing_rules", seq{old(nil), old(obj{"protocol": "-1"})}}, {"id", "veeam"}, {"product", "netbackup"},
	} {
		if of, takes := typ.AttributeTypes[sample.name]; takes && !d.oneIn(5) {
			attributes[sample.name] = d.mutate(value(t, of, sample.of), d.oneIn(8))
		}
	}
	for _, attribute := range slices.Sorted(maps.Keys(attributes)) {
		if d.oneIn(2) && attribute != "policy" && attribute != "policies" {
			attributes[attribute] = value(t, typ.AttributeTypes[attribute], nil)
		}
	}
	return asConfig(t, schema, typ, tftypes.NewValue(typ, attributes)), true
}

func namesOf[T any](of map[string]T) []string {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func readSource(t *testing.T, s *server, name string, typ tftypes.Object, config tftypes.Value, dynamic *tfprotov6.DynamicValue) {
	checked, err := s.ValidateDataResourceConfig(context.Background(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: dynamic})
	if err != nil {
		t.Fatal(err)
	}
	checkDiagnostics(t, checked.Diagnostics)
	if len(severity(texts(checked.Diagnostics), "ERROR ")) > 0 || !config.IsFullyKnown() {
		return // Terraform reads no data source whose arguments are not known
	}
	var answers []string
	for range 2 {
		resp, err := s.ReadDataSource(context.Background(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: dynamic})
		if err != nil {
			t.Fatal(err)
		}
		checkDiagnostics(t, resp.Diagnostics)
		problems := texts(resp.Diagnostics)
		state := open(t, typ, resp.State)
		answers = append(answers, state.String()+strings.Join(problems, "\n"))
		if len(severity(problems, "ERROR ")) > 0 {
			continue
		}
		if !state.IsFullyKnown() || state.IsNull() {
			t.Errorf("%s is %s", name, state)
		}
		assertKeepsConfig(t, s.schema.DataSourceSchemas[name], config, state)
	}
	if answers[0] != answers[1] {
		t.Errorf("%s: the second time it differs:\n%s\n%s", name, answers[0], answers[1])
	}
}

// FuzzFunctions calls every function with arguments of any type.
func FuzzFunctions(f *testing.F) {
	s := serve(f, nil)
	names := namesOf(s.schema.Functions)
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := newDrawer(t, input)
		name := pick(d, names)
		may := d.oneIn(6) // an unknown value anywhere is the whole answer
		definition := s.schema.Functions[name]
		sample := sampleCalls[name]
		switch {
		case name == "review":
			sample = []any{seq{accepted(), waived()}, obj{"today": "2026-06-01", "title": "t"}}
		case sample == nil:
			sample = []any{pick(d, []any{accepted(), waived(), richPolicy(), obj{"existing_rules": seq{old(nil), old(obj{"from_port": 22, "to_port": 22})}}}), obj{"today": "2026-06-01", "optimize": "minimal", "limits": obj{"rules": 100}}}
		}
		req := &tfprotov6.CallFunctionRequest{Name: name}
		size := 0
		for i := range len(definition.Parameters) + d.below(3) {
			var argument any
			if i < len(sample) && !d.oneIn(8) {
				argument = d.mutateTree(sample[i], may, pick(d, []int{8, 30, 200}))
			} else {
				argument = d.anything(may)
			}
			var typ tftypes.Type = tftypes.DynamicPseudoType
			if i < len(definition.Parameters) {
				typ = definition.Parameters[i].Type
			}
			v, fits := convert(t, typ, argument)
			if !fits {
				v = d.any(typ, may, 4)
			}
			req.Arguments = append(req.Arguments, s.dynamic(t, typ, v))
			size += len(req.Arguments[i].MsgPack)
		}
		worktest.CheckBounded(t, size, allocatedPerByte, func() { callTwice(t, s, req) })
	})
}

// convert gives a value the type of a parameter, as Terraform does before a
// call; fits is false where Terraform would refuse it.
func convert(t testing.TB, typ tftypes.Type, argument any) (v tftypes.Value, fits bool) {
	v = loose(t, argument)
	if typ.Is(tftypes.DynamicPseudoType) {
		return v, true
	}
	if list, isList := typ.(tftypes.List); isList && v.IsKnown() && !v.IsNull() && v.Type().Is(tftypes.Tuple{}) {
		var elements []tftypes.Value
		must(t, v.As(&elements))
		for i := range elements {
			if elements[i].IsNull() && elements[i].IsKnown() {
				elements[i] = tftypes.NewValue(list.ElementType, nil)
			}
			if !elements[i].Type().Equal(list.ElementType) {
				return v, false
			}
		}
		return tftypes.NewValue(typ, elements), true
	}
	return v, v.Type().Equal(typ)
}

func callTwice(t *testing.T, s *server, req *tfprotov6.CallFunctionRequest) {
	typ := s.schema.Functions[req.Name].Return.Type
	var answers []string
	for range 2 {
		resp, err := s.CallFunction(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Error != nil {
			text := resp.Error.Text
			if text == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\u202e\u200b") {
				t.Errorf("%s: badly formed error %+q", req.Name, text)
			}
			if at := resp.Error.FunctionArgument; at != nil && (*at < 0 || *at >= int64(len(req.Arguments))) {
				t.Errorf("%s: an error of argument %d: %s", req.Name, *at, text)
			}
			answers = append(answers, text)
			continue
		}
		result := open(t, typ, resp.Result)
		if result.IsKnown() && !result.IsFullyKnown() {
			t.Errorf("%s: the result is known in part: %s", req.Name, result)
		}
		answers = append(answers, result.String())
	}
	if answers[0] != answers[1] {
		t.Errorf("%s: the second time it differs:\n%s\n%s", req.Name, answers[0], answers[1])
	}
}

// FuzzConfigure configures the provider with any settings.
func FuzzConfigure(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := newDrawer(t, input)
		s := start(t, at(today))
		typ := s.schema.Provider.ValueType()
		config := s.dynamic(t, typ, d.any(typ, true, 2))
		validated, err := s.ValidateProviderConfig(context.Background(), &tfprotov6.ValidateProviderConfigRequest{Config: config})
		if err != nil {
			t.Fatal(err)
		}
		checkDiagnostics(t, validated.Diagnostics)
		resp, err := s.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: config})
		if err != nil {
			t.Fatal(err)
		}
		checkDiagnostics(t, resp.Diagnostics)
		if len(resp.Diagnostics) == 0 {
			s.plan(t, "policy", tftypes.Value{}, accepted())
		}
	})
}

// FuzzState reads any JSON as the state of a resource.
func FuzzState(f *testing.F) {
	s := serve(f, nil)
	names := namesOf(s.schema.ResourceSchemas)
	for i, text := range []string{`{}`, `{"name":"a","rules":{"x":null},"score":1e400}`, `null`, `[]`, `{"id":7}`, `{"name":"clients","prefixes":["10.0.0.0/8",{}],"zone":null}`} {
		f.Add(i, int64(i%3), []byte(text))
	}
	f.Fuzz(func(t *testing.T, of int, version int64, content []byte) {
		if !json.Valid(content) {
			return // Terraform reads the state file first
		}
		name := names[uint(of)%uint(len(names))]
		worktest.CheckBounded(t, len(content), allocatedPerByte, func() {
			resp, err := s.UpgradeResourceState(context.Background(), &tfprotov6.UpgradeResourceStateRequest{TypeName: name, Version: version, RawState: &tfprotov6.RawState{JSON: content}})
			if err != nil {
				t.Fatal(err)
			}
			if len(texts(resp.Diagnostics)) > 0 {
				return
			}
			read, err := s.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: resp.UpgradedState})
			if err != nil {
				t.Fatal(err)
			}
			checkDiagnostics(t, read.Diagnostics)
		})
	})
}
