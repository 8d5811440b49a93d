package cover

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// productSource reads "22/tcp,icmp > 10.0.0.0/8,-10.1.2.3/32,@name".
func productSource(t *testing.T, text string) Source {
	t.Helper()
	ports, peers, _ := strings.Cut(text, " > ")
	var s Source
	for _, p := range strings.Split(ports, ",") {
		read, err := portset.Parse(p)
		if err != nil {
			t.Fatal(err)
		}
		s.Ports = s.Ports.Union(read)
	}
	for _, p := range strings.Split(peers, ",") {
		if name, isName := strings.CutPrefix(p, "@"); isName {
			s.References = append(s.References, name)
		} else if less, isLess := strings.CutPrefix(p, "-"); isLess {
			s.Prefixes = s.Prefixes.Minus(prefixset.Of(netip.MustParsePrefix(less)))
		} else {
			s.Prefixes = s.Prefixes.Union(prefixset.Of(netip.MustParsePrefix(p)))
		}
	}
	return s
}

func productLines(c ProductCover) []string {
	lines := []string{}
	for _, p := range c.Products {
		peers := p.Prefixes.Strings()
		for _, name := range p.References {
			peers = append(peers, "@"+name)
		}
		lines = append(lines, fmt.Sprintf("%s > %s %v", strings.Join(p.Ports.Strings(), ","), strings.Join(peers, ","), p.Sources))
	}
	return lines
}

func TestProducts_ByHand(t *testing.T) {
	for _, c := range []struct {
		name    string
		sources []string
		free    []string
		want    []string // in both modes
		minimal []string // if not nil, in this mode
	}{
		{name: "nothing", want: []string{}},
		{
			name:    "equal peers and equal ports are joined",
			sources: []string{"22/tcp > 10.0.0.1/32", "80/tcp > 10.0.0.1/32", "22/tcp,80/tcp > @apps", "80/tcp > 10.0.0.1/32"},
			want:    []string{"22/tcp,80/tcp > 10.0.0.1/32,@apps [0 1 2 3]"},
		},
		{
			name:    "a crown of three has nothing to share",
			sources: []string{"2/tcp,4/tcp > @a", "0/tcp,4/tcp > @b", "0/tcp,2/tcp > @c"},
			want:    []string{"0/tcp,2/tcp > @c [2]", "0/tcp,4/tcp > @b [1]", "2/tcp,4/tcp > @a [0]"},
			minimal: []string{"0/tcp > @b,@c [1 2]", "2/tcp > @a,@c [0 2]", "4/tcp > @a,@b [0 1]"},
		},
		{
			name:    "products share the cells that hosts with two ports have",
			sources: []string{"1/tcp > @a", "3/tcp > @b", "5/tcp > @c", "1/tcp,3/tcp > @d", "3/tcp,5/tcp > @e", "1/tcp,5/tcp > @f"},
			want:    []string{"1/tcp > @a,@d,@f [0 3 5]", "3/tcp > @b,@d,@e [1 3 4]", "5/tcp > @c,@e,@f [2 4 5]"},
		},
		{
			name: "where sources are divided, others keep their prefixes",
			sources: []string{"1/tcp,443/tcp > @a", "3/tcp > @b", "5/tcp > @c", "1/tcp,3/tcp > @d", "3/tcp,5/tcp > @e", "1/tcp,5/tcp > @f",
				"443/tcp > 10.0.0.0/8,-10.1.2.3/32", "443/tcp,8443/tcp > 10.1.2.3/32"},
			want: []string{"1/tcp > @a,@d,@f [0 3 5]", "3/tcp > @b,@d,@e [1 3 4]", "5/tcp > @c,@e,@f [2 4 5]",
				"443/tcp > " + strings.Join(productSource(t, "443/tcp > 10.0.0.0/8,-10.1.2.3/32").Prefixes.Strings(), ",") + ",@a [0 6]",
				"443/tcp,8443/tcp > 10.1.2.3/32 [7]"},
			minimal: []string{"1/tcp > @a,@d,@f [0 3 5]", "3/tcp > @b,@d,@e [1 3 4]", "5/tcp > @c,@e,@f [2 4 5]",
				"443/tcp > 10.0.0.0/8,@a [0 6 7]", "8443/tcp > 10.1.2.3/32 [7]"},
		},
		{
			name:    "the one shared cell is in both products",
			sources: []string{"1/tcp > @a", "1/tcp,3/tcp > @b", "3/tcp > @c"},
			want:    []string{"1/tcp > @a,@b [0 1]", "3/tcp > @b,@c [1 2]"},
		},
		{
			name:    "a host inside a network with one port more",
			sources: []string{"443/tcp > 10.0.0.0/8", "443/tcp,8443/tcp > 10.1.2.3/32"},
			want:    []string{"443/tcp > 10.0.0.0/8 [0 1]", "443/tcp,8443/tcp > 10.1.2.3/32 [0 1]"},
			minimal: []string{"443/tcp > 10.0.0.0/8 [0 1]", "8443/tcp > 10.1.2.3/32 [1]"},
		},
		{
			name:    "an exception that another source opens is not written by the minimal mode",
			sources: []string{"443/tcp > 10.0.0.0/8,-10.1.2.3/32", "80/tcp,443/tcp,8443/tcp > 10.1.2.3/32,10.1.2.5/32"},
			want: []string{"80/tcp,443/tcp,8443/tcp > 10.1.2.3/32,10.1.2.5/32 [0 1]",
				"443/tcp > " + strings.Join(productSource(t, "443/tcp > 10.0.0.0/8,-10.1.2.3/32").Prefixes.Strings(), ",") + " [0 1]"},
			minimal: []string{"80/tcp,8443/tcp > 10.1.2.3/32,10.1.2.5/32 [1]", "443/tcp > 10.0.0.0/8 [0 1]"},
		},
		{
			name:    "a gap between ports is bridged by a port that is open anyway",
			sources: []string{"20-21/tcp,23/tcp > @a", "22/tcp > @a,@b"},
			want:    []string{"20-21/tcp,23/tcp > @a [0]", "22/tcp > @a,@b [1]"},
			minimal: []string{"20-23/tcp > @a [0 1]", "22/tcp > @a,@b [1]"},
		},
		{
			name:    "free peers need no cover and shorten lists",
			sources: []string{"443/tcp > 10.0.0.0/8,@apps", "443/tcp,8443/tcp > 10.1.2.3/32", "22/tcp > @apps"},
			free:    []string{"10.1.2.3/32,@apps"},
			want:    []string{"443/tcp > 10.0.0.0/8,@apps [0]"},
			minimal: []string{"443/tcp > 10.0.0.0/8 [0]"},
		},
		{
			name:    "everybody is free",
			sources: []string{"443/tcp > 10.0.0.0/8", "icmp > 10.0.0.0/8,::/0", "icmpv6 > 0.0.0.0/0"},
			free:    []string{"10.0.0.0/7"},
			want:    []string{},
		},
		{
			name:    "ICMP means nothing to IPv6",
			sources: []string{"icmp > 10.0.0.1/32", "22/tcp > 10.0.0.1/32,2001:db8::1/128"},
			want:    []string{"22/tcp,icmp > 10.0.0.1/32,2001:db8::1/128 [0 1]"},
		},
		{
			name:    "neither does ICMP to one nor ICMPv6 to the other",
			sources: []string{"icmp > 10.0.0.1/32", "icmpv6 > 2001:db8::1/128"},
			want:    []string{"icmp,icmpv6 > 10.0.0.1/32,2001:db8::1/128 [0 1]"},
		},
		{
			name:    "but both to references",
			sources: []string{"icmp > 10.0.0.1/32,@apps", "icmpv6 > 2001:db8::1/128"},
			want:    []string{"icmp > 10.0.0.1/32,@apps [0]", "icmpv6 > 2001:db8::1/128 [1]"},
		},
		{
			name:    "every protocol is ports like others",
			sources: []string{"any > 10.0.0.1/32", "22/tcp > 10.0.0.0/31"},
			want:    []string{"any > 10.0.0.1/32 [0 1]", "22/tcp > 10.0.0.0/31 [0 1]"},
			minimal: []string{"0-65535/tcp,0-65535/udp,0-65535/sctp,icmp,esp,other > 10.0.0.1/32 [0 1]", "22/tcp > 10.0.0.0/31 [0 1]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sources []Source
			for _, text := range c.sources {
				sources = append(sources, productSource(t, text))
			}
			var free Free
			for _, text := range c.free {
				s := productSource(t, "1/tcp > "+text)
				free = Free{Prefixes: s.Prefixes, References: s.References}
			}
			for _, m := range []Mode{Stable, Minimal} {
				want := c.want
				if m == Minimal && c.minimal != nil {
					want = c.minimal
				}
				got := Products(sources, free, m)
				if lines := productLines(got); !slices.Equal(lines, want) || got.Bound != len(want) {
					t.Errorf("mode %d, bound %d:\n%s\nwant\n%s", m, got.Bound, strings.Join(lines, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

// TestProducts_Crowns_AreSolved: in a crown, each of n peers has all of n ports
// but its own. As many products as m are enough for as many peers as there are
// sets of m/2 of m (Sperner), and no fooling set shows more than 3.
func TestProducts_Crowns_AreSolved(t *testing.T) {
	for n, want := range []int{2: 2, 3: 3, 4: 4, 5: 4, 6: 4, 7: 5, 8: 5} {
		sources := productEach(n, func(i int) Source {
			s := Source{References: []string{string(rune('a' + i))}}
			for p := range n {
				if p != i {
					s.Ports = s.Ports.Union(productTCP(productOwn(p)))
				}
			}
			return s
		})
		for _, m := range []Mode{Stable, Minimal} {
			if got := Products(sources, Free{}, m); len(got.Products) != want || got.Bound != want {
				t.Errorf("crown of %d, mode %d: %d products, bound %d, want %d", n, m, len(got.Products), got.Bound, want)
			}
		}
	}
}
