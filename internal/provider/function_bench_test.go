package provider_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// request encodes a call, as Terraform sends it.
func (s *server) request(t testing.TB, name string, arguments []any) *tfprotov6.CallFunctionRequest {
	t.Helper()
	req := &tfprotov6.CallFunctionRequest{Name: name}
	definition := s.schema.Functions[name]
	for i, v := range s.typed(t, name, arguments) {
		typ := definition.VariadicParameter
		if i < len(definition.Parameters) {
			typ = definition.Parameters[i]
		}
		req.Arguments = append(req.Arguments, s.dynamic(t, typ.Type, v))
	}
	return req
}

// BenchmarkCallFunction measures one call inside the process, the protocol's
// decoding included: what the provider itself costs.
func BenchmarkCallFunction(b *testing.B) {
	s := serve(b, nil)
	for _, name := range plainFunctions {
		req := s.request(b, name, sampleCalls[name])
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if resp, err := s.CallFunction(context.Background(), req); err != nil || resp.Error != nil {
					b.Fatal(err, resp.Error)
				}
			}
		})
	}
}

// BenchmarkCallFunction_Lists measures lists of many elements.
func BenchmarkCallFunction_Lists(b *testing.B) {
	s := serve(b, nil)
	for _, n := range []int{10, 100, 1000, 10000} {
		ports, cidrs := manyTexts(n)
		for _, c := range []struct {
			name      string
			arguments []any
		}{{"parse_ports", []any{ports}}, {"merge_ports", []any{ports}}, {"merge_cidrs", []any{cidrs}}, {"exclude_cidrs", []any{seq{"10.0.0.0/8"}, cidrs}}} {
			req := s.request(b, c.name, c.arguments)
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				for b.Loop() {
					if resp, err := s.CallFunction(context.Background(), req); err != nil || resp.Error != nil {
						b.Fatal(err, resp.Error)
					}
				}
			})
		}
	}
}

// manyTexts are n single ports and n single hosts that do not touch each other.
func manyTexts(n int) (ports, cidrs seq) {
	for i := range n {
		ports = append(ports, fmt.Sprintf("%d/tcp", 3*i))
		cidrs = append(cidrs, fmt.Sprintf("10.%d.%d.%d", i>>14, i>>6&255, i<<2&255))
	}
	return ports, cidrs
}

// hostileTexts are long, or made to look like something that they are not.
func hostileTexts() seq {
	const long = 20_000
	repeat := strings.Repeat
	return seq{
		"", repeat("9", long), repeat("1-", long), repeat("22/tcp,", long/7), repeat(" ", long) + "22/tcp", repeat("/", long),
		repeat("10.0.0.0/8 ", long/11), repeat(":", long), repeat("1.", long), repeat("\u200b", long/3), repeat("٢", long/2), repeat("\xff", long),
		repeat("0", long) + "/tcp", "22/" + repeat("t", long), repeat("[", long), repeat(`"`, long), repeat("any", long/3), repeat("é", long/2),
		"2500\u20133300/tcp", "22/tcp\x00", "::%" + repeat("z", long), repeat("f", long) + "::/0", "10.0.0.0/" + repeat("8", long),
	}
}

// A thousand calls with hostile and long arguments are over in seconds, as
// texts of 20,000 characters would not be if any step were quadratic in them.
func TestPureFunctions_HostileAndLong_StayFast(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a thousand calls for each function")
	}
	s := serve(t, nil)
	ports, cidrs := manyTexts(2000)
	for _, name := range plainFunctions {
		var calls []*tfprotov6.CallFunctionRequest
		sample := sampleCalls[name]
		for i, a := range sample {
			var hostile []any
			for _, text := range hostileTexts() {
				switch a.(type) {
				case seq:
					hostile = append(hostile, seq{text}, seq{"22/tcp", text, "10.0.0.0/8"})
				case string:
					hostile = append(hostile, text)
				case obj:
					hostile = append(hostile, obj{strings.ToValidUTF8(text.(string), "?"): true}, obj{"product": text}, obj{"zone_reason": text, "flows": seq{text, text}})
				}
			}
			if _, isList := a.(seq); isList {
				hostile = append(hostile, ports, cidrs)
			}
			for _, h := range hostile {
				calls = append(calls, s.request(t, name, replaced(sample, i, h)))
			}
		}
		calls = append(calls, s.request(t, name, sample))
		began := time.Now()
		longest := 0
		for i := range 1000 {
			resp, err := s.CallFunction(context.Background(), calls[i%len(calls)])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if resp.Error != nil {
				longest = max(longest, len(resp.Error.Text))
			}
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: a thousand calls take %s", name, took)
		} else {
			t.Logf("%s: %s for a thousand calls of %d kinds; the longest error has %d bytes", name, took, len(calls), longest)
		}
	}
}

// What one text of a list may cost in an error is bounded, whatever its length.
func TestPureFunctions_LongTexts_AreShortenedInErrors(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, text := range hostileTexts() {
		for name, arguments := range map[string][]any{
			"parse_ports": {seq{text}}, "merge_ports": {seq{text}}, "merge_cidrs": {seq{text}}, "exclude_cidrs": {seq{"10.0.0.0/8"}, seq{text}},
			"port_services": {text}, "quiet_ports": {4, text, seq{}}, "score": {seq{"22/tcp"}, seq{"10.0.0.1"}, text},
		} {
			if _, failed := s.ask(t, name, arguments...); failed == "" || len(failed) > 2500 {
				t.Errorf("%s: %d bytes for %.40q…: %.300s", name, len(failed), text, failed)
			}
		}
		name := strings.ToValidUTF8(text.(string), "?") // Terraform has no other names
		for _, settings := range []obj{{name: true}, {"product": text}, {"direction": text}, {"product": "veeam", "flows": seq{text}}} {
			if _, failed := s.ask(t, "score", seq{"22/tcp"}, seq{"10.0.0.1"}, "dmz", settings); len(failed) > 2500 {
				t.Errorf("score: %d bytes for %.60v: %.300s", len(failed), settings, failed)
			}
		}
	}
}
