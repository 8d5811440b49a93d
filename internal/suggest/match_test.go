package suggest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// named is an undeclared listener of which the author named the product.
func named(product string, open ...string) policy.Rule {
	r := undeclared("named", policy.Ingress, ports(open...), "10.0.0.0/28")
	r.PortRanges[0].Listeners[0].Product = product
	return r
}

func open(name string, texts ...string) policy.Rule {
	return undeclared(name, policy.Ingress, ports(texts...), "10.0.0.0/28")
}

func TestFor_Matches(t *testing.T) {
	for _, c := range []struct {
		name  string
		rules []policy.Rule
		// want has a line for each product, and one for what is left.
		want string
	}{
		{"one port of one product", []policy.Rule{open("a", "1556/tcp")}, "netbackup: 1556/tcp"},
		{"ports that everybody has", []policy.Rule{open("a", "22/tcp", "443/tcp", "80/tcp")}, "left: 22/tcp, 80/tcp, 443/tcp"},
		{"a port of habit", []policy.Rule{open("a", "8080/tcp", "9000/tcp")}, "left: 8080/tcp, 9000/tcp"},
		{"a port inside a range of somebody else", []policy.Rule{open("a", "1500-1600/tcp")}, "left: 1500-1600/tcp"},
		{"all ports", []policy.Rule{open("a", "0-65535/tcp")}, "left: 0-65535/tcp"},
		{"everything", []policy.Rule{open("a", "any"), open("b", "1556/tcp")}, "netbackup: 1556/tcp\nleft: any"},
		{"SSH beside a product that uses it", []policy.Rule{open("a", "22/tcp", "6160/tcp")}, "veeam: 22/tcp, 6160/tcp"},
		{"the same from other rules with the same peers", []policy.Rule{open("a", "22/tcp"), open("b", "6160/tcp")}, "veeam: 22/tcp, 6160/tcp"},
		{"SSH from somebody else", []policy.Rule{open("a", "6160/tcp"), undeclared("b", policy.Ingress, ports("22/tcp"), "10.1.0.0/28")},
			"veeam: 6160/tcp\nleft: 22/tcp"},
		{"SSH in the other direction", []policy.Rule{open("a", "6160/tcp"), undeclared("b", policy.Egress, ports("22/tcp"), "10.0.0.0/28")},
			"veeam: 6160/tcp\nleft: 22/tcp"},
		{"a part of a range", []policy.Rule{open("a", "6162/tcp", "2500-2509/tcp")}, "veeam: 2500-2509/tcp, 6162/tcp"},
		{"two parts of a range", []policy.Rule{open("a", "6162/tcp", "2500-2509/tcp", "2600-2609/tcp")}, "veeam: 6162/tcp\nleft: 2500-2509/tcp, 2600-2609/tcp"},
		{"the middle of a range alone", []policy.Rule{open("a", "2600-2609/tcp")}, "left: 2600-2609/tcp"},
		{"the whole range alone", []policy.Rule{open("a", "7937-9936/tcp")}, "networker: 7937-9936/tcp"},
		{"more than the range", []policy.Rule{open("a", "6162/tcp", "2000-4000/tcp")}, "veeam: 6162/tcp\nleft: 2000-4000/tcp"},
		{"two products", []policy.Rule{open("a", "1556/tcp", "6160/tcp")}, "netbackup: 1556/tcp\nveeam: 6160/tcp"},
		{"a protocol", []policy.Rule{open("a", "2049/tcp", "111/tcp")}, "nfs_target: 111/tcp, 2049/tcp"},
		{"a protocol beside who knows", []policy.Rule{open("a", "2049/tcp", "31999/tcp")}, "left: 2049/tcp, 31999/tcp"},
		{"a product before the protocol", []policy.Rule{open("a", "2049/tcp", "111/tcp", "2052/tcp")}, "data_domain: 111/tcp, 2049/tcp, 2052/tcp"},
		{"no protocol for the web", []policy.Rule{open("a", "443/tcp")}, "left: 443/tcp"},
		{"the author's product wins", []policy.Rule{named("bareos", "9102/tcp")}, "bareos: 9102/tcp"},
		{"in other rules with the same peers too", []policy.Rule{named("bareos", "9102/tcp"), open("b", "9102/tcp")}, "bareos: 9102/tcp"},
		{"and gives nothing away", []policy.Rule{named("bareos", "9102/tcp", "1556/tcp")}, "bareos: 9102/tcp\nleft: 1556/tcp"},
		{"or takes anything away", []policy.Rule{named("netbackup", "1556/tcp"), named("bareos", "1556/tcp")}, "netbackup: 1556/tcp\nleft: 1556/tcp"},
		{"the same ports from others", []policy.Rule{open("a", "1556/tcp"), undeclared("b", policy.Ingress, ports("1556/tcp"), "10.1.0.0/28")}, "netbackup: 1556/tcp"},
		{"not even ports that all have", []policy.Rule{named("borg", "22/tcp")}, "borg: 22/tcp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := For(&policy.Policy{Name: "existing", Rules: c.rules})
			var got []string
			for _, e := range s.Explained {
				got = append(got, fmt.Sprintf("%s: %s", e.Product, e.Ports))
			}
			for _, l := range s.Unexplained {
				got = append(got, fmt.Sprintf("left: %s", l.Ports))
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), c.want)
			}
			if _, err := readHCL(s.HCL); err != nil {
				t.Errorf("%v\n%s", err, s.HCL)
			}
		})
	}
}

// TestFor_DeclaredFlow: a flow that the author put on other ports stays that
// flow, and an open-ended one keeps its ports.
func TestFor_DeclaredFlow(t *testing.T) {
	r := open("a", "31000/tcp")
	l := &r.PortRanges[0].Listeners[0]
	l.Kind, l.Product, l.Flow = policy.ProductFlow, "netbackup", "client-to-primary-pbx"
	product, _ := catalog.Get("netbackup")
	l.Flow = product.Flows[0].ID
	zerto := open("b", "9082-9089/tcp")
	z := &zerto.PortRanges[0].Listeners[0]
	z.Kind, z.Product, z.Flow, z.Negotiated = policy.ProductFlow, "zerto", "zcc-vra", true
	p := &policy.Policy{Name: "existing", Rules: []policy.Rule{r, zerto}}
	s := For(p)
	read, err := readHCL(s.HCL)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.HCL)
	}
	for i, want := range []*policy.Listener{l, z} {
		got := read.Rules[i].PortRanges[0].Listeners
		if len(got) != 1 || got[0].Kind != policy.ProductFlow || got[0].Flow != want.Flow || !got[0].Ports.Equal(want.Ports) {
			t.Errorf("%+v becomes %+v", want, got)
		}
	}
	if len(s.Explained) != 2 || len(s.Unexplained) != 0 || s.Explained[1].Confidence != catalog.High && s.Explained[1].Confidence != catalog.Medium {
		t.Errorf("%+v", s)
	}
}

func TestLower(t *testing.T) {
	for _, c := range []struct{ a, b, want catalog.Confidence }{
		{catalog.High, catalog.High, catalog.High}, {catalog.High, catalog.Medium, catalog.Medium},
		{catalog.Low, catalog.High, catalog.Low}, {catalog.Medium, catalog.Low, catalog.Low},
		{catalog.High, "unheard of", catalog.Low},
	} {
		if got := lower(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %s", c.a, c.b, got)
		}
	}
}

func TestNames(t *testing.T) {
	taken := names{}
	for _, c := range [][2]string{
		{"peers", "peers"}, {"peers", "peers-2"}, {"peers", "peers-3"}, {"peers_2", "peers_2-2"}, {"1st", "1st"}, {"A b!", "a-b"}, {"...", "unnamed"},
		{strings.Repeat("x", 70), strings.Repeat("x", 63)}, {strings.Repeat("x", 70), strings.Repeat("x", 61) + "-2"},
	} {
		if got := taken.take(c[0]); got != c[1] || !policy.NamePattern.MatchString(got) {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
	if labelOf("1st-rule") != "_1st_rule" {
		t.Error(labelOf("1st-rule"))
	}
}

// TestFor_OtherServers: the usual servers of a site are nobody's backup.
func TestFor_OtherServers(t *testing.T) {
	for _, texts := range [][]string{
		{"80/tcp", "443/tcp", "8080/tcp", "8443/tcp"},
		{"25/tcp", "110/tcp", "143/tcp", "465/tcp", "587/tcp", "993/tcp", "995/tcp"},
		{"53/tcp", "53/udp", "123/udp"},
		{"53/tcp", "53/udp", "88/tcp", "88/udp", "123/udp", "135/tcp", "389/tcp", "389/udp", "445/tcp", "464/tcp", "636/tcp", "3268-3269/tcp", "9389/tcp", "49152-65535/tcp"},
		{"6443/tcp", "2379-2380/tcp", "10250/tcp", "10256-10259/tcp", "30000-32767/tcp"},
		{"9090/tcp", "9093-9094/tcp", "9100/tcp", "3000/tcp"},
		{"9200/tcp", "9300/tcp", "5601/tcp"},
		{"9092/tcp", "2181/tcp", "5672/tcp", "15672/tcp", "6379/tcp"},
		{"5432/tcp", "3306/tcp", "1433-1434/tcp", "1521/tcp", "27017/tcp"},
		{"22/tcp", "3389/tcp", "5985-5986/tcp", "5900/tcp"},
		{"5060-5061/tcp", "5060/udp", "10000-20000/udp"},
		{"1194/udp", "500/udp", "4500/udp", "esp", "51820/udp"},
		{"902/tcp", "443/tcp", "8006/tcp", "5480/tcp"},
		{"5000/tcp", "5001/tcp", "8000/tcp", "8081/tcp", "9000/tcp", "9443/tcp"},
		{"1024-65535/tcp"}, {"32768-60999/tcp"}, {"1-1023/tcp"}, {"0-65535/udp"},
	} {
		s := For(&policy.Policy{Name: "existing", Rules: []policy.Rule{open("a", texts...)}})
		if len(s.Explained) > 0 {
			t.Errorf("%v is taken for %+v", texts, s.Explained)
		}
	}
}
