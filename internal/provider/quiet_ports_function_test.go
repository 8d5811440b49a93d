package provider_test

import "testing"

func TestQuietPorts_Known(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name            string
		count, protocol any
		avoid           seq
		want, wantError string
	}{
		{"nothing to avoid", 40, "tcp", seq{}, "29168-29207/tcp", ""},
		{"UDP", 40, "udp", seq{}, "29168-29207/udp", ""},
		{"SCTP", 2, "sctp", seq{}, "29170-29171/sctp", ""},
		{"one port", 1, "tcp", seq{}, "29168/tcp", ""},
		{"avoided", 40, "tcp", seq{"29168-29179/tcp"}, "29180-29219/tcp", ""},
		{"avoided on another protocol", 40, "tcp", seq{"29168-29179/udp"}, "29168-29207/tcp", ""},
		{"the widest", 831, "tcp", seq{}, "29168-29998/tcp", ""},
		{"one more", 832, "tcp", seq{}, "", "argument 0: No quiet range that wide: No 832 consecutive tcp ports are quiet; the widest run is 29168-29998/tcp, 831 wide. " +
			"Between any others something else is known to listen. Ask for fewer ports, avoid less, or take several narrower ranges: pass the first one in avoid."},
		{"nothing left", 1, "tcp", seq{"0-65535/tcp"}, "", "argument 2: No quiet ports: No tcp port is quiet beside those in avoid. Every other port belongs to something else. Avoid less."},
		{"none", 0, "tcp", seq{}, "", "argument 0: Count out of range: count = 0 is not a number of ports. A protocol has 65536 ports. Write a whole number from 1."},
		{"too many", 65537, "tcp", seq{}, "", "argument 0: Count out of range: count = 65537 is not a number of ports. A protocol has 65536 ports. Write a whole number from 1."},
		{"no ports", 4, "icmp", seq{}, "", `argument 1: Not a protocol with ports: protocol = "icmp" has no ports. Only ports can be quiet. Use tcp, udp or sctp.`},
		{"other spelling", 4, "TCP", seq{}, "", `argument 1: Not a protocol with ports: protocol = "TCP" has no ports. Only ports can be quiet. Use tcp, udp or sctp.`},
		{"unreadable", 4, "tcp", seq{"29168/tcp", "29169"}, "", `argument 2: [1]: Missing protocol: "29169" has no protocol. The same number is another service on another protocol. Write "29169/tcp", or "29169/udp" where the service uses UDP.`},
		{"a null among them", 4, "tcp", seq{"29168/tcp", nil}, "", "argument 2: [1]: Null value: The element is null. It is not clear whether it should stand for nothing or for everything. Remove the element, for example with compact()."},
	} {
		result, failed := s.ask(t, "quiet_ports", c.count, c.protocol, c.avoid)
		if got, _ := result.(string); got != c.want || failed != c.wantError {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, result, failed, c.want, c.wantError)
		}
	}
}
