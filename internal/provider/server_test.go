package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// today is the day of all tests in which the day does not matter.
var today = time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)

func at(day time.Time) func() time.Time { return func() time.Time { return day } }

// server is the provider as Terraform sees it, without a process between. Its
// methods do what Terraform does around each call, and fail the test when the
// provider breaks a rule that Terraform would enforce.
type server struct {
	tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// serve starts a provider with the settings, on the day today.
func serve(t testing.TB, settings obj) *server {
	t.Helper()
	s := start(t, at(today))
	if problems := s.configure(t, settings); len(problems) > 0 {
		t.Fatalf("configure: %s", strings.Join(problems, "\n"))
	}
	return s
}

// serveOn starts a provider without settings on another day.
func serveOn(t testing.TB, clock func() time.Time) *server {
	t.Helper()
	s := start(t, clock)
	if problems := s.configure(t, nil); len(problems) > 0 {
		t.Fatalf("configure: %s", strings.Join(problems, "\n"))
	}
	return s
}

// start starts a provider that is not configured yet.
func start(t testing.TB, clock func() time.Time) *server {
	t.Helper()
	protocol := provider.NewServerWithClock("test", clock)()
	schema, err := protocol.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if problems := texts(schema.Diagnostics); len(problems) > 0 {
		t.Fatalf("schema: %s", strings.Join(problems, "\n"))
	}
	return &server{protocol, schema}
}

func (s *server) configure(t testing.TB, settings obj) []string {
	t.Helper()
	if settings == nil {
		settings = obj{}
	}
	config := s.dynamic(t, s.schema.Provider.ValueType(), value(t, s.schema.Provider.ValueType(), settings))
	resp, err := s.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return texts(resp.Diagnostics)
}

func (s *server) dynamic(t testing.TB, typ tftypes.Type, v tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(typ, v)
	if err != nil {
		t.Fatal(err)
	}
	return &dynamic
}

func open(t testing.TB, typ tftypes.Type, dynamic *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	if dynamic == nil {
		return tftypes.NewValue(typ, nil)
	}
	v, err := dynamic.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// resourceType is the type of a resource's values; name is without "backupfw_".
func (s *server) resourceType(t testing.TB, name string) (*tfprotov6.Schema, tftypes.Object) {
	t.Helper()
	schema, known := s.schema.ResourceSchemas["backupfw_"+name]
	if !known {
		t.Fatalf("no resource backupfw_%s", name)
	}
	return schema, schema.ValueType().(tftypes.Object)
}

func (s *server) validate(t testing.TB, name string, config obj) []string {
	t.Helper()
	_, typ := s.resourceType(t, name)
	resp, err := s.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: "backupfw_" + name, Config: s.dynamic(t, typ, value(t, typ, config))})
	if err != nil {
		t.Fatal(err)
	}
	return texts(resp.Diagnostics)
}

// planned is the answer to a plan.
type planned struct {
	state    tftypes.Value
	problems []string // errors and warnings, see texts
	replace  int
}

func (p planned) errors() []string   { return severity(p.problems, "ERROR ") }
func (p planned) warnings() []string { return severity(p.problems, "WARN ") }

func severity(problems []string, mark string) []string {
	found := []string{}
	for _, text := range problems {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			found = append(found, rest)
		}
	}
	return found
}

// plan plans a change from prior, the zero value on create.
func (s *server) plan(t testing.TB, name string, prior tftypes.Value, config obj) planned {
	t.Helper()
	_, typ := s.resourceType(t, name)
	return s.planValue(t, name, prior, value(t, typ, config))
}

func (s *server) planValue(t testing.TB, name string, prior, config tftypes.Value) planned {
	t.Helper()
	schema, typ := s.resourceType(t, name)
	if prior.Type() == nil {
		prior = tftypes.NewValue(typ, nil)
	}
	proposed := config
	if !config.IsNull() {
		proposed = proposedNew(t, schema, typ, prior, config)
	}
	resp, err := s.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "backupfw_" + name, PriorState: s.dynamic(t, typ, prior),
		Config: s.dynamic(t, typ, config), ProposedNewState: s.dynamic(t, typ, proposed)})
	if err != nil {
		t.Fatal(err)
	}
	p := planned{problems: texts(resp.Diagnostics), replace: len(resp.RequiresReplace)}
	if len(p.errors()) > 0 {
		return p
	}
	p.state = open(t, typ, resp.PlannedState)
	if !config.IsNull() {
		assertKeepsConfig(t, schema, config, p.state)
	}
	return p
}

// proposedNew is the configuration with computed attributes that are not
// configured taken from the prior state, as Terraform proposes it.
func proposedNew(t testing.TB, schema *tfprotov6.Schema, typ tftypes.Object, prior, config tftypes.Value) tftypes.Value {
	t.Helper()
	attributes := fields(t, config)
	if prior.IsNull() {
		return config
	}
	before := fields(t, prior)
	for _, a := range schema.Block.Attributes {
		if a.Computed && attributes[a.Name].IsNull() {
			attributes[a.Name] = before[a.Name]
		}
	}
	return tftypes.NewValue(typ, attributes)
}

// assertKeepsConfig holds the provider to Terraform's rule that a plan may
// decide computed attributes only.
func assertKeepsConfig(t testing.TB, schema *tfprotov6.Schema, config, state tftypes.Value) {
	t.Helper()
	want, got := fields(t, config), fields(t, state)
	for _, a := range schema.Block.Attributes {
		if a.Computed && want[a.Name].IsNull() {
			continue
		}
		if !want[a.Name].Equal(got[a.Name]) {
			t.Errorf("plan changes the argument %s from %s to %s", a.Name, want[a.Name], got[a.Name])
		}
	}
}

// apply does what terraform apply does with a plan: it plans again, now with
// everything known, compares, and applies. The state is null when it failed.
func (s *server) apply(t testing.TB, name string, prior tftypes.Value, earlier planned, config obj) (tftypes.Value, []string) {
	t.Helper()
	_, typ := s.resourceType(t, name)
	if prior.Type() == nil {
		prior = tftypes.NewValue(typ, nil)
	}
	again := s.plan(t, name, prior, config)
	if len(again.errors()) > 0 {
		return tftypes.NewValue(typ, nil), again.problems
	}
	assertCompatible(t, "the plan made in apply", earlier.state, again.state)
	return s.write(t, name, prior, again.state, value(t, typ, config))
}

// write calls ApplyResourceChange.
func (s *server) write(t testing.TB, name string, prior, plannedState, config tftypes.Value) (tftypes.Value, []string) {
	t.Helper()
	_, typ := s.resourceType(t, name)
	resp, err := s.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "backupfw_" + name, PriorState: s.dynamic(t, typ, prior),
		PlannedState: s.dynamic(t, typ, plannedState), Config: s.dynamic(t, typ, config)})
	if err != nil {
		t.Fatal(err)
	}
	state := open(t, typ, resp.NewState)
	problems := texts(resp.Diagnostics)
	if len(severity(problems, "ERROR ")) == 0 {
		assertCompatible(t, "the state after apply", plannedState, state)
		if !state.IsFullyKnown() {
			t.Errorf("the state has unknown values: %s", state)
		}
	}
	return state, problems
}

// assertCompatible fails when a value that was known has changed: Terraform
// reports that as a bug of the provider.
func assertCompatible(t testing.TB, what string, before, after tftypes.Value) {
	t.Helper()
	differences, err := before.Diff(after)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		if d.Value1 == nil || !d.Value1.IsFullyKnown() {
			continue // was unknown; or its parent was
		}
		t.Errorf("%s differs at %s: planned %s, now %s", what, place(d.Path), d.Value1, d.Value2)
	}
}

// create plans and applies a new resource with known arguments and checks that
// the next plan is empty.
func (s *server) create(t testing.TB, name string, config obj) tftypes.Value {
	t.Helper()
	return s.change(t, name, tftypes.Value{}, config)
}

// change is create for a resource that may exist already.
func (s *server) change(t testing.TB, name string, prior tftypes.Value, config obj) tftypes.Value {
	t.Helper()
	p := s.plan(t, name, prior, config)
	if errors := p.errors(); len(errors) > 0 {
		t.Fatalf("plan of %s failed:\n%s", name, strings.Join(errors, "\n"))
	}
	if p.replace > 0 {
		t.Errorf("the plan of %s replaces it", name)
	}
	state, problems := s.apply(t, name, prior, p, config)
	if errors := severity(problems, "ERROR "); len(errors) > 0 {
		t.Fatalf("apply of %s failed:\n%s", name, strings.Join(errors, "\n"))
	}
	if next := s.plan(t, name, state, config); !next.state.Equal(state) {
		t.Errorf("the second plan of %s is not empty:\n%s\n%s", name, state, next.state)
	}
	return state
}

// read reads a data source.
func (s *server) read(t testing.TB, name string, config obj) (tftypes.Value, []string) {
	t.Helper()
	schema, known := s.schema.DataSourceSchemas["backupfw_"+name]
	if !known {
		t.Fatalf("no data source backupfw_%s", name)
	}
	typ := schema.ValueType()
	dynamic := s.dynamic(t, typ, value(t, typ, config))
	checked, err := s.ValidateDataResourceConfig(context.Background(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: "backupfw_" + name, Config: dynamic})
	if err != nil {
		t.Fatal(err)
	}
	if problems := texts(checked.Diagnostics); len(problems) > 0 {
		return tftypes.NewValue(typ, nil), problems
	}
	resp, err := s.ReadDataSource(context.Background(), &tfprotov6.ReadDataSourceRequest{TypeName: "backupfw_" + name, Config: dynamic})
	if err != nil {
		t.Fatal(err)
	}
	return open(t, typ, resp.State), texts(resp.Diagnostics)
}

// call calls a function. Its error is written as "argument N: text".
func (s *server) call(t testing.TB, name string, arguments ...tftypes.Value) (tftypes.Value, string) {
	t.Helper()
	definition, known := s.schema.Functions[name]
	if !known {
		t.Fatalf("no function %s", name)
	}
	req := &tfprotov6.CallFunctionRequest{Name: name}
	for i, a := range arguments {
		var typ tftypes.Type = tftypes.DynamicPseudoType
		if i < len(definition.Parameters) {
			typ = definition.Parameters[i].Type
		}
		req.Arguments = append(req.Arguments, s.dynamic(t, typ, a))
	}
	resp, err := s.CallFunction(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	typ := definition.Return.Type
	if resp.Error != nil {
		place := "whole"
		if resp.Error.FunctionArgument != nil {
			place = fmt.Sprintf("argument %d", *resp.Error.FunctionArgument)
		}
		return tftypes.NewValue(typ, nil), place + ": " + resp.Error.Text
	}
	return open(t, typ, resp.Result), ""
}

// texts writes diagnostics as "ERROR rules["x"]: Summary. Detail".
func texts(diagnostics []*tfprotov6.Diagnostic) []string {
	var list []string
	for _, d := range diagnostics {
		text := "WARN "
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			text = "ERROR "
		}
		if d.Attribute != nil && len(d.Attribute.Steps()) > 0 {
			text += place(d.Attribute) + ": "
		}
		list = append(list, text+d.Summary+". "+d.Detail)
	}
	slices.Sort(list)
	return list
}

// place writes a path as Terraform does.
func place(path *tftypes.AttributePath) string {
	var b strings.Builder
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(step))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&b, "[%d]", int64(step))
		}
	}
	return b.String()
}
