package docs

import (
	"fmt"
	"math"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// class describes a class of services. The tests hold weight against what the
// engine computes.
type class struct {
	code     risk.Class
	name     string
	which    string
	curve    string
	weight   func(n float64) float64
	why      string
	samples  []policy.Listener // of which the class counts samplesN ports
	samplesN []float64
}

func constant(w float64) func(float64) float64 { return func(float64) float64 { return w } }

func classes() []class {
	return []class{
		{risk.MostAttacked, "most attacked",
			"one service each: Remote Desktop, SMB and NetBIOS, Telnet, r-services, the Docker API and other administration interfaces that ask for no password",
			"100", constant(100), "five times the base: the highest multiple in insurers' claims for an exposed product",
			[]policy.Listener{undeclared("3389/tcp"), undeclared("137-139/tcp")}, []float64{1, 3}},
		{risk.Sensitive, "sensitive",
			"one service each: SSH, WinRM, VNC, FTP, RPC, NFS, LDAP, SNMP, IPMI, databases, caches, search engines, control planes of clusters, iSCSI, X11, consoles of hypervisors",
			"50", constant(50), "two and a half times the base: the multiple in claims for exposed Remote Desktop",
			[]policy.Listener{undeclared("22/tcp"), undeclared("5900-5963/tcp")}, []float64{1, 64}},
		{risk.SystemService, "system service",
			"every other registered service on the ports 0-1023, one each",
			"30", constant(30), "the well-known range; how bad depends on what listens",
			[]policy.Listener{undeclared("79/tcp")}, []float64{1}},
		{risk.SystemService, "unassigned",
			"all ports from 0 to 1023 that nobody has registered, together",
			"5 + log2(n)", func(n float64) float64 { return 5 + math.Log2(n) }, "nothing is known to listen there",
			[]policy.Listener{undeclared("4/tcp"), undeclared("1002-1005/tcp")}, []float64{1, 4}},
		{risk.ExploitedListener, "exploited backup listener",
			"a flow of the catalogue whose listener is in CISA's Known Exploited Vulnerabilities catalogue",
			"50 + log2(n)", func(n float64) float64 { return 50 + math.Log2(n) }, "no discount for being proprietary once it is attacked",
			[]policy.Listener{flow("veeam", "console-to-server-v12", "")}, []float64{1}},
		{risk.BackupListener, "backup listener",
			"a flow of the catalogue, or a range declared `negotiated`, however many ports",
			"20 + log2(n)", func(n float64) float64 { return 20 + math.Log2(n) }, "the base: one listener, not many, and a wider range is little worse",
			[]policy.Listener{negotiated(fourPorts), negotiated(fortyPorts), flow("netbackup", "client-to-primary-pbx", "")}, []float64{4, 40, 1}},
		{risk.UndeclaredPorts, "undeclared",
			"all other ports, together per direction and protocol",
			"30 + 10 × log2(n)", func(n float64) float64 { return 30 + 10*math.Log2(n) }, "nobody said what listens there",
			[]policy.Listener{undeclared("29168/tcp"), undeclared(fortyPorts)}, []float64{1, 40}},
		{risk.Neighbours, "neighbours",
			"per listener: the registered services above 1023 inside its range that are not the product's own, beside the listener itself",
			"6 × log2(1 + n)", func(n float64) float64 { return 6 * math.Log2(1+n) }, "the range is not unused by others",
			[]policy.Listener{negotiated("40000-40039/tcp")}, []float64{1}},
	}
}

func classTable() string {
	var rows [][]string
	for _, c := range classes() {
		rows = append(rows, []string{c.name, c.which, c.curve, c.why})
	}
	return table([]string{"class", "which ports", "weight of n open ports", "why"}, rows)
}

// zoneRow describes a zone; the tests hold its weight against the engine.
type zoneRow struct {
	zone   policy.Zone
	shares int // one address counts 1/shares
	forWho string
}

func zones() []zoneRow {
	return []zoneRow{
		{policy.Internet, 1, "the default of every public address"},
		{policy.Partner, 4, "somebody else's network, only when declared"},
		{policy.DMZ, 16, "only when declared"},
		{policy.Internal, 256, "the default of private addresses: RFC 1918, RFC 6598, RFC 4193, loopback and link-local"},
		{policy.Management, 512, "a network that only administrators reach, only when declared"},
	}
}

func zoneTable() string {
	var rows [][]string
	for _, z := range zones() {
		weight := "1"
		if z.shares > 1 {
			weight = fmt.Sprintf("1/%d", z.shares)
		}
		rows = append(rows, []string{code(z.zone.String()), weight, z.forWho})
	}
	return table([]string{"zone", "one address counts", "for"}, rows)
}

// workedExample does the arithmetic of one opening in full.
func workedExample() string {
	const hosts, shares, width = 16.0, 16.0, 40.0
	exposure := hosts / shares
	reach := (1 + math.Log2(1+exposure)) / 33
	weight := 20 + math.Log2(width)
	a := fromDMZ(negotiated(fortyPorts))
	line := func(name, formula, format string, value any) string {
		return fmt.Sprintf("    %-8s = %-24s = "+format, name, formula, value)
	}
	return strings.Join([]string{
		line("exposure", "16 hosts × 1/16", "%.0f", exposure),
		line("reach", "(1 + log2(1 + 1)) / 33", "%.4f", reach),
		line("weight", "20 + log2(40)", "%.2f", weight),
		line("points", fmt.Sprintf("%.2f × %.4f", weight, reach), "%.2f", weight*reach),
		line("score", fmt.Sprintf("%.2f, rounded up", a.Points), "%d", a.Score),
	}, "\n")
}
