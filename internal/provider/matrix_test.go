package provider_test

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The matrix takes every argument of the resources, nested ones too, makes it
// unknown as a whole, in one element or by one element more, and lets it turn
// out as anything in outcomes: as before, narrower, wider, null, unreadable.

// matrixConfigs are accepted configurations that have, together, a value for
// every argument.
func matrixConfigs() map[string][]obj {
	rich := with(with(richPolicy(), "all of it", "description"), "and this", "rules", "desk", "description")
	scored := with(accepted(), seq{obj{"finding": "score-limit", "max_score": 50, "reason": "r", "owner": "o", "expires": "2026-12-31"}}, "waiver")
	return map[string][]obj{
		"port_range": {
			{"name": "movers", "description": "d", "product": "veeam", "flows": seq{"data-mover-range", "data-mover"}, "ports": seq{"2500-2539/tcp", "6162/tcp"}, "concurrency": 40},
			{"name": "movers", "product": "veeam", "flows": seq{"data-mover-range"}, "load": obj{"task": 40}},
			{"name": "pbx", "product": "netbackup", "from_role": "client", "to_role": "primary_server"},
			{"name": "vault", "ports": seq{"29168-29207/tcp"}, "negotiated": true},
		},
		"peer_group": {
			{"name": "dmz", "description": "d", "zone": "dmz", "cidrs": seq{"198.51.100.16/28", "2001:db8::/64"}, "except": seq{"198.51.100.17/32", "198.51.100.18/32"},
				"references": obj{"app": obj{"kind": "aws_prefix_list", "max_hosts": 4, "max_entries": 2}}},
			{"name": "inside", "zone": "internal", "zone_reason": "our own /24", "cidrs": seq{"198.51.100.0/24"}},
		},
		"policy": {rich, with(scored, 1, "max_score"), waived()},
	}
}

// outcomes are what an unknown value may turn out to be, by the name of the
// argument; of elements by the name of what they are in.
func outcomes() map[string][]any {
	anybody := obj{"name": "all", "prefixes": seq{"0.0.0.0/0"}, "zone": "internet"}
	addresses := seq{"198.51.100.16/30", "198.51.100.0/24", "0.0.0.0/0", "10.0.0.1/8"}
	numbers := seq{-1, 0, 1, 101, 1 << 40}
	open := seq{"2500-2509/tcp", "3389/tcp", "2000-2600/tcp", "any", "2500"}
	texts := seq{"", "other", "Not A Name"}
	return map[string][]any{
		"name": texts, "description": texts, "reason": texts, "owner": texts, "zone_reason": texts, "rule": texts,
		"product": {"netbackup", "veeam", "nonesuch"}, "flow": {"data-mover", "nonesuch"}, "flows": {"data-mover", "nonesuch"},
		"from_role": {"media_server", "nonesuch"}, "to_role": {"media_server", "nonesuch"},
		"ports": open, "cidrs": addresses, "prefixes": addresses, "except": append(seq{"0.0.0.0/0", "::/0"}, addresses...),
		"negotiated": {true, false}, "encrypted": {true, false},
		"concurrency": numbers, "load": numbers, "needed": numbers, "configured": numbers, "max_hosts": numbers, "max_entries": numbers, "max_score": numbers,
		"zone":        {"internet", "partner", "dmz", "internal", "management", "by_address", "nowhere"},
		"direction":   {"ingress", "egress", "both"},
		"kind":        {"product_flow", "negotiated", "undeclared", "aws_security_group", "google_network_tag", "nonesuch"},
		"listeners":   {rdp()["listeners"].(seq)[0], vault()["listeners"].(seq)[0], obj{}},
		"port_ranges": {rdp(), vault(), obj{}},
		"peers":       append(seq{clients(), anybody, obj{}}, addresses...),
		"references":  {obj{"kind": "aws_security_group", "max_hosts": 1}, obj{"kind": "aws_security_group", "max_hosts": 1 << 32}, obj{}},
		"sizing":      {obj{"needed": 1, "configured": 1, "rule": "r"}, obj{"needed": 4000, "configured": 1, "rule": "r"}, obj{}},
		"rules":       {ruleOf(vault(), clients()), ruleOf(rdp(), clients()), ruleOf(vault(), anybody), obj{}, "desk", "elsewhere"},
		"waiver":      {waiver(), obj{"finding": "score-limit", "max_score": 100, "reason": "r", "owner": "o", "expires": "2026-07-01"}, obj{}},
		"finding":     {"sensitive-service", "well-known-port", "score-limit", "waiver-expired", "nonesuch"},
		"expires":     {"2026-05-31", "2026-06-01", "2026-06-30", "2027-06-03", "2028-02-29", "2027-02-29", "soon"},
	}
}

// argumentPlace is a value in a configuration. pattern is its path with "*" for
// keys and indexes; argument is the last name in it.
type argumentPlace struct {
	path              []any
	pattern, argument string
	typ               tftypes.Type
	value             any // nil where the schema alone was walked
}

func (p argumentPlace) isElement() bool { return p.pattern[len(p.pattern)-1] == '*' }

// argumentPlaces walks a configuration, or the schema alone when v is nil.
func argumentPlaces(typ tftypes.Type, v any, skip map[string]bool) []argumentPlace {
	var places []argumentPlace
	var walk func(typ tftypes.Type, v any, at argumentPlace)
	enter := func(typ tftypes.Type, v any, at argumentPlace, step any, name string) {
		next := argumentPlace{path: in(at.path, step), pattern: name, argument: at.argument, typ: typ, value: v}
		if at.pattern != "" {
			next.pattern = at.pattern + "." + name
		}
		if name != "*" {
			next.argument = name
		}
		places = append(places, next)
		walk(typ, v, next)
	}
	walk = func(typ tftypes.Type, v any, at argumentPlace) {
		switch typ := typ.(type) {
		case tftypes.Object:
			for _, name := range slices.Sorted(maps.Keys(typ.AttributeTypes)) {
				of, _ := v.(obj)
				given, isGiven := of[name]
				if (v == nil || isGiven) && (len(at.path) > 0 || !skip[name]) {
					enter(typ.AttributeTypes[name], given, at, name, name)
				}
			}
		case tftypes.Map:
			if v == nil {
				enter(typ.ElementType, nil, at, "", "*")
			} else {
				for _, key := range slices.Sorted(maps.Keys(v.(obj))) {
					enter(typ.ElementType, v.(obj)[key], at, key, "*")
				}
			}
		case tftypes.List:
			if v == nil {
				enter(typ.ElementType, nil, at, 0, "*")
			} else {
				for i, e := range v.(seq) {
					enter(typ.ElementType, e, at, i, "*")
				}
			}
		}
	}
	walk(typ, v, argumentPlace{})
	return places
}

// computedOnly are the attributes that nobody may write.
func computedOnly(schema *tfprotov6.Schema) map[string]bool {
	names := map[string]bool{}
	for _, a := range schema.Block.Attributes {
		names[a.Name] = a.Computed && !a.Optional
	}
	return names
}

// fitting are the outcomes that have the place's type.
func fitting(p argumentPlace) []any {
	var list []any
	for _, v := range outcomes()[p.argument] {
		if fits(p.typ, v) {
			list = append(list, v)
		}
	}
	return list
}

func fits(typ tftypes.Type, v any) bool {
	switch v.(type) {
	case string:
		return typ.Is(tftypes.String)
	case bool:
		return typ.Is(tftypes.Bool)
	case int:
		return typ.Is(tftypes.Number)
	}
	return typ.Is(tftypes.Object{})
}

// unknownCell is a configuration with one unknown, and what it may turn out
// to be.
type unknownCell struct {
	mode, pattern string
	early         obj
	late          []obj
	stays         bool // the argument decides nothing that is computed
}

// cellsOf are the cells of one place of a configuration.
func cellsOf(config obj, p argumentPlace) []unknownCell {
	mode := "unknown"
	if p.isElement() {
		mode = "partly unknown"
	}
	cell := unknownCell{mode: mode, pattern: p.pattern, early: with(config, unknown, p.path...), stays: p.argument == "description"}
	add := func(c *unknownCell, v any) { c.late = append(c.late, with(config, v, p.path...)) }
	add(&cell, p.value)
	for _, v := range fitting(p) {
		add(&cell, v)
	}
	if p.pattern != "waiver" && p.pattern != "waiver.*" { // blocks are never null
		add(&cell, nil)
	}
	switch list := p.value.(type) {
	case seq:
		element := argumentPlace{argument: p.argument, typ: p.typ.(tftypes.List).ElementType}
		more := unknownCell{mode: "one unknown more", pattern: p.pattern, early: with(config, append(slices.Clone(list), unknown), p.path...)}
		add(&cell, seq{})
		if len(list) > 1 {
			add(&cell, list[1:])
		}
		if len(list) > 0 && p.argument != "waiver" { // twice the same says the same
			add(&more, append(slices.Clone(list), list[0]))
		} else {
			return []unknownCell{cell}
		}
		for _, v := range fitting(element) {
			wider := append(slices.Clone(list), v)
			add(&cell, wider)
			add(&more, wider)
		}
		return []unknownCell{cell, more}
	case obj:
		m, isMap := p.typ.(tftypes.Map)
		if !isMap {
			break
		}
		add(&cell, obj{})
		for _, v := range fitting(argumentPlace{argument: p.argument, typ: m.ElementType}) {
			wider := maps.Clone(list)
			wider["zz"] = v
			add(&cell, wider)
		}
	}
	return []unknownCell{cell}
}

// matrixCounts says how large the matrix was.
type matrixCounts struct{ cells, outcomes, accepted atomic.Int64 }

// TestMatrix_EveryArgument_Unknown takes the whole matrix, on create, on an
// update and on an update that turns out to change nothing.
func TestMatrix_EveryArgument_Unknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	var counts matrixCounts
	configs := matrixConfigs()
	for _, resource := range slices.Sorted(maps.Keys(configs)) {
		schema, typ := s.resourceType(t, resource)
		covered := map[string]bool{}
		for _, config := range configs[resource] {
			same := s.create(t, resource, config)
			other := s.create(t, resource, with(config, "before", "name"))
			for _, p := range argumentPlaces(typ, config, computedOnly(schema)) {
				if covered[p.pattern] {
					continue // another element, or another configuration
				}
				covered[p.pattern] = true
				for _, cell := range cellsOf(config, p) {
					t.Run(resource+"/"+p.pattern+"/"+cell.mode, func(t *testing.T) {
						t.Parallel()
						for _, prior := range []tftypes.Value{tftypes.NewValue(typ, nil), other, same} {
							s.checkCell(t, resource, &cell, prior, &counts)
						}
					})
				}
			}
		}
		for _, p := range argumentPlaces(typ, nil, computedOnly(schema)) {
			if !covered[p.pattern] {
				t.Errorf("no configuration of %s has a value at %s", resource, p.pattern)
			}
		}
	}
	t.Cleanup(func() { // when the parallel subtests are done
		t.Logf("%d cells, turned out in %d ways: %d accepted", counts.cells.Load(), counts.outcomes.Load(), counts.accepted.Load())
	})
}

func (s *server) checkCell(t *testing.T, resource string, cell *unknownCell, prior tftypes.Value, counts *matrixCounts) {
	counts.cells.Add(1)
	if problems := severity(s.validate(t, resource, cell.early), "ERROR "); len(problems) > 0 {
		t.Fatalf("validate: %q", problems)
	}
	early := s.plan(t, resource, prior, cell.early)
	if errors := early.errors(); len(errors) > 0 {
		t.Fatalf("the plan is refused: %q", errors)
	}
	for _, name := range computedOf(resource) {
		if known := fields(t, early.state)[name].IsFullyKnown(); known != cell.stays {
			t.Errorf("%s is known: %t", name, known)
		}
	}
	good := false
	for i := range cell.late {
		if !prior.IsNull() && i > 1 && i < len(cell.late)-1 {
			continue // the judgement does not depend on what was before
		}
		counts.outcomes.Add(1)
		accepted := s.checkOutcome(t, resource, early, prior, cell.late[i])
		if accepted {
			counts.accepted.Add(1)
		}
		if accepted && !good && prior.IsNull() {
			s.assertReadAndDestroyed(t, resource, s.create(t, resource, cell.late[i]))
		}
		good = good || accepted
	}
	if !good && cell.mode != "one unknown more" { // the list may be complete
		t.Error("nothing that it may turn out to be is accepted")
	}
}

// checkOutcome applies what was planned with something unknown. The plan that
// Terraform makes in apply knows it; what it says has to come of it.
func (s *server) checkOutcome(t *testing.T, resource string, early planned, prior tftypes.Value, late obj) (accepted bool) {
	t.Helper()
	_, typ := s.resourceType(t, resource)
	config := value(t, typ, late)
	again := s.planValue(t, resource, prior, config)
	refused := again.errors()
	if len(again.errors()) == 0 {
		assertCompatible(t, "the plan made in apply", early.state, again.state)
	}
	if len(refused) == 0 && !again.state.IsFullyKnown() {
		t.Errorf("unknown though everything is known: %v", late)
	}
	if !prior.IsNull() {
		return len(refused) == 0
	}
	refused = append(refused, severity(s.validate(t, resource, late), "ERROR ")...)

	// The same when nobody plans again: the apply itself looks.
	arguments := fields(t, early.state)
	for name, v := range fields(t, config) {
		if !arguments[name].IsFullyKnown() && !slices.Contains(computedOf(resource), name) {
			arguments[name] = v
		}
	}
	if zone, has := arguments["zone"]; has && zone.IsNull() { // its default comes with the plan
		arguments["zone"] = tftypes.NewValue(tftypes.String, "by_address")
	}
	written, problems := s.write(t, resource, prior, tftypes.NewValue(typ, arguments), config)
	errors := severity(problems, "ERROR ")
	switch {
	case len(refused) > 0 && (len(errors) == 0 || !written.Equal(prior)):
		t.Errorf("%v is written, though a plan of it says %q", late, refused)
	case len(refused) > 0:
		return false
	case len(errors) > 0 || !written.Equal(again.state):
		t.Errorf("%v: %q, written %s, planned %s", late, errors, written, again.state)
	}
	if next := s.planValue(t, resource, written, config); !next.state.Equal(written) {
		t.Errorf("a permanent difference of %v: %s, then %s", late, written, next.state)
	}
	if resource == "policy" {
		assertNoSilentPass(t, written)
	}
	return true
}

// assertNoSilentPass holds a written policy to its own numbers.
func assertNoSilentPass(t *testing.T, state tftypes.Value) {
	t.Helper()
	waived := false
	for _, f := range get(t, state, "findings").(seq) {
		effect := f.(obj)["effect"]
		waived = waived || effect == "accepted"
		if effect == "reject" {
			t.Errorf("written with a finding that rejects: %v", f)
		}
	}
	over := get(t, state, "score").(float64) > get(t, state, "score_limit").(float64)
	verdict := get(t, state, "verdict")
	if verdict != "accept" && verdict != "accept_with_waivers" || !waived && (over || verdict != "accept") {
		t.Errorf("verdict %v; over the limit: %t, waived: %t", verdict, over, waived)
	}
}

// assertReadAndDestroyed reads and destroys a state, which has nothing to say.
func (s *server) assertReadAndDestroyed(t *testing.T, resource string, state tftypes.Value) {
	t.Helper()
	read, err := s.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: "backupfw_" + resource, CurrentState: s.dynamic(t, state.Type(), state)})
	must(t, err)
	if got := open(t, state.Type(), read.NewState); !got.Equal(state) || len(read.Diagnostics) > 0 {
		t.Errorf("read: %s, %q", got, texts(read.Diagnostics))
	}
	none := tftypes.NewValue(state.Type(), nil)
	p := s.planValue(t, resource, state, none)
	gone, problems := s.write(t, resource, state, none, none)
	if len(p.problems) > 0 || len(problems) > 0 || !p.state.IsNull() || !gone.IsNull() {
		t.Errorf("destroy: %q, %q, %s", p.problems, problems, gone)
	}
}
