package docs

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// clients are the sixteen hosts of the founding question.
const clients = "198.51.100.16/28"

// Widths of the ranges in the tables. They are quiet: no registered service
// and no ephemeral port lies in them.
const (
	fourPorts  = "29168-29171/tcp"
	fortyPorts = "29168-29207/tcp"
)

// negotiated is one listener of one's own that picks a port of the range.
func negotiated(text string) policy.Listener {
	return policy.Listener{Name: "vault", Kind: policy.Negotiated, Negotiated: true, Ports: ports(text)}
}

// undeclared are ports that nobody explains.
func undeclared(text string) policy.Listener {
	return policy.Listener{Name: "unknown", Kind: policy.Undeclared, Ports: ports(text)}
}

// flow is a documented flow of a product, narrowed to ports unless there are
// none.
func flow(product, id string, narrowed string) policy.Listener {
	p, known := catalog.Get(product)
	if !known {
		panic("docs: no product " + product)
	}
	f, known := p.Flow(id)
	if !known {
		panic("docs: no flow " + id)
	}
	open := f.Ports
	if narrowed != "" {
		open = ports(narrowed)
	}
	return policy.Listener{Name: id, Kind: policy.ProductFlow, Product: product, Flow: id, Ports: open,
		Negotiated: f.Negotiated, Encrypted: f.Encrypted}
}

func ports(text string) portset.Ports {
	p, err := portset.Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

// assess judges one rule: the listener, open to the peers.
func assess(l policy.Listener, zone policy.Zone, cidr string) *risk.Assessment {
	prefix, err := prefixset.Parse(cidr)
	if err != nil {
		panic(err)
	}
	p := &policy.Policy{Name: "server", Rules: []policy.Rule{{
		Name:       "clients",
		PortRanges: []policy.PortRange{{Name: l.Name, Listeners: []policy.Listener{l}}},
		Peers:      []policy.PeerGroup{{Name: "peers", Zone: zone, ZoneReason: "an example", Prefixes: prefixset.Of(prefix)}},
	}}}
	a, faults := risk.Assess(p, risk.DefaultSettings())
	if len(faults) > 0 {
		panic(faults)
	}
	return a
}

func fromDMZ(l policy.Listener) *risk.Assessment { return assess(l, policy.DMZ, clients) }

// points writes points as people read them.
func points(p float64) string { return strconv.FormatFloat(p, 'f', 2, 64) }

// verdict says what became of a policy, and by which findings.
func verdict(a *risk.Assessment) string {
	var codes []string
	seen := map[risk.Code]bool{}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Effect == risk.Reject && !seen[f.Code] {
			seen[f.Code] = true
			codes = append(codes, code(string(f.Code)))
		}
	}
	if len(codes) == 0 {
		return "accepted"
	}
	return "rejected by " + strings.Join(codes, ", ")
}

// comparison is a row of the calibration: a against b.
type comparison struct {
	id, question string
	a, b         *risk.Assessment
}

func calibration() []comparison {
	other := fromDMZ(negotiated("40000-40039/tcp"))
	return []comparison{
		{"C1", "forty quiet ports of one listener, against four of them", fromDMZ(negotiated(fortyPorts)), fromDMZ(negotiated(fourPorts))},
		{"C2", "forty well-known ports (100-139), against forty ports of one listener (40000-40039)", fromDMZ(undeclared("100-139/tcp")), other},
		{"C3", "1024-65535 \"because it negotiates\", against 40000-40039", fromDMZ(negotiated("1024-65535/tcp")), other},
	}
}

func calibrationTable() string {
	var rows [][]string
	for _, c := range calibration() {
		rows = append(rows, []string{c.id, c.question,
			fmt.Sprintf("%s against %s", points(c.a.Points), points(c.b.Points)),
			fmt.Sprintf("%.3g times", c.a.Points/c.b.Points),
			fmt.Sprintf("%d, %s", c.a.Score, verdict(c.a)),
			fmt.Sprintf("%d, %s", c.b.Score, verdict(c.b))})
	}
	return table([]string{"", "same sixteen clients in a DMZ", "points", "that is", "score of the first", "score of the second"}, rows)
}

func scenarioTable() string {
	var rows [][]string
	for _, row := range []struct {
		name string
		a    *risk.Assessment
	}{{"four ports", fromDMZ(negotiated(fourPorts))}, {"forty ports", fromDMZ(negotiated(fortyPorts))}} {
		rows = append(rows, []string{row.name, points(row.a.Points), fmt.Sprintf("%d of 100", row.a.Score)})
	}
	return table([]string{"open to the sixteen clients", "points", "score"}, rows)
}

// widthTable shows what the number of ports does, at the same peers.
func widthTable() string {
	var rows [][]string
	for _, row := range []struct {
		what string
		l    policy.Listener
	}{
		{"1 port of one listener", negotiated("29168/tcp")},
		{"4 ports of one listener", negotiated(fourPorts)},
		{"40 ports of one listener", negotiated(fortyPorts)},
		{"400 ports of one listener", negotiated("29168-29567/tcp")},
		{"40 ports that nobody explains", undeclared(fortyPorts)},
		{"Veeam data movers, 2500-2539", flow("veeam", "data-mover-range", "2500-2539/tcp")},
		{"Veeam data movers, the whole 2500-3300", flow("veeam", "data-mover-range", "")},
		{"NetBackup, port 1556", flow("netbackup", "client-to-primary-pbx", "")},
		{"40 well-known ports, 100-139", undeclared("100-139/tcp")},
		{"1024-65535 as one listener", negotiated("1024-65535/tcp")},
	} {
		a := fromDMZ(row.l)
		rows = append(rows, []string{row.what, points(a.Points), strconv.Itoa(a.Score), verdict(a)})
	}
	return table([]string{"open to sixteen clients in a DMZ", "points", "score", "verdict"}, rows)
}

// peerTable shows what the peers do, at the same forty ports.
func peerTable() string {
	zones := []policy.Zone{policy.Management, policy.Internal, policy.DMZ, policy.Partner, policy.Internet}
	head := []string{"hosts"}
	for _, zone := range zones {
		head = append(head, code(zone.String()))
	}
	var rows [][]string
	for _, bits := range []int{32, 28, 24, 16, 8} {
		row := []string{thousands(1 << (32 - bits))}
		for _, zone := range zones {
			a := assess(negotiated(fortyPorts), zone, fmt.Sprintf("20.0.0.0/%d", bits))
			row = append(row, points(a.Points))
		}
		rows = append(rows, row)
	}
	return table(head, rows)
}

// thousands writes a number with commas.
func thousands(n int64) string {
	digits := big.NewInt(n).String()
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
