package provider_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// checkCalls calls a function with each row's arguments.
func checkCalls(t *testing.T, function string, rows []callRow) {
	t.Helper()
	s := serve(t, nil)
	for _, c := range rows {
		result, failed := s.ask(t, function, c.arguments...)
		if failed != c.wantError || failed == "" && !reflect.DeepEqual(result, c.want) {
			t.Errorf("%s(%v):\n%v %s\nwant\n%v %s", function, c.arguments, result, failed, c.want, c.wantError)
		}
	}
}

type callRow struct {
	arguments []any
	want      any
	wantError string
}

func parsed(text, protocol string, from, to, count any) obj {
	return obj{"text": text, "protocol": protocol, "from_port": from, "to_port": to, "count": count}
}

func TestParsePorts_Known(t *testing.T) {
	t.Parallel()
	checkCalls(t, "parse_ports", []callRow{
		{[]any{seq{}}, seq{}, ""},
		{[]any{seq{"2500-3300/tcp", "icmp"}}, seq{parsed("2500-3300/tcp", "tcp", 2500.0, 3300.0, 801.0), parsed("icmp", "icmp", nil, nil, 1.0)}, ""},
		{[]any{seq{"5-5/udp", "5/udp", "0/sctp"}}, seq{parsed("5/udp", "udp", 5.0, 5.0, 1.0), parsed("5/udp", "udp", 5.0, 5.0, 1.0), parsed("0/sctp", "sctp", 0.0, 0.0, 1.0)}, ""},
		{[]any{seq{"any", "0-65535/tcp", "icmpv6", "esp"}}, seq{parsed("any", "any", nil, nil, 196612.0), parsed("0-65535/tcp", "tcp", 0.0, 65535.0, 65536.0),
			parsed("icmpv6", "icmpv6", nil, nil, 1.0), parsed("esp", "esp", nil, nil, 1.0)}, ""},
		{[]any{seq{"22/tcp", "23-22/tcp"}}, nil, `argument 0: [1]: Reversed port range: "23-22/tcp" ends before it starts. ` +
			`Other tools read it as no port, as one port, or turned round. Write "22-23/tcp".`},
	})
}

func TestMergePorts_Known(t *testing.T) {
	t.Parallel()
	checkCalls(t, "merge_ports", []callRow{
		{[]any{seq{}}, seq{}, ""},
		{[]any{seq{"esp", "53/udp", "2510-2539/tcp", "2500-2520/tcp", "2540/tcp", "2542/tcp", "53/udp"}}, seq{"2500-2540/tcp", "2542/tcp", "53/udp", "esp"}, ""},
		{[]any{seq{"22/tcp", "any"}}, seq{"any"}, ""},
		{[]any{seq{"0-65535/tcp", "0-65535/udp", "0-65535/sctp", "icmp", "icmpv6", "esp"}}, seq{"0-65535/tcp", "0-65535/udp", "0-65535/sctp", "icmp", "icmpv6", "esp"}, ""},
		{[]any{seq{"22"}}, nil, `argument 0: [0]: Missing protocol: "22" has no protocol. The same number is another service on another protocol. Write "22/tcp", or "22/udp" where the service uses UDP.`},
	})
}

func TestMergeCIDRs_Known(t *testing.T) {
	t.Parallel()
	checkCalls(t, "merge_cidrs", []callRow{
		{[]any{seq{}}, seq{}, ""},
		{[]any{seq{"2001:DB8::1", "10.0.1.0/24", "10.0.0.0/24", "10.0.0.7"}}, seq{"10.0.0.0/23", "2001:db8::1/128"}, ""},
		{[]any{seq{"0.0.0.0/1", "128.0.0.0/1"}}, seq{"0.0.0.0/0"}, ""},
		{[]any{seq{"::ffff:10.0.0.0/104"}}, seq{"10.0.0.0/8"}, ""},
		{[]any{seq{"10.0.0.1/8"}}, nil, `argument 0: [0]: Host bits set: "10.0.0.1/8" has address bits set behind the prefix length. ` +
			`It could mean the one host or its whole network. Write "10.0.0.0/8" for the network or "10.0.0.1/32" for the host.`},
	})
}

func TestExcludeCIDRs_Known(t *testing.T) {
	t.Parallel()
	checkCalls(t, "exclude_cidrs", []callRow{
		{[]any{seq{"10.0.0.0/8"}, seq{}}, seq{"10.0.0.0/8"}, ""},
		{[]any{seq{"10.0.0.0/30", "10.0.0.4"}, seq{"10.0.0.1", "192.0.2.0/24"}}, seq{"10.0.0.0/32", "10.0.0.2/31", "10.0.0.4/32"}, ""},
		{[]any{seq{"::/0"}, seq{"8000::/1"}}, seq{"::/1"}, ""},
		{[]any{seq{"10.0.0.0/8"}, seq{"0.0.0.0/0"}}, nil, `argument 1: Nothing left: except = [0.0.0.0/0] excludes every address of cidrs. ` +
			`Some clouds read an empty list of peers as everybody. Exclude less, or leave out what the addresses are for.`},
		{[]any{seq{}, seq{}}, nil, `argument 0: No addresses: cidrs = [] holds no address. ` +
			`Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`},
		{[]any{seq{"::/0"}, seq{"::fffe:0:0/96"}}, nil, `argument 1: Exclusion leaves the unwritable: except = [::fffe:0:0/96] leaves "::ffff:0.0.0.0/96", which cannot stand in a rule of its own. ` +
			`These IPv6 addresses stand for IPv4 hosts, and a rule for them would open other hosts than it says. ` +
			`Exclude the whole of ::ffff:0:0/96 and 64:ff9b:1::/48 with a wider prefix, or list the networks that are meant.`},
	})
}

// drawPorts draws texts and the set of ports that they mean: one bit for each
// port of a small part, counted by hand.
func drawPorts(r *rapid.T) (list seq, open map[string]bool) {
	list, open = seq{}, map[string]bool{}
	for range rapid.IntRange(0, 12).Draw(r, "texts") {
		protocol := rapid.SampledFrom([]string{"tcp", "udp", "sctp", "icmp", "esp"}).Draw(r, "protocol")
		if protocol == "icmp" || protocol == "esp" {
			list, open[protocol] = append(list, protocol), true
			continue
		}
		first := rapid.IntRange(0, 40).Draw(r, "first")
		last := first + rapid.IntRange(0, 6).Draw(r, "more")
		if rapid.Bool().Draw(r, "at the end") {
			first, last = 65535-last, 65535-first
		}
		for port := first; port <= last; port++ {
			open[fmt.Sprintf("%d/%s", port, protocol)] = true
		}
		list = append(list, fmt.Sprintf("%d-%d/%s", first, last, protocol))
	}
	return list, open
}

// The merged list means the same ports, in the fewest texts, and is the port
// range's own form; its parts are counted as the port range counts.
func TestMergePorts_AgreesWithThePortRange(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	rapid.Check(t, func(r *rapid.T) {
		list, open := drawPorts(r)
		merged, failed := s.ask(t, "merge_ports", list)
		if failed != "" {
			r.Fatal(failed)
		}
		runs := 0
		for port := range open {
			var number int
			var protocol string
			if n, _ := fmt.Sscanf(port, "%d/%s", &number, &protocol); n < 2 || !open[fmt.Sprintf("%d/%s", number-1, protocol)] {
				runs++ // nothing open just below
			}
		}
		parts, failed := s.ask(t, "parse_ports", merged)
		if failed != "" || len(merged.(seq)) != runs {
			r.Fatalf("%v is not %d runs: %s", merged, runs, failed)
		}
		sum := 0.0
		for i, p := range parts.(seq) {
			part := p.(obj)
			sum += part["count"].(float64)
			if part["text"] != merged.(seq)[i] {
				r.Fatalf("%v is not canonical", merged)
			}
			if part["from_port"] == nil {
				if !open[part["protocol"].(string)] {
					r.Fatalf("%v opens %v", list, part)
				}
				continue
			}
			for port := part["from_port"].(float64); port <= part["to_port"].(float64); port++ {
				if !open[fmt.Sprintf("%v/%s", port, part["protocol"])] {
					r.Fatalf("%v opens %v of %v", list, port, part)
				}
			}
		}
		if int(sum) != len(open) {
			r.Fatalf("%v has %v ports, want %d", parts, sum, len(open))
		}
		if len(open) == 0 {
			return
		}
		state := s.create(t, "port_range", obj{"name": "vault", "ports": list})
		if got := get(t, state, "effective_ports"); !reflect.DeepEqual(got, merged) || get(t, state, "port_count") != sum {
			r.Fatalf("the port range has %v, %v", got, get(t, state, "port_count"))
		}
	})
}

// drawHosts draws prefixes of 64 IPv4 or IPv6 addresses and the hosts in them.
func drawHosts(r *rapid.T, what string) (list seq, hosts map[netip.Addr]bool) {
	list, hosts = seq{}, map[netip.Addr]bool{}
	for range rapid.IntRange(0, 8).Draw(r, what) {
		bits, base := 26, "198.51.100.0"
		if rapid.Bool().Draw(r, "IPv6") {
			bits, base = 122, "2001:db8::"
		}
		length := rapid.IntRange(0, 6).Draw(r, "length")
		addr := netip.MustParseAddr(base)
		for range rapid.IntRange(0, 63).Draw(r, "host") >> (6 - length) << (6 - length) {
			addr = addr.Next()
		}
		list = append(list, fmt.Sprintf("%s/%d", addr, bits+length))
		for range 1 << (6 - length) {
			hosts[addr] = true
			addr = addr.Next()
		}
	}
	return list, hosts
}

// checkHosts compares prefixes with hosts, and holds them to being the fewest:
// no two of them are halves of one.
func checkHosts(r *rapid.T, result any, hosts map[netip.Addr]bool) {
	n := 0
	var prefixes []netip.Prefix
	for _, text := range result.(seq) {
		p := netip.MustParsePrefix(text.(string))
		prefixes = append(prefixes, p)
		for addr := p.Addr(); p.Contains(addr); addr = addr.Next() {
			n++
			if !hosts[addr] {
				r.Fatalf("%v has %s", result, addr)
			}
		}
	}
	for _, p := range prefixes {
		other := netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
		if slices.ContainsFunc(prefixes, func(q netip.Prefix) bool { return q != p && q.Bits() == p.Bits() && other.Contains(q.Addr()) }) {
			r.Fatalf("%v holds two halves of %s", result, other)
		}
	}
	if n != len(hosts) {
		r.Fatalf("%v has %d hosts, want %d", result, n, len(hosts))
	}
}

func TestCIDRs_AgreeHostByHost(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	rapid.Check(t, func(r *rapid.T) {
		cidrs, included := drawHosts(r, "cidrs")
		except, excluded := drawHosts(r, "except")
		merged, failed := s.ask(t, "merge_cidrs", cidrs)
		if failed != "" {
			r.Fatal(failed)
		}
		checkHosts(r, merged, included)
		for host := range excluded {
			delete(included, host)
		}
		left, failed := s.ask(t, "exclude_cidrs", cidrs, except)
		if (failed != "") != (len(included) == 0) {
			r.Fatalf("%v without %v: %v %s", cidrs, except, left, failed)
		}
		if failed == "" {
			checkHosts(r, left, included)
		}
	})
}
