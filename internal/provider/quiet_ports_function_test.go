package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// quietArguments are the arguments of quiet_ports in their types.
func quietArguments(count, protocol, avoid any) []tftypes.Value {
	texts := tftypes.List{ElementType: tftypes.String}
	if list, ok := avoid.([]any); ok {
		elements := []tftypes.Value{}
		for _, text := range list {
			elements = append(elements, tftypes.NewValue(tftypes.String, text))
		}
		avoid = elements
	}
	return []tftypes.Value{tftypes.NewValue(tftypes.Number, count), tftypes.NewValue(tftypes.String, protocol), tftypes.NewValue(texts, avoid)}
}

func TestQuietPorts_Known(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name            string
		count, protocol any
		avoid           []any
		want, wantError string
	}{
		{"nothing to avoid", 40, "tcp", []any{}, "29168-29207/tcp", ""},
		{"UDP", 40, "udp", []any{}, "29168-29207/udp", ""},
		{"SCTP", 2, "sctp", []any{}, "29170-29171/sctp", ""},
		{"one port", 1, "tcp", []any{}, "29168/tcp", ""},
		{"avoided", 40, "tcp", []any{"29168-29179/tcp"}, "29180-29219/tcp", ""},
		{"avoided on another protocol", 40, "tcp", []any{"29168-29179/udp"}, "29168-29207/tcp", ""},
		{"the widest", 831, "tcp", []any{}, "29168-29998/tcp", ""},
		{"one more", 832, "tcp", []any{}, "", "argument 0: No quiet range that wide: No 832 consecutive tcp ports are quiet; the widest run is 29168-29998/tcp, 831 wide. " +
			"Between any others something else is known to listen. Ask for fewer ports, avoid less, or take several narrower ranges: pass the first one in avoid."},
		{"nothing left", 1, "tcp", []any{"0-65535/tcp"}, "", "argument 2: No quiet ports: No tcp port is quiet beside those in avoid. Every other port belongs to something else. Avoid less."},
		{"none", 0, "tcp", []any{}, "", "argument 0: Count out of range: count = 0 is not a number of ports. A protocol has 65536 ports. Write a whole number from 1."},
		{"too many", 65537, "tcp", []any{}, "", "argument 0: Count out of range: count = 65537 is not a number of ports. A protocol has 65536 ports. Write a whole number from 1."},
		{"no ports", 4, "icmp", []any{}, "", `argument 1: Not a protocol with ports: protocol = "icmp" has no ports. Only ports can be quiet. Use tcp, udp or sctp.`},
		{"other spelling", 4, "TCP", []any{}, "", `argument 1: Not a protocol with ports: protocol = "TCP" has no ports. Only ports can be quiet. Use tcp, udp or sctp.`},
		{"unreadable", 4, "tcp", []any{"29168/tcp", "29169"}, "", `argument 2: [1]: Missing protocol: "29169" has no protocol. The same number is another service on another protocol. Write "29169/tcp", or "29169/udp" where the service uses UDP.`},
		{"a null among them", 4, "tcp", []any{"29168/tcp", nil}, "", "argument 2: [1]: Null value: The element is null. It is not clear which ports it stands for. Remove the element, or write a text."},
	} {
		result, failed := s.call(t, "quiet_ports", quietArguments(c.count, c.protocol, c.avoid)...)
		got := ""
		if failed == "" {
			if err := result.As(&got); err != nil {
				t.Fatal(err)
			}
		}
		if got != c.want || failed != c.wantError {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, got, failed, c.want, c.wantError)
		}
	}
}

// Terraform refuses a null argument before it calls, because no parameter
// allows one; another caller gets an error too.
func TestQuietPorts_Null_IsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, p := range s.schema.Functions["quiet_ports"].Parameters {
		if p.AllowNullValue || p.AllowUnknownValues {
			t.Errorf("%s: allows null %t, unknown %t", p.Name, p.AllowNullValue, p.AllowUnknownValues)
		}
	}
	for i, arguments := range [][]tftypes.Value{
		quietArguments(nil, "tcp", []any{}), quietArguments(40, nil, []any{}), quietArguments(40, "tcp", nil),
	} {
		want := fmt.Sprintf("argument %d: Null value: ", i)
		if result, failed := s.call(t, "quiet_ports", arguments...); len(failed) < len(want) || failed[:len(want)] != want {
			t.Errorf("%s %q, want %q", result, failed, want)
		}
	}
}

func TestQuietPorts_Unknown_GivesUnknown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, arguments := range map[string][]tftypes.Value{
		"count":            quietArguments(tftypes.UnknownValue, "tcp", []any{}),
		"protocol":         quietArguments(40, tftypes.UnknownValue, []any{}),
		"avoid":            quietArguments(40, "tcp", tftypes.UnknownValue),
		"one of avoid":     quietArguments(40, "tcp", []any{"29168/tcp", tftypes.UnknownValue}),
		"beside a bad one": quietArguments(0, "tcp", []any{tftypes.UnknownValue}),
	} {
		if result, failed := s.call(t, "quiet_ports", arguments...); failed != "" || result.IsKnown() {
			t.Errorf("%s: %s %q", name, result, failed)
		}
	}
}
