package existing_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// opening is what a test means: one range of one protocol for some networks.
type opening struct {
	egress   bool
	protocol string // as the grammar of ports has it
	from, to int    // for tcp, udp and sctp
	peers    []string
}

func drawOpening(r *rapid.T) opening {
	o := opening{egress: rapid.Bool().Draw(r, "egress"),
		protocol: rapid.SampledFrom([]string{"tcp", "tcp", "udp", "sctp", "icmp", "esp", "any"}).Draw(r, "protocol")}
	o.from = rapid.SampledFrom([]int{1, 20, 22, 443, 1433, 3380, 9100, 29168, 49152}).Draw(r, "from")
	o.to = min(65535, o.from+rapid.SampledFrom([]int{0, 0, 5, 40, 2000, 65535}).Draw(r, "width"))
	networks := []string{"10.0.0.7/32", "10.0.0.0/8", "198.51.100.16/28", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "2001:db8::/48", "::/0", "192.168.0.0/16"}
	o.peers = []string{rapid.SampledFrom(networks[:6]).Draw(r, "an IPv4 peer")} // icmp needs one
	for range rapid.IntRange(0, 2).Draw(r, "more peers") {
		o.peers = append(o.peers, rapid.SampledFrom(networks).Draw(r, "peer"))
	}
	return o
}

// rule is the opening as an author of policies writes it.
func (o opening) rule(t *rapid.T, name string) policy.Rule {
	text := o.protocol
	if o.hasPorts() {
		text = fmt.Sprintf("%d-%d/%s", o.from, o.to, o.protocol)
		if o.from == o.to {
			text = fmt.Sprintf("%d/%s", o.from, o.protocol)
		}
	}
	ports, faults := portset.ParseList([]string{text})
	prefixes, more := prefixset.ParseList(o.peers)
	if len(faults)+len(more) > 0 {
		t.Fatal(faults, more)
	}
	rule := policy.Rule{Name: name,
		PortRanges: []policy.PortRange{{Name: "p", Listeners: []policy.Listener{{Name: "l", Kind: policy.Undeclared, Ports: ports}}}},
		Peers:      []policy.PeerGroup{{Name: "g", Prefixes: prefixes, Zone: policy.ByAddress}}}
	if o.egress {
		rule.Direction = policy.Egress
	}
	return rule
}

func (o opening) hasPorts() bool {
	return o.protocol == "tcp" || o.protocol == "udp" || o.protocol == "sctp"
}

// rows is the opening as a cloud lists it, in words that the cloud happens to
// use: one row, or one for each network.
func (o opening) rows(t *rapid.T) []existing.Rule {
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "word") }
	row := existing.Rule{Direction: pick("ingress", "Inbound", "IN")}
	if o.egress {
		row.Direction = pick("egress", "Outbound", "OUT")
	}
	row.Protocol = map[string]string{"tcp": pick("tcp", "Tcp", "6"), "udp": pick("UDP", "17"), "sctp": pick("sctp", "132"),
		"icmp": pick("icmp", "1"), "esp": pick("esp", "50"), "any": pick("-1", "*", "all", "Any")}[o.protocol]
	switch {
	case !o.hasPorts():
		row.FromPort = pick("", "-1", "0")
		row.ToPort = row.FromPort
	case o.from == o.to && rapid.Bool().Draw(t, "list"):
		row.Ports = []string{fmt.Sprint(o.from)}
	case rapid.Bool().Draw(t, "list"):
		row.Ports = []string{fmt.Sprintf("%d-%d", o.from, o.to)}
	default:
		row.FromPort, row.ToPort = fmt.Sprint(o.from), fmt.Sprint(o.to)
	}
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		row.CIDRs = o.peers
	case 1:
		row.CIDRs = []string{strings.Join(o.peers, pick(" ", ";", ", "))}
	default:
		if o.protocol == "icmp" {
			row.CIDRs = o.peers // a row of its own for IPv6 would be refused
			break
		}
		var rows []existing.Rule
		for _, peer := range o.peers {
			row.CIDRs = []string{peer}
			rows = append(rows, row)
		}
		return rows
	}
	return []existing.Rule{row}
}

// Rows score what the same policy scores when nothing is declared in it.
func TestNormalize_FlatRows_ScoreAsThePolicyTheyCameFrom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		written, read := policy.Policy{Name: "p"}, policy.Policy{Name: "p"}
		var rows []existing.Rule
		for i := range rapid.IntRange(1, 5).Draw(r, "openings") {
			o := drawOpening(r)
			written.Rules = append(written.Rules, o.rule(r, fmt.Sprintf("r%d", i)))
			rows = append(rows, o.rows(r)...)
		}
		rules, faults := existing.Normalize(rows)
		if len(faults) > 0 {
			r.Fatal(faults)
		}
		read.Rules = rules
		want, got := judged(r, &written), judged(r, &read)
		if got != want {
			r.Fatalf("rows\n%s\npolicy\n%s", got, want)
		}
	})
}

// judged writes what does not depend on the names of rules.
func judged(t *rapid.T, p *policy.Policy) string {
	a, faults := risk.Assess(p, risk.DefaultSettings())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	text := fmt.Sprintf("score %d, points %.9f, %s", a.Score, a.Points, a.Verdict)
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Code != risk.RedundantRule {
			text += fmt.Sprintf("\n%s %s: %s from %s", f.Code, f.Effect, f.Ports, f.Prefixes)
		}
	}
	return text
}
