package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// sampleCalls has arguments with which each function succeeds, the optional
// settings last. The functions of policies have tests of their own.
var sampleCalls = map[string][]any{
	"exclude_cidrs": {seq{"198.51.100.0/24", "2001:db8::/32"}, seq{"198.51.100.16/28", "2001:db8:40::/48"}},
	"merge_cidrs":   {seq{"198.51.100.0/25", "198.51.100.128/25", "2001:DB8:40::/64"}},
	"merge_ports":   {seq{"2500-2519/tcp", "2520-2539/tcp", "22/tcp", "icmp"}},
	"parse_ports":   {seq{"2500-2519/tcp", "icmp", "any"}},
	"port_services": {"2500-2600/tcp"},
	"quiet_ports":   {40, "tcp", seq{"29168-29179/tcp", "29300/udp"}},
	"score":         {seq{"29168-29207/tcp", "22/tcp"}, seq{"198.51.100.16/28", "2001:db8:40::/64"}, "dmz", obj{"negotiated": true, "max_score": 30}},
}

// plainFunctions are their names, sorted.
var plainFunctions = slices.Sorted(maps.Keys(sampleCalls))

// typed gives arguments the types of the function's parameters.
func (s *server) typed(t testing.TB, name string, arguments []any) []tftypes.Value {
	t.Helper()
	parameters := s.schema.Functions[name].Parameters
	values := make([]tftypes.Value, len(arguments))
	for i, a := range arguments {
		if i < len(parameters) && !parameters[i].Type.Is(tftypes.DynamicPseudoType) {
			values[i] = value(t, parameters[i].Type, a)
		} else {
			values[i] = loose(t, a)
		}
	}
	return values
}

// ask calls a function with plain arguments and returns the plain result.
func (s *server) ask(t testing.TB, name string, arguments ...any) (any, string) {
	t.Helper()
	result, failed := s.call(t, name, s.typed(t, name, arguments)...)
	if failed != "" {
		return nil, failed
	}
	return plain(t, result), ""
}

// replaced returns the arguments with another one at the index.
func replaced(arguments []any, i int, with any) []any {
	arguments = slices.Clone(arguments)
	arguments[i] = with
	return arguments
}

func TestPureFunctions_HaveSampleCalls(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name := range s.schema.Functions {
		if _, known := sampleCalls[name]; !known && name != "review" && !slices.Contains(policyFunctions, name) {
			t.Errorf("%s has no sample call", name)
		}
	}
	for _, name := range plainFunctions {
		if result, failed := s.call(t, name, s.typed(t, name, sampleCalls[name])...); failed != "" || !result.IsFullyKnown() {
			t.Errorf("%s: %s %q", name, result, failed)
		}
	}
}

// Terraform refuses a null argument before it calls, because no parameter
// allows one, but a null in a list reaches the provider.
func TestPureFunctions_Null_IsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	const unclear = "It is not clear whether it should stand for nothing or for everything."
	for _, name := range plainFunctions {
		for i, p := range s.schema.Functions[name].Parameters {
			if p.AllowNullValue || p.AllowUnknownValues {
				t.Errorf("%s, %s: allows null %t, unknown %t", name, p.Name, p.AllowNullValue, p.AllowUnknownValues)
			}
			want := fmt.Sprintf("argument %d: Null value: %s is null. %s Write a value.", i, p.Name, unclear)
			if elements, isList := sampleCalls[name][i].(seq); isList {
				want = fmt.Sprintf("argument %d: Null value: %s is null. %s Write [] for nothing.", i, p.Name, unclear)
				withNull := append(slices.Clone(elements), nil)
				wantElement := fmt.Sprintf("argument %d: [%d]: Null value: The element is null. %s Remove the element, for example with compact().", i, len(elements), unclear)
				if _, failed := s.ask(t, name, replaced(sampleCalls[name], i, withNull)...); failed != wantElement {
					t.Errorf("%s, a null in %s:\n%s\nwant\n%s", name, p.Name, failed, wantElement)
				}
			}
			if _, failed := s.ask(t, name, replaced(sampleCalls[name], i, nil)...); failed != want {
				t.Errorf("%s, %s null:\n%s\nwant\n%s", name, p.Name, failed, want)
			}
		}
	}
}

func TestPureFunctions_Unknown_GivesUnknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	unknownResult := func(what, name string, arguments []any) {
		t.Helper()
		result, failed := s.call(t, name, s.typed(t, name, arguments)...)
		if failed != "" || result.IsKnown() {
			t.Errorf("%s, %s: %s %q", name, what, result, failed)
		}
	}
	for _, name := range plainFunctions {
		sample := sampleCalls[name]
		for i, a := range sample {
			unknownResult(fmt.Sprintf("argument %d", i), name, replaced(sample, i, unknown))
			switch a := a.(type) {
			case seq:
				unknownResult("an element", name, replaced(sample, i, append(slices.Clone(a), unknown)))
				unknownResult("beside an unreadable one", name, replaced(sample, i, seq{"nonsense", unknown}))
				unknownResult("beside a null", name, replaced(sample, i, seq{nil, unknown}))
			case obj:
				for attribute := range a {
					unknownResult(attribute, name, replaced(sample, i, with(a, unknown, attribute)))
				}
				unknownResult("a misspelt setting", name, replaced(sample, i, obj{"misspelt": unknown}))
			}
		}
		if len(sample) > 1 {
			unknownResult("beside a null argument", name, replaced(replaced(sample, 0, nil), 1, unknown))
		}
	}
}

// All faults of all arguments stand in the one text that there is.
func TestPureFunctions_ReportAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name      string
		arguments []any
		want      string
	}{
		{"merge_ports", []any{seq{"22", "23/tcp", nil, "0/"}}, `argument 0: [2]: Null value: The element is null. …` + "\n" + `[0]: Missing protocol: "22" …` + "\n" + `[3]: `},
		{"exclude_cidrs", []any{seq{"10.0.0.1/8"}, seq{"10.0.0.0/8", "10.0.0.0/33"}}, `argument 0: [0]: Host bits set: …` + "\n" + `except[1]: `},
		{"quiet_ports", []any{0, "icmp", seq{"22"}}, `argument 0: Count out of range: …` + "\n" + `protocol: Not a protocol with ports: …` + "\n" + `avoid[0]: Missing protocol: `},
		{"quiet_ports", []any{1.5, "tcp", seq{}}, `argument 0: Wrong type: The value is not a whole number. The value cannot be read. Write a whole number.`},
		{"score", []any{seq{"22"}, seq{"10.0.0.1/8"}, "dmzz", obj{"direction": "in", "product": "veem", "max_score": 101, "negotiated": nil}},
			`argument 0: [0]: Missing protocol: …` + "\n" + `cidrs[0]: Host bits set: …` + "\n" + `zone: Unknown zone: …` + "\n" + `settings.direction: Unknown direction: …` + "\n" + `settings.product: Unknown product: …` + "\n" + `settings.max_score: Score limit out of range: `},
		{"score", []any{seq{"22/tcp"}, seq{"10.0.0.1"}, "dmz", obj{"max_scor": 10, "negotiatd": true}},
			`argument 3: max_scor: Unknown attribute: "max_scor" is not an attribute of this object. A misspelt restriction would be lost. Use one of direction, product, flows, negotiated, zone_reason, max_score.` + "\n" + `negotiatd: Unknown attribute: `},
		{"score", []any{seq{"22/tcp"}, seq{"10.0.0.1"}, "dmz", "strict"}, `argument 3: Wrong type: The value is not an object. The value cannot be read. Write an object.`},
		{"score", []any{seq{"22/tcp"}, seq{"10.0.0.1"}, "dmz", obj{}, obj{}}, `argument 4: 2 settings objects are given. It would not be clear which one counts. Merge them into one.`},
	} {
		_, failed := s.ask(t, c.name, c.arguments...)
		rest := failed
		for i, part := range strings.Split(c.want, "…") {
			at := strings.Index(rest, part)
			if at < 0 || i == 0 && at > 0 {
				t.Errorf("%s: got\n%s\nwant\n%s\nwithout %q", c.name, failed, c.want, part)
				break
			}
			rest = rest[at+len(part):]
		}
		if lines := strings.Count(failed, "\n"); lines != strings.Count(c.want, "\n") {
			t.Errorf("%s: %d lines:\n%s", c.name, lines+1, failed)
		}
	}
}

// The same question has the same answer, byte by byte: Terraform compares.
func TestPureFunctions_AreDeterministic(t *testing.T) {
	t.Parallel()
	one, other := serve(t, nil), serve(t, obj{"max_score": 1, "enforcement": "warn"})
	for _, name := range plainFunctions {
		want, _ := one.call(t, name, one.typed(t, name, sampleCalls[name])...)
		for _, s := range []*server{one, other} {
			if got, failed := s.call(t, name, s.typed(t, name, sampleCalls[name])...); failed != "" || !got.Equal(want) {
				t.Errorf("%s: %s, then %s %s", name, want, got, failed)
			}
		}
	}
}

// Terraform has no place for an error of an argument that it did not send.
func TestFunctions_MissingSettings_FailAsAWhole(t *testing.T) {
	t.Parallel()
	_, failed := serve(t, nil).call(t, "kubernetes_network_policy", loose(t, accepted()))
	if !strings.HasPrefix(failed, "whole: settings.pod_selector: Pods not selected: ") {
		t.Error(failed)
	}
}

// The name of an attribute may come from data: what does not show is escaped.
func TestFunctions_UnknownAttribute_IsShownAsItIs(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, want := range map[string]string{
		"max_scor": "max_scor: ", "x\x00\u202ey": `["x\x00\u202ey"]: `, "": `[""]: `, "a.b\nc": `["a.b\nc"]: `, "ö": `["ö"]: `,
	} {
		_, failed := s.call(t, "score", append(s.typed(t, "score", sampleCalls["score"][:3]), loose(t, obj{name: 1}))...)
		if !strings.HasPrefix(failed, "argument 3: "+want+"Unknown attribute: ") {
			t.Errorf("%q: %s", name, failed)
		}
	}
}
