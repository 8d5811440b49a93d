package suggest

import (
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// repository is a Veeam repository as a cloud's export shows it: one rule for
// each port, and one that nobody remembers.
func repository() *policy.Policy {
	const server, proxies, web = "10.20.0.5", "10.20.0.16/28", "198.51.100.0/24"
	limit := 30
	p := &policy.Policy{Name: "repository-1", Description: "Imported from sg-0123", MaxScore: &limit, Rules: []policy.Rule{
		undeclared("in-0", policy.Ingress, ports("6160/tcp"), server),
		undeclared("in-1", policy.Ingress, ports("6162/tcp"), server),
		undeclared("in-2", policy.Ingress, ports("22/tcp"), server),
		undeclared("in-3", policy.Ingress, ports("2500-2600/tcp", "6162/tcp"), proxies),
		undeclared("in-4", policy.Ingress, ports("22/tcp", "443/tcp", "31999/tcp"), web),
		undeclared("out-0", policy.Egress, ports("53/udp"), "10.0.0.53"),
	}}
	p.Rules[3].Description = "data movers"
	p.Rules[4].Description = "set up by \"ops\" in ${year}"
	p.Rules[4].Peers[0].Name = "office"
	p.Rules[4].Peers[0].Zone = policy.Partner
	p.Rules[5].Peers[0].Name = "resolver"
	return p
}

func TestFor_Golden(t *testing.T) {
	s := For(repository())
	const file = "testdata/repository.tf"
	if *update {
		if err := os.WriteFile(file, []byte(s.HCL), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if s.HCL != string(want) {
		t.Errorf("got\n%s", s.HCL)
	}
	if len(s.Explained) != 1 {
		t.Fatalf("%+v", s.Explained)
	}
	e := s.Explained[0]
	if e.Product != "veeam" || e.Name != "Veeam Backup & Replication" || e.Direction != policy.Ingress || e.Confidence != "high" ||
		strings.Join(e.Flows, " ") != "data-mover data-mover-range server-to-repository-installer server-to-repository-ssh" ||
		e.Ports.String() != "22/tcp, 2500-2600/tcp, 6160/tcp, 6162/tcp" || strings.Join(e.Rules, " ") != "in-0 in-1 in-2 in-3" {
		t.Errorf("%+v", e)
	}
	if len(s.Unexplained) != 2 || s.Unexplained[0].Ports.String() != "22/tcp, 443/tcp, 31999/tcp" || s.Unexplained[0].Rules[0] != "in-4" ||
		s.Unexplained[1].Ports.String() != "53/udp" || s.Unexplained[1].Direction != policy.Egress {
		t.Errorf("%+v", s.Unexplained)
	}
	// Three known listeners and SSH weigh more than one group of unknown ports.
	if before, after := scores(t, repository()); before != 26 || after != 28 {
		t.Errorf("the score goes from %d to %d", before, after)
	}
}

// TestFor_HostileText: no text of an author gets out of its quotes.
func TestFor_HostileText(t *testing.T) {
	for _, hostile := range []string{
		`"`, `\`, `\"`, `${file("/etc/passwd")}`, `$${x}`, `%{ if true }x%{ endif }`, `%%{x}`, "a\nresource \"null\" \"x\" {}\n", "<<EOT\nx\nEOT\n",
		"\r\n# x", "/* x", "*/", "// x", `" } resource "x" "y" { a = "`, "\u2028\u0000\u202e", "{{ }}", "$", "%", `$"`, "é",
	} {
		p := repository()
		p.Description = hostile
		for i := range p.Rules {
			p.Rules[i].Description = hostile
			p.Rules[i].Peers[0].Zone, p.Rules[i].Peers[0].ZoneReason = policy.Internal, hostile
		}
		s := For(p)
		read, err := readHCL(s.HCL)
		if err != nil {
			t.Errorf("%q: %v\n%s", hostile, err, s.HCL)
			continue
		}
		if read.Description != hostile || read.Rules[0].Description != hostile || read.Rules[0].Peers[0].ZoneReason != hostile {
			t.Errorf("%q is read as %q, %q, %q", hostile, read.Description, read.Rules[0].Description, read.Rules[0].Peers[0].ZoneReason)
		}
		if len(read.Rules) != len(p.Rules) {
			t.Errorf("%q: %d rules", hostile, len(read.Rules))
		}
		if string(hclwrite.Format([]byte(s.HCL))) != s.HCL {
			t.Errorf("%q: not formatted", hostile)
		}
	}
	p := repository()
	p.Description = "a\xffb"
	if read, err := readHCL(For(p).HCL); err != nil || read.Description != "a\uFFFDb" {
		t.Errorf("%+v, %v", read, err)
	}
}

// TestFor_HostileNames: names have passed policy.Validate, and yet nothing but
// names comes of them.
func TestFor_HostileNames(t *testing.T) {
	p := repository()
	p.Name = "Repo \"1\"\n"
	p.Rules[0].Peers[0].Name = "${x}"
	p.Rules[4].Name = "x\n# \"y\" = {"
	p.Rules = append(p.Rules, undeclared("1st", policy.Egress, ports("31000/tcp"), "10.9.0.1"))
	p.Rules[6].PortRanges[0].Listeners = append(p.Rules[6].PortRanges[0].Listeners,
		policy.Listener{Name: "Vault!\n", Kind: policy.Negotiated, Negotiated: true, Ports: ports("40000-40009/tcp")})
	s := For(p)
	p.Rules[4].Name = "in-4"
	text := strings.ReplaceAll(s.HCL, `"x\n# \"y\" = {"`, `"in-4"`)
	if text == s.HCL {
		t.Errorf("the rule's key is not quoted:\n%s", s.HCL)
	}
	if _, err := readHCL(text); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	for _, want := range []string{`"backupfw_policy" "repo_1"`, `"backupfw_peer_group" "x"`, `"backupfw_port_range" "vault"`,
		`"1st" = {`, `"unexplained-x-y"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestFor_NothingAndPartial(t *testing.T) {
	s := For(&policy.Policy{Name: "empty"})
	if want := "resource \"backupfw_policy\" \"empty\" {\n  name  = \"empty\"\n  rules = {}\n}\n"; s.HCL != want || s.Explained != nil || s.Unexplained != nil {
		t.Errorf("%+v", s)
	}
	p := repository()
	p.Rules[2].Peers[0].Partial = true
	if got := For(p); got != nil {
		t.Errorf("%+v", got)
	}
}

// TestFor_Unwritable: addresses that no list of prefixes can say are named, and
// never written as other hosts.
func TestFor_Unwritable(t *testing.T) {
	p := repository()
	one := netip.MustParseAddr("64:ff9b:1::1")
	p.Rules[0].Peers[0].Prefixes = prefixset.OfRanges(netipx.IPRangeFrom(one, one))
	s := For(p)
	if want := "# Rule in-0 is left out: its peer 64:ff9b:1::1/128 stands for IPv4 hosts and cannot be written as a prefix.\nresource \"backupfw_policy\""; !strings.Contains(s.HCL, want) {
		t.Errorf("got\n%s", s.HCL)
	}
	if read, err := readHCL(s.HCL); err != nil || len(read.Rules) != 5 {
		t.Errorf("%+v, %v", read, err)
	}
}

func TestFor_Waivers(t *testing.T) {
	p := repository()
	score := 50
	expires, _ := policy.ParseDate("2027-03-31")
	p.Waivers = []policy.Waiver{{Finding: "sensitive-service", Rules: []string{"in-4"}, Ports: ports("22/tcp"), Peers: prefixes("198.51.100.0/24"),
		References: []string{"bastion"}, Reason: `"until" ${then}`, Owner: "ops", Expires: expires}, {Finding: "score-limit", MaxScore: &score, Reason: "r", Owner: "o", Expires: expires}}
	_, text, _ := strings.Cut(For(p).HCL, "\n  waiver {")
	want := `
    finding = "sensitive-service"
    rules   = ["in-4"]
    ports   = ["22/tcp"]
    peers   = ["198.51.100.0/24", "ref:bastion"]
    reason  = "\"until\" $${then}"
    owner   = "ops"
    expires = "2027-03-31"
  }

  waiver {
    finding   = "score-limit"
    max_score = 50
    reason    = "r"
    owner     = "o"
    expires   = "2027-03-31"
  }
}
`
	if text != want {
		t.Errorf("got %s", text)
	}
}
