package provider_test

import (
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// mayBeNull are the arguments that null leaves out, in the configurations of
// the matrix; without "waiver", which is a block and never null. Null anywhere
// else is refused: it might stand for nothing or for everything.
var mayBeNull = map[string][]string{
	"peer_group": {"cidrs", "description", "except", "references", "zone", "zone_reason"},
	"policy": {
		"description", "max_score", "rules.*.description",
		"rules.*.peers.*.except", "rules.*.peers.*.prefixes", "rules.*.peers.*.references", "rules.*.peers.*.zone_reason",
		"rules.*.port_ranges.*.listeners.*.encrypted", "rules.*.port_ranges.*.listeners.*.negotiated",
		"rules.*.port_ranges.*.sizing", "rules.*.port_ranges.*.sizing.rule",
		"waiver.*.rules",
	},
	"port_range": {"concurrency", "description", "flows", "load", "negotiated", "ports"},
}

// TestMatrix_EveryArgument_Null: on create and on update null is either left
// out, and the plan is final, or refused in validate or plan, and then in apply
// too. On a restriction it never makes the score smaller.
func TestMatrix_EveryArgument_Null(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	cells := 0
	for resource, configs := range matrixConfigs() {
		schema, typ := s.resourceType(t, resource)
		none := tftypes.NewValue(typ, nil)
		done := map[string]bool{}
		var accepted []string
		for _, config := range configs {
			before := s.create(t, resource, config)
			for _, p := range argumentPlaces(typ, config, computedOnly(schema)) {
				if done[p.pattern] || p.pattern == "waiver" || p.pattern == "waiver.*" {
					continue
				}
				done[p.pattern] = true
				late := with(config, nil, p.path...)
				for _, prior := range []tftypes.Value{none, before} {
					cells++
					refused := append(severity(s.validate(t, resource, late), "ERROR "), s.plan(t, resource, prior, late).errors()...)
					state, problems := s.write(t, resource, prior, s.unplanned(t, resource, late), value(t, typ, late))
					if len(refused) > 0 {
						if len(severity(problems, "ERROR ")) == 0 || !state.Equal(prior) {
							t.Errorf("%s.%s: apply writes what is refused with %q", resource, p.pattern, refused)
						}
						continue
					}
					if prior.IsNull() {
						accepted = append(accepted, p.pattern)
					}
					after := s.change(t, resource, prior, late)
					if resource == "policy" && get(t, after, "score").(float64) < get(t, before, "score").(float64) && p.pattern != "rules.*.peers.*.prefixes" && p.pattern != "rules.*.peers.*.references" {
						t.Errorf("null at %s lowers the score from %v to %v", p.pattern, get(t, before, "score"), get(t, after, "score"))
					}
				}
			}
		}
		slices.Sort(accepted)
		if !slices.Equal(accepted, mayBeNull[resource]) {
			t.Errorf("%s: null is accepted at\n%q\nwant\n%q", resource, accepted, mayBeNull[resource])
		}
	}
	t.Logf("%d cells", cells)
}

// unplanned is what apply gets when nobody plans again: known arguments, and
// nothing computed.
func (s *server) unplanned(t *testing.T, resource string, config obj) tftypes.Value {
	t.Helper()
	_, typ := s.resourceType(t, resource)
	arguments := fields(t, value(t, typ, config))
	for _, name := range computedOf(resource) {
		arguments[name] = tftypes.NewValue(typ.AttributeTypes[name], tftypes.UnknownValue)
	}
	if zone, has := arguments["zone"]; has && zone.IsNull() { // its default comes with the plan
		arguments["zone"] = tftypes.NewValue(tftypes.String, "by_address")
	}
	return tftypes.NewValue(typ, arguments)
}

// TestMatrix_RejectedPolicy_UnknownAnywhere_IsNeverWritten: whatever is unknown
// in the plan, a policy that turns out dangerous is refused in apply.
func TestMatrix_RejectedPolicy_UnknownAnywhere_IsNeverWritten(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	schema, typ := s.resourceType(t, "policy")
	before := s.create(t, "policy", accepted())
	dangerous := with(policyOf(obj{"desk": ruleOf(rdp(), with(clients(), seq{"198.51.100.31/32"}, "except"))}), 30, "max_score")
	dangerous["waiver"] = seq{with(waiver(), seq{"198.51.100.16/29"}, "peers")} // accepts a part
	early, late := 0, 0
	for _, p := range argumentPlaces(typ, dangerous, computedOnly(schema)) {
		for _, prior := range []tftypes.Value{tftypes.NewValue(typ, nil), before} {
			plan := s.plan(t, "policy", prior, with(dangerous, unknown, p.path...))
			if len(plan.errors()) > 0 {
				early++
				continue // a lower bound was enough
			}
			late++
			if verdict := get(t, plan.state, "verdict"); verdict != unknown {
				t.Errorf("%s unknown: verdict %v", p.pattern, verdict)
			}
			state, problems := s.apply(t, "policy", prior, plan, dangerous)
			if errors := severity(problems, "ERROR "); len(errors) == 0 || !state.IsNull() {
				t.Errorf("%s unknown: %q, state %s", p.pattern, errors, state)
			}
			state, problems = s.write(t, "policy", prior, s.unplanned(t, "policy", dangerous), value(t, typ, dangerous))
			if errors := severity(problems, "ERROR "); len(errors) == 0 || !state.Equal(prior) {
				t.Errorf("%s unknown, not planned again: %q, state %s", p.pattern, errors, state)
			}
		}
	}
	if early == 0 || late == 0 {
		t.Errorf("%d refused in the plan, %d in apply", early, late)
	}
	t.Logf("%d cells: %d refused in the plan, %d in apply", early+late, early, late)
}

// TestMatrix_DataSources_Unknown: Terraform validates data sources with what it
// knows and reads them when everything is known. Validate finds nothing wrong
// with an unknown, and a read that comes too early is refused.
func TestMatrix_DataSources_Unknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	cells := 0
	for name, source := range s.schema.DataSourceSchemas {
		typ := source.ValueType().(tftypes.Object)
		config := obj{}
		switch skip := computedOnly(source); {
		case typ.AttributeTypes["policy"] != nil:
			config["policy"] = richPolicy()
		case typ.AttributeTypes["policies"] != nil:
			config["policies"] = seq{richPolicy()}
		default:
			for argument, t := range typ.AttributeTypes {
				if !skip[argument] && t.Is(tftypes.String) {
					config[argument] = "veeam"
				}
			}
			if config["port"] != nil {
				config["port"] = "22/tcp"
			}
		}
		for _, p := range argumentPlaces(typ, config, computedOnly(source)) {
			cells++
			early := s.dynamic(t, typ, value(t, typ, with(config, unknown, p.path...)))
			checked, err := s.ValidateDataResourceConfig(context.Background(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: early})
			must(t, err)
			if problems := texts(checked.Diagnostics); len(problems) > 0 {
				t.Errorf("%s, %s unknown: %q", name, p.pattern, problems)
			}
			read, err := s.ReadDataSource(context.Background(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: early})
			must(t, err)
			equalTexts(t, name+", "+p.pattern+" unknown", texts(read.Diagnostics), []string{"ERROR Values not known yet. A data source is read when all of its arguments are known, and one is not. " +
				"This is a bug of Terraform; please report it."})
		}
	}
	t.Logf("%d cells", cells)
}

// TestMatrix_PolicyFunctions_Unknown: a function of a policy with anything
// unknown in it is not known, at every place.
func TestMatrix_PolicyFunctions_Unknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	_, typ := s.resourceType(t, "policy")
	config := richPolicy()
	settings := obj{"today": "2026-06-01", "max_score": 30}
	cells := 0
	for _, p := range argumentPlaces(typ, config, map[string]bool{}) {
		for _, name := range []string{"assess", "aws_security_group_rules", "nftables_ruleset"} {
			cells++
			result, failed := s.call(t, name, loose(t, with(config, unknown, p.path...)), loose(t, settings))
			if failed != "" || result.IsKnown() {
				t.Errorf("%s, %s unknown: %s %q", name, p.pattern, result, failed)
			}
		}
	}
	for setting := range settings {
		if result, failed := s.call(t, "assess", loose(t, config), loose(t, with(settings, unknown, setting))); failed != "" || result.IsKnown() {
			t.Errorf("%s unknown: %s %q", setting, result, failed)
		}
	}
	t.Logf("%d cells", cells)
}
